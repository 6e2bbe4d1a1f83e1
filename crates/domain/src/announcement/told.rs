//! What answers of an API's routes tell programs: the values of their headers, ready before anybody asks.

use std::fmt::Write as _;
use std::sync::Arc;

use super::Signal;
use crate::api::Api;
use crate::id::AnnouncementId;
use crate::time::Timestamp;

/// The headers that answers of a route have because of announcements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announced {
    deprecation: Option<String>,
    sunset: Option<String>,
    link: Option<String>,
}

impl Announced {
    /// Their names, in lower case, and values: visible ASCII.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [("deprecation", &self.deprecation), ("sunset", &self.sunset), ("link", &self.link)];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// What several announcements say together: the first moments count, and every link.
    fn of<'s>(signals: impl Iterator<Item = &'s Signal> + Clone) -> Option<Arc<Self>> {
        let sunset = signals.clone().filter_map(|signal| signal.sunset_at).min();
        let deprecated = signals.clone().filter_map(|signal| signal.deprecated_at).min();
        // RFC 9745 section 2.2: it is not discouraged only after it has stopped.
        let deprecated = deprecated.map(|at| sunset.map_or(at, |sunset| at.min(sunset)));
        let mut links = String::new();
        for signal in signals {
            let Some(link) = &signal.link else { continue };
            let relations = [("deprecation", signal.deprecated_at), ("sunset", signal.sunset_at)];
            for (relation, _) in relations.into_iter().filter(|(_, at)| at.is_some()) {
                let between = if links.is_empty() { "" } else { ", " };
                // Writing to a string cannot fail.
                let _ = write!(links, "{between}<{link}>; rel=\"{relation}\"");
            }
        }
        let announced = Self {
            deprecation: deprecated.map(|at| format!("@{}", at.unix_seconds())),
            sunset: sunset.and_then(http_date),
            link: Some(links).filter(|links| !links.is_empty()),
        };
        (announced != Self::default()).then(|| Arc::new(announced))
    }
}

/// The announcements of an API that are not withdrawn.
#[derive(Debug, Clone, Default)]
pub struct Announcements {
    made: Vec<(AnnouncementId, Signal)>,
    /// What every answer tells.
    everywhere: Option<Arc<Announced>>,
    /// By the place of a route in the API's definition. Empty where no announcement names a route.
    routes: Box<[Option<Arc<Announced>>]>,
}

impl Announcements {
    /// These, for an API with this definition.
    pub fn of(api: &Api, made: Vec<(AnnouncementId, Signal)>) -> Self {
        let signals = made.iter().map(|(_, signal)| signal);
        let everywhere = Announced::of(signals.clone().filter(|signal| signal.routes.is_empty()));
        let routes: Box<[_]> = match signals.clone().all(|signal| signal.routes.is_empty()) {
            true => Box::default(),
            false => api
                .definition()
                .routes
                .iter()
                .map(|route| {
                    let is_this = |signal: &&Signal| {
                        signal.routes.is_empty()
                            || signal.routes.iter().any(|other| other.method == route.method && other.path == route.path)
                    };
                    Announced::of(signals.clone().filter(is_this))
                })
                .collect(),
        };
        Self { made, everywhere, routes }
    }

    /// Those with one more.
    #[must_use]
    pub fn with(&self, api: &Api, id: AnnouncementId, signal: Signal) -> Self {
        let others = self.made.iter().filter(|(known, _)| *known != id).cloned();
        Self::of(api, others.chain([(id, signal)]).collect())
    }

    /// Those without one.
    #[must_use]
    pub fn without(&self, api: &Api, id: AnnouncementId) -> Self {
        Self::of(api, self.made.iter().filter(|(known, _)| *known != id).cloned().collect())
    }

    /// The same for another definition of the API.
    #[must_use]
    pub fn for_definition(&self, api: &Api) -> Self {
        Self::of(api, self.made.clone())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// What the answer to a request tells; `path` is in canonical form. Without a request, what every answer tells.
    pub fn find(&self, api: &Api, request: Option<(&str, &str)>) -> Option<&Arc<Announced>> {
        let place = request.filter(|_| !self.routes.is_empty()).and_then(|(method, path)| api.route_place(method, path));
        match place {
            Some(place) => self.routes.get(place)?.as_ref(),
            None => self.everywhere.as_ref(),
        }
    }
}

/// The form of RFC 9110 section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(at: Timestamp) -> Option<String> {
    let moment = jiff::Timestamp::from_second(at.unix_seconds()).ok()?;
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&moment).ok()
}

