//! RFC 9126: pushed authorization requests.

use std::time::Duration;

use super::world::*;

const PAR: &str = "/connect/par";

async fn push(world: &World, client: &Made, request: &Request) -> String {
    let answer = world.post_as(client, PAR, &request.clone().without("client_id").fields()).await.expect(201);
    answer.member("/request_uri")
}

fn pushed(client: &Made, request_uri: &str) -> String {
    format!("/connect/authorize?{}", testkit::encoded(&[("client_id", &client.id), ("request_uri", request_uri)]))
}

#[tokio::test]
async fn rfc9126_01_the_client_authenticates() {
    let world = World::start().await;
    let wrong = Made { secret: Some("prts_wrong".to_owned()), id: world.client.id.clone(), key: world.client.key };
    let answer = world.post_as(&wrong, PAR, &Request::of(&world.client).fields()).await;
    assert_eq!((answer.status, answer.member("/error")), (401, "invalid_client".to_owned()));
    let nobody = Made { secret: None, id: world.client.id.clone(), key: world.client.key };
    let answer = world.post_as(&nobody, PAR, &Request::of(&world.client).without("client_id").fields()).await;
    assert_eq!((answer.status, answer.member("/error")), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn rfc9126_02_par_02_a_request_uri_cannot_be_pushed() {
    let world = World::start().await;
    for uri in ["urn:ietf:params:oauth:request_uri:x", "https://127.0.0.1/request"] {
        let answer = world.post_as(&world.client, PAR, &Request::of(&world.client).with("request_uri", uri).fields()).await.expect(400);
        assert_eq!(answer.member("/error"), "invalid_request");
    }
}

/// 9126-07, 9126-13: no redirect URI that is not registered is taken, whoever sends it.
#[tokio::test]
async fn rfc9126_03_it_is_judged_when_it_is_pushed() {
    let world = World::start().await;
    let bad = [
        ("redirect_uri", "https://evil.example/", "invalid_request"),
        ("scope", "unknown", "invalid_scope"),
        ("response_type", "token", "unsupported_response_type"),
        ("resource", "https://evil.example/", "invalid_target"),
        ("code_challenge", "x", "invalid_request"),
    ];
    for (name, value, error) in bad {
        let answer = world.post_as(&world.client, PAR, &Request::of(&world.client).with(name, value).fields()).await.expect(400);
        assert_eq!(answer.member("/error"), error, "{name}");
        assert!(answer.header("cache-control").is_some_and(|cache| cache.contains("no-store")));
    }
}

#[tokio::test]
async fn rfc9126_04_the_name_is_not_to_be_guessed() {
    let world = World::start().await;
    let answer = world.post_as(&world.client, PAR, &Request::of(&world.client).fields()).await.expect(201);
    assert!(answer.json()["expires_in"].as_u64().is_some_and(|seconds| (5..600).contains(&seconds)));
    let name = answer.member("/request_uri");
    assert!(name.starts_with("urn:ietf:params:oauth:request_uri:") && name.len() == 34 + 43, "{name}");
    assert_ne!(push(&world, &world.client, &Request::of(&world.client)).await, name);
}

/// 9126-13: guessed names.
#[tokio::test]
async fn rfc9126_05_par_01_it_is_for_the_client_that_pushed_it() {
    let world = World::start().await;
    let other = world.client(|_| {}).await;
    let uri = push(&world, &world.client, &Request::of(&world.client)).await;
    let mut ann = world.ann().await;
    assert_page(&ann.get(&pushed(&other, &uri)).await, 400);
    assert_page(&ann.get(&pushed(&world.client, &format!("{uri}x"))).await, 400);
    assert_page(&ann.get(&pushed(&world.client, "urn:ietf:params:oauth:request_uri:guessed")).await, 400);
    assert_eq!(ann.get(&pushed(&world.client, &uri)).await.status, 200);
}

#[tokio::test]
async fn rfc9126_06_par_04_post_of_a_form_only() {
    let world = World::start().await;
    for method in ["GET", "PUT", "DELETE"] {
        assert_eq!(world.app.call(method, PAR).send().await.status, 405, "{method}");
    }
    let json = world.app.call("POST", PAR).json(&serde_json::json!({"client_id": world.client.id})).send().await;
    assert_eq!(json.status, 400);
    let long = "x".repeat(1024 * 1024 - 100);
    let answer = world.post_as(&world.client, PAR, &[("state", &long)]).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn rfc9126_09_13_it_is_good_for_one_authorization() {
    let world = World::start().await;
    let uri = push(&world, &world.client, &Request::of(&world.client)).await;
    let mut ann = world.ann().await;
    let page = ann.get(&pushed(&world.client, &uri)).await;
    assert!(Sent::of(&decide(&mut ann, &page, "allow").await).get("code").starts_with("prtc_"));
    assert_page(&ann.get(&pushed(&world.client, &uri)).await, 400);
}

#[tokio::test]
async fn rfc9126_10_it_is_over_by_itself() {
    let world = World::start().await;
    let uri = push(&world, &world.client, &Request::of(&world.client)).await;
    let mut ann = world.ann().await;
    world.app.clock.advance(Duration::from_secs(90));
    assert_page(&ann.get(&pushed(&world.client, &uri)).await, 400);
}

#[tokio::test]
async fn rfc9126_11_metadata_names_it() {
    let world = World::start().await;
    let metadata = world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    assert_eq!(metadata["pushed_authorization_request_endpoint"], format!("{}{PAR}", world.issuer()));
    assert_eq!(metadata["require_pushed_authorization_requests"], false);
}

#[tokio::test]
async fn rfc9126_12_a_client_that_must_push_must() {
    let world = World::start().await;
    let strict = world.client(|definition| definition.requires_pushed_requests = true).await;
    let mut ann = world.ann().await;
    let error = Sent::of(&ann.get(&Request::of(&strict).path()).await);
    assert_eq!(error.get("error"), "invalid_request");
    let uri = push(&world, &strict, &Request::of(&strict)).await;
    assert_eq!(ann.get(&pushed(&strict, &uri)).await.status, 200);
}
