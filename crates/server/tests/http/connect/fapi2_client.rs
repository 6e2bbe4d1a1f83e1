//! FAPI 2.0 Security Profile: which clients there are, what the metadata say, and what no endpoint does.

use serde_json::{Value, json};
use testkit::Answer;

use super::fapi::*;
use super::signer::Signer;
use super::world::*;

/// What the management API says to a key of the profile that differs in these members.
async fn registered(world: &World, members: Value) -> Answer {
    let mut body = json!({
        "name": "Strict", "profile": "fapi2", "redirect_uris": [REDIRECT],
        "jwks": {"keys": [Signer::es256().named("one").jwk()]},
    });
    for (name, value) in members.as_object().expect("members") {
        body[name] = value.clone();
    }
    let path = format!("/api/v1/organisations/{}/organisation-keys", world.organisation);
    world.app.operate("POST", &path).json(&body).send().await
}

#[track_caller]
fn names(answer: &Answer, field: &str) {
    let problem = answer.clone().expect(400).json();
    let told = problem["errors"].to_string();
    assert!(told.contains(field), "{field}: {problem}");
}

/// FAPI-07, FAPI-22.
#[tokio::test]
async fn fapi_06_08_clients_of_the_profile_are_confidential_and_have_keys_of_their_own() {
    let world = World::start().await;
    let made = registered(&world, json!({})).await.expect(201).json();
    let client = &made["client"];
    let client = if client.is_null() { &made } else { client };
    assert_eq!(client["authentication"], json!(["private_key_jwt"]), "{made}");
    assert_eq!((&client["requires_dpop"], &client["requires_pushed_requests"]), (&json!(true), &json!(true)));
    for methods in
        [json!([]), json!(["client_secret_basic"]), json!(["client_secret_post"]), json!(["private_key_jwt", "client_secret_basic"])]
    {
        names(&registered(&world, json!({"authentication": methods})).await, "authentication");
    }
    names(&registered(&world, json!({"requires_dpop": false})).await, "requires_dpop");
    names(&registered(&world, json!({"requires_pushed_requests": false})).await, "requires_pushed_requests");
    names(&registered(&world, json!({"redirect_uris": ["http://app.example/cb"]})).await, "redirect_uris[0]");
    names(&registered(&world, json!({"redirect_uris": ["http://127.0.0.1/cb"]})).await, "redirect_uris");
    let native = json!({"application_type": "native", "redirect_uris": ["http://127.0.0.1/cb"]});
    registered(&world, native).await.expect(201);
    names(&registered(&world, json!({"id_token_algorithm": "RS256"})).await, "id_token_algorithm");
}

#[tokio::test]
async fn fapi_33_weak_and_private_keys_are_not_registered() {
    let world = World::start().await;
    let short = rsa(1_024);
    let p256 = Signer::es256().jwk();
    let mut private = p256.clone();
    private["d"] = "AAAA".into();
    let mut off_curve = p256.clone();
    off_curve["y"] = p256["x"].clone();
    let mut for_rs256 = Signer::new("RS256").jwk();
    for_rs256["alg"] = "RS256".into();
    let cases = [
        short,
        json!({"kty": "oct", "k": "c2VjcmV0"}),
        private,
        off_curve,
        for_rs256,
        json!({"kty": "EC", "crv": "P-192", "x": "AA", "y": "AA"}),
    ];
    for key in cases {
        names(&registered(&world, json!({"jwks": {"keys": [key]}})).await, "jwks");
    }
    names(&registered(&world, json!({"jwks": {"keys": []}})).await, "jwks");
    for algorithm in ["ES256", "EdDSA", "PS256"] {
        registered(&world, json!({"jwks": {"keys": [Signer::new(algorithm).jwk()]}})).await.expect(201);
    }
}

/// A public RSA key with a modulus of so many bits; nobody has its private half.
fn rsa(bits: usize) -> Value {
    use base64::Engine as _;
    let n = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(vec![0xfb; bits / 8]);
    json!({"kty": "RSA", "n": n, "e": "AQAB"})
}