#[cfg(test)]
mod tests {
    use super::super::AnnouncedRoute;
    use super::*;

    fn api() -> Api {
        let definition = serde_json::json!({
            "name": "shop", "title": "Shop", "presentations": ["bearer"], "permissions": [],
            "optional_suffixes": [".json"], "ignores_case": true,
            "routes": [
                {"method": "GET", "path": "/items/{id}", "public": true},
                {"method": "PUT", "path": "/items/{id}", "public": true},
                {"method": "GET", "path": "/Orders", "public": true}
            ],
        });
        Api::new(serde_json::from_value(definition).expect("a definition")).expect("valid")
    }

    fn signal(routes: &[(&str, &str)], deprecated: Option<i64>, sunset: Option<i64>, link: Option<&str>) -> Signal {
        let route = |(method, path): &(&str, &str)| AnnouncedRoute { method: (*method).to_owned(), path: (*path).to_owned() };
        Signal {
            routes: routes.iter().map(route).collect(),
            deprecated_at: deprecated.map(Timestamp::from_unix_seconds),
            sunset_at: sunset.map(Timestamp::from_unix_seconds),
            link: link.map(str::to_owned),
        }
    }

    fn told(all: &Announcements, request: Option<(&str, &str)>) -> Vec<String> {
        let found = all.find(&api(), request).cloned();
        found.map(|found| found.headers().map(|(name, value)| format!("{name}: {value}")).collect()).unwrap_or_default()
    }

    fn id(number: u8) -> AnnouncementId {
        AnnouncementId::from_bytes([number; 16])
    }

    #[test]
    fn routes_tell_what_concerns_them() {
        let of_route = signal(&[("GET", "/items/{id}")], Some(1_688_169_599), Some(1_893_456_000), Some("https://docs.example/v2"));
        let all = Announcements::default().with(&api(), id(1), of_route);
        let expected = [
            "deprecation: @1688169599",
            "sunset: Tue, 01 Jan 2030 00:00:00 GMT",
            "link: <https://docs.example/v2>; rel=\"deprecation\", <https://docs.example/v2>; rel=\"sunset\"",
        ];
        for request in [("GET", "/items/7"), ("HEAD", "/ITEMS/7.json")] {
            assert_eq!(told(&all, Some(request)), expected, "{request:?}");
        }
        for request in [Some(("PUT", "/items/7")), Some(("GET", "/orders")), Some(("GET", "/nothing")), None] {
            assert_eq!(told(&all, request), [""; 0], "{request:?}");
        }
        let all = all.with(&api(), id(2), signal(&[], Some(5), Some(1_900_000_000), None));
        assert_eq!(told(&all, Some(("GET", "/items/7")))[..2], ["deprecation: @5", expected[1]]);
        assert_eq!(told(&all, Some(("GET", "/orders"))), ["deprecation: @5", "sunset: Sun, 17 Mar 2030 17:46:40 GMT"]);
        assert_eq!(told(&all, None), told(&all, Some(("GET", "/nothing"))));
        let all = all.without(&api(), id(1)).without(&api(), id(2));
        assert!(all.is_empty() && told(&all, Some(("GET", "/items/7"))).is_empty());
    }

    #[test]
    fn nothing_stops_before_it_is_discouraged() {
        let all = Announcements::default().with(&api(), id(1), signal(&[], Some(2_000), Some(3_000), None));
        let all = all.with(&api(), id(2), signal(&[], None, Some(1_000), None));
        assert_eq!(told(&all, None), ["deprecation: @1000", "sunset: Thu, 01 Jan 1970 00:16:40 GMT"]);
        let words = Announcements::default().with(&api(), id(1), signal(&[], None, None, Some("https://docs.example")));
        assert_eq!(told(&words, None), [""; 0], "without a moment there is nothing for programs");
    }
}
