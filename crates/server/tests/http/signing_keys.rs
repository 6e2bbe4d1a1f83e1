//! Signing keys on one server: made, published ahead, replaced, kept while their tokens live, ended.

use std::time::Duration;

use authority::{Authority, Caller, Purpose};
use domain::Timestamp;
use jose::claims::{Audience, NumericDate};
use jose::{Algorithm, access_token};
use serde_json::{Value, json};
use store::KeyState;
use testkit::App;

pub(crate) const ISSUER: &str = "https://account.example";
const DAY: Duration = Duration::from_secs(86_400);

/// A token that counts for a year, signed now.
pub(crate) fn sign(authority: &Authority, algorithm: Algorithm) -> String {
    let now = authority.clock().now();
    let text = |text: &str| text.to_owned();
    let claims = access_token::AccessTokenClaims {
        iss: text(ISSUER),
        sub: text("client"),
        aud: Audience::One(text("shop")),
        client_id: text("client"),
        azp: text("client"),
        iat: now.into(),
        exp: NumericDate(now.unix_seconds() + 31_536_000),
        jti: text("one"),
        scope: None,
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        cnf: None,
        act: None,
    };
    authority.sign(algorithm, &claims).expect("a key")
}

pub(crate) fn is_taken(authority: &Authority, token: &str) -> bool {
    let now = authority.clock().now();
    access_token::verify(token, &authority.jwks(now), ISSUER, now).is_ok()
}

fn kids(authority: &Authority) -> Vec<String> {
    let keys = authority.jwks(authority.clock().now());
    keys.keys().iter().map(|key| key.kid().expect("a name").to_owned()).collect()
}

fn signer(authority: &Authority) -> String {
    authority.signing(Algorithm::ES256).expect("a key").kid().to_owned()
}

/// What the upkeep does, until nothing is due.
async fn keep(app: &App) {
    for _ in 0..4 {
        let now: Timestamp = app.node.authority.clock().now();
        app.node.authority.keep_signing_keys(now).await.expect("kept");
    }
}

#[tokio::test]
async fn a_key_is_published_ahead_replaced_on_schedule_kept_while_its_tokens_live_and_then_destroyed() {
    let app = App::start().await;
    let authority = &app.node.authority;
    let first = signer(authority);
    assert!(kids(authority).iter().eq([&first]));
    let token = sign(authority, Algorithm::ES256);
    app.clock.advance(DAY * 88);
    keep(&app).await;
    assert_eq!(kids(authority).len(), 1, "nothing is due");

    app.clock.advance(DAY);
    keep(&app).await;
    assert_eq!((kids(authority).len(), signer(authority)), (2, first.clone()), "the successor is known and does not sign yet");
    app.clock.advance(DAY);
    keep(&app).await;
    let second = signer(authority);
    assert!(second != first && kids(authority).contains(&second));
    assert!(is_taken(authority, &token) && is_taken(authority, &sign(authority, Algorithm::ES256)));

    app.clock.advance(DAY * 7);
    assert!(!is_taken(authority, &token), "the last token of its time is over");
    keep(&app).await;
    assert_eq!(kids(authority), [second]);
    let keys = authority.server_keys(&Caller::System).await.expect("listed");
    let states: Vec<KeyState> = keys.iter().filter(|key| key.purpose == "signing_es256").map(|key| key.state).collect();
    assert_eq!(states, [KeyState::Ended, KeyState::Active]);
}

