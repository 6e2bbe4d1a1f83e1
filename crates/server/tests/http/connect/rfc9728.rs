//! RFC 9728: the metadata of protected resources.

use std::time::Duration;

use serde_json::json;

use super::world::*;

const PATH: &str = "/.well-known/oauth-protected-resource";

/// The document of the resource that this host and path name.
async fn document(world: &World, host: &str, path: &str) -> testkit::Answer {
    world.app.call("GET", &format!("{PATH}{path}")).header("host", host).send().await
}

#[tokio::test]
async fn rfc9728_01_02_06_a_resource_with_a_path_has_its_document_before_the_path() {
    let world = World::start().await;
    let told = document(&world, "api.example", "/v1").await.expect(200).json();
    assert_eq!(told["resource"], "https://api.example/v1");
    let behind = world.app.call("GET", &format!("/v1{PATH}")).header("host", "api.example").send().await;
    assert_eq!(behind.status, 404, "not behind it");
    // Whoever follows it finds the authorization server itself.
    assert_eq!(told["authorization_servers"], json!([world.issuer()]));
    let server = told["authorization_servers"][0].as_str().expect("an issuer").strip_prefix(&world.issuer()).expect("this server");
    let metadata = world.app.call("GET", &format!("{server}/.well-known/oauth-authorization-server")).send().await.expect(200);
    assert_eq!(metadata.member("/issuer"), told["authorization_servers"][0]);
}

#[tokio::test]
async fn rfc9728_03_it_is_json_without_empty_arrays() {
    let world = World::start().await;
    let definition = json!({
        "name": "plain", "title": "Without scopes", "presentations": ["bearer"], "credentials": ["access_token"],
        "resource": "https://plain.example/", "permissions": [{"name": "plain:things:read", "title": "See things"}],
    });
    world.app.make("/api/v1/apis", definition).await;
    for (host, path, scopes) in [("api.example", "/v1", Some(json!(["api1", "reading"]))), ("plain.example", "", None)] {
        let answer = document(&world, host, path).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let told = answer.json();
        assert_eq!(told.get("scopes_supported"), scopes.as_ref(), "{host}");
        assert!(told.as_object().expect("an object").values().all(|value| value.as_array().is_none_or(|array| !array.is_empty())));
    }
}

#[tokio::test]
async fn rfc9728_04_another_name_is_not_ours() {
    let world = World::start().await;
    for (host, path) in [("evil.example", "/v1"), ("api.example", ""), ("api.example", "/v2"), ("api.example", "/v1/")] {
        let answer = document(&world, host, path).await;
        assert_eq!(answer.status, 404, "{host}{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn rfc9728_07_tokens_are_taken_in_the_header_only() {
    let world = World::start().await;
    let told = document(&world, "api.example", "/v1").await.expect(200).json();
    assert_eq!(told["bearer_methods_supported"], json!(["header"]));
}

/// Whatever somebody calls a resource, or where they say that a document about it is: nothing is fetched.
#[tokio::test]
async fn rfc9728_09_nothing_that_is_named_is_fetched() {
    let world = World::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let here = listener.local_addr().expect("an address");
    let mut ann = world.ann().await;
    for scheme in ["http", "https"] {
        let named = format!("{scheme}://{here}/api");
        let sent = Sent::of(&ann.get(&Request::of(&world.client).with("resource", &named).path()).await);
        assert_eq!(sent.get("error"), "invalid_target");
        let fields = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("resource", named.as_str())];
        assert_eq!(world.post_as(&world.client, "/connect/token", &fields).await.status, 400);
        let pushed = Request::of(&world.client).without("client_id").with("resource", &named);
        let answer = world.post_as(&world.client, "/connect/par", &pushed.fields()).await;
        assert_eq!(answer.member("/error"), "invalid_target");
        assert_eq!(document(&world, &here.to_string(), "/api").await.status, 404);
        let registered = json!({
            "client_name": "Notes", "redirect_uris": ["https://notes.example/cb"], "resource": named,
            "protected_resource_metadata": format!("{named}{PATH}"),
        });
        let open = testkit::App::start_with(|config| config.registration_open = true).await;
        open.call("POST", "/connect/register").json(&registered).send().await.expect(201);
    }
    let came = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
    assert!(came.is_err(), "somebody came to fetch it");
}
