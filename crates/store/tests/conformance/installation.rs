//! APIs, credentials, settings, keys, and the journal.

use domain::refused_request::RefusedRequest;
use domain::{ClientRefusal, Flow, Kind, Refusal, RequestId};
use poort_store::Totp;
use poort_store::sealing::TOTP;

use crate::support::*;
use crate::*;

pub(crate) async fn apis_and_credentials(store: &Store) {
    let definition = |title: &str| -> ApiDefinition {
        ApiDefinition {
            name: "learning".to_owned(),
            title: name(title),
            presentations: vec![domain::presentation::Presentation::Bare],
            credentials: vec![domain::Kind::OrganisationToken],
            accepts_imported: true,
            optional_prefixes: vec!["/nl".to_owned()],
            optional_suffixes: vec![],
            ignores_case: false,
            permissions: vec![],
            scopes: vec![],
            resource: None,
            access_token_algorithm: None,
            routes: vec![],
        }
    };
    let (one, two) = (definition("Learning"), definition("Learning platform"));
    let again = two.clone();
    assert_eq!(done(write!(store, |tx| { tx.put_api(&one.clone()).await })).await, 1);
    assert_eq!(done(write!(store, |tx| { tx.put_api(&again.clone()).await })).await, 2);
    assert_eq!(read!(store, |reader| { reader.api("learning").await }), Some((two.clone(), 2)));
    assert_eq!(read!(store, |reader| { reader.apis().await }), vec![(two, 2)]);

    let credential = ApiCredential {
        id: CredentialId::generate(now(), &System).expect("an id"),
        api: "learning".to_owned(),
        description: Description::new("verify").expect("a description"),
        prefix: "prtv_abcd".to_owned(),
        created_at: now(),
        last_used_at: None,
        exposed_at: None,
        revoked_at: None,
    };
    let (id, at, insert) = (credential.id, now(), credential.clone());
    done(write!(store, |tx| { tx.insert_api_credential(&insert.clone(), &digest("api")).await })).await;
    assert_eq!(read!(store, |reader| { reader.api_credential(id).await }), Some(credential.clone()));
    assert_eq!(read!(store, |reader| { reader.api_credentials("learning").await }), vec![credential.clone()]);
    let again = write!(store, |tx| { tx.insert_api_credential(&credential.clone(), &digest("three")).await }).await;
    assert_eq!(conflict(again), "secret_digest");
    assert_eq!(done(write!(store, |tx| { tx.revoke_api_credential(id, at).await })).await, Some(digest("api")));
    assert_eq!(done(write!(store, |tx| { tx.revoke_api_credential(id, at).await })).await, None);
    assert_eq!(read!(store, |reader| { reader.api_credentials("learning").await }), vec![]);
    assert!(done(write!(store, |tx| { tx.remove_api("learning").await })).await);
    assert!(!done(write!(store, |tx| { tx.remove_api("learning").await })).await);
    assert_eq!(done(write!(store, |tx| { tx.put_api(&definition_again()).await })).await, 1);

    let operator = operator_token();
    let (id, insert) = (operator.id, operator.clone());
    done(write!(store, |tx| { tx.insert_operator_token(&insert.clone(), &digest("operator")).await })).await;
    assert_eq!(read!(store, |reader| { reader.operator_token(id).await }), Some(operator.clone()));
    assert_eq!(read!(store, |reader| { reader.operator_tokens().await }), vec![operator.clone()]);
    assert_eq!(conflict(write!(store, |tx| { tx.insert_operator_token(&operator.clone(), &digest("api")).await }).await), "secret_digest");
    assert_eq!(done(write!(store, |tx| { tx.revoke_operator_token(id, at).await })).await, Some(digest("operator")));
    assert_eq!(done(write!(store, |tx| { tx.revoke_operator_token(id, at).await })).await, None);
    let taken = token(&member(store, "taker").await, "taken");
    for secret in ["api", "operator", "three"] {
        assert_eq!(conflict(create(store, &taken, digest(secret)).await), conflict::SECRET_DIGEST, "{secret}");
    }
}

