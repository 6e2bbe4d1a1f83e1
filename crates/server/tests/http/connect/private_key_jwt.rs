//! RFC 7523 and FAPI 2.0: clients that prove who they are with a signature, over HTTP.

use std::time::Duration;

use serde_json::{Value, json};

use super::fapi::*;
use super::signer::{Signer, with};

/// Asks with this assertion, as a client of its own would; from another address each time, so that no try is limited.
async fn ask(fapi: &Fapi, assertion: &str) -> testkit::Answer {
    let from = fapi.address();
    let proof = fapi.proven("POST", TOKEN, None);
    let headers = [("dpop", proof.as_str()), ("x-forwarded-for", from.as_str())];
    let fields = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion), ("grant_type", "client_credentials")];
    fapi.post(TOKEN, &headers, &fields).await
}

async fn start() -> Fapi {
    Fapi::with(Signer::es256().named("one"), |definition| {
        definition.grant_types.push(domain::client::GrantType::ClientCredentials);
    })
    .await
}

fn signed(fapi: &Fapi, claims: &Value) -> String {
    fapi.key.sign(json!({}), claims)
}

/// 9700-34, OA21-11: the one audience is the issuer.
#[tokio::test]
async fn fapi_10_the_audience_is_the_issuer_as_a_string() {
    let fapi = start().await;
    ask(&fapi, &fapi.signed_assertion()).await.expect(200);
    let issuer = fapi.world.issuer();
    for audience in [
        json!([issuer]),
        json!([issuer, "https://other.example"]),
        json!(format!("{issuer}{TOKEN}")),
        json!(format!("{issuer}{PAR}")),
        json!(format!("{issuer}/")),
        json!("https://other.example"),
        Value::Null,
    ] {
        let assertion = signed(&fapi, &with(&fapi.assertion(), "aud", audience.clone()));
        let answer = ask(&fapi, &assertion).await;
        assert_eq!((answer.status, answer.member("/error")), (401, "invalid_client".to_owned()), "{audience}");
    }
}

/// FAPI-32 for assertions.
#[tokio::test]
async fn oidc_27_each_claim_is_asked_for_and_the_signature_is_of_a_registered_key() {
    let fapi = start().await;
    let (now, good) = (fapi.now(), || fapi.assertion());
    let wrong = [
        with(&good(), "iss", "prtk_another"),
        with(&good(), "sub", "prtk_another"),
        with(&good(), "iss", Value::Null),
        with(&good(), "sub", Value::Null),
        with(&good(), "exp", Value::Null),
        with(&good(), "exp", now - 1),
        with(&good(), "exp", now + 7_200),
        with(&good(), "jti", Value::Null),
        with(&good(), "jti", ""),
    ];
    for claims in wrong {
        let answer = ask(&fapi, &signed(&fapi, &claims)).await;
        // Where `sub` does not tell whose it is, there is no client to be wrong about.
        assert_eq!((answer.status, answer.member("/error")), (401, "invalid_client".to_owned()), "{claims}");
    }
    let foreign = Signer::es256().named("one");
    let unknown = Signer::es256().named("two");
    for key in [&foreign, &unknown] {
        refused(&ask(&fapi, &key.sign(json!({}), &good())).await, 401, "invalid_client");
    }
    let symmetric = fapi.key.sign_under(&json!({"alg": "HS256", "kid": "one"}), &good());
    let none = fapi.key.sign_under(&json!({"alg": "none"}), &good());
    let unsigned = none.rsplit_once('.').map(|(signed, _)| format!("{signed}.")).expect("a signature");
    let critical = fapi.key.sign(json!({"crit": ["exp"]}), &good());
    let proof = fapi.key.sign(json!({"typ": "dpop+jwt"}), &good());
    for assertion in [symmetric, none, unsigned, critical, proof, "a.b.c".to_owned()] {
        refused(&ask(&fapi, &assertion).await, 401, "invalid_client");
    }
    ask(&fapi, &fapi.key.sign(json!({"typ": "client-authentication+jwt"}), &good())).await.expect(200);
    ask(&fapi, &signed(&fapi, &with(&good(), "iat", Value::Null))).await.expect(200);
}

#[tokio::test]
async fn fapi_15_a_clock_may_be_ten_seconds_ahead_and_not_sixty() {
    let fapi = start().await;
    let now = fapi.now();
    for name in ["iat", "nbf"] {
        ask(&fapi, &signed(&fapi, &with(&fapi.assertion(), name, now + 10))).await.expect(200);
        refused(&ask(&fapi, &signed(&fapi, &with(&fapi.assertion(), name, now + 61))).await, 401, "invalid_client");
    }
    let url = format!("{}{TOKEN}", fapi.world.issuer());
    let fields = [("grant_type", "client_credentials")];
    let ahead = |seconds: i64| fapi.prove(&fapi.holder, &with(&fapi.proof("POST", &url), "iat", now + seconds));
    fapi.send_with(TOKEN, &ahead(10), &fields).await.expect(200);
    refused(&fapi.send_with(TOKEN, &ahead(61), &fields).await, 400, "invalid_dpop_proof");
}

