//! RFC 9701: introspection answered with a JWT.

use jose::{Algorithm, TypeRule};

use super::*;

const TYPE: &str = "application/token-introspection+jwt";

/// Asks as an API, or as nobody.
async fn signed(world: &World, authorization: Option<&str>, token: &str) -> Answer {
    let mut headers = vec![("accept", TYPE)];
    headers.extend(authorization.map(|value| ("authorization", value)));
    world.post_with("/connect/introspect", &headers, &[("token", token)]).await
}

/// What a signed answer says, after its signature was verified with the published keys.
async fn said(world: &World, answer: &Answer) -> (Algorithm, Value) {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(TYPE)), "{}", answer.text);
    let keys = world.app.call("GET", "/connect/jwks").send().await.expect(200);
    let keys = jose::JwkSet::parse(keys.text.as_bytes()).expect("keys");
    let verified = jose::verify(&answer.text, TypeRule::exactly(&["token-introspection+jwt"]), &Algorithm::ALL, &keys).expect("signed");
    (verified.algorithm, serde_json::from_slice(&verified.payload).expect("claims"))
}

async fn access(world: &World, scope: &str) -> String {
    let client = world.confidential().await;
    world.token(&client, &[("grant_type", "client_credentials"), ("scope", scope)]).await.expect(200).member("/access_token")
}

/// 9701-05: encryption is for whoever registers it, and nobody can.
#[tokio::test]
async fn r9701_05_08_every_answer_is_signed_with_an_algorithm_that_is_offered() {
    let world = World::new().await;
    let archive = api(&world.app, "archive", Some("RS256")).await;
    let cards = api(&world.app, "cards", Some("EdDSA")).await;
    let metadata = world.app.call("GET", "/.well-known/oauth-authorization-server").send().await.expect(200).json();
    let offered = metadata["introspection_signing_alg_values_supported"].as_array().expect("a list").clone();
    assert!(!offered.is_empty() && offered.iter().all(|name| name != "none" && !name.as_str().is_some_and(|name| name.starts_with("HS"))));
    for member in ["introspection_encryption_alg_values_supported", "introspection_encryption_enc_values_supported"] {
        assert_eq!(metadata.get(member), None, "{member}");
    }
    for (scope, credential, algorithm) in
        [("shop", &world.shop, "ES256"), ("depot", &world.depot, "ES256"), ("archive", &archive, "RS256"), ("cards", &cards, "EdDSA")]
    {
        let token = access(&world, scope).await;
        for (text, active) in [(token.as_str(), true), ("nothing", false)] {
            let answer = signed(&world, Some(&format!("Bearer {credential}")), text).await;
            let (used, claims) = said(&world, &answer).await;
            assert_eq!((used.name(), &claims["token_introspection"]["active"]), (algorithm, &json!(active)), "{scope}");
            assert!(offered.contains(&json!(algorithm)));
        }
    }
    // A client chooses by the algorithm of its ID tokens.
    let client = world.client(|definition| definition.id_token_algorithm = Some(domain::client::SigningAlgorithm::EdDsa)).await;
    let token = world.token(&client, &[("grant_type", "client_credentials"), ("scope", "shop")]).await.expect(200).member("/access_token");
    let (used, claims) = said(&world, &signed(&world, Some(&client.basic()), &token).await).await;
    assert_eq!((used.name(), &claims["aud"]), ("EdDSA", &json!(client.id)));
}

#[tokio::test]
async fn r9701_07_an_api_is_told_its_own_part_only() {
    let world = World::new().await;
    let client = world.confidential().await;
    let code = world.code(&client, |authorization| authorization.scope = "shop depot.read".to_owned()).await;
    let token = world.redeem(&client, &code).await.expect(200).member("/access_token");
    let elsewhere = access(&world, "depot").await;
    for (credential, aud, scope) in [(&world.shop, "https://shop.example/", "shop"), (&world.depot, "https://depot.example/", "depot.read")]
    {
        let (_, claims) = said(&world, &signed(&world, Some(&format!("Bearer {credential}")), &token).await).await;
        let told = &claims["token_introspection"];
        assert_eq!((&claims["aud"], &told["aud"], &told["scope"]), (&json!(aud), &json!(aud), &json!(scope)));
    }
    let (_, claims) = said(&world, &signed(&world, Some(&format!("Bearer {}", world.shop)), &elsewhere).await).await;
    assert_eq!(claims["token_introspection"], json!({"active": false}), "not meant for it at all");
}

#[tokio::test]
async fn r9701_09_nobody_is_told_without_proof_of_who_asks() {
    let world = World::new().await;
    let token = access(&world, "shop").await;
    let bearer = |text: &str| format!("Bearer {text}");
    for authorization in [None, Some(bearer(&token)), Some(bearer("prtv_x")), Some(basic("depot", &world.shop))] {
        let answer = signed(&world, authorization.as_deref(), &token).await;
        assert_eq!(answer.status, 401, "{authorization:?}");
        assert!(
            answer.header("content-type").is_some_and(|value| value.starts_with("application/json")) && answer.json()["error"].is_string()
        );
        assert!(!answer.text.contains("eyJ"));
    }
}

#[tokio::test]
async fn r9701_10_an_answer_is_no_access_token() {
    let world = World::new().await;
    let token = access(&world, "depot").await;
    let answer = signed(&world, Some(&format!("Bearer {}", world.depot)), &token).await.expect(200).text;
    let at_the_api = async |token: &str| {
        let call = world.app.call("GET", "/forward-auth/depot").token(token);
        call.header("x-forwarded-method", "GET").header("x-forwarded-uri", "/things").send().await.status
    };
    assert_eq!((at_the_api(&token).await, at_the_api(&answer).await), (200, 401));
    assert_eq!(world.introspect(&world.depot, &answer).await, json!({"active": false}));
    assert_eq!(world.app.call("GET", "/connect/userinfo").token(&answer).send().await.status, 401);
    let now = world.app.node.authority.clock().now();
    let keys = world.app.node.authority.jwks(now);
    assert!(jose::access_token::verify(&answer, &keys, &world.issuer(), now).is_err(), "nor for an API that verifies by itself");
}
