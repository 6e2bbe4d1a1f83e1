//! Announcements: what the owner of an API tells those who use it, in words for people and in headers for programs.

mod told;

use serde::{Deserialize, Serialize};

use std::time::Duration;

use crate::api::ApiDefinition;
use crate::client::ApplicationType;
use crate::id::AnnouncementId;
use crate::person::Language;
use crate::time::Timestamp;
use crate::{redirect_uri, text};

pub use told::{Announced, Announcements};

/// The most characters of a title.
pub const MAX_TITLE: usize = 120;
/// The most characters of a text.
pub const MAX_TEXT: usize = 2_000;
/// The most routes that one announcement may name.
pub const MAX_ROUTES: usize = 50;
/// The longest link, in bytes.
pub const MAX_LINK_BYTES: usize = 500;
/// The most announcements of one API that are not withdrawn.
pub const MAX_OF_API: usize = 20;
/// For how long people are told of a change without an end.
const TOLD_FOR: Duration = Duration::from_secs(90 * 86_400);

/// A text in every language that people read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translated {
    /// In Dutch.
    pub nl: String,
    /// In English.
    pub en: String,
}

impl Translated {
    /// In this language.
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.nl,
            Language::En => &self.en,
        }
    }
}

/// A route of an API as its definition names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnouncedRoute {
    /// The method, upper case.
    pub method: String,
    /// The path, with parameters as `/courses/{id}`.
    pub path: String,
}

/// What programs are told, in the headers of answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The routes that change; empty: the whole API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<AnnouncedRoute>,
    /// From when on they are discouraged (`Deprecation`, RFC 9745): a whole second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated_at: Option<Timestamp>,
    /// When they stop (`Sunset`, RFC 8594): a whole second, not before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sunset_at: Option<Timestamp>,
    /// Where more stands: an https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// An announcement to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnnouncement {
    /// The API's name.
    pub api: String,
    /// In a line.
    pub title: Translated,
    /// In plain text; lines are paragraphs.
    pub text: Translated,
    /// For programs.
    pub signal: Signal,
}

/// An announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Its id.
    pub id: AnnouncementId,
    /// The API's name.
    pub api: String,
    /// In a line.
    pub title: Translated,
    /// In plain text; lines are paragraphs.
    pub text: Translated,
    /// For programs.
    pub signal: Signal,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was withdrawn, if it was.
    pub withdrawn_at: Option<Timestamp>,
}

impl NewAnnouncement {
    /// Puts it into its one form, or says all that is wrong: which member, and what.
    pub fn checked(mut self, definition: &ApiDefinition, now: Timestamp) -> Result<Self, Vec<(String, String)>> {
        let mut problems = Vec::new();
        let mut wrong = |field: String, problem: String| problems.push((field, problem));
        for (name, told, line) in [("title", &mut self.title, true), ("text", &mut self.text, false)] {
            for (language, words) in [("nl", &mut told.nl), ("en", &mut told.en)] {
                let read = if line { text::line(words, 1, MAX_TITLE) } else { text::lines(words, 1, MAX_TEXT) };
                match read {
                    Ok(good) => *words = good,
                    Err(problem) => wrong(format!("{name}.{language}"), problem.to_string()),
                }
            }
        }
        let Signal { routes, deprecated_at, sunset_at, link } = &mut self.signal;
        if routes.len() > MAX_ROUTES {
            wrong("routes".to_owned(), format!("must be {MAX_ROUTES} at most"));
        }
        for (place, route) in routes.iter().take(MAX_ROUTES).enumerate() {
            if !definition.routes.iter().any(|known| known.method == route.method && known.path == route.path) {
                wrong(format!("routes[{place}]"), "is not among the API's routes".to_owned());
            }
            if routes[..place].contains(route) {
                wrong(format!("routes[{place}]"), "stands twice".to_owned());
            }
        }
        for moment in [&mut *deprecated_at, &mut *sunset_at] {
            *moment = moment.map(|at| Timestamp::from_unix_seconds(at.unix_seconds()));
        }
        if deprecated_at.is_some_and(|at| at.unix_seconds() < 0) {
            wrong("deprecated_at".to_owned(), "must be after 1970".to_owned());
        }
        if sunset_at.is_some_and(|at| at <= now) {
            wrong("sunset_at".to_owned(), "must be in the future".to_owned());
        }
        if sunset_at.zip(*deprecated_at).is_some_and(|(sunset, deprecated)| sunset < deprecated) {
            wrong("sunset_at".to_owned(), "must not be before deprecated_at".to_owned());
        }
        if let Some(link) = link {
            let fits = link.len() <= MAX_LINK_BYTES && link.starts_with("https://");
            if !fits || redirect_uri::check(link, ApplicationType::Web).is_err() {
                wrong("link".to_owned(), format!("must be an https URL of {MAX_LINK_BYTES} characters at most, without a fragment"));
            }
        }
        if problems.is_empty() { Ok(self) } else { Err(problems) }
    }
}

