//! Announcements, whom they concern, and who was told.

use domain::announcement::{Announcement, Signal, Translated};
use domain::id::AnnouncementId;
use domain::{Day, organisation_key::PrivateKeyState};
use poort_store::{Concerned, CountRow, NewOrganisationKey};

use super::organisation_keys::organisation_key;
use super::organisation_tokens::{make as make_organisation_token, organisation_token, secret};
use super::tokens::Counts;
use crate::support::*;
use crate::*;

const TODAY: Day = Day::from_number(31_000);
const API: &str = "news";

fn announcement(number: u8, api: &str) -> Announcement {
    let said = |text: &str| Translated { nl: format!("{text} nl"), en: format!("{text} en") };
    let sunset_at = Some(now().saturating_add(std::time::Duration::from_secs(3_600)));
    let signal = Signal { routes: vec![], deprecated_at: None, sunset_at, link: Some("https://docs.example/".to_owned()) };
    let id = AnnouncementId::from_bytes([number; 16]);
    Announcement { id, api: api.to_owned(), title: said("title"), text: said("text"), signal, created_at: now(), withdrawn_at: None }
}

async fn make(store: &Store, new: &Announcement) {
    let new = new.clone();
    done(write!(store, |tx| { tx.insert_announcement(&new.clone()).await })).await;
}

pub(crate) async fn announcements(store: &Store) {
    let (first, second, other) = (announcement(1, API), announcement(2, API), announcement(3, "other"));
    for made in [&first, &second, &other] {
        make(store, made).await;
    }
    let (one, two) = (first.id, second.id);
    assert_eq!(read!(store, |reader| { reader.announcement(one).await }), Some(first.clone()));
    assert_eq!(read!(store, |reader| { reader.announcements(None, ALL).await }).len(), 3);
    let after_first = Page { after: Some(*one.as_bytes()), limit: 5 };
    assert_eq!(read!(store, |reader| { reader.announcements(Some(API), after_first).await }), std::slice::from_ref(&second));
    assert_eq!(read!(store, |reader| { reader.standing_announcements(API).await }), 2);
    concerned(store, &first).await;

    let counts = store.snapshot(now(), |snapshot| {
        let mut counts = Counts::default();
        snapshot.pour(&mut counts)?;
        Ok(counts)
    });
    assert_eq!(counts.await.expect("loaded").announcements, [(one, API.to_owned()), (two, API.to_owned()), (other.id, other.api.clone())]);

    let withdraw = |id| async move { done(write!(store, |tx| { tx.withdraw_announcement(id, now()).await })).await };
    assert!(withdraw(one).await && !withdraw(one).await);
    done(write!(store, |tx| { tx.withdraw_announcements_of("other", now()).await })).await;
    let current = |at: Timestamp| async move { read!(store, |reader| { reader.current_announcements(at).await }) };
    assert_eq!(current(now()).await, std::slice::from_ref(&second));
    assert_eq!(current(second.told_until()).await, []);
    let withdrawn = read!(store, |reader| { reader.announcement(one).await }).expect("there");
    assert!(withdrawn.withdrawn_at.is_some());
}