fn operator_token() -> OperatorToken {
    OperatorToken {
        id: CredentialId::generate(now(), &System).expect("an id"),
        description: Description::new("first operator").expect("a description"),
        prefix: "prto_abcd".to_owned(),
        created_at: now(),
        last_used_at: None,
        exposed_at: None,
        revoked_at: None,
    }
}

fn definition_again() -> ApiDefinition {
    ApiDefinition {
        name: "geo".to_owned(),
        title: name("Geo"),
        presentations: vec![],
        credentials: vec![domain::Kind::PersonalToken],
        accepts_imported: false,
        optional_prefixes: vec![],
        optional_suffixes: vec![],
        ignores_case: true,
        permissions: vec![],
        scopes: vec![],
        resource: None,
        access_token_algorithm: None,
        routes: vec![],
    }
}

pub(crate) async fn settings_answers_usage(store: &Store) {
    done(write!(store, |tx| { tx.put_setting("installation", "prt").await })).await;
    done(write!(store, |tx| { tx.put_setting("installation", "abc prt").await })).await;
    assert_eq!(read!(store, |reader| { reader.setting("installation").await }).as_deref(), Some("abc prt"));
    assert!(done(write!(store, |tx| { tx.remove_setting("installation").await })).await);
    assert_eq!(read!(store, |reader| { reader.setting("installation").await }), None);

    let (key, request, at) = (digest("key"), digest("request"), now());
    done(write!(store, |tx| { tx.keep_answer(&key, &digest("earlier"), b"x", at).await })).await;
    done(write!(store, |tx| { tx.keep_answer(&key, &request, b"sealed", at).await })).await;
    let kept = read!(store, |reader| { reader.idempotent_answer(&key, at).await }).expect("kept");
    assert_eq!((kept.request_digest, kept.sealed.as_slice()), (request, b"sealed".as_slice()));
    let later = at.saturating_add(poort_store::KEPT_FOR);
    assert_eq!(read!(store, |reader| { reader.idempotent_answer(&key, later).await }), None);
    store.drop_old_answers(at).await.expect("dropped");
    assert!(read!(store, |reader| { reader.idempotent_answer(&key, at).await }).is_some());
    store.drop_old_answers(later).await.expect("dropped");
    assert_eq!(read!(store, |reader| { reader.idempotent_answer(&key, at).await }), None);

    let token = read!(store, |reader| { reader.tokens(ALL, None).await }).remove(0);
    let used = |seconds: i64, uses: u32, address: Option<&str>| UsageRow {
        credential: token.id,
        last_used_at: Timestamp::from_unix_seconds(seconds),
        uses,
        address: address.map(str::to_owned),
    };
    let batch = vec![used(100, 2, Some("192.0.2.1")), used(300, 3, Some("192.0.2.3")), used(200, 4, Some("192.0.2.2"))];
    store.flush_usage(batch).await.expect("flushed");
    store.flush_usage(vec![used(300, 1, None)]).await.expect("flushed");
    let id = token.id;
    let there = read!(store, |reader| { reader.token(id).await }).expect("there");
    assert_eq!(there.uses, 10);
    assert_eq!(there.last_used_at, Some(Timestamp::from_unix_seconds(300)));
    assert_eq!(there.last_used_from.as_deref(), Some("192.0.2.3"));

    let secret = read!(store, |reader| { reader.token_secrets(id).await }).remove(0).digest;
    assert_eq!(there.exposed_at, None);
    let at = Timestamp::from_unix_seconds;
    store.flush_exposures(vec![(secret, at(400)), (digest("another's"), at(400))]).await.expect("marked");
    store.flush_exposures(vec![(secret, at(500))]).await.expect("marked");
    let exposed = read!(store, |reader| { reader.token(id).await }).expect("there");
    assert_eq!(exposed.exposed_at, Some(at(400)), "the first time stays");
}

