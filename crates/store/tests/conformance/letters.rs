//! Letters that wait, and the language that people read.

use domain::id::LetterId;
use domain::letter::Ending;
use domain::person::{Language, Settings, Theme};
use poort_store::{DelegationEnding, EndingWithin, LetterRow, WaitingLetters};
use std::time::Duration;

use crate::support::*;
use crate::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(2_000_000_000 + seconds)
}

fn letter(number: u8, person: Option<PersonId>) -> LetterRow {
    let (id, sealed) = (LetterId::from_bytes([number; 16]), vec![number; 40]);
    LetterRow { id, person, sealed, created_at: at(number.into()), give_up_at: at(1_000), attempts: 0 }
}

pub(crate) async fn letters(store: &Store) {
    let iris = person("iris");
    let (id, inserted) = (iris.id, iris.clone());
    done(write!(store, |tx| { tx.insert_person(&inserted.clone(), None).await })).await;
    assert_eq!(read!(store, |reader| { reader.person_settings(id).await }), Settings::default());
    let first = move |language| done(write!(store, |tx| { tx.note_signed_in(id, at(0), Some(language)).await }));
    assert!(first(Language::En).await);
    assert!(!first(Language::Nl).await);
    let known = Settings { language: Some(Language::En), theme: None };
    assert_eq!(read!(store, |reader| { reader.person_settings(id).await }), known);
    for settings in [Settings { language: Some(Language::Nl), theme: Some(Theme::Dark) }, known] {
        done(write!(store, |tx| { tx.set_person_settings(id, settings).await })).await;
        assert_eq!(read!(store, |reader| { reader.person_settings(id).await }), settings);
    }

    let (one, two) = (letter(1, Some(id)), letter(2, None));
    let inserted = [one.clone(), two.clone()];
    done(write!(store, |tx| {
        tx.insert_letter(&inserted[0]).await?;
        tx.insert_letter(&inserted[1]).await
    }))
    .await;
    let due = |seconds: i64| async move { read!(store, |reader| { reader.due_letters(at(seconds), 10).await }) };
    assert_eq!(due(0).await, []);
    assert_eq!(due(1).await.len(), 1);
    assert_eq!(due(2).await, [one.clone(), two.clone()]);
    let waiting = read!(store, |reader| { reader.waiting_letters().await });
    assert_eq!(waiting, WaitingLetters { count: 2, since: Some(at(1)) });

    // Of several nodes that saw the same row, one may send.
    let (first, second) = tokio::join!(store.claim_letter(two.id, 0, at(62)), store.claim_letter(two.id, 0, at(62)));
    assert_ne!(first.expect("asked"), second.expect("asked"));
    assert_eq!(due(61).await.len(), 1);
    assert_eq!(due(62).await, [one, LetterRow { attempts: 1, ..two.clone() }]);
    store.drop_letter(two.id).await.expect("written");
    store.drop_letter(two.id).await.expect("nothing left to drop");
    assert!(!store.claim_letter(two.id, 1, at(200)).await.expect("asked"), "it was sent");

    // Whoever is erased gets none any more.
    assert!(done(write!(store, |tx| { tx.erase_person(id, at(3)).await })).await);
    assert_eq!(read!(store, |reader| { reader.waiting_letters().await }), WaitingLetters { count: 0, since: None });
    assert_eq!(read!(store, |reader| { reader.person_settings(id).await }), Settings::default());
    notices(store).await;
}

/// Of credentials that end by themselves; what each lists is tried over HTTP.
async fn notices(store: &Store) {
    let within = EndingWithin { after: at(0), until: at(1), span: Duration::ZERO, days: 7 };
    for kind in [Ending::PersonalToken, Ending::OrganisationToken] {
        assert_eq!(read!(store, |reader| { reader.ending_credentials(kind, within, 10).await }), []);
    }
    assert_eq!(read!(store, |reader| { reader.ending_private_keys(within, 10).await }), []);
    assert_eq!(read!(store, |reader| { reader.old_keys_still_used((at(0), at(1)), at(-1), 10).await }), []);
    for how in [DelegationEnding::Ends, DelegationEnding::Lapses, DelegationEnding::Over] {
        assert_eq!(read!(store, |reader| { reader.ending_delegations(how, within, 10).await }), []);
    }
    let credential = CredentialId::from_bytes([9; 16]);
    let told = move |days| done(write!(store, |tx| { tx.note_told(credential, at(10), days).await }));
    assert!(told(7).await && told(1).await);
    assert!(!told(7).await, "once");
    store.drop_old_notices(at(9)).await.expect("written");
    assert!(!told(7).await, "it is kept until the end");
    store.drop_old_notices(at(10)).await.expect("written");
    assert!(told(7).await);
}
