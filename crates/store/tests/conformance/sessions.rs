//! Sessions, accounts of other providers, what waits, allowances.

use std::time::Duration;

use domain::id::{InteractionId, SessionId};
use domain::session::{Method, Session};
use poort_store::{Charge, Interaction, LogoutNotice, NewOrganisationKey, NewSession, UpstreamAccount};

use crate::organisation_keys::organisation_key;
use crate::support::*;
use crate::*;

const IDLE: Duration = Duration::from_secs(600);

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(2_000_000_000 + seconds)
}

fn now() -> Timestamp {
    later(0)
}

fn session(person: PersonId, number: u8) -> NewSession {
    let session = Session {
        id: SessionId::from_bytes([number; 16]),
        person,
        created_at: now(),
        auth_time: now(),
        method: Method::Password,
        last_seen_at: now(),
        expires_at: later(3_600),
        address: Some("192.0.2.1".to_owned()),
        user_agent: None,
    };
    NewSession { session, digest: Digest::of(&[number]) }
}

pub(crate) async fn sessions(store: &Store) {
    let hera = person("hera");
    let (id, inserted) = (hera.id, hera.clone());
    done(write!(store, |tx| { tx.insert_person(&inserted.clone(), Some("hash".to_owned())).await })).await;
    let facts = read!(store, |reader| { reader.sign_in_facts(&email("HERA@example.org")).await }).expect("there");
    assert_eq!((facts.person, facts.password_hash.as_deref()), (id, Some("hash")));
    assert_eq!(read!(store, |reader| { reader.sign_in_facts(&email("nobody@example.org")).await }), None);

    let (one, two) = (session(id, 1), session(id, 2));
    let inserted = [one.clone(), two.clone()];
    done(write!(store, |tx| {
        tx.insert_session(&inserted[0]).await?;
        tx.insert_session(&inserted[1]).await
    }))
    .await;
    let found = move |store: &Store, digest: Digest, at: Timestamp| {
        let store = store.clone();
        async move { read!(store, |reader| { reader.session(&digest, at, IDLE).await }) }
    };
    assert_eq!(found(store, one.digest, now()).await.as_ref(), Some(&one.session));
    assert_eq!(found(store, Digest::of(b"other"), now()).await, None);
    // Unused for too long; used, it lasts to its end.
    assert_eq!(found(store, one.digest, later(600)).await, None);
    store.touch_session(one.session.id, later(590)).await.expect("written");
    assert!(found(store, one.digest, later(600)).await.is_some());
    for at in [3_000, 3_590] {
        store.touch_session(one.session.id, later(at)).await.expect("written");
    }
    assert!(found(store, one.digest, later(3_599)).await.is_some());
    assert_eq!(found(store, one.digest, later(3_600)).await, None);
    store.touch_session(one.session.id, later(10)).await.expect("nothing to write");
    assert_eq!(read!(store, |reader| { reader.sessions_of(id, later(3_595), IDLE).await }).len(), 1);
    assert_eq!(read!(store, |reader| { reader.unended_sessions_of(id).await }).len(), 2);

    let renewed = NewSession { digest: Digest::of(b"renewed"), ..one.clone() };
    let sent = renewed.clone();
    assert!(done(write!(store, |tx| { tx.renew_session(&sent.clone()).await })).await);
    assert_eq!(found(store, one.digest, now()).await, None, "the secret before");
    assert!(found(store, renewed.digest, now()).await.is_some());
    let (ours, theirs) = (one.session.id, PersonId::from_bytes([8; 16]));
    assert!(!done(write!(store, |tx| { tx.end_session(ours, theirs, now()).await })).await, "of somebody else");
    for ends in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.end_session(ours, id, now()).await })).await, ends);
    }
    assert_eq!(found(store, renewed.digest, now()).await, None);
    assert!(!done(write!(store, |tx| { tx.renew_session(&renewed.clone()).await })).await);

    assert!(done(write!(store, |tx| { tx.set_person_suspended(id, Some(now())).await })).await);
    assert_eq!(found(store, two.digest, now()).await, None);
    assert_eq!(read!(store, |reader| { reader.sign_in_facts(&email("hera@example.org")).await }), None);
    assert!(done(write!(store, |tx| { tx.set_person_suspended(id, None).await })).await);
    assert!(found(store, two.digest, now()).await.is_some());
    let whose = two.digest;
    assert_eq!(read!(store, |reader| { reader.person_of_secret(&whose).await }), Some(id));
    told(store, two.session.id, id).await;
    accounts(store, id).await;
    assert!(done(write!(store, |tx| { tx.erase_person(id, now()).await })).await);
    assert_eq!(read!(store, |reader| { reader.unended_sessions_of(id).await }), []);
    store.drop_old_sessions(later(4_000)).await.expect("dropped");
}