pub(crate) async fn refused_requests(store: &Store) {
    let refused = |number: u8, seconds: i64| RefusedRequest {
        request: RequestId::from_bytes([number; 16]),
        at: Timestamp::from_unix_seconds(seconds),
        cause: Refusal::DelegationClosed.into(),
        flow: None,
        answer: None,
        about: None,
        api: Some("subsurface".to_owned()),
        asked: Some(("POST".to_owned(), "/projects/4711".to_owned())),
        permission: Some("subsurface:deliveries:write".to_owned()),
        workspace: Some("4711".to_owned()),
        credential: Some(CredentialId::from_bytes([7; 16])),
        kind: Some(Kind::OrganisationToken),
        person: None,
        organisation: Some(OrganisationId::from_bytes([1; 16])),
        address: Some([192, 0, 2, 7].into()),
    };
    let bare = RefusedRequest {
        cause: ClientRefusal::CodeUsed.into(),
        flow: Some(Flow::AuthorizationCode),
        answer: Some("invalid_grant: the grant is not valid".to_owned()),
        about: Some([8; 16]),
        asked: None,
        permission: None,
        workspace: None,
        credential: None,
        kind: None,
        address: None,
        ..refused(2, 200)
    };
    let all = vec![refused(1, 100), bare.clone(), refused(3, 300)];
    store.keep_refused_requests(all.into()).await.expect("kept");
    store.keep_refused_requests([refused(1, 900)].into()).await.expect("kept");
    let there = async |number: u8| read!(store, |reader| { reader.refused_request(RequestId::from_bytes([number; 16])).await });
    assert_eq!(there(1).await, Some(refused(1, 100)), "the first is kept");
    assert_eq!(there(2).await, Some(bare));
    let count = async |since: i64, most: u32| {
        read!(store, |reader| {
            reader.count_refused(OrganisationId::from_bytes([1; 16]), Timestamp::from_unix_seconds(since), most).await
        })
    };
    assert_eq!((count(150, 100).await, count(0, 100).await, count(0, 2).await), (2, 3, 2));
    store.drop_old_refused_requests(Timestamp::from_unix_seconds(150), 1_000).await.expect("dropped");
    assert_eq!((there(1).await, there(2).await.is_some()), (None, true));
    store.drop_old_refused_requests(Timestamp::from_unix_seconds(0), 1).await.expect("dropped");
    assert_eq!((there(2).await, there(3).await), (None, Some(refused(3, 300))), "the newest stays");
}

