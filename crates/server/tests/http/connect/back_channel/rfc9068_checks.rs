//! RFC 9068 at an API: which JWTs are access tokens, and which only look like one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::{Algorithm, Claims, SigningKey};
use serde::Serialize;
use testkit::SeededEntropy;

use super::oauth21_bearer::shown;
use super::*;

/// What an access token says, signed as a JWT of another type.
#[derive(Serialize)]
#[serde(transparent)]
struct Other(Value);

impl Claims for Other {
    const TYPE: &'static str = "JWT";
}

/// What an access token says, signed as one.
#[derive(Serialize)]
#[serde(transparent)]
struct Same(Value);

impl Claims for Same {
    const TYPE: &'static str = "at+jwt";
}

fn decoded(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// The answers to a token of Anna's for the depot, which takes JWTs: access and ID token.
async fn of_anna(world: &World, client: &TestClient) -> (String, String) {
    let code = world.code(client, |authorization| authorization.scope = "openid profile email depot offline_access".to_owned()).await;
    let answer = world.redeem(client, &code).await.expect(200);
    (answer.member("/access_token"), answer.member("/id_token"))
}

#[track_caller]
fn is_no_token(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {}", answer.text);
    assert!(answer.header("www-authenticate").is_some_and(|value| value.contains("error=\"invalid_token\"")), "{what}");
}

/// SUB-01.
#[tokio::test]
async fn r9068_10_13_a_jwt_of_another_kind_is_no_access_token() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, id_token) = of_anna(&world, &client).await;
    assert_eq!(shown(&world, "depot", &access).await.status, 200);
    is_no_token(&shown(&world, "depot", &id_token).await, "an ID token");
    let authority = &world.app.node.authority;
    let claims = decoded(&access, 1);
    let retyped = authority.sign(Algorithm::ES256, &Other(claims.clone())).expect("signed");
    is_no_token(&shown(&world, "depot", &retyped).await, "the same, of another type");
    let again = authority.sign(Algorithm::ES256, &Same(claims)).expect("signed");
    assert_eq!(shown(&world, "depot", &again).await.status, 200, "it is the type alone that makes the difference");
    let headers = [("authorization", &*client.basic()), ("accept", "application/token-introspection+jwt")];
    let told = world.post_with("/connect/introspect", &headers, &[("token", &access)]).await.expect(200);
    is_no_token(&shown(&world, "depot", &told.text).await, "an answer of introspection");
    // And the other way round.
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", jose::client_assertion::ASSERTION_TYPE),
        ("client_assertion", &access),
    ];
    refused(&world.post_with("/connect/token", &[], &fields).await, 401, "invalid_client");
    for bad in [&access, &id_token] {
        refused(&world.refresh(&client, bad).await, 400, "invalid_grant");
        refused(&world.redeem(&client, bad).await, 400, "invalid_grant");
    }
}

/// JWT-01, JWT-02, SUB-03, SUB-04.
#[tokio::test]
async fn r9068_11_12_whoever_has_no_key_of_ours_makes_no_token() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, _) = of_anna(&world, &client).await;
    let (header, claims, signature) = (decoded(&access, 0), decoded(&access, 1), access.rsplit('.').next().expect("a signature"));
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("https://shop.example/")),
        ("exp", json!(claims["exp"].as_i64().expect("a time") + 3_600)),
        ("sub", json!(client.id)),
        ("scope", json!("shop depot")),
    ] {
        let mut other = claims.clone();
        other[name] = value;
        is_no_token(&shown(&world, "depot", &format!("{}.{}.{signature}", encoded(&header), encoded(&other))).await, name);
    }
    let pkcs8 = SigningKey::generate(Algorithm::ES256, &SeededEntropy::default()).expect("a key");
    let own = SigningKey::from_pkcs8(Algorithm::ES256, pkcs8.expose()).expect("a key");
    // With the name of one of ours, with its own, and with its own in the header.
    let mut headers = [header.clone(), header.clone(), header.clone()];
    headers[1]["kid"] = json!(own.kid());
    headers[2]["jwk"] = own.public().to_jwk();
    for forged in &headers {
        let forged = own.compact(&forged.to_string(), claims.to_string().as_bytes()).expect("signed");
        is_no_token(&shown(&world, "depot", &forged).await, "another key");
    }
    for algorithm in ["none", "None", "NONE", "HS256", "ES384"] {
        let mut unsigned = header.clone();
        unsigned["alg"] = json!(algorithm);
        for end in ["", signature] {
            is_no_token(&shown(&world, "depot", &format!("{}.{}.{end}", encoded(&unsigned), encoded(&claims))).await, algorithm);
        }
    }
    is_no_token(&shown(&world, "shop", &access).await, "another audience");
    assert_eq!(shown(&world, "depot", &access).await.status, 200);
    world.app.clock.advance(std::time::Duration::from_secs(3_600));
    is_no_token(&shown(&world, "depot", &access).await, "expired");
}

#[tokio::test]
async fn r9068_06_14_a_token_says_what_its_api_needs_and_no_more() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, _) = of_anna(&world, &client).await;
    let claims = decoded(&access, 1);
    assert_eq!(claims["scope"], "depot", "scopes that mean something there");
    let known = ["iss", "sub", "aud", "client_id", "azp", "iat", "exp", "jti", "scope", "auth_time", "amr", "poort"];
    for (name, value) in claims.as_object().expect("claims") {
        assert!(known.contains(&name.as_str()), "{name}");
        assert!(!value.to_string().contains("anna") && !value.to_string().contains("acme"), "{name}: {value}");
    }
    // What Poort says to itself is sealed: in the clear it would name the grant and the session.
    let own = URL_SAFE_NO_PAD.decode(claims["poort"].as_str().expect("text")).expect("base64url");
    let client_key: [u8; 16] = *client.key.as_bytes();
    assert!(!own.windows(16).any(|window| window == client_key));
    assert!(decoded(&access, 0).get("enc").is_none(), "a client can read it");
    let own = world.token(&client, &[("grant_type", "client_credentials"), ("scope", "depot.read")]).await.expect(200);
    assert_eq!(decoded(&own.member("/access_token"), 1)["scope"], "depot.read");
}

#[tokio::test]
async fn r9068_09_no_scope_is_that_of_two_apis() {
    let world = World::new().await;
    let third = |scopes: &[&str]| {
        let scopes: Vec<Value> = scopes.iter().map(|name| json!({"name": name, "title": "A scope"})).collect();
        let definition = json!({
            "name": "third", "title": "A third API", "presentations": ["bearer"], "credentials": ["access_token"], "scopes": scopes,
            "permissions": [{"name": "third:things:read", "title": "See things"}], "routes": []
        });
        world.app.operate("POST", "/api/v1/apis").json(&definition).send()
    };
    for taken in ["shop", "shop.read", "depot", "shop:things:read"] {
        let answer = third(&["third", taken]).await.expect(400);
        assert_eq!(answer.problem()["errors"][0]["field"], "scopes[1].name", "{taken}: {}", answer.text);
    }
    third(&["third", "third.read"]).await.expect(201);
}