/// Clients of a session, and what is kept for them when it ends.
async fn told(store: &Store, session: SessionId, person: PersonId) {
    let home = member(store, "told").await;
    let key = organisation_key(home.organisation, "prtk_told");
    let row = key.clone();
    done(write!(store, |tx| {
        let row = row.clone();
        tx.insert_organisation_key(&NewOrganisationKey { key: &row, imported: false, registration: None, unused_until: None }).await
    }))
    .await;
    let key = key.id;
    for (id, is_there) in [(session, true), (SessionId::from_bytes([99; 16]), false)] {
        assert_eq!(done(write!(store, |tx| { tx.hold_session(id).await })).await, is_there);
    }
    assert_eq!(read!(store, |reader| { reader.person_of_session(session).await }), Some(person));
    assert_eq!(read!(store, |reader| { reader.person_of_secret(&domain::Digest::of(b"nobody's")).await }), None);
    let ended = SessionId::from_bytes([98; 16]);
    assert!(!read!(store, |reader| { reader.is_kept_ended(ended.as_bytes()).await }));
    assert!(done(write!(store, |tx| { tx.keep_ended(ended.as_bytes(), later(60)).await })).await);
    assert!(read!(store, |reader| { reader.is_kept_ended(ended.as_bytes()).await }));
    for _ in 0..2 {
        done(write!(store, |tx| { tx.insert_session_client(session, key).await })).await;
    }
    let clients = read!(store, |reader| { reader.clients_of_session(session).await });
    assert_eq!(clients.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [key]);
    let run_out = |at: Timestamp, idle: u64| async move {
        let idle = std::time::Duration::from_secs(idle);
        read!(store, |reader| { reader.sessions_run_out(at, idle, 10).await })
    };
    let never = 100 * 365 * 86_400;
    assert_eq!(run_out(now(), never).await, []);
    assert_eq!(run_out(now().saturating_add(std::time::Duration::from_secs(365 * 86_400)), never).await, [(session, person)]);
    done(write!(store, |tx| { tx.drop_clients_of_session(session).await })).await;
    assert_eq!(run_out(now().saturating_add(std::time::Duration::from_secs(365 * 86_400)), never).await, []);
    assert_eq!(read!(store, |reader| { reader.clients_of_session(session).await }), []);

    let notice = LogoutNotice { session, key, person, ended_at: now(), attempts: 0 };
    for _ in 0..2 {
        done(write!(store, |tx| { tx.insert_logout_notice(&notice).await })).await;
    }
    let due = |at: Timestamp| async move { read!(store, |reader| { reader.due_logout_notices(at, 10).await }) };
    assert_eq!((due(later(-1)).await, due(now()).await), (vec![], vec![notice]));
    let tries = (0..8).map(|_| store.claim_logout_notice(notice, later(30)));
    let claimed = futures_util::future::join_all(tries).await.into_iter().filter(|claimed| matches!(claimed, Ok(true))).count();
    assert_eq!(claimed, 1, "one node sends");
    let tried = LogoutNotice { attempts: 1, ..notice };
    assert_eq!((due(later(29)).await, due(later(30)).await), (vec![], vec![tried]));
    store.drop_logout_notice(tried).await.expect("dropped");
    assert_eq!(due(later(30)).await, vec![]);
}