/// The key is found by its kind where two have one name.
#[tokio::test]
async fn fapi_35_keys_with_one_name_are_told_apart_by_their_kind() {
    let (elliptic, edwards) = (Signer::es256().named("same"), Signer::new("EdDSA").named("same"));
    let keys = json!({"keys": [elliptic.jwk(), edwards.jwk(), {"kty": "RSA", "use": "enc", "kid": "same", "n": "AQAB", "e": "AQAB"}]});
    let fapi = Fapi::with(elliptic, |definition| definition.jwks = Some(keys)).await;
    for key in [&fapi.key, &edwards] {
        let assertion = key.sign(json!({}), &fapi.assertion());
        fapi.asserted(PAR, &assertion, &fapi.request().fields()).await.expect(201);
    }
    let foreign = Signer::es256().named("same").sign(json!({}), &fapi.assertion());
    refused(&fapi.asserted(PAR, &foreign, &fapi.request().fields()).await, 401, "invalid_client");
}

/// FAPI-21.
#[tokio::test]
async fn fapi_04_metadata_are_at_both_places() {
    let world = World::start().await;
    let documents = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];
    for path in documents {
        let metadata = world.app.call("GET", path).send().await.expect(200).json();
        assert_eq!(metadata["issuer"], world.issuer());
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        assert_eq!(metadata["pushed_authorization_request_endpoint"], format!("{}{PAR}", world.issuer()));
        for list in ["dpop_signing_alg_values_supported", "token_endpoint_auth_signing_alg_values_supported"] {
            for algorithm in ["ES256", "EdDSA", "PS256"] {
                assert!(metadata[list].as_array().expect("a list").contains(&json!(algorithm)), "{list}: {metadata}");
            }
        }
    }
}

#[tokio::test]
async fn fapi_05_nobody_sends_a_password_to_the_token_endpoint() {
    let fapi = Fapi::start().await;
    let fields = [("grant_type", "password"), ("username", "ann@example.org"), ("password", PASSWORD), ("scope", "api1")];
    refused(&fapi.send(TOKEN, &fields).await, 400, "unsupported_grant_type");
    let metadata = fapi.world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    assert!(!metadata["grant_types_supported"].as_array().expect("a list").contains(&json!("password")));
}

#[tokio::test]
async fn fapi_03_no_page_of_another_origin_asks_the_authorization_endpoint() {
    let fapi = Fapi::with(Signer::es256(), |definition| definition.cors_origins = vec!["https://app.example".to_owned()]).await;
    let app = &fapi.world.app;
    let preflight = app.call("OPTIONS", "/connect/authorize").header("origin", "https://app.example");
    let preflight = preflight.header("access-control-request-method", "GET").send().await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (405, None));
    let asked = app.call("GET", "/connect/authorize?client_id=x").header("origin", "https://app.example").send().await;
    assert_eq!(asked.header("access-control-allow-origin"), None);
    let https = app.call("GET", "/connect/authorize?client_id=x").header("x-forwarded-proto", "https").send().await;
    let pinned = https.header("strict-transport-security").expect("HTTPS is pinned");
    let seconds = pinned.split("max-age=").nth(1).and_then(|rest| rest.split(';').next()?.trim().parse::<u64>().ok());
    assert!(seconds >= Some(31_536_000), "{pinned}");
}

#[tokio::test]
async fn fapi_09_nobody_is_sent_to_an_address_that_is_not_registered() {
    let fapi = Fapi::start().await;
    let mut ann = fapi.world.ann().await;
    for uri in [
        "https://app.example/cb/",
        "https://app.example.evil.example/cb",
        "https://app.example/cb?next=https://evil.example",
        "//evil.example/",
    ] {
        refused(&fapi.push(&fapi.request().with("redirect_uri", uri)).await, 400, "invalid_request");
        assert_page(&ann.get(&fapi.request().with("redirect_uri", uri).path()).await, 400);
    }
    let pushed = fapi.push(&fapi.request()).await.expect(201);
    let path = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2F", fapi.authorize(&pushed));
    let page = ann.get(&path).await;
    let sent = Sent::of(&decide(&mut ann, &page, "allow").await);
    assert_eq!(sent.base, REDIRECT, "what was pushed counts, and nothing beside it");
}
