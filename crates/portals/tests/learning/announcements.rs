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
    assert_eq!(told(&world.get("/courses/1.json", "student").await), [None; 3]);
    let withdrawn = announce(&world, "learning", &[("GET", "/courses/{course}")]);
    for target in ["/courses/1", "/nl/courses/1.json", "/courses/99"] {
        assert_eq!(told(&world.get(target, "student").await), ALL, "{target}");
    }
    let refused = world.get("/courses/1", "nobody").await;
    assert_eq!((refused.status, told(&refused)), (401, ALL), "also who is refused");
    for target in ["/courses", "/profile", "/nowhere"] {
        assert_eq!(told(&world.get(target, "student").await), [None; 3], "{target}");
    }
    world.poort.record(withdrawn);
    assert_eq!(told(&world.get("/courses/1", "student").await), [None; 3]);
    announce(&world, "learning", &[]);
    assert_eq!(told(&world.get("/profile", "student").await), ALL, "the whole API");
}
