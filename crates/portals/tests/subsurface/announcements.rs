//! What the API's owner has announced stands on the answers of the routes concerned.

use domain::Event;

use crate::common::announcement::{ALL, announcement, told};
use crate::harness::{DEMO, PRODUCTION, World};

fn announce(world: &World, api: &str, routes: &[(&str, &str)]) -> Event {
    let (made, withdrawn) = announcement(api, routes);
    world.poort.record(made);
    withdrawn
}

#[tokio::test]
async fn routes_that_change_say_so_and_others_do_not() {
    let world = World::start().await;
    announce(&world, DEMO, &[]);
    assert_eq!(told(&world.get("/api/v2/leveringen").await), [None; 3], "another environment");
    announce(&world, PRODUCTION, &[("GET", "/api/v2/{project}/leveringen")]);
    assert_eq!(told(&world.get("/api/v2/1255/leveringen").await), ALL);
    assert_eq!(told(&world.get("/api/v2/leveringen").await), [None; 3]);
}
