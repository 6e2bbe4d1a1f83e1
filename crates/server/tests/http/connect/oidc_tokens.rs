//! OpenID Connect Core after the authorization: the code becomes an ID token, and userinfo answers.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use testkit::{Answer, encoded};

use super::world::*;

async fn tokens(world: &World, client: &Made, request: &Request) -> Answer {
    let mut ann = world.ann().await;
    let sent = allow(&mut ann, request).await;
    let code = [("grant_type", "authorization_code"), ("code", sent.get("code")), ("redirect_uri", REDIRECT)];
    world.post_as(client, "/connect/token", &code).await.expect(200)
}

/// What an ID token says; its signature is another test's matter.
fn claims(answer: &Answer) -> Value {
    let token = answer.member("/id_token");
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("claims")
}

fn openid(client: &Made) -> Request {
    Request::of(client).with("scope", "openid profile email api1 offline_access").with("nonce", "n \"é+%").with("max_age", "60")
}

#[tokio::test]
async fn oidc_02_without_openid_there_is_no_id_token() {
    let world = World::start().await;
    let answer = tokens(&world, &world.client, &Request::of(&world.client)).await;
    assert_eq!(answer.json().get("id_token"), None);
}

#[tokio::test]
async fn oidc_05_12_14_16_17_what_an_id_token_says() {
    let world = World::start().await;
    let answer = tokens(&world, &world.client, &openid(&world.client)).await;
    assert!(answer.header("cache-control").is_some_and(|cache| cache.contains("no-store")));
    let claims = claims(&answer);
    let now = domain::time::Clock::now(&*world.app.clock).unix_seconds();
    assert_eq!(claims["iss"], world.issuer());
    assert_eq!(
        (&claims["sub"], &claims["aud"], &claims["azp"]),
        (&world.ann.as_str().into(), &world.client.id.as_str().into(), &world.client.id.as_str().into())
    );
    assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64(), claims["auth_time"].as_i64()), (Some(now), Some(now + 300), Some(now)));
    assert_eq!(claims["nonce"], "n \"é+%");
    assert_eq!((&claims["acr"], &claims["amr"]), (&"1".into(), &serde_json::json!(["pwd"])));
    let expected = jose::id_token::at_hash(&answer.member("/access_token"), jose::Algorithm::ES256);
    assert_eq!(claims["at_hash"], expected);
    assert!(claims["sid"].is_string());
}

#[tokio::test]
async fn oidc_15_and_32_it_is_signed_with_the_algorithm_that_the_client_chose() {
    let world = World::start().await;
    for (algorithm, name) in [
        (domain::client::SigningAlgorithm::Es256, "ES256"),
        (domain::client::SigningAlgorithm::EdDsa, "EdDSA"),
        (domain::client::SigningAlgorithm::Rs256, "RS256"),
    ] {
        let client = world.client(|definition| definition.id_token_algorithm = Some(algorithm)).await;
        let token = tokens(&world, &client, &openid(&client)).await.member("/id_token");
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header")).expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("a header");
        assert_eq!(header["alg"], name);
        let keys = world.app.call("GET", "/connect/jwks").send().await.expect(200);
        let keys = jose::JwkSet::parse(keys.text.as_bytes()).expect("keys");
        let now = domain::time::Clock::now(&*world.app.clock);
        jose::id_token_hint::verify(&token, &keys, &world.issuer(), now).expect("a good signature");
    }
}

#[tokio::test]
async fn oidc_18_and_21_userinfo_tells_what_was_granted() {
    let world = World::start().await;
    let answer = tokens(&world, &world.client, &openid(&world.client)).await;
    let token = answer.member("/access_token");
    let all = serde_json::json!({"sub": world.ann, "name": "ann", "email": "ann@example.org", "email_verified": false});
    assert_eq!(world.app.call("GET", "/connect/userinfo").token(&token).send().await.expect(200).json(), all);
    assert_eq!(world.app.call("POST", "/connect/userinfo").token(&token).send().await.expect(200).json(), all);
    let form = encoded(&[("access_token", &token)]).into_bytes();
    let posted =
        world.app.call("POST", "/connect/userinfo").header("content-type", "application/x-www-form-urlencoded").bytes(form.clone());
    let posted = posted.send().await.expect(200);
    assert_eq!((posted.json(), posted.header("cache-control").is_some_and(|cache| cache.contains("no-store"))), (all, true));
    let both = world.app.call("POST", "/connect/userinfo").token(&token).header("content-type", "application/x-www-form-urlencoded");
    both.bytes(form).send().await.expect(400);
    let in_url = format!("/connect/userinfo?{}", encoded(&[("access_token", &token)]));
    world.app.call("GET", &in_url).send().await.expect(401);
    let narrow = tokens(&world, &world.client, &Request::of(&world.client).with("scope", "openid")).await.member("/access_token");
    let told = world.app.call("GET", "/connect/userinfo").token(&narrow).send().await.expect(200).json();
    assert_eq!(told, serde_json::json!({"sub": world.ann}));
}

