//! NL GOV Assurance profile for OAuth 2.0: which clients there are, and how they prove who they are (sections 2.1 to 2.3, 3.1.1 to 3.1.3).

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::client::GrantType;
use jose::Algorithm;
use serde_json::{Value, json};

use super::nlgov_world::*;
use super::world::*;

const OWN: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "reading")];

#[tokio::test]
async fn nlo_01_a_full_client_signs_with_a_key_of_its_own() {
    let agency = Agency::start().await;
    assert_eq!(agency.refused(json!({})).await, Vec::<String>::new());
    for methods in
        [json!(["client_secret_basic"]), json!(["client_secret_post"]), json!([]), json!(["client_secret_basic", "private_key_jwt"])]
    {
        assert!(agency.refused(json!({"authentication": methods})).await.contains(&"authentication".to_owned()), "{methods}");
    }
    assert_eq!(agency.refused(json!({"jwks": null})).await, ["jwks"]);
    assert_eq!(agency.client.secret, None, "there is no secret to lose");
    let code = agency.code(&agency.request()).await;
    let foreign = Key::new(&agency.world, Algorithm::ES256).sign(&agency.claims(&agency.client));
    let answer = agency.post_with(TOKEN, &foreign, &redemption(&code, REDIRECT)).await;
    assert_eq!(answer.member("/error"), "invalid_client", "somebody else's key");
    agency.redeem(&code).await.expect(200);
}

#[tokio::test]
async fn nlo_02_a_native_client_is_public_with_pkce() {
    let agency = Agency::start().await;
    let native = agency.native().await;
    let public = json!({"authentication": [], "jwks": null, "application_type": "web"});
    assert_eq!(agency.refused(public).await, ["authentication"], "a public client is on a person's own machine");
    let plain = Request::of(&native).with("redirect_uri", LOOPBACK);
    let mut ann = agency.world.ann().await;
    assert_eq!(told(&mut ann, &plain).await.get("error"), "invalid_request");
    let code = agency.code(&plain.clone().pkce()).await;
    let fields = [&redemption(&code, LOOPBACK)[..3], &[("client_id", native.id.as_str())]].concat();
    assert_eq!(error(&agency.form(TOKEN, &fields).await), (400, "invalid_grant".to_owned()), "without the verifier");
    agency.native_tokens(&native).await;
}

#[tokio::test]
async fn nlo_04_redirect_uris_are_compared_as_strings_and_never_left_out() {
    let agency = Agency::start().await;
    let mut ann = agency.world.ann().await;
    for uri in [
        "https://app.example/cb/",
        "https://app.example/cb?",
        "https://app.example:443/cb",
        "https://APP.example/cb",
        "https://app.example/%63b",
    ] {
        assert_page(&ann.get(&agency.request().with("redirect_uri", uri).path()).await, 400);
    }
    assert_page(&ann.get(&agency.request().without("redirect_uri").path()).await, 400);
    assert!(allow(&mut ann, &agency.request()).await.get("code").starts_with("prtc_"));
}

/// NLO-05, NLI-20, NLI-04: the answer is for the client alone.
#[tokio::test]
async fn nlo_05_nli_20_redirect_uris_are_https_or_on_the_clients_own_machine() {
    let agency = Agency::start().await;
    let refused = async |application: &str, uri: &str| {
        !agency.refused(json!({"application_type": application, "redirect_uris": [uri]})).await.is_empty()
    };
    for uri in
        ["http://app.example/cb", "http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost/cb", "com.example.app:/cb", "//app.example"]
    {
        assert!(refused("web", uri).await, "{uri}");
    }
    for uri in ["http://app.example/cb", "http://localhost/cb", "http://localhost:8080/cb", "http://192.168.1.1/cb", "javascript:x"] {
        assert!(refused("native", uri).await, "{uri}");
    }
    for uri in ["http://127.0.0.1/cb", "http://[::1]:8080/cb", "com.example.app:/cb", "https://app.example/cb"] {
        assert!(!refused("native", uri).await, "{uri}");
    }
    let native = agency.native().await;
    let mut ann = agency.world.ann().await;
    for uri in ["http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb"] {
        let page = ann.get(&Request::of(&native).pkce().with("redirect_uri", uri).path()).await;
        assert_eq!(page.status, 200, "any port: {uri}");
    }
    assert_page(&ann.get(&Request::of(&native).pkce().with("redirect_uri", "http://localhost/cb").path()).await, 400);
}

