//! FAPI 2.0 Security Profile: the whole flow of a client that does everything right, and what happens at its edges.

use std::time::Duration;

use serde_json::json;
use testkit::Visitor;

use super::fapi::*;
use super::world::*;

/// FAPI-21, FAPI-24, FAPI-26.
#[tokio::test]
async fn fapi_17_a_client_goes_through_the_whole_flow() {
    let fapi = Fapi::start().await;
    let nonce = "n".repeat(64);
    let pushed = fapi.push(&fapi.request().with("nonce", &nonce)).await.expect(201);
    let mut ann = Visitor::new(&fapi.world.app);
    let sign_in = ann.get(&fapi.authorize(&pushed)).await.expect(303).header("location").expect("a location").to_owned();
    let signed_in = ann.fill(&sign_in, &[("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
    let consent = ann.get(signed_in.header("location").expect("a location")).await;
    let answer = decide(&mut ann, &consent, "allow").await;
    assert_eq!(answer.status, 303, "never 307: the form would be sent on");
    let sent = Sent::of(&answer);
    assert_eq!((sent.base.as_str(), sent.get("state"), sent.get("iss")), (REDIRECT, "st", fapi.world.issuer().as_str()));

    let tokens = fapi.redeem(sent.get("code")).await.expect(200);
    assert_eq!(tokens.member("/token_type"), "DPoP");
    let id_token = tokens.member("/id_token");
    let keys = jose::JwkSet::parse(fapi.world.app.call("GET", "/connect/jwks").send().await.text.as_bytes()).expect("keys");
    let verified = jose::verify(&id_token, jose::TypeRule::or_none(&["JWT"]), &jose::Algorithm::FAPI, &keys).expect("signed as it may be");
    let claims: serde_json::Value = serde_json::from_slice(&verified.payload).expect("claims");
    assert_eq!((&claims["nonce"], &claims["aud"]), (&json!(nonce), &json!(fapi.client.id)));

    let credential = fapi.api_credential().await;
    let access = tokens.member("/access_token");
    for access in [access, fapi.send(TOKEN, &refreshing(&tokens.member("/refresh_token"))).await.expect(200).member("/access_token")] {
        let bearer = format!("Bearer {credential}");
        let seen = fapi.post("/connect/introspect", &[("authorization", &bearer)], &[("token", &access)]).await.expect(200).json();
        assert_eq!((&seen["active"], &seen["token_type"], &seen["sub"]), (&json!(true), &json!("DPoP"), &json!(fapi.world.ann)));
        assert_eq!(seen["cnf"]["jkt"], fapi.holder.thumbprint());
        let proof = fapi.proven("GET", "/connect/userinfo", Some(&access));
        let call = fapi.world.app.call("GET", "/connect/userinfo").header("authorization", &format!("DPoP {access}"));
        assert_eq!(call.header("dpop", &proof).send().await.expect(200).member("/sub"), fapi.world.ann);
    }
}

#[tokio::test]
async fn fapi_11_refresh_tokens_do_not_rotate() {
    let fapi = Fapi::start().await;
    let refresh = fapi.tokens().await.member("/refresh_token");
    for _ in 0..2 {
        let answer = fapi.send(TOKEN, &refreshing(&refresh)).await.expect(200);
        assert_eq!((answer.member("/refresh_token"), answer.member("/token_type")), (refresh.clone(), "DPoP".to_owned()));
    }
    fapi.world.app.clock.advance(Duration::from_secs(3_600));
    fapi.send(TOKEN, &refreshing(&refresh)).await.expect(200);
}

#[tokio::test]
async fn fapi_13_a_code_lives_for_a_minute_at_most() {
    let fapi = Fapi::start().await;
    let (in_time, too_late) = (fapi.code().await, fapi.code().await);
    fapi.world.app.clock.advance(Duration::from_secs(29));
    fapi.redeem(&in_time).await.expect(200);
    fapi.world.app.clock.advance(Duration::from_secs(32));
    refused(&fapi.redeem(&too_late).await, 400, "invalid_grant");
}

#[tokio::test]
async fn fapi_14_a_code_is_bound_to_the_key_of_the_pushed_request() {
    let fapi = Fapi::start().await;
    let other = super::signer::Signer::es256();
    let url = format!("{}{TOKEN}", fapi.world.issuer());
    // By the proof at the pushed request, and by the parameter alone.
    let by_proof = fapi.code().await;
    let request = fapi.request().with("dpop_jkt", &fapi.holder.thumbprint());
    let pushed = fapi.asserted(PAR, &fapi.signed_assertion(), &request.fields()).await.expect(201);
    let by_parameter = fapi.allowed(&mut fapi.world.ann().await, &pushed).await.get("code").to_owned();
    for code in [by_proof, by_parameter] {
        let foreign = fapi.prove(&other, &fapi.proof("POST", &url));
        refused(&fapi.send_with(TOKEN, &foreign, &redeeming(&code)).await, 400, "invalid_grant");
        refused(&fapi.redeem(&code).await, 400, "invalid_grant");
    }
    let pushed = fapi.asserted(PAR, &fapi.signed_assertion(), &request.fields()).await.expect(201);
    let code = fapi.allowed(&mut fapi.world.ann().await, &pushed).await.get("code").to_owned();
    fapi.redeem(&code).await.expect(200);
}

#[tokio::test]
async fn fapi_23_a_used_code_is_refused_and_what_came_of_it_ends() {
    let fapi = Fapi::start().await;
    let code = fapi.code().await;
    let refresh = fapi.redeem(&code).await.expect(200).member("/refresh_token");
    fapi.world.app.clock.advance(Duration::from_secs(1));
    refused(&fapi.redeem(&code).await, 400, "invalid_grant");
    refused(&fapi.send(TOKEN, &refreshing(&refresh)).await, 400, "invalid_grant");
}

#[tokio::test]
async fn fapi_34_what_counts_as_a_credential_cannot_be_guessed() {
    let fapi = Fapi::start().await;
    let pushed = fapi.push(&fapi.request()).await.expect(201);
    let code = fapi.allowed(&mut fapi.world.ann().await, &pushed).await.get("code").to_owned();
    let tokens = fapi.redeem(&code).await.expect(200);
    let request_uri = pushed.member("/request_uri");
    let name = request_uri.strip_prefix("urn:ietf:params:oauth:request_uri:").expect("ours").to_owned();
    let mut seen = std::collections::BTreeSet::new();
    for text in [name, code, tokens.member("/access_token"), tokens.member("/refresh_token")] {
        let random = text.split_once('_').map_or(text.as_str(), |(_, rest)| rest);
        // 128 bits are 22 characters of base62 or base64url; the last ones are a checksum.
        assert!(random.len() >= 28, "{text}");
        assert!(seen.insert(text.clone()), "{text}");
    }
    let again = fapi.tokens().await;
    assert!(seen.insert(again.member("/access_token")) && seen.insert(again.member("/refresh_token")));
}
