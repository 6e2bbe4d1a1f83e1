//! What owners of APIs have announced, on the pages of those whom it concerns.

use axum::response::Response;
use domain::announcement::Announcement;

use super::moment;
use super::texts::words;
use super::visit::Visit;

words! {
    Heading: "{api}: {title}", "{api}: {title}";
    Discouraged: "From {day} on, use it for nothing new.", "Gebruik dit vanaf {day} niet meer voor iets nieuws.";
    Stops: "It stops working on {day}.", "Het stopt op {day}.";
    WhatChanges: "What changes", "Wat er verandert";
    About: "It is about:", "Het gaat om:";
    More: "More about it", "Meer hierover";
}

/// An announcement, as `page.html` draws it.
pub(crate) struct Told {
    pub(super) heading: String,
    pub(super) when: Vec<String>,
    pub(super) paragraphs: Vec<String>,
    pub(super) routes: Vec<String>,
    pub(super) link: Option<String>,
}

/// What the person who looks was told: for pages about what is theirs.
pub(super) async fn of_person(visit: &Visit) -> Result<Vec<Told>, Response> {
    let told = visit.authority().announcements_of_person(visit.person().person.id, visit.browser.now).await;
    Ok(drawn(visit, told.map_err(|error| visit.refused(&error))?))
}

/// What the organisation of the page was told: for pages about its tokens and keys.
pub(super) async fn of_organisation(visit: &Visit) -> Result<Vec<Told>, Response> {
    let told = visit.authority().announcements_of_organisation(visit.organisation().id, visit.browser.now).await;
    Ok(drawn(visit, told.map_err(|error| visit.refused(&error))?))
}

fn drawn(visit: &Visit, told: Vec<(Announcement, String)>) -> Vec<Told> {
    told.into_iter().map(|(announcement, api)| Told::new(visit, announcement, &api)).collect()
}

impl Told {
    fn new(visit: &Visit, announcement: Announcement, api: &str) -> Self {
        let (language, Announcement { title, text, signal, .. }) = (visit.browser.language, announcement);
        let (title, text) = (title.of(language.into()), text.of(language.into()));
        let moments = [(Text::Discouraged, signal.deprecated_at), (Text::Stops, signal.sunset_at)];
        let when = moments.into_iter().filter_map(|(words, at)| Some(visit.fill(words, &[("day", &moment::day(at?, language))])));
        Self {
            heading: visit.fill(Text::Heading, &[("api", api), ("title", title)]),
            when: when.collect(),
            paragraphs: text.split('\n').map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
            routes: signal.routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect(),
            link: signal.link,
        }
    }
}
