//! What an API's owner announces, and what the answers of the routes concerned then tell.

use domain::announcement::{AnnouncedRoute, Signal};
use domain::{AnnouncementId, Event, Timestamp};

use super::Reply;

const LINK: &str = "<https://docs.example/v2>; rel=\"deprecation\", <https://docs.example/v2>; rel=\"sunset\"";
/// What is told of every announcement that [`announcement`] makes.
pub(crate) const ALL: [Option<&str>; 3] = [Some("@1893456000"), Some("Tue, 01 Jan 2030 00:00:00 GMT"), Some(LINK)];

/// An announcement about these routes of an API, or about all of it, and its end.
pub(crate) fn announcement(api: &str, routes: &[(&str, &str)]) -> (Event, Event) {
    let announcement = AnnouncementId::from_bytes([routes.len() as u8; 16]);
    let route = |(method, path): &(&str, &str)| AnnouncedRoute { method: (*method).to_owned(), path: (*path).to_owned() };
    let routes = routes.iter().map(route).collect();
    let sunset_at = Some(Timestamp::from_unix_seconds(1_893_456_000));
    let signal = Signal { routes, deprecated_at: sunset_at, sunset_at, link: Some("https://docs.example/v2".to_owned()) };
    let made = Event::AnnouncementMade { announcement, api: api.to_owned(), signal };
    (made, Event::AnnouncementWithdrawn { announcement, api: api.to_owned() })
}

/// What an answer tells.
pub(crate) fn told(reply: &Reply) -> [Option<&str>; 3] {
    ["deprecation", "sunset", "link"].map(|name| reply.header(name))
}