#[tokio::test]
async fn an_address_is_verified_when_somebody_has_proven_it() {
    let world = World::start().await;
    let token = tokens(&world, &world.client, &openid(&world.client)).await.member("/access_token");
    let path = format!("/api/v1/people/{}", world.ann);
    for (body, verified) in [
        (serde_json::json!({"email_verified": true}), true),
        (serde_json::json!({"name": "Ann", "email": "Ann@example.org"}), true),
        (serde_json::json!({"email": "ann2@example.org"}), false),
        (serde_json::json!({"email": "ann3@example.org", "email_verified": true}), true),
        (serde_json::json!({"email_verified": false}), false),
    ] {
        world.app.operate("PATCH", &path).json(&body).send().await.expect(200);
        let told = world.app.call("GET", "/connect/userinfo").token(&token).send().await.expect(200).json();
        assert_eq!(told["email_verified"], verified, "{body}");
    }
    // Owners cannot say so: programs may take a verified address for the person.
    let owner = world.app.person("olga", &world.organisation.to_string(), &["owner"]).await;
    let (_, token) = world.app.token(&owner, None).await;
    let claimed = serde_json::json!({"email_verified": true});
    world.app.call("PATCH", &path).token(&token).json(&claimed).send().await.expect(403);
    let organisation = world.organisation.to_string();
    let claimed =
        serde_json::json!({"name": "Mallory", "email": "boss@elsewhere.example", "email_verified": true, "organisation": organisation});
    world.app.call("POST", "/api/v1/people").token(&token).json(&claimed).send().await.expect(403);
}

#[tokio::test]
async fn oidc_20_a_token_without_openid_is_not_enough() {
    let world = World::start().await;
    let token = tokens(&world, &world.client, &Request::of(&world.client)).await.member("/access_token");
    let answer = world.app.call("GET", "/connect/userinfo").token(&token).send().await.expect(403);
    assert!(answer.header("www-authenticate").is_some_and(|value| value.contains("error=\"insufficient_scope\"")));
}

#[tokio::test]
async fn oidc_30_a_refreshed_id_token_is_about_the_same() {
    let world = World::start().await;
    let first = tokens(&world, &world.client, &openid(&world.client)).await;
    world.app.clock.advance(Duration::from_secs(30));
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*first.member("/refresh_token"))];
    let second = world.post_as(&world.client, "/connect/token", &refresh).await.expect(200);
    let (first, second) = (claims(&first), claims(&second));
    for same in ["iss", "sub", "aud", "auth_time", "azp", "sid"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    assert_eq!(second["iat"].as_i64(), first["iat"].as_i64().map(|iat| iat + 30));
    assert_eq!(second.get("nonce"), None);
}

#[tokio::test]
async fn out_03_signing_out_ends_what_was_consented_to_there() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let sent = allow(&mut ann, &openid(&world.client)).await;
    let code = [("grant_type", "authorization_code"), ("code", sent.get("code")), ("redirect_uri", REDIRECT)];
    let answer = world.post_as(&world.client, "/connect/token", &code).await.expect(200);
    let (token, hint) = (answer.member("/access_token"), answer.member("/id_token"));
    world.app.call("GET", "/connect/userinfo").token(&token).send().await.expect(200);
    ann.get(&format!("/connect/endsession?id_token_hint={hint}")).await.expect(303);
    world.app.call("GET", "/connect/userinfo").token(&token).send().await.expect(401);
}
