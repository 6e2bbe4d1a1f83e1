//! Letters that wait, and the language that people read.

use domain::id::LetterId;
use domain::person::Language;
use poort_store::{LetterRow, WaitingLetters};

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
    assert_eq!(read!(store, |reader| { reader.person_language(id).await }), None);
    for (language, is_new) in [(Language::En, true), (Language::En, false), (Language::Nl, true)] {
        assert_eq!(done(write!(store, |tx| { tx.set_person_language(id, language).await })).await, is_new);
        assert_eq!(read!(store, |reader| { reader.person_language(id).await }), Some(language));
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
    assert_eq!(read!(store, |reader| { reader.person_language(id).await }), None);
}
