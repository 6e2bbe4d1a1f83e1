//! OpenID Connect Discovery.

use super::world::*;

const PATH: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn disc_01_and_03_what_must_be_there() {
    let world = World::start().await;
    let metadata = world.app.call("GET", PATH).send().await.expect(200).json();
    assert_eq!(metadata["issuer"], world.issuer());
    for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"] {
        assert!(metadata[endpoint].is_string(), "{endpoint}");
    }
    assert_eq!(metadata["subject_types_supported"], serde_json::json!(["public"]));
    let algorithms = metadata["id_token_signing_alg_values_supported"].as_array().expect("a list");
    assert!(algorithms.contains(&"RS256".into()) && !algorithms.contains(&"none".into()));
    assert_eq!(metadata["scopes_supported"].as_array().and_then(|all| all.last()), Some(&"offline_access".into()));
}

#[tokio::test]
async fn disc_02_both_documents_are_one() {
    let world = World::start().await;
    let one = world.app.call("GET", PATH).send().await.expect(200);
    let other = world.app.call("GET", "/.well-known/oauth-authorization-server").send().await.expect(200);
    assert_eq!(one.text, other.text);
}

#[tokio::test]
async fn disc_04_keys_have_names_and_no_private_members() {
    let world = World::start().await;
    let keys = world.app.call("GET", "/.well-known/openid-configuration/jwks").send().await.expect(200).json();
    let keys = keys["keys"].as_array().expect("keys").clone();
    assert!(!keys.is_empty());
    for key in &keys {
        for member in ["kid", "kty", "alg", "use"] {
            assert!(key[member].is_string(), "{member}");
        }
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}

#[tokio::test]
async fn disc_06_only_documents_are_open_to_every_page() {
    let world = World::start().await;
    for (method, path) in
        [("GET", "/connect/authorize"), ("GET", "/connect/endsession"), ("POST", "/connect/par"), ("POST", "/connect/token")]
    {
        let answer = world.app.call(method, path).header("origin", "https://page.example").send().await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
}

#[tokio::test]
async fn nli_15_no_webfinger() {
    let world = World::start().await;
    world.app.call("GET", "/.well-known/webfinger?resource=acct:ann@example.org").send().await.expect(404);
}
