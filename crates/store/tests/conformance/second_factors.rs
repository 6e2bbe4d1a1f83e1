//! Second factors: apps with codes, recovery codes, passkeys; of several that use one at once, one does.

use domain::id::{InteractionId, PasskeyId};
use poort_store::{Interaction, Passkey, Totp};

use crate::support::*;
use crate::*;

const AT: Timestamp = Timestamp::from_unix_seconds(2_000_000_000);
/// As many try at once.
const TRIES: usize = 20;

fn passkey(person: PersonId, number: u8) -> Passkey {
    Passkey {
        id: PasskeyId::from_bytes([number; 16]),
        person,
        credential: vec![number; 32],
        public_key: vec![1, 2, 3],
        counter: 0,
        name: format!("key {number}"),
        transports: "internal hybrid".to_owned(),
        is_synced: number == 1,
        created_at: AT,
        last_used_at: None,
        suspected_at: None,
    }
}

pub(crate) async fn second_factors(store: &Store) {
    let iris = person("iris");
    let (id, inserted) = (iris.id, iris.clone());
    done(write!(store, |tx| { tx.insert_person(&inserted.clone(), None).await })).await;
    assert!(!read!(store, |reader| { reader.has_second_factor(id).await }));
    asked_for(store).await;
    totp(store, id).await;
    recovery_codes(store, id).await;
    passkeys(store, id).await;
    assert!(read!(store, |reader| { reader.has_second_factor(id).await }));
    assert!(done(write!(store, |tx| { tx.erase_person(id, AT).await })).await);
    assert!(!read!(store, |reader| { reader.has_second_factor(id).await }));
    assert_eq!(read!(store, |reader| { reader.recovery_codes(id).await }), None);
    assert!(!done(write!(store, |tx| { tx.delete_second_factors(id).await })).await);
    half_sign_in(store).await;
}

async fn totp(store: &Store, person: PersonId) {
    let new = Totp { person, sealed: b"sealed".to_vec(), last_step: 10, created_at: AT, last_used_at: None };
    let row = new.clone();
    done(write!(store, |tx| { tx.insert_totp(&row.clone()).await })).await;
    assert_eq!(read!(store, |reader| { reader.totp(person).await }), Some(new.clone()));
    let again = write!(store, |tx| { tx.insert_totp(&new.clone()).await }).await;
    assert!(matches!(again, Err(poort_store::WriteError::Unavailable(StoreError::Conflict(conflict::ID)))), "{again:?}");
    assert!(!done(write!(store, |tx| { tx.take_totp_step(person, 10, AT).await })).await, "the step that it was added with");
    let takes = (0..TRIES).map(|_| done(write!(store, |tx| { tx.take_totp_step(person, 11, AT).await })));
    assert_eq!(futures_util::future::join_all(takes).await.into_iter().filter(|taken| *taken).count(), 1);
    assert!(!done(write!(store, |tx| { tx.take_totp_step(person, 11, AT).await })).await);
    assert!(!done(write!(store, |tx| { tx.take_totp_step(person, 9, AT).await })).await);
    let kept = read!(store, |reader| { reader.totp(person).await }).expect("there");
    assert_eq!((kept.last_step, kept.last_used_at), (11, Some(AT)));
    assert!(read!(store, |reader| { reader.has_second_factor(person).await }));
    for there in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.delete_totp(person).await })).await, there);
    }
}

/// An organisation that asks its members for one.
async fn asked_for(store: &Store) {
    let home = member(store, "asking").await;
    let (id, person) = (home.organisation, home.person);
    assert!(!read!(store, |reader| { reader.second_factor_required(id).await }));
    for (required, changes) in [(true, true), (true, false)] {
        assert_eq!(done(write!(store, |tx| { tx.require_second_factor(id, required).await })).await, changes);
    }
    assert!(read!(store, |reader| { reader.second_factor_required(id).await }));
    let nowhere = OrganisationId::from_bytes([77; 16]);
    assert!(!read!(store, |reader| { reader.second_factor_required(nowhere).await }));
    assert_eq!(read!(store, |reader| { reader.second_factor_lacking(person).await }), [id]);
    assert_eq!(read!(store, |reader| { reader.members_without_second_factor(id).await }), 1);
    let one = passkey(person, 90);
    done(write!(store, |tx| { tx.insert_passkey(&one.clone()).await })).await;
    assert_eq!(read!(store, |reader| { reader.second_factor_lacking(person).await }), []);
    assert_eq!(read!(store, |reader| { reader.members_without_second_factor(id).await }), 0);
    assert!(done(write!(store, |tx| { tx.require_second_factor(id, false).await })).await);
}