async fn accounts(store: &Store, id: PersonId) {
    let account = UpstreamAccount { issuer: "https://issuer.example".to_owned(), subject: "248289761001".to_owned() };
    let linked = account.clone();
    assert_eq!(read!(store, |reader| { reader.person_of_account(&linked).await }), None);
    let linked = account.clone();
    done(write!(store, |tx| { tx.link_account(id, &linked.clone(), now()).await })).await;
    let again = UpstreamAccount { subject: "another".to_owned(), ..account.clone() };
    assert!(write!(store, |tx| { tx.link_account(id, &again.clone(), now()).await }).await.is_err(), "one of each provider");
    let linked = account.clone();
    assert_eq!(read!(store, |reader| { reader.person_of_account(&linked).await }), Some(id));
    assert_eq!(read!(store, |reader| { reader.account_at(id, "https://issuer.example").await }), Some(account.clone()));
    assert_eq!(read!(store, |reader| { reader.account_at(id, "https://other.example").await }), None);
    assert!(!done(write!(store, |tx| { tx.forget_unlinked_account(id, "https://issuer.example").await })).await, "it is linked");
    for unlinks in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.unlink_account(id, "https://issuer.example", now()).await })).await, unlinks);
    }
    let linked = account.clone();
    assert_eq!(read!(store, |reader| { reader.person_of_account(&linked).await }), None);
    let accounts = read!(store, |reader| { reader.accounts_of(id).await });
    assert_eq!(accounts.iter().map(|account| account.unlinked_at).collect::<Vec<_>>(), [Some(now())]);
    assert!(done(write!(store, |tx| { tx.forget_unlinked_account(id, "https://issuer.example").await })).await);
    let linked = account.clone();
    done(write!(store, |tx| { tx.link_account(id, &linked.clone(), now()).await })).await;
}

pub(crate) async fn allowances(store: &Store) {
    let charge = |name: &[u8]| Charge { name: Digest::of(name), burst: 3, interval: Duration::from_secs(10) };
    let spend = |name: &'static [u8], at: i64| async move { store.spend(vec![charge(name)], later(at)).await.expect("asked") };
    for _ in 0..3 {
        assert_eq!(spend(b"one", 0).await, None);
    }
    assert_eq!(spend(b"one", 0).await, Some(later(10)));
    assert_eq!(spend(b"one", 9).await, Some(later(10)));
    assert_eq!(spend(b"two", 0).await, None, "another's");
    assert_eq!(spend(b"one", 10).await, None);
    assert_eq!(spend(b"one", 10).await, Some(later(20)));
    store.give_back(vec![charge(b"one")]).await.expect("given back");
    assert_eq!(spend(b"one", 10).await, None);
    // The first that is used up decides; what comes after it is not spent.
    assert_eq!(store.spend(vec![charge(b"one"), charge(b"three")], later(10)).await.expect("asked"), Some(later(20)));
    store.drop_unspent_allowances(later(39)).await.expect("dropped");
    assert_eq!(spend(b"one", 10).await, Some(later(20)), "not all of it is there yet");
    store.drop_unspent_allowances(later(40)).await.expect("dropped");
    for _ in 0..3 {
        assert_eq!(spend(b"one", 0).await, None);
        assert_eq!(spend(b"three", 0).await, None);
    }
}

pub(crate) async fn interactions(store: &Store) {
    let waiting = Interaction {
        id: InteractionId::from_bytes([3; 16]),
        visit: Digest::of(b"visit"),
        resume: "/connect/authorize".to_owned(),
        request: "{}".to_owned(),
        client: Some("Veldboek".to_owned()),
        leads_to: None,
        login_hint: None,
        sign_in_again: true,
        created_at: now(),
        expires_at: later(600),
    };
    store.insert_interaction(waiting.clone()).await.expect("kept");
    let (id, visit) = (waiting.id, waiting.visit);
    assert_eq!(read!(store, |reader| { reader.interaction(id, &visit, now()).await }), Some(waiting));
    assert_eq!(read!(store, |reader| { reader.interaction(id, &visit, later(600)).await }), None);
    let other = Digest::of(b"another browser");
    assert_eq!(read!(store, |reader| { reader.interaction(id, &other, now()).await }), None);
    assert!(!store.take_interaction(id, other, now()).await.expect("asked"));
    for (at, still) in [(20, true), (10, true), (20, false)] {
        let asked = later(if still { 0 } else { 10 });
        assert_eq!(done(write!(store, |tx| { tx.shorten_interaction(id, &visit, (asked, later(at))).await })).await, still, "{at}");
    }
    let tries = (0..8).map(|_| store.take_interaction(id, visit, now()));
    let taken = futures_util::future::join_all(tries).await.into_iter().filter(|taken| matches!(taken, Ok(true))).count();
    assert_eq!(taken, 1);
    store.drop_old_interactions(later(600)).await.expect("dropped");
}