/// Of whose credentials it is, and that each is found once.
async fn concerned(store: &Store, announced: &Announcement) {
    let id = announced.id;
    let (named, used, all) = (member(store, "named").await, member(store, "used").await, member(store, "all").await);
    let only = |name: &str| Permissions::Only([Permission::new(name).expect("a name")].into());
    let mut tokens = [token(&named, "by name"), token(&used, "by use"), token(&all, "unused")];
    tokens[0].permissions = only("news:items:read");
    for (token, text) in tokens.iter().zip(["news one", "news two", "news three"]) {
        create(store, token, digest(text)).await.expect("created");
    }
    let mut elsewhere = token(&named, "elsewhere");
    elsewhere.permissions = only("newspaper:items:read");
    create(store, &elsewhere, digest("news four")).await.expect("created");

    organisations_with(store, [named.organisation, used.organisation, all.organisation], tokens[1].id).await;
    let of = move |since: i32| Concerned { announcement: id, api: API.to_owned(), now: now(), used_since: TODAY.plus(since) };
    let people = |of: Concerned, after: [u8; 16], limit| async move {
        read!(store, |reader| { reader.people_to_tell(&of.clone(), after, limit).await })
    };
    let mut both = [named.person, used.person];
    both.sort();
    assert_eq!(people(of(-90), [0; 16], 10).await, both);
    assert_eq!(people(of(-90), *both[0].as_bytes(), 10).await, [both[1]]);
    assert_eq!(people(of(-90), [0; 16], 1).await, [both[0]]);
    assert_eq!(people(of(-89), [0; 16], 10).await, [named.person], "used too long ago");
    let names = read!(store, |reader| { reader.tokens_concerned(&of(-90), named.person, 9).await });
    assert_eq!(names, ["by name"]);

    let organisations =
        |of: Concerned| async move { read!(store, |reader| { reader.organisations_to_tell(&of.clone(), [0; 16], 10).await }) };
    let mut found = [named.organisation, used.organisation, all.organisation];
    found.sort();
    assert_eq!(organisations(of(-90)).await, found, "one of them only looks so");
    let keys = |organisation| async move { read!(store, |reader| { reader.keys_concerned(&of(-90), organisation, 9).await }) };
    assert_eq!(keys(all.organisation).await, []);
    let busy_keys = keys(used.organisation).await;
    assert_eq!(
        (busy_keys.len(), &busy_keys[0].name, &busy_keys[0].contact),
        (1, &"Koppeling".to_owned(), &Some(email("beheer@koppeling.example")))
    );
    let usernames = read!(store, |reader| { reader.organisation_tokens_concerned(&of(-90), named.organisation, 9).await });
    assert_eq!(usernames, ["news-01"]);

    let note = |reader: [u8; 16]| async move { done(write!(store, |tx| { tx.note_reader(id, &reader).await })).await };
    for reader in [*named.person.as_bytes(), *used.organisation.as_bytes()] {
        assert!(note(reader).await && !note(reader).await);
    }
    assert_eq!(people(of(-90), [0; 16], 10).await, [used.person]);
    assert!(!organisations(of(-90)).await.contains(&used.organisation));
    let shown = |reader: [u8; 16], at: Timestamp| async move {
        let shown = read!(store, |store| { store.announcements_for(&reader, at, 5).await });
        shown.into_iter().map(|shown| shown.id).collect::<Vec<_>>()
    };
    let reader = *named.person.as_bytes();
    assert_eq!((shown(reader, now()).await, shown(reader, announced.told_until()).await), (vec![id], vec![]));
    assert!(done(write!(store, |tx| { tx.erase_person(named.person, now()).await })).await);
    assert_eq!(shown(reader, now()).await, []);
    store.drop_old_readers(now()).await.expect("nothing to drop");
    assert_eq!(shown(*used.organisation.as_bytes(), now()).await, [id]);
    store.drop_old_readers(announced.told_until()).await.expect("dropped");
    assert_eq!(shown(*used.organisation.as_bytes(), now()).await, []);
}

/// One with a token of the API, one whose key's private key has used it and one whose key only looks as if it might.
async fn organisations_with(store: &Store, [named, used, all]: [OrganisationId; 3], personal: CredentialId) {
    let own = organisation_token(named, API, "news-01");
    make_organisation_token(store, &own, secret(&own, "news")).await.expect("created");
    let mut quiet = organisation_key(all, "prtk_news_quiet");
    quiet.definition.redirect_uris = vec!["news:/callback".to_owned()];
    let busy = organisation_key(used, "prtk_news_busy");
    let private = PrivateKeyState { id: CredentialId::from_bytes([0x66; 16]), digest: digest("news private"), not_after: None };
    for (key, private) in [(quiet, None), (busy, Some(private))] {
        done(write!(store, |tx| {
            let new = NewOrganisationKey { key: &key, imported: false, registration: None, unused_until: None };
            tx.insert_organisation_key(&new).await?;
            if let Some(private) = &private {
                tx.insert_private_key(key.id, private, None, key.created_at).await?;
            }
            Ok(())
        }))
        .await;
    }
    let use_of = |credential| CountRow::Permission(credential, Permission::new("news:items:read").expect("a name"), TODAY.plus(-90));
    store.flush_counts(vec![use_of(personal), use_of(CredentialId::from_bytes([0x66; 16]))]).await.expect("written");
}