pub(crate) async fn keys(store: &Store) {
    let (old, new) = (MasterKey::from_bytes([1; 32]), MasterKey::from_bytes([2; 32]));
    store.check_master_key(&old).await.expect("the first");
    store.check_master_key(&old).await.expect("the same");
    let refused = store.check_master_key(&new).await;
    assert!(matches!(refused, Err(SealingError::Store(StoreError::Refused(_)))), "{refused:?}");
    for id in ["k1", "k2", "k3"] {
        let key = NewServerKey { id, purpose: "answers", algorithm: "aes-256-gcm", plain: b"a key of the server" };
        let row = key.seal(&old, &System, now()).expect("sealed");
        done(write!(store, |tx| { tx.insert_server_key(&row.clone()).await })).await;
    }
    assert!(done(write!(store, |tx| { tx.activate_server_key("k1", now()).await })).await);
    assert!(!done(write!(store, |tx| { tx.activate_server_key("k1", now()).await })).await);
    assert!(done(write!(store, |tx| { tx.retire_server_key("k2", now()).await })).await);
    assert!(!done(write!(store, |tx| { tx.activate_server_key("k2", now()).await })).await, "retired for good");
    assert!(done(write!(store, |tx| { tx.end_server_key("k3", now()).await })).await);
    assert!(!done(write!(store, |tx| { tx.end_server_key("k3", now()).await })).await);
    assert!(!done(write!(store, |tx| { tx.activate_server_key("k3", now()).await })).await, "ended for good");
    let juno = person("juno");
    let (juno_id, inserted) = (juno.id, juno.clone());
    let sealed = old.seal(&juno_id.to_string(), TOTP, b"what an app counts from", &System).expect("sealed");
    done(write!(store, |tx| {
        tx.insert_person(&inserted.clone(), None).await?;
        tx.insert_totp(&Totp { person: juno_id, sealed: sealed.clone(), last_step: 0, created_at: now(), last_used_at: None }).await
    }))
    .await;
    let done = store.rotate_master_key(old.clone(), new.clone(), &System, by()).await.expect("rotated");
    assert_eq!(done.value, 3);
    let rows = read!(store, |reader| { reader.server_keys("answers").await });
    let states: Vec<KeyState> = rows.iter().map(|row| row.state()).collect();
    assert_eq!(states, [KeyState::Active, KeyState::Retired, KeyState::Ended]);
    for row in rows {
        if row.state() == KeyState::Ended {
            assert!(row.sealed.is_empty() && row.retired_at.is_some(), "nothing of it is left to open");
            continue;
        }
        assert_eq!(row.master_key_id, new.id());
        assert_eq!(new.open(&row.id, &row.purpose, &row.sealed).expect("opened").expose(), b"a key of the server");
        assert!(old.open(&row.id, &row.purpose, &row.sealed).is_err());
    }
    let totp = read!(store, |reader| { reader.totp(juno_id).await }).expect("there");
    let opened = new.open(&juno_id.to_string(), TOTP, &totp.sealed).expect("opened");
    assert_eq!(opened.expose(), b"what an app counts from");
    store.check_master_key(&new).await.expect("the new one");
    assert!(store.check_master_key(&old).await.is_err(), "the old one");
}

pub(crate) async fn journal(store: &Store) {
    let all = store.tail(Sequence(0), 10_000).await.expect("read");
    assert!(all.iter().zip(1..).all(|(entry, place)| entry.sequence == Sequence(place)), "a gap");
    assert_eq!(read!(store, |reader| { reader.head().await }), all.last().expect("entries").sequence);
    let tokens = read!(store, |reader| { reader.tokens(ALL, None).await });
    let token = tokens.first().expect("a token").clone();
    let (revoked, secret) = (vec![token.id], vec![digest("any")]);
    let event = Event::TokensRevoked { tokens: revoked, digests: secret };
    let recorded = event.clone();
    done(write!(store, |tx| { tx.record(&by(), recorded).await.map(drop) })).await;
    let all = store.tail(Sequence(0), 10_000).await.expect("read");
    for (about, least) in
        [(*token.id.as_bytes(), 1), (*token.person.as_bytes(), 3), (*token.organisation.as_bytes(), 3), (*token.membership.as_bytes(), 2)]
    {
        let oldest = read!(store, |reader| { reader.entries(Sequence(0), Some(about), 1_000).await });
        let mut newest = read!(store, |reader| { reader.entries_before(Sequence(i64::MAX), Some(about), 1_000).await });
        assert!(oldest.len() >= least && oldest.len() < all.len(), "{}", oldest.len());
        newest.reverse();
        assert_eq!(oldest, newest);
        assert!(oldest.iter().any(|entry| entry.event == event), "what happens to a token is in its owner's trail");
    }
    let last = read!(store, |reader| { reader.entries_before(Sequence(i64::MAX), None, 1).await });
    assert_eq!(last, all[all.len() - 1..]);
    assert_eq!(read!(store, |reader| { reader.entries(Sequence(2), None, 2).await }), all[2..4]);
    assert_eq!(read!(store, |reader| { reader.origin(Sequence(1)).await }).as_deref(), Some("192.0.2.7"));
}
