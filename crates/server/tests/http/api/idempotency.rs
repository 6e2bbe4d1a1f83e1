//! `Idempotency-Key`: asking again changes nothing and gives the same answer.

use std::time::Duration;

use serde_json::json;

use super::{World, body_for, routes};

#[tokio::test]
async fn a_repeated_request_gives_the_same_secret_and_makes_nothing() {
    let world = World::new().await;
    let path = format!("/api/v1/people/{}/tokens", world.acme.member);
    let (key, body) = (world.app.key(), json!({"description": "once"}));
    let call = || world.app.operate("POST", &path).header("idempotency-key", &key).json(&body);
    let first = call().send().await.expect(201);
    let after = world.changes();
    let second = call().send().await.expect(201);
    assert_eq!((first.header("idempotent-replayed"), second.header("idempotent-replayed")), (None, Some("true")));
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(second.json(), first.json(), "the receipt too: it names the change that was made");
    assert!(first.json()["receipt"]["sequence"].is_i64());
    assert_eq!(world.changes(), after);

    // Another body, path or caller under the same key.
    let other = world.app.operate("POST", &path).header("idempotency-key", &key).json(&json!({"description": "twice"}));
    assert_eq!(other.send().await.expect(409).problem()["code"], "idempotency_key_reused");
    let elsewhere = format!("/api/v1/people/{}/tokens", world.acme.owner);
    world.app.operate("POST", &elsewhere).header("idempotency-key", &key).json(&body).send().await.expect(409);
    let own = world.app.call("POST", &path).token(&world.acme.secret).header("idempotency-key", &key).json(&json!({"description": "own"}));
    assert_ne!(own.send().await.expect(201).member("/secret"), first.member("/secret"), "callers with one key do not meet");

    // Kept for ten minutes, not longer: then the request is a new one, and clashes.
    world.app.clock.advance(Duration::from_secs(599));
    assert_eq!(call().send().await.expect(201).header("idempotent-replayed"), Some("true"));
    world.app.clock.advance(Duration::from_secs(2));
    assert_eq!(call().send().await.expect(409).problem()["code"], "description_taken");
}

#[tokio::test]
async fn keys_are_long_and_on_every_post() {
    let world = World::new().await;
    let before = world.changes();
    for key in ["", "short", "abcdefghijklmnopqrstu", "with a space in between them", &"x".repeat(256)] {
        let call = world.app.operate("POST", "/api/v1/organisations").header("idempotency-key", key);
        call.json(&json!({"name": "y"})).send().await.expect(400);
    }
    assert_eq!(world.changes(), before);
    for (route, name) in routes().filter(|(route, _)| route.method == "POST" && route.path != "/api/v1/verify") {
        let (path, body, key) = (world.path(route, &world.acme).await, body_for(route, &world.acme), world.app.key());
        let call = || world.app.operate("POST", &path).header("idempotency-key", &key).json(&body);
        let first = call().send().await;
        let changed = world.changes();
        let second = call().send().await;
        assert_eq!((second.status, world.changes()), (first.status, changed), "{name}: {}", second.text);
        if first.status < 300 && route.path != "/api/v1/token-imports" && !first.json()["receipt"]["sequence"].is_null() {
            assert_eq!(second.header("idempotent-replayed"), Some("true"), "{name}");
        }
    }
}
