//! RFC 9101: authorization requests that the client has signed, at the pushed request and at the authorization endpoint.

use std::time::Duration;

use domain::client::ClientAuthentication;
use serde_json::{Value, json};
use testkit::{Answer, encoded};

use super::fapi::*;
use super::signer::{Signer, with};
use super::world::*;

/// A client without a profile that has registered its key, so that it may ask with and without pushing.
async fn start() -> Fapi {
    Fapi::with(Signer::es256().named("one"), |definition| {
        definition.profile = domain::client::Profile::Default;
        definition.requires_dpop = false;
        definition.requires_pushed_requests = false;
        definition.authentication = vec![ClientAuthentication::PrivateKeyJwt];
    })
    .await
}

/// The claims of a good request object.
fn claims(fapi: &Fapi) -> Value {
    let mut claims = json!({"iss": fapi.client.id, "aud": fapi.world.issuer(), "iat": fapi.now(), "exp": fapi.now() + 60});
    for (name, value) in fapi.request().fields() {
        claims[name] = value.into();
    }
    claims
}

fn object(fapi: &Fapi, claims: &Value) -> String {
    fapi.key.sign(json!({"typ": "oauth-authz-req+jwt"}), claims)
}

fn path(fapi: &Fapi, object: &str, beside: &[(&str, &str)]) -> String {
    let own = [("client_id", fapi.client.id.as_str()), ("request", object)];
    format!("/connect/authorize?{}", encoded(&[&own, beside].concat()))
}

async fn push(fapi: &Fapi, object: &str, beside: &[(&str, &str)]) -> Answer {
    fapi.asserted(PAR, &fapi.signed_assertion(), &[&[("request", object)], beside].concat()).await
}