#[tokio::test]
async fn by_command_a_successor_is_published_or_signs_at_once() {
    let app = App::start().await;
    let authority = &app.node.authority;
    let first = signer(authority);
    let rotate = |body: Value| app.operate("POST", "/api/v1/server-keys/rotations").json(&body).send();

    let published = rotate(json!({"purpose": "signing_es256"})).await.expect(200).json();
    assert_eq!((&published["state"], signer(authority)), (&json!("published"), first.clone()));
    assert!(kids(authority).contains(&published["kid"].as_str().expect("a kid").to_owned()));
    let again = rotate(json!({"purpose": "signing_es256"})).await.expect(200).json();
    assert_eq!(again["id"], published["id"], "one successor at a time");
    let active = rotate(json!({"purpose": "signing_es256", "at_once": true})).await.expect(200).json();
    assert_eq!((&active["id"], &active["state"]), (&published["id"], &json!("active")), "the one that others know already");
    assert_eq!(active["kid"], signer(authority));
    assert_eq!(kids(authority).len(), 2);
    // The first one's tokens are taken; it is due in a week, not in the 90 days of an active one.
    assert!(kids(authority).contains(&first));
}

#[tokio::test]
async fn a_key_that_somebody_else_has_is_ended_at_once() {
    let app = App::start().await;
    let authority = &app.node.authority;
    let listed = app.operate("GET", "/api/v1/server-keys").send().await.expect(200).json();
    let find = |purpose: &str| {
        let key = listed["items"].as_array().expect("items").iter().find(|key| key["purpose"] == purpose).expect("a key");
        (key["id"].as_str().expect("an id").to_owned(), key["kid"].clone())
    };
    let ((id, kid), (sealing, nothing)) = (find("signing_es256"), find("sealing"));
    assert_eq!((kid, nothing), (json!(signer(authority)), Value::Null));
    let plain = authority.keys().get(&id).expect("open").plain().to_vec();
    let token = sign(authority, Algorithm::ES256);
    assert!(is_taken(authority, &token));

    let end = |id: &str| app.operate("DELETE", &format!("/api/v1/server-keys/{id}")).send();
    let ended = end(&id).await.expect(200).json();
    assert_eq!(ended["state"], "ended");
    assert!(!is_taken(authority, &token) && is_taken(authority, &sign(authority, Algorithm::ES256)), "it has a successor");
    assert_eq!(kids(authority).len(), 1);
    assert!(authority.keys().get(&id).is_none());
    end(&id).await.expect(200);
    assert_eq!(end(&sealing).await.expect(409).json()["code"], "not_for_signing");
    end("01926b1e-7d10-7000-8000-000000000000").await.expect(404);
    end("x").await.expect(404);

    // At rest there is neither the private key nor what would open it.
    for file in ["data/poort.db", "data/poort.db-wal"] {
        let content = std::fs::read(app.data().join(file)).expect("the database");
        assert!(!content.windows(32).any(|bytes| plain.windows(32).any(|key| key == bytes)), "{file}");
    }
}

#[tokio::test]
async fn a_key_of_another_algorithm_is_made_when_it_is_asked_for() {
    let app = App::start().await;
    let authority = &app.node.authority;
    assert_eq!(authority.signing_algorithms(), [Algorithm::ES256]);
    let context =
        server::node::System { clock: authority.clock().clone(), entropy: authority.entropy().clone() }.context().expect("entropy");
    for algorithm in [Algorithm::EdDSA, Algorithm::RS256] {
        assert!(authority.signing(algorithm).is_none());
        authority.ensure_signing_key(&context, algorithm).await.expect("made");
        authority.ensure_signing_key(&context, algorithm).await.expect("there");
        assert!(is_taken(authority, &sign(authority, algorithm)));
    }
    assert!(authority.ensure_signing_key(&context, Algorithm::PS256).await.is_err());
    assert_eq!(authority.signing_algorithms(), [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256]);
    let document = authority.jwks(context.now).to_document();
    for key in document["keys"].as_array().expect("keys") {
        let members: Vec<&str> = key.as_object().expect("a key").keys().map(String::as_str).collect();
        assert!(members.iter().all(|member| ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"].contains(member)), "{members:?}");
    }
    assert_eq!(document["keys"].as_array().map(Vec::len), Some(3));
    assert_eq!(Purpose::named("signing_rs256"), Some(Purpose::SigningRs256));
}
