//! Input that no client sends.

use crate::common;
use crate::harness::World;

#[tokio::test]
async fn only_listed_hosts_are_served_and_named() {
    let world = World::start().await;
    let ask = async |lines: &str| {
        let body = "{\"label\": \"x\"}";
        let head = format!("POST /v1/ws/1/Areas HTTP/1.1\r\n{lines}X-API-Key: {}\r\n", world.key.private);
        common::send(world.address, format!("{head}Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await
    };
    let named = ask("Host: api.dastra.eu\r\nX-Forwarded-Host: evil.example\r\n").await;
    assert!(named.header("location").expect("a location").starts_with("https://api.dastra.eu/v1/ws/1/Areas/"));
    let own = world.address;
    for (lines, status) in
        [("Host: evil.example\r\n".to_owned(), 421), (String::new(), 400), (format!("Host: {own}\r\nHost: {own}\r\n"), 400)]
    {
        let reply = ask(&lines).await;
        assert_eq!(reply.status, status, "{lines}");
        assert!(!reply.body.contains("evil"));
    }
}

#[tokio::test]
async fn odd_requests_are_refused_as_problems() {
    let world = World::start().await;
    for (method, path, status) in [
        ("GET", "/v1//workspaces", 400),
        ("GET", "/v1/ws/2/../1/areas", 400),
        ("GET", "/v1/ws/1%2fareas", 400),
        ("GET", "/v1/workspaces/1%00", 400),
        ("GET", "/v1/unknown", 404),
        ("GET", "/v2/workspaces", 404),
        ("DELETE", "/v1/workspaces/1", 405),
        ("POST", "/me", 405),
        ("BREW", "/v1/workspaces", 405),
    ] {
        world.send(method, path, "").await.problem(status);
    }
    let allowed = world.send("DELETE", "/v1/workspaces/1", "").await;
    assert_eq!(allowed.header("allow"), Some("GET, HEAD, PATCH"));
    for body in ["", "[]", "null", "{\"label\": ", "{\"label\": \"a\", \"label\": }", "\u{0}"] {
        world.send("PATCH", "/v1/workspaces/1", body).await.problem(400);
    }
    let deep = format!("{{\"label\": {}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    world.send("PATCH", "/v1/workspaces/1", &deep).await.problem(400);
    world.send("PATCH", "/v1/workspaces/1", &format!("{{\"label\": \"{}\"}}", "x".repeat(70_000))).await.problem(413);
    assert_eq!(world.get("/v1/workspaces/1").await.ok()["label"], "My data company");
    let told = world.send("PATCH", "/v1/workspaces/1", "{\"<script>\": 1}").await;
    assert_eq!(told.header("x-content-type-options"), Some("nosniff"));
}
