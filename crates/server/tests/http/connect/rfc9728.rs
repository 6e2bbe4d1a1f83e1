//! RFC 9728: the metadata of protected resources.

use super::world::*;

const PATH: &str = "/.well-known/oauth-protected-resource";

#[tokio::test]
async fn rfc9728_01_to_03_and_06_a_resource_with_a_path() {
    let world = World::start().await;
    let answer = world.app.call("GET", &format!("{PATH}/v1")).header("host", "api.example").send().await.expect(200);
    let document = answer.json();
    assert_eq!(document["resource"], "https://api.example/v1");
    assert_eq!(document["authorization_servers"], serde_json::json!([world.issuer()]));
    assert_eq!(document["scopes_supported"], serde_json::json!(["api1", "reading"]));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(document.as_object().expect("an object").values().all(|value| value.as_array().is_none_or(|array| !array.is_empty())));
}

#[tokio::test]
async fn rfc9728_04_another_name_is_not_ours() {
    let world = World::start().await;
    for (host, path) in [("evil.example", "/v1"), ("api.example", ""), ("api.example", "/v2"), ("api.example", "/v1/")] {
        let answer = world.app.call("GET", &format!("{PATH}{path}")).header("host", host).send().await;
        assert_eq!(answer.status, 404, "{host}{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn rfc9728_07_tokens_are_taken_in_the_header_only() {
    let world = World::start().await;
    let document = world.app.call("GET", &format!("{PATH}/v1")).header("host", "api.example").send().await.expect(200).json();
    assert_eq!(document["bearer_methods_supported"], serde_json::json!(["header"]));
}
