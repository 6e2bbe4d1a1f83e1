//! Codes, refresh tokens, and what may be used once.

use std::time::Duration;

use domain::authorization::{Authorization, DeviceRequest};
use domain::grant::Grant;
use domain::{FamilyId, GrantId, SessionId};
use poort_store::{DeviceDecision, NewAuthorizationCode, NewDeviceCode, NewDeviceGrant, NewOrganisationKey, RefreshFamily};

use crate::organisation_keys::organisation_key;
use crate::support::*;
use crate::*;

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(now().unix_seconds() + seconds)
}

pub(crate) async fn codes(store: &Store) {
    used_once(store).await;
    let home = member(store, "codes").await;
    let key = organisation_key(home.organisation, "prtk_codes");
    let row = key.clone();
    done(write!(store, |tx| {
        let row = row.clone();
        tx.insert_organisation_key(&NewOrganisationKey { key: &row, imported: false, registration: None, unused_until: None }).await
    }))
    .await;
    let id = GrantId::generate(now(), &System).expect("an id");
    let scopes = vec!["api1".to_owned()];
    let (person, membership, organisation) = (home.person, home.id, home.organisation);
    let (created_at, updated_at, ended_at) = (now(), now(), None);
    let grant = Grant { id, person, membership, organisation, key: key.id, scopes, created_at, updated_at, ended_at };
    done(write!(store, |tx| { tx.insert_grant(&grant.clone()).await })).await;
    redeemed(store, id, (key.id, person)).await;
    refreshed(store, id, (key.id, person)).await;
    devices(store, id, key.id).await;
}

fn authorization(session: Option<SessionId>) -> Authorization {
    Authorization {
        redirect_uri: None,
        scope: "api1".to_owned(),
        resources: vec![],
        nonce: None,
        code_challenge: None,
        key_thumbprint: Some([9; 32]),
        session,
        auth_time: Timestamp::from_unix_seconds(1_000),
        acr: None,
        amr: vec![],
    }
}

async fn redeemed(store: &Store, grant: GrantId, (key, person): (CredentialId, PersonId)) {
    let family = FamilyId::generate(now(), &System).expect("an id");
    let request = serde_json::to_string(&authorization(None)).expect("JSON");
    for (text, expires_at) in [("code to redeem", later(60)), ("old code to redeem", later(-60))] {
        let new = NewAuthorizationCode { digest: digest(text), grant, key, family, request: request.clone(), expires_at };
        done(write!(store, |tx| { tx.insert_authorization_code(&new.clone()).await })).await;
    }
    let found = read!(store, |reader| { reader.authorization_code(&digest("code to redeem")).await }).expect("there");
    assert_eq!((found.grant, found.key, found.family, found.person), (grant, key, family, person));
    assert_eq!((found.request, found.redeemed_at, found.grant_ended_at), (authorization(None), None, None));
    for first in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.redeem_authorization_code(&digest("code to redeem"), later(0)).await })).await, first);
    }
    store.drop_old_codes(now()).await.expect("dropped");
    assert!(read!(store, |reader| { reader.authorization_code(&digest("code to redeem")).await }).expect("there").redeemed_at.is_some());
    assert_eq!(read!(store, |reader| { reader.authorization_code(&digest("old code to redeem")).await }), None);
}

async fn refreshed(store: &Store, grant: GrantId, (key, person): (CredentialId, PersonId)) {
    let session = SessionId::generate(now(), &System).expect("an id");
    let family = |expires_at: Timestamp| {
        let id = FamilyId::generate(now(), &System).expect("an id");
        RefreshFamily { id, grant, key, request: authorization(Some(session)), created_at: later(0), expires_at }
    };
    let (one, old) = (family(later(1_000)), family(later(-1)));
    for (family, text) in [(one.clone(), "refresh"), (old, "old refresh")] {
        done(write!(store, |tx| {
            tx.insert_refresh_family(&family.clone()).await?;
            tx.insert_refresh_token(&digest(text), family.id, later(100)).await
        }))
        .await;
    }
    let find = |text: &'static str| async move { read!(store, |reader| { reader.refresh_token(&digest(text)).await }) };
    let found = find("refresh").await.expect("there");
    assert_eq!((&found.family, found.person, found.rotated_at, found.successor), (&one, person, None, None));
    store.touch_refresh_token(digest("refresh"), later(500)).await.expect("touched");
    store.touch_refresh_token(digest("refresh"), later(200)).await.expect("touched");
    assert!(find("refresh").await.expect("there").idle_until >= later(400), "it only gets later");
    for first in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.rotate_refresh_token(&digest("refresh"), now(), b"sealed").await })).await, first);
    }
    let rotated = find("refresh").await.expect("there");
    assert_eq!((rotated.successor.as_deref(), rotated.ended_at), (Some(&b"sealed"[..]), None));
    let id = one.id;
    for first in [true, false] {
        assert_eq!(done(write!(store, |tx| { tx.end_refresh_family(id, now()).await })).await, first);
    }
    assert!(find("refresh").await.expect("there").ended_at.is_some());
    let live = read!(store, |reader| { reader.live_refresh_families_of(person, later(-1_000)).await });
    assert!(!live.is_empty() && live.iter().all(|(family, of)| *family != id && *of == Some(session)), "{live:?}");
    assert_eq!(done(write!(store, |tx| { tx.end_refresh_families_of_session(session, now()).await })).await, 1, "the other one");
    assert_eq!(read!(store, |reader| { reader.live_refresh_families_of(person, later(-1_000)).await }), []);
    store.drop_old_refresh_tokens(now()).await.expect("dropped");
    assert!(find("refresh").await.is_some() && find("old refresh").await.is_none());
}

