//! What the API's owner has announced stands on the answers of the routes concerned.

use domain::Event;

use crate::common::announcement::{ALL, announcement, told};
use crate::harness::World;

fn announce(world: &World, api: &str, routes: &[(&str, &str)]) -> Event {
    let (made, withdrawn) = announcement(api, routes);
    world.poort.record(made);
    withdrawn
}

#[tokio::test]
async fn routes_that_change_say_so_and_others_do_not() {
    let world = World::start().await;
    announce(&world, "privacy", &[("GET", "/v1/ws/{workspaceId}/Areas")]);
    for target in ["/v1/ws/7/Areas", "/v1/WS/7/areas?page=0"] {
        assert_eq!(told(&world.get(target).await), ALL, "{target}");
    }
    assert_eq!(told(&world.get("/me").await), [None; 3]);
    let withdrawn = announce(&world, "privacy", &[]);
    for target in ["/me", "/status", "/nowhere"] {
        assert_eq!(told(&world.get(target).await), ALL, "{target}");
    }
    world.poort.record(withdrawn);
    assert_eq!(told(&world.get("/me").await), [None; 3]);
}
