//! FAPI 2.0 Security Profile: authorization requests that are not as they must be.

use std::time::Duration;

use testkit::encoded;

use super::fapi::*;
use super::signer::Signer;
use super::world::*;

#[tokio::test]
async fn fapi_16_codes_only() {
    let fapi = Fapi::start().await;
    for response_type in ["token", "code id_token", "id_token", "code token", "none"] {
        let answer = fapi.push(&fapi.request().with("response_type", response_type)).await;
        refused(&answer, 400, "unsupported_response_type");
    }
}

#[tokio::test]
async fn fapi_17_a_request_that_was_not_pushed_is_refused() {
    let fapi = Fapi::start().await;
    let mut ann = fapi.world.ann().await;
    let sent = Sent::of(&ann.get(&fapi.request().path()).await);
    assert_eq!((sent.get("error"), sent.fields.get("code")), ("invalid_request", None));
    // Nor does a signed one do, or one that was pushed by another client.
    let mut claims = serde_json::json!({"iss": fapi.client.id, "aud": fapi.world.issuer(), "exp": fapi.now() + 60});
    for (name, value) in fapi.request().fields() {
        claims[name] = value.into();
    }
    let object = fapi.key.sign(serde_json::json!({"typ": "oauth-authz-req+jwt"}), &claims);
    let path = format!("/connect/authorize?{}", encoded(&[("client_id", &fapi.client.id), ("request", &object)]));
    let sent = Sent::of(&ann.get(&path).await);
    assert_eq!((sent.get("error"), sent.fields.get("code")), ("invalid_request", None));
    let of_other = fapi.world.post_as(&fapi.world.client, PAR, &Request::of(&fapi.world.client).pkce().fields()).await.expect(201);
    assert_page(&ann.get(&fapi.authorize(&of_other)).await, 400);
}

#[tokio::test]
async fn fapi_18_nobody_pushes_for_a_client_without_its_key() {
    let fapi = Fapi::start().await;
    let request = fapi.request();
    let proof = fapi.proven("POST", PAR, None);
    refused(&fapi.post(PAR, &[("dpop", &proof)], &request.fields()).await, 401, "invalid_client");
    let secret = [&request.fields()[..], &[("client_secret", "prts_guessed")]].concat();
    refused(&fapi.post(PAR, &[], &secret).await, 401, "invalid_client");
    let foreign = Signer::es256().named("one").sign(serde_json::json!({}), &fapi.assertion());
    refused(&fapi.asserted(PAR, &foreign, &request.fields()).await, 401, "invalid_client");
    let basic = testkit::basic(&fapi.client.id, "prts_guessed");
    refused(&fapi.post(PAR, &[("authorization", &basic)], &request.fields()).await, 401, "invalid_client");
}

#[tokio::test]
async fn fapi_19_a_challenge_of_s256_must_be_there_and_its_verifier_too() {
    let fapi = Fapi::start().await;
    for request in [
        fapi.request().without("code_challenge").without("code_challenge_method"),
        fapi.request().without("code_challenge_method"),
        fapi.request().with("code_challenge_method", "plain"),
        fapi.request().with("code_challenge", "short"),
    ] {
        refused(&fapi.push(&request).await, 400, "invalid_request");
    }
    let other = "a verifier that goes with another challenge, long enough";
    for verifier in [None, Some(other)] {
        let code = fapi.code().await;
        let fields: Vec<(&str, &str)> = redeeming(&code).into_iter().filter(|(name, _)| *name != "code_verifier").collect();
        let fields = [fields, verifier.map(|verifier| ("code_verifier", verifier)).into_iter().collect()].concat();
        refused(&fapi.send(TOKEN, &fields).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn fapi_20_the_redirect_uri_is_named() {
    let fapi = Fapi::start().await;
    refused(&fapi.push(&fapi.request().without("redirect_uri")).await, 400, "invalid_request");
}

#[tokio::test]
async fn fapi_25_what_was_pushed_is_soon_over_and_counts_once() {
    let fapi = Fapi::start().await;
    let mut ann = fapi.world.ann().await;
    let pushed = fapi.push(&fapi.request()).await.expect(201);
    let seconds = pushed.json()["expires_in"].as_u64().expect("seconds");
    assert!((1..600).contains(&seconds), "{seconds}");
    fapi.allowed(&mut ann, &pushed).await.get("code");
    assert_page(&ann.get(&fapi.authorize(&pushed)).await, 400);
    let late = fapi.push(&fapi.request()).await.expect(201);
    fapi.world.app.clock.advance(Duration::from_secs(seconds));
    assert_page(&ann.get(&fapi.authorize(&late)).await, 400);
}
