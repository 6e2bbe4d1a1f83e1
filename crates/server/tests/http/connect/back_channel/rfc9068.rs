//! RFC 9068: JWT access tokens, for an API that wants them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

fn part(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

#[tokio::test]
async fn r9068_01_02_03_04_05_08_the_token_says_what_the_standard_asks() {
    let world = World::new().await;
    let client = world.confidential().await;
    let own = world.token(&client, &[("grant_type", "client_credentials"), ("scope", "depot")]).await.expect(200).member("/access_token");
    assert_eq!((part(&own, 0)["typ"].as_str(), part(&own, 0)["alg"].as_str()), (Some("at+jwt"), Some("ES256")));
    let claims = part(&own, 1);
    for name in ["iss", "exp", "aud", "sub", "client_id", "azp", "iat", "jti", "scope"] {
        assert!(claims.get(name).is_some(), "{name}");
    }
    assert_eq!((claims["sub"].as_str(), claims["aud"].as_str()), (Some(client.id.as_str()), Some("https://depot.example/")));
    let now = world.app.node.authority.clock().now();
    jose::access_token::verify(&own, &world.app.node.authority.jwks(now), &world.issuer(), now).expect("signed by a published key");
    let code = world.code(&client, |authorization| authorization.scope = "depot offline_access".to_owned()).await;
    let answer = world.redeem(&client, &code).await.expect(200);
    let first = part(&answer.member("/access_token"), 1);
    world.app.clock.advance(std::time::Duration::from_secs(100));
    let again = world.refresh(&client, &answer.member("/refresh_token")).await.expect(200);
    let again = part(&again.member("/access_token"), 1);
    assert_eq!((&first["sub"], &first["auth_time"], &first["amr"]), (&again["sub"], &again["auth_time"], &again["amr"]));
    assert_eq!(first["sub"], world.person.to_string());
}

#[tokio::test]
async fn rev_08_a_jwt_is_ended_as_any_other() {
    let world = World::new().await;
    let client = world.confidential().await;
    let own = world.token(&client, &[("grant_type", "client_credentials"), ("scope", "depot")]).await.expect(200).member("/access_token");
    assert_eq!(world.introspect(&world.depot, &own).await["active"], true);
    world.post("/connect/revoke", &client, &[("token", &own)]).await.expect(200);
    assert_eq!(world.introspect(&world.depot, &own).await, json!({"active": false}));
}

#[tokio::test]
async fn the_keys_are_published_for_everybody() {
    let world = World::new().await;
    for path in ["/connect/jwks", "/.well-known/openid-configuration/jwks"] {
        let answer = world.app.call("GET", path).header("origin", "https://anybody.example").send().await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(answer.header("cache-control").is_some_and(|value| value.starts_with("public, max-age=")));
        assert!(answer.json()["keys"].as_array().is_some_and(|keys| !keys.is_empty() && keys.iter().all(|key| key.get("d").is_none())));
    }
}