/// NLO-07: and each assertion counts once (NLI-27).
#[tokio::test]
async fn nlo_07_nli_27_an_assertion_says_all_that_it_must_and_counts_once() {
    let agency = Agency::start().await;
    let own = agency.own().await;
    let ask = async |claims: &Value| {
        let answer = agency.post_with(TOKEN, &agency.key.sign(claims), &OWN).await;
        // Whoever is wrong too often waits.
        agency.world.app.clock.advance(Duration::from_secs(120));
        (answer.status, answer.json()["error"].as_str().map(str::to_owned))
    };
    let once = agency.key.sign(&agency.claims(&own));
    agency.post_with(TOKEN, &once, &OWN).await.expect(200);
    assert_eq!(agency.post_with(TOKEN, &once, &OWN).await.member("/error"), "invalid_client", "a second time");
    let refusal = (401, Some("invalid_client".to_owned()));
    let mut claims = agency.claims(&own);
    claims["aud"] = agency.world.issuer().into();
    assert_eq!(ask(&claims).await, (200, None), "the issuer is a good name for us, too (rfc7523bis)");
    for name in ["iss", "sub", "aud", "iat", "exp", "jti"] {
        let mut claims = agency.claims(&own);
        claims.as_object_mut().expect("claims").remove(name);
        assert_eq!(ask(&claims).await, refusal, "without {name}");
    }
    let now = || domain::time::Clock::now(&*agency.world.app.clock).unix_seconds();
    let both = json!([agency.world.issuer(), format!("{}{TOKEN}", agency.world.issuer())]);
    for (name, wrong) in [
        ("iss", json!(agency.client.id)),
        ("sub", json!(agency.client.id)),
        ("aud", json!(format!("{}/connect/par", agency.world.issuer()))),
        ("aud", json!("https://evil.example/connect/token")),
        ("aud", both),
        ("exp", json!(now() - 1)),
        ("exp", json!(now() + 50_000)),
        ("iat", json!(now() + 5_000)),
    ] {
        let mut claims = agency.claims(&own);
        claims[name] = wrong.clone();
        assert_eq!(ask(&claims).await, refusal, "{name} {wrong}");
    }
    assert_eq!(ask(&agency.claims(&own)).await, (200, None));
    let fields = [&OWN[..], &[("client_id", own.id.as_str()), ("client_secret", "x")]].concat();
    let two = agency.post_with(TOKEN, &agency.key.sign(&agency.claims(&own)), &fields).await;
    assert_eq!(error(&two), (400, "invalid_request".to_owned()), "one way of authenticating in a request");
}

#[tokio::test]
async fn nlo_08_rs256_and_ps256_are_taken_and_nothing_symmetric() {
    let agency = Agency::signing(Algorithm::RS256).await;
    let own = agency.own().await;
    let claims = || agency.claims(&own);
    agency.post_with(TOKEN, &agency.key.sign(&claims()), &OWN).await.expect(200);
    agency.post_with(TOKEN, &agency.key.sign_ps256(&claims()), &OWN).await.expect(200);
    let unsigned = |algorithm: &str| {
        let header = json!({"alg": algorithm, "typ": "JWT"}).to_string();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims().to_string()))
    };
    let hs256 = |secret: &[u8]| {
        let signed = unsigned("HS256");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
    };
    let public = agency.key.jwks()["keys"][0].to_string();
    let none = format!("{}.", unsigned("none"));
    for wrong in [hs256(b"secret"), hs256(public.as_bytes()), hs256(own.id.as_bytes()), none] {
        assert_eq!(agency.post_with(TOKEN, &wrong, &OWN).await.member("/error"), "invalid_client");
    }
    let metadata = agency.world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    for endpoint in ["token", "revocation", "introspection"] {
        let taken = &metadata[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
        assert_eq!(taken, &json!(["ES256", "EdDSA", "RS256", "PS256"]));
    }
}

#[tokio::test]
async fn nlo_11_a_client_has_one_grant_type() {
    let agency = Agency::start().await;
    for (grants, refused) in [
        (json!(["authorization_code", "client_credentials"]), true),
        (json!(["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"]), true),
        (json!(["authorization_code", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]), true),
        (json!(["authorization_code", "refresh_token"]), false),
        (json!(["client_credentials"]), false),
    ] {
        assert_eq!(agency.refused(json!({"grant_types": grants})).await.contains(&"grant_types".to_owned()), refused, "{grants}");
    }
    assert_eq!(error(&agency.post(TOKEN, &OWN).await), (400, "unauthorized_client".to_owned()));
    let own = agency.own().await;
    let mut ann = agency.world.ann().await;
    assert_eq!(told(&mut ann, &Request::of(&own).pkce()).await.get("error"), "unauthorized_client");
}