impl Announcement {
    /// Until when people are told of it: its end; without one, 90 days after it was made, or after the change is discouraged.
    pub fn told_until(&self) -> Timestamp {
        let Signal { deprecated_at, sunset_at, .. } = &self.signal;
        sunset_at.unwrap_or_else(|| deprecated_at.map_or(self.created_at, |at| at.max(self.created_at)).saturating_add(TOLD_FOR))
    }

    /// Whether people are told of it at this moment. Programs are for as long as it is not withdrawn.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.withdrawn_at.is_none() && now < self.told_until()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    fn definition() -> ApiDefinition {
        serde_json::from_value(serde_json::json!({
            "name": "shop", "title": "Shop", "presentations": ["bearer"], "permissions": [],
            "routes": [{"method": "GET", "path": "/items/{id}", "public": true}],
        }))
        .expect("a definition")
    }

    fn new() -> NewAnnouncement {
        let said = |text: &str| Translated { nl: text.to_owned(), en: text.to_owned() };
        let signal = Signal { routes: Vec::new(), deprecated_at: None, sunset_at: None, link: None };
        NewAnnouncement { api: "shop".to_owned(), title: said(" v1 stops "), text: said("One.\r\n\r\nTwo."), signal }
    }

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::from_unix_microseconds(seconds * 1_000_000 + 500_000))
    }

    #[test]
    fn it_gets_its_one_form() {
        let mut wanted = new();
        wanted.signal.routes = vec![AnnouncedRoute { method: "GET".to_owned(), path: "/items/{id}".to_owned() }];
        (wanted.signal.deprecated_at, wanted.signal.sunset_at) = (at(1), at(1_900_000_000));
        wanted.signal.link = Some("https://docs.example/change?v=2".to_owned());
        let good = wanted.checked(&definition(), NOW).expect("good");
        assert_eq!((good.title.nl.as_str(), good.text.en.as_str()), ("v1 stops", "One.\n\nTwo."));
        assert_eq!(good.signal.sunset_at, Some(Timestamp::from_unix_seconds(1_900_000_000)));
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let mut bad = new();
        bad.title.en = "a\u{202e}b".to_owned();
        bad.text.nl = "x".repeat(MAX_TEXT + 1);
        bad.signal.routes = vec![AnnouncedRoute { method: "GET".to_owned(), path: "/items".to_owned() }];
        (bad.signal.deprecated_at, bad.signal.sunset_at) = (at(1_900_000_000), at(1_850_000_000));
        bad.signal.link = Some("javascript:alert(1)".to_owned());
        let fields: Vec<String> = bad.checked(&definition(), NOW).expect_err("bad").into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["title.en", "text.nl", "routes[0]", "sunset_at", "link"]);
        for link in ["http://docs.example", "https://docs.example/>; rel=\"next\"", "https://user@", "https://a\r\nX: y", "https://a,b c"] {
            let mut bad = new();
            bad.signal.link = Some(link.to_owned());
            assert!(bad.checked(&definition(), NOW).is_err(), "{link}");
        }
        let mut over = new();
        over.signal.sunset_at = at(1_800_000_000 - 1);
        assert!(over.checked(&definition(), NOW).is_err());
    }

    #[test]
    fn people_are_told_until_it_ends() {
        let NewAnnouncement { api, title, text, mut signal } = new();
        let id = AnnouncementId::from_bytes([1; 16]);
        signal.deprecated_at = at(1_700_000_000);
        let mut made = Announcement { id, api, title, text, signal, created_at: NOW, withdrawn_at: None };
        let days = |days: u64| NOW.saturating_add(Duration::from_secs(days * 86_400));
        assert!(made.is_current(days(89)) && !made.is_current(days(90)));
        made.signal.sunset_at = Some(days(400));
        assert!(made.is_current(days(399)) && !made.is_current(days(400)));
        made.withdrawn_at = Some(NOW);
        assert!(!made.is_current(NOW));
    }
}