/// FAPI-32, OA21-11.
#[tokio::test]
async fn fapi_32_signatures_are_of_the_algorithms_of_the_profile() {
    let fields = [("grant_type", "client_credentials")];
    for algorithm in ["ES256", "EdDSA", "PS256"] {
        let fapi =
            Fapi::with(Signer::new(algorithm), |definition| definition.grant_types.push(domain::client::GrantType::ClientCredentials));
        let fapi = fapi.await;
        ask(&fapi, &fapi.signed_assertion()).await.expect(200);
        if algorithm != "PS256" {
            continue;
        }
        // The same key may also be for RS256: not under this profile.
        let (issuer, holder) = (fapi.world.issuer(), Signer::new("RS256"));
        let proof = fapi.prove(&holder, &fapi.proof("POST", &format!("{issuer}{TOKEN}")));
        refused(&fapi.send_with(TOKEN, &proof, &fields).await, 400, "invalid_dpop_proof");
        let holder = holder.with_algorithm("PS256");
        let proof = fapi.prove(&holder, &fapi.proof("POST", &format!("{issuer}{TOKEN}")));
        fapi.send_with(TOKEN, &proof, &fields).await.expect(200);
        let fapi = Fapi { key: fapi.key.with_algorithm("RS256"), ..fapi };
        refused(&ask(&fapi, &fapi.signed_assertion()).await, 401, "invalid_client");
    }
    let plain = Signer::new("RS256");
    let keys = json!({"keys": [plain.jwk()]});
    let fapi = start().await;
    let ordinary = fapi.world.client(|definition| {
        definition.jwks = Some(keys);
        definition.authentication = vec![domain::client::ClientAuthentication::PrivateKeyJwt];
        definition.grant_types.push(domain::client::GrantType::ClientCredentials);
    });
    let fapi = Fapi { client: ordinary.await, key: plain, ..fapi };
    fapi.asserted(TOKEN, &fapi.signed_assertion(), &fields).await.expect(200);
}

#[tokio::test]
async fn an_assertion_counts_once_at_whatever_endpoint() {
    let fapi = start().await;
    let assertion = fapi.signed_assertion();
    ask(&fapi, &assertion).await.expect(200);
    refused(&ask(&fapi, &assertion).await, 401, "invalid_client");
    let pushed = fapi.asserted(PAR, &assertion, &fapi.request().fields()).await;
    refused(&pushed, 401, "invalid_client");
    let claims = fapi.assertion();
    ask(&fapi, &signed(&fapi, &claims)).await.expect(200);
    fapi.world.app.clock.advance(Duration::from_secs(30));
    // Signed anew, it is still the same one.
    refused(&ask(&fapi, &signed(&fapi, &with(&claims, "exp", fapi.now() + 60))).await, 401, "invalid_client");
}

/// CA-01, CA-11.
#[tokio::test]
async fn an_assertion_stands_alone_and_says_what_it_is() {
    let fapi = start().await;
    let (kind, proof) = (("client_assertion_type", ASSERTION_TYPE), fapi.proven("POST", TOKEN, None));
    let send = async |headers: &[(&str, &str)], fields: &[(&str, &str)]| {
        let own = [("grant_type", "client_credentials")];
        fapi.post(TOKEN, &[&[("dpop", proof.as_str())], headers].concat(), &[&own, fields].concat()).await
    };
    let assertion = fapi.signed_assertion();
    let asserted = ("client_assertion", assertion.as_str());
    refused(&send(&[], &[asserted]).await, 400, "invalid_request");
    refused(
        &send(&[], &[asserted, ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer")]).await,
        400,
        "invalid_request",
    );
    refused(&send(&[], &[asserted, kind, kind]).await, 400, "invalid_request");
    refused(&send(&[], &[asserted, kind, ("client_secret", "x")]).await, 400, "invalid_request");
    refused(&send(&[("authorization", &testkit::basic(&fapi.client.id, "x"))], &[asserted, kind]).await, 400, "invalid_request");
    refused(&send(&[], &[asserted, kind, ("client_id", &fapi.world.client.id)]).await, 401, "invalid_client");
    send(&[], &[asserted, kind, ("client_id", &fapi.client.id)]).await.expect(200);
}

/// A key is changed by naming both for a while.
#[tokio::test]
async fn of_two_keys_the_named_one_counts() {
    let (old, new) = (Signer::es256().named("2025"), Signer::es256().named("2026"));
    let keys = json!({"keys": [old.jwk(), new.jwk()]});
    let fapi = Fapi::with(old, |definition| {
        definition.jwks = Some(keys);
        definition.grant_types.push(domain::client::GrantType::ClientCredentials);
    })
    .await;
    for key in [&fapi.key, &new] {
        ask(&fapi, &key.sign(json!({}), &fapi.assertion())).await.expect(200);
    }
    // Under the other's name, and under none, it is not one of them.
    refused(&ask(&fapi, &new.sign_under(&json!({"alg": "ES256", "kid": "2025"}), &fapi.assertion())).await, 401, "invalid_client");
    refused(&ask(&fapi, &new.sign_under(&json!({"alg": "ES256"}), &fapi.assertion())).await, 401, "invalid_client");
    let path = format!("/api/v1/organisation-keys/{}", fapi.client.key);
    let only = json!({"jwks": {"keys": [new.jwk()]}});
    let revision = fapi.world.app.operate("GET", &path).send().await.expect(200);
    let call = fapi.world.app.operate("PATCH", &path).header("if-match", revision.header("etag").unwrap_or("*"));
    call.json(&only).send().await.expect(200);
    refused(&ask(&fapi, &fapi.signed_assertion()).await, 401, "invalid_client");
    ask(&fapi, &new.sign(json!({}), &fapi.assertion())).await.expect(200);
}