#[tokio::test]
async fn nlo_12_tokens_are_exchanged_for_others() {
    let agency = Agency::start().await;
    let token = agency.tokens(&agency.request()).await.member("/access_token");
    let service = agency
        .world
        .client(|definition| {
            strict(definition, &agency.key);
            definition.grant_types = vec![GrantType::TokenExchange];
        })
        .await;
    let exchange = GrantType::TokenExchange.name();
    let metadata = agency.world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    assert!(metadata["grant_types_supported"].as_array().is_some_and(|grants| grants.contains(&exchange.into())));
    let kind = "urn:ietf:params:oauth:token-type:access_token";
    let fields = [("grant_type", exchange), ("subject_token", token.as_str()), ("subject_token_type", kind)];
    let answer = agency.post_as(&service, TOKEN, &fields).await.expect(200);
    let claims = part(&answer.member("/access_token"), 1);
    assert_eq!((&claims["sub"], &claims["azp"], &claims["act"]["sub"]), (&json!(agency.world.ann), &json!(service.id), &json!(service.id)));
}

#[tokio::test]
async fn nlo_13_a_confidential_client_is_authenticated_for_code_and_client_credentials() {
    let agency = Agency::start().await;
    let own = agency.own().await;
    let code = agency.code(&agency.request()).await;
    for (client, fields) in [(&agency.client, &redemption(&code, REDIRECT)[..]), (&own, &OWN[..])] {
        let answer = agency.form(TOKEN, &[fields, &[("client_id", client.id.as_str())]].concat()).await;
        assert_eq!(answer.member("/error"), "invalid_client");
    }
    agency.redeem(&code).await.expect(200);
}

/// NLO-14, NLI-19: with the initial access token where registration is closed, never for itself.
#[tokio::test]
async fn nlo_14_nli_19_programs_register_themselves_but_not_to_act_for_themselves() {
    const INITIAL: &str = "0123456789abcdef0123456789abcdef";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, INITIAL).expect("written");
    let app = testkit::App::start_with(|config| config.registration_token_file = Some(file)).await;
    let agency = Agency::of(World::on(app).await, Algorithm::ES256).await;
    let register = async |token: Option<&str>, grants: Value| {
        let body = json!({
            "client_name": "Notes", "redirect_uris": ["https://notes.example/cb"], "grant_types": grants,
            "token_endpoint_auth_method": "private_key_jwt", "jwks": agency.key.jwks(), "scope": "openid writing",
        });
        let call = agency.world.app.call("POST", "/connect/register").json(&body);
        let call = token.map(|token| format!("Bearer {token}")).iter().fold(call, |call, value| call.header("authorization", value));
        call.send().await
    };
    let code = || json!(["authorization_code"]);
    assert_eq!(register(None, code()).await.status, 401);
    assert_eq!(register(Some("wrong"), code()).await.status, 401);
    let told = register(Some(INITIAL), code()).await.expect(201).json();
    assert_eq!(
        (&told["token_endpoint_auth_method"], &told["scope"]),
        (&json!("private_key_jwt"), &json!("openid profile email offline_access"))
    );
    for grants in [json!(["client_credentials"]), json!(["authorization_code", "client_credentials"])] {
        assert_eq!(error(&register(Some(INITIAL), grants).await), (400, "invalid_client_metadata".to_owned()));
    }
}

/// NLO-09, NLI-21: keys are public, and in one place.
#[tokio::test]
async fn nlo_09_nli_21_keys_are_in_jwks_or_at_jwks_uri() {
    let agency = Agency::start().await;
    let jwk = agency.key.jwks()["keys"][0].clone();
    let mut private = jwk.clone();
    private["d"] = "AAAA".into();
    let symmetric = json!({"kty": "oct", "k": "AAAA"});
    for keys in [json!([]), json!([private]), json!([symmetric]), json!("x"), json!([jwk, private])] {
        assert_eq!(agency.refused(json!({"jwks": {"keys": keys}})).await, ["jwks"], "{keys}");
    }
    let uri = "https://app.example/jwks";
    assert_eq!(agency.refused(json!({"jwks_uri": uri})).await, ["jwks"], "not both");
    assert_eq!(agency.refused(json!({"jwks": null, "jwks_uri": "http://app.example/jwks"})).await, ["jwks_uri"]);
    assert!(agency.refused(json!({"jwks": null, "jwks_uri": uri})).await.is_empty());
}
