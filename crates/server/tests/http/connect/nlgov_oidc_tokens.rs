//! NL GOV Assurance profile for OpenID Connect: ID tokens and userinfo.

use std::collections::BTreeSet;

use domain::client::SigningAlgorithm;
use jose::{Algorithm, TypeRule};
use serde_json::{Value, json};

use super::nlgov_world::*;
use super::world::*;

#[tokio::test]
async fn nli_08_09_an_id_token_is_signed_and_says_what_the_profile_asks_for_five_minutes() {
    let agency = Agency::start().await;
    let now = domain::time::Clock::now(&*agency.world.app.clock);
    let mut names = BTreeSet::new();
    for _ in 0..3 {
        let token = agency.tokens(&agency.request()).await.member("/id_token");
        let keys = agency.world.app.call("GET", "/connect/jwks").send().await.expect(200);
        let keys = jose::JwkSet::parse(keys.text.as_bytes()).expect("keys");
        let verified = jose::verify(&token, TypeRule::exactly(&["JWT"]), &Algorithm::ALL, &keys).expect("signed by a published key");
        let claims: Value = serde_json::from_slice(&verified.payload).expect("claims");
        let expected = json!({
            "iss": agency.world.issuer(), "aud": agency.client.id, "sub": agency.world.ann, "nonce": "188637b3af14a",
            "iat": now.unix_seconds(), "nbf": now.unix_seconds(), "exp": now.unix_seconds() + 300,
        });
        for (name, value) in expected.as_object().expect("members") {
            assert_eq!(&claims[name], value, "{name}");
        }
        assert!(names.insert(claims["jti"].as_str().expect("a name").to_owned()), "never twice");
    }
    let refreshed = agency.tokens(&agency.request()).await.member("/refresh_token");
    let again = agency.refresh(&refreshed).await.expect(200).member("/id_token");
    assert!(names.insert(part(&again, 1)["jti"].as_str().expect("a name").to_owned()));
}

#[tokio::test]
async fn nli_10_it_says_when_and_how_well_the_person_proved_who_they_are_and_not_by_which_means() {
    let agency = Agency::start().await;
    let request = agency.request().with("max_age", "600").with("acr_values", "1");
    let token = agency.tokens(&request).await.member("/id_token");
    let claims = part(&token, 1);
    let now = domain::time::Clock::now(&*agency.world.app.clock).unix_seconds();
    assert_eq!((claims["auth_time"].as_i64(), &claims["acr"]), (Some(now), &json!("1")));
    for absent in ["vot", "vtm", "amr"] {
        assert_eq!(claims.get(absent), None, "{absent}");
    }
    let mut ann = agency.world.ann().await;
    let unmet = told(&mut ann, &agency.request().with("acr_values", "2").with("vtr", "P1")).await;
    assert_eq!(unmet.get("error"), "unmet_authentication_requirements");
    agency.world.app.clock.advance(std::time::Duration::from_secs(601));
    let stale = told(&mut ann, &request.with("prompt", "none")).await;
    assert_eq!(stale.get("error"), "login_required");
}

#[tokio::test]
async fn nli_14_userinfo_answers_with_a_jwt_where_one_is_asked_for() {
    let agency = Agency::start().await;
    let world = &agency.world;
    let rsa = world
        .client(|definition| {
            strict(definition, &agency.key);
            definition.id_token_algorithm = Some(SigningAlgorithm::Rs256);
        })
        .await;
    let metadata = world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    let offered = metadata["userinfo_signing_alg_values_supported"].as_array().expect("a list").clone();
    for (client, algorithm) in [(&agency.client, "ES256"), (&rsa, "RS256")] {
        let code = agency.code(&agency.request().with("client_id", &client.id).with("scope", "openid email")).await;
        let token = agency.post_as(client, TOKEN, &redemption(&code, REDIRECT)).await.expect(200).member("/access_token");
        let ask = |accept: &str| world.app.call("GET", "/connect/userinfo").token(&token).header("accept", accept).send();
        let plain = ask("application/json").await.expect(200);
        assert!(plain.header("content-type").is_some_and(|value| value.starts_with("application/json")));
        assert_eq!(plain.json(), json!({"sub": world.ann, "email": "ann@example.org", "email_verified": false}));
        let signed = ask("application/jwt").await.expect(200);
        assert_eq!(signed.header("content-type"), Some("application/jwt"));
        assert!(signed.header("cache-control").is_some_and(|value| value.contains("no-store")));
        let keys = world.app.call("GET", "/connect/jwks").send().await.expect(200);
        let keys = jose::JwkSet::parse(keys.text.as_bytes()).expect("keys");
        let verified = jose::verify(&signed.text, TypeRule::exactly(&["JWT"]), &Algorithm::ALL, &keys).expect("signed");
        assert!(verified.algorithm.name() == algorithm && offered.contains(&algorithm.into()));
        let mut expected = plain.json();
        (expected["iss"], expected["aud"]) = (world.issuer().into(), client.id.as_str().into());
        assert_eq!(serde_json::from_slice::<Value>(&verified.payload).expect("claims"), expected);
        // It is no access token, and no ID token either.
        world.app.call("GET", "/connect/userinfo").token(&signed.text).send().await.expect(401);
    }
}