async fn used_once(store: &Store) {
    for (id, until, first) in [("a", 60, true), ("a", 60, false), ("b", 60, true), ("old", -60, true)] {
        assert_eq!(store.use_once(digest(id), later(until)).await.expect("asked"), first, "{id}");
    }
    store.drop_used_once(now()).await.expect("dropped");
    for (id, first) in [("a", false), ("old", true)] {
        assert_eq!(store.use_once(digest(id), later(60)).await.expect("asked"), first, "{id}");
    }
    let tries = (0..20).map(|_| store.use_once(digest("at once"), later(60)));
    let firsts = futures_util::future::join_all(tries).await;
    assert_eq!(firsts.into_iter().filter(|first| *first.as_ref().expect("asked")).count(), 1);
}

/// A device begins, is answered, asks and is served.
async fn devices(store: &Store, grant: GrantId, key: CredentialId) {
    const LIFE: Duration = Duration::from_secs(600);
    let at = now();
    let new = |name: &str, typed: &str| NewDeviceCode {
        digest: digest(name),
        user_code: digest(typed),
        key,
        asked: DeviceRequest {
            scope: "api1".to_owned(),
            resources: vec!["https://api.example/".to_owned()],
            key_thumbprint: Some([1; 32]),
            address: "192.0.2.1".parse().expect("an address"),
            user_agent: None,
        },
        created_at: at,
        expires_at: at.saturating_add(LIFE),
        interval_seconds: 5,
    };
    assert!(store.insert_device_code(new("device", "typed")).await.expect("kept"));
    assert!(!store.insert_device_code(new("another", "typed")).await.expect("asked"), "the user code is taken");
    assert!(store.insert_device_code(new("another", "typed too")).await.expect("kept"));
    let waiting = read!(store, |reader| { reader.device_code_typed(&digest("typed"), at).await }).expect("it waits");
    assert_eq!((waiting.digest, &waiting.decision), (digest("device"), &DeviceDecision::Waiting));
    assert_eq!((waiting.asked, waiting.created_at), (new("device", "typed").asked, at));
    assert_eq!(read!(store, |reader| { reader.device_code_typed(&digest("typed"), at.saturating_add(LIFE)).await }), None);
    done(write!(store, |tx| { tx.poll_device_code(&digest("device"), at, 10).await })).await;
    let (family, request) = (FamilyId::from_bytes([7; 16]), serde_json::to_string(&authorization(None)).expect("JSON"));
    let allowed = NewDeviceGrant { grant, family, request };
    for first in [true, false] {
        let allowed = allowed.clone();
        assert_eq!(done(write!(store, |tx| { tx.allow_device(&digest("device"), at, &allowed.clone()).await })).await, first);
        assert_eq!(done(write!(store, |tx| { tx.refuse_device(&digest("another"), at).await })).await, first);
        assert_eq!(done(write!(store, |tx| { tx.redeem_device_code(&digest("device"), at).await })).await, first);
    }
    let found = read!(store, |reader| { reader.device_code(&digest("device")).await }).expect("there");
    assert_eq!((found.polled_at, found.interval_seconds, found.redeemed_at), (Some(at), 10, Some(at)));
    assert!(matches!(found.decision, DeviceDecision::Allowed(found) if (found.grant, found.family) == (grant, family)));
    let refused = read!(store, |reader| { reader.device_code(&digest("another")).await }).expect("there");
    assert_eq!(refused.decision, DeviceDecision::Refused);
    store.drop_old_device_codes(at.saturating_add(LIFE), at).await.expect("dropped");
    assert_eq!(read!(store, |reader| { reader.device_code(&digest("another")).await }), None);
    assert!(read!(store, |reader| { reader.device_code(&digest("device")).await }).is_some(), "a replay is known for longer");
    store.drop_old_device_codes(at.saturating_add(LIFE), at.saturating_add(LIFE)).await.expect("dropped");
    assert_eq!(read!(store, |reader| { reader.device_code(&digest("device")).await }), None);
}
