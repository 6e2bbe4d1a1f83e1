//! How often one may ask: counted for each owner, by a clock that nobody sets.

use domain::permission::Permissions;
use serde_json::json;

use crate::harness::{OWN, World, only, send};

#[tokio::test]
async fn the_501st_request_of_a_minute_is_refused_until_it_says() {
    let world = World::start().await;
    let another = world.poort.key(OWN, Permissions::All);
    for _ in 0..499 {
        assert_eq!(world.get("/me").await.status, 200);
    }
    let state = async || world.get("/rate-limiting-state").await.ok();
    let before = state().await;
    assert_eq!(
        before["limits"][0],
        json!({"period": "1m", "seconds": 60, "limit": 500, "used": 499, "remaining": 1, "nextFreedInSeconds": 60})
    );
    assert_eq!((before["limits"][1]["used"].clone(), before["limits"][1]["limit"].clone()), (json!(499), json!(10_000)));
    assert_eq!((before["limited"].clone(), before["retryAfterSeconds"].clone()), (json!(false), json!(0)));
    world.poort.clock.advance_milliseconds(20_500);
    assert_eq!(world.get("/v1/workspaces").await.status, 200);
    for target in ["/me", "/v1/workspaces", "/v1/ws/7/areas", "/v1/workspaces?page=0"] {
        let refused = world.get(target).await;
        refused.problem(429);
        assert_eq!(refused.header("retry-after"), Some("40"), "{target}");
    }
    assert_eq!((state().await["limited"].clone(), state().await["retryAfterSeconds"].clone()), (json!(true), json!(40)));
    assert_eq!(world.as_key(&another, "GET", "/me", "").await.status, 200, "each owner for itself");
    send(world.address, "GET", "/me", &[("X-API-Key", "nothing")], "").await.problem(401);
    assert_eq!(world.get("/status").await.status, 200);

    world.poort.clock.set_forward(3_600_000);
    world.get("/me").await.problem(429);
    world.poort.clock.set_forward(-7_200_000);
    world.get("/me").await.problem(429);
    world.poort.clock.advance_milliseconds(39_000);
    world.get("/me").await.problem(429);
    world.poort.clock.advance_milliseconds(1_000);
    assert_eq!(world.get("/me").await.status, 200, "when it said");
    assert_eq!(state().await["limits"][0]["used"], 2, "refused ones do not count");
}

#[tokio::test]
async fn what_is_refused_for_other_reasons_counts() {
    let world = World::start().await;
    let narrow = world.poort.key(OWN, only(&["privacy:account:read"]));
    let used = async || world.as_key(&narrow, "GET", "/rate-limiting-state", "").await.ok()["limits"][0]["used"].clone();
    for (target, status) in [("/v1/workspaces", 403), ("/v1/ws/7/areas", 404), ("/v1/workspaces/4040", 404)] {
        world.as_key(&narrow, "GET", target, "").await.problem(status);
    }
    world.get("/v1/workspaces?page=0").await.problem(400);
    assert_eq!(used().await, 3);
    assert_eq!(world.get("/rate-limiting-state").await.ok()["limits"][0]["used"], 1);
    world.poort.revoke(&narrow);
    world.as_key(&narrow, "GET", "/me", "").await.problem(401);
}