async fn recovery_codes(store: &Store, person: PersonId) {
    let digests: Vec<Digest> = (0..10).map(|number: u8| Digest::of(&[number])).collect();
    let first = digests.clone();
    done(write!(store, |tx| { tx.replace_recovery_codes(person, &first.clone(), AT).await })).await;
    let wanted = digests[3];
    assert_eq!(read!(store, |reader| { reader.recovery_code(person, &wanted).await }), Some(4));
    let takes = (0..TRIES).map(|_| done(write!(store, |tx| { tx.take_recovery_code(person, 4, AT).await })));
    assert_eq!(futures_util::future::join_all(takes).await.into_iter().filter(|taken| *taken).count(), 1);
    assert_eq!(read!(store, |reader| { reader.recovery_code(person, &wanted).await }), None);
    let left = read!(store, |reader| { reader.recovery_codes(person).await }).expect("there");
    assert_eq!((left.left, left.created_at), (9, AT));
    let others = vec![Digest::of(b"other")];
    done(write!(store, |tx| { tx.replace_recovery_codes(person, &others.clone(), AT).await })).await;
    assert_eq!(read!(store, |reader| { reader.recovery_codes(person).await }).map(|codes| codes.left), Some(1));
    let gone = digests[0];
    assert_eq!(read!(store, |reader| { reader.recovery_code(person, &gone).await }), None);
    assert!(!read!(store, |reader| { reader.has_second_factor(person).await }), "they stand in for others");
}

async fn passkeys(store: &Store, person: PersonId) {
    let (one, two) = (passkey(person, 1), passkey(person, 2));
    let rows = [one.clone(), two.clone()];
    done(write!(store, |tx| {
        tx.insert_passkey(&rows[0]).await?;
        tx.insert_passkey(&rows[1]).await
    }))
    .await;
    assert_eq!(read!(store, |reader| { reader.passkeys_of(person).await }), [one.clone(), two.clone()]);
    let name = one.credential.clone();
    assert_eq!(read!(store, |reader| { reader.passkey_by_credential(&name).await }), Some(one.clone()));
    let same = Passkey { id: PasskeyId::from_bytes([9; 16]), ..one.clone() };
    let again = write!(store, |tx| { tx.insert_passkey(&same.clone()).await }).await;
    assert!(matches!(again, Err(poort_store::WriteError::Unavailable(StoreError::Conflict(conflict::PASSKEY)))), "{again:?}");
    // One that never counts, and one that does.
    let (silent, counting) = (one.id, two.id);
    for (id, counter, counts) in [(silent, 0, true), (silent, 0, true), (counting, 5, true), (counting, 5, false), (counting, 4, false)] {
        assert_eq!(done(write!(store, |tx| { tx.count_passkey(id, counter, AT).await })).await, counts, "{id} {counter}");
    }
    for first in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.suspect_passkey(counting, AT).await })).await, first);
    }
    assert!(!done(write!(store, |tx| { tx.count_passkey(counting, 6, AT).await })).await, "it is suspected");
    let theirs = PersonId::from_bytes([7; 16]);
    assert!(!done(write!(store, |tx| { tx.delete_passkey(counting, theirs).await })).await, "of somebody else");
    assert!(!done(write!(store, |tx| { tx.rename_passkey(counting, theirs, "Mine").await })).await, "of somebody else");
    assert!(done(write!(store, |tx| { tx.rename_passkey(counting, person, "Renamed").await })).await);
    assert!(read!(store, |reader| { reader.passkeys_of(person).await }).iter().any(|passkey| passkey.name == "Renamed"));
    assert!(done(write!(store, |tx| { tx.delete_passkey(counting, person).await })).await);
    assert_eq!(read!(store, |reader| { reader.passkeys_of(person).await }).len(), 1);
}

/// What waits is taken in the transaction that begins the session.
async fn half_sign_in(store: &Store) {
    let (id, visit) = (InteractionId::from_bytes([77; 16]), Digest::of(b"visit"));
    let row = Interaction {
        id,
        visit,
        resume: "/sign-in/second-step".to_owned(),
        request: "{}".to_owned(),
        client: None,
        leads_to: None,
        login_hint: None,
        sign_in_again: false,
        created_at: AT,
        expires_at: AT.saturating_add(std::time::Duration::from_secs(600)),
    };
    store.insert_interaction(row).await.expect("kept");
    let other = Digest::of(b"other");
    assert!(!done(write!(store, |tx| { tx.take_interaction(id, &other, AT).await })).await);
    for there in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.take_interaction(id, &visit, AT).await })).await, there);
    }
}