/// A challenge to another verifier than that of the request.
const OTHER: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What is wrong, each with an object of its own (JAR-01).
fn wrong(fapi: &Fapi) -> Vec<(&'static str, String)> {
    let (good, now) = (claims(fapi), fapi.now());
    let other = Signer::es256().named("one");
    let typ = json!({"typ": "oauth-authz-req+jwt"});
    let none = fapi.key.sign_under(&json!({"alg": "none"}), &good);
    let mut cases = vec![
        ("a foreign key", other.sign(typ.clone(), &good)),
        ("an unknown key", Signer::es256().named("two").sign(typ, &good)),
        ("alg none", none.rsplit_once('.').map(|(signed, _)| format!("{signed}.")).expect("a signature")),
        ("alg HS256", fapi.key.sign_under(&json!({"alg": "HS256", "kid": "one"}), &good)),
        ("another typ", fapi.key.sign(json!({"typ": "dpop+jwt"}), &good)),
        ("no JWT", "x".to_owned()),
    ];
    let changes: [(&'static str, &str, Value); 11] = [
        ("over", "exp", json!(now - 1)),
        ("no end", "exp", Value::Null),
        ("too long", "exp", json!(now + 7_200)),
        ("not yet", "nbf", json!(now + 61)),
        ("made later", "iat", json!(now + 61)),
        ("for others", "aud", json!("https://other.example")),
        ("for nobody", "aud", Value::Null),
        ("of another", "iss", json!("prtk_other")),
        ("another client", "client_id", json!("prtk_other")),
        ("as an assertion", "sub", json!(fapi.client.id)),
        ("a request within", "request", json!("x")),
    ];
    cases.extend(changes.map(|(what, name, value)| (what, object(fapi, &with(&good, name, value)))));
    cases
}

/// PKCE-07.
#[tokio::test]
async fn what_is_signed_counts_and_nothing_beside_it() {
    let fapi = start().await;
    let mut ann = fapi.world.ann().await;
    let beside = [
        ("state", "other"),
        ("scope", "unknown"),
        ("redirect_uri", "https://evil.example/"),
        ("response_type", "token"),
        ("code_challenge", OTHER),
    ];
    let sent = Sent::of(&decide_at(&mut ann, &path(&fapi, &object(&fapi, &claims(&fapi)), &beside)).await);
    assert_eq!((sent.base.as_str(), sent.get("state")), (REDIRECT, "st"));
    fapi.redeem(sent.get("code")).await.expect(200);
    // Nothing of it is made up from beside: what is not signed is not there.
    let bare = with(&claims(&fapi), "code_challenge", Value::Null);
    let bare = with(&bare, "state", Value::Null);
    let sent = Sent::of(
        &decide_at(&mut ann, &path(&fapi, &object(&fapi, &with(&bare, "code_challenge_method", Value::Null)), &[("state", "x")])).await,
    );
    assert_eq!(sent.fields.get("state"), None);
}

async fn decide_at(ann: &mut testkit::Visitor<'_>, path: &str) -> Answer {
    let page = ann.get(path).await;
    if page.status == 303 { page } else { decide(ann, &page, "allow").await }
}

/// JAR-01.
#[tokio::test]
async fn an_object_that_is_not_right_is_refused_at_the_authorization_endpoint() {
    let fapi = start().await;
    let mut ann = fapi.world.ann().await;
    // The client is told at the address beside it, which is a registered one.
    let request = fapi.request();
    for (what, object) in wrong(&fapi) {
        let beside: Vec<(&str, &str)> = request.fields().into_iter().filter(|(name, _)| *name != "client_id").collect();
        let sent = Sent::of(&ann.get(&path(&fapi, &object, &beside)).await);
        assert_eq!((sent.get("error"), sent.fields.get("code")), ("invalid_request_object", None), "{what}");
    }
    let nowhere = wrong(&fapi).swap_remove(0).1;
    let sent = Sent::of(&ann.get(&path(&fapi, &nowhere, &[])).await);
    assert_eq!((sent.base.as_str(), sent.get("error")), (REDIRECT, "invalid_request_object"), "the only one that is registered");
    let none = Request::of(&fapi.world.client).with("request", &object(&fapi, &claims(&fapi)));
    assert_eq!(Sent::of(&ann.get(&none.path()).await).get("error"), "request_not_supported");
}

#[tokio::test]
async fn rfc9126_08_a_signed_request_is_pushed_alone() {
    let fapi = start().await;
    for (what, object) in wrong(&fapi) {
        let answer = push(&fapi, &object, &[]).await;
        // Without a right object there is no redirect URI either: whichever is told first.
        let error = answer.expect(400).member("/error");
        assert!(matches!(error.as_str(), "invalid_request_object" | "invalid_request"), "{what}: {error}");
    }
    for beside in [("scope", "api1"), ("state", "st"), ("redirect_uri", REDIRECT)] {
        refused(&push(&fapi, &object(&fapi, &claims(&fapi)), &[beside]).await, 400, "invalid_request");
    }
    let pushed = push(&fapi, &object(&fapi, &claims(&fapi)), &[("client_id", &fapi.client.id)]).await.expect(201);
    let code = fapi.allowed(&mut fapi.world.ann().await, &pushed).await.get("code").to_owned();
    fapi.redeem(&code).await.expect(200);
    let unregistered = with(&claims(&fapi), "redirect_uri", "https://evil.example/");
    refused(&push(&fapi, &object(&fapi, &unregistered), &[]).await, 400, "invalid_request");
}

/// FAPI-15, FAPI-32 for request objects.
#[tokio::test]
async fn a_clients_profile_says_which_signatures_count() {
    let fapi = start().await;
    let ahead = with(&claims(&fapi), "nbf", fapi.now() + 10);
    push(&fapi, &object(&fapi, &ahead), &[]).await.expect(201);
    for (profile, expected) in [(domain::client::Profile::Default, 201), (domain::client::Profile::Fapi2, 400)] {
        let key = Signer::new("PS256");
        let fapi = Fapi::with(key, |definition| definition.profile = profile).await;
        push(&fapi, &object(&fapi, &claims(&fapi)), &[]).await.expect(201);
        let assertion = fapi.signed_assertion();
        let fapi = Fapi { key: fapi.key.with_algorithm("RS256"), ..fapi };
        let answer = fapi.asserted(PAR, &assertion, &[("request", &object(&fapi, &claims(&fapi)))]).await;
        assert_eq!(answer.status, expected, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_request_that_waited_too_long_for_a_person_is_not_judged_again() {
    let fapi = start().await;
    let mut ann = fapi.world.ann().await;
    let page = ann.get(&path(&fapi, &object(&fapi, &claims(&fapi)), &[])).await.expect(200);
    fapi.world.app.clock.advance(Duration::from_secs(120));
    Sent::of(&decide(&mut ann, &page, "allow").await).get("code");
}
