//! What the API's owner has announced stands on the answers of the routes concerned.

use domain::announcement::{AnnouncedRoute, Signal};
use domain::{AnnouncementId, Event, Timestamp};

use crate::harness::{DEMO, PRODUCTION, Reply, World};

fn announce(world: &World, api: &str, routes: &[(&str, &str)]) -> Event {
    let announcement = AnnouncementId::from_bytes([routes.len() as u8; 16]);
    let route = |(method, path): &(&str, &str)| AnnouncedRoute { method: (*method).to_owned(), path: (*path).to_owned() };
    let routes = routes.iter().map(route).collect();
    let sunset_at = Some(Timestamp::from_unix_seconds(1_893_456_000));
    let signal = Signal { routes, deprecated_at: sunset_at, sunset_at, link: Some("https://docs.example/v2".to_owned()) };
    world.poort.record(Event::AnnouncementMade { announcement, api: api.to_owned(), signal });
    Event::AnnouncementWithdrawn { announcement, api: api.to_owned() }
}

fn told(reply: &Reply) -> [Option<&str>; 3] {
    ["deprecation", "sunset", "link"].map(|name| reply.header(name))
}

const LINK: &str = "<https://docs.example/v2>; rel=\"deprecation\", <https://docs.example/v2>; rel=\"sunset\"";
const ALL: [Option<&str>; 3] = [Some("@1893456000"), Some("Tue, 01 Jan 2030 00:00:00 GMT"), Some(LINK)];

#[tokio::test]
async fn routes_that_change_say_so_and_others_do_not() {
    let world = World::start().await;
    announce(&world, DEMO, &[]);
    assert_eq!(told(&world.get("/api/v2/leveringen").await), [None; 3], "another environment");
    announce(&world, PRODUCTION, &[("GET", "/api/v2/{project}/leveringen")]);
    assert_eq!(told(&world.get("/api/v2/1255/leveringen").await), ALL);
    assert_eq!(told(&world.get("/api/v2/leveringen").await), [None; 3]);
}
