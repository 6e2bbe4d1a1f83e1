//! Announcements: what the owner of an API tells those who use it.

use domain::announcement::{AnnouncedRoute, Announcement, NewAnnouncement, Signal, Translated};
use domain::{AnnouncementId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Nothing, Shown};
use super::call::Call;
use super::json::{Body, NoBody};
use crate::edge::Problem;

/// An announcement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Announcement)]
pub(super) struct AnnouncementView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: AnnouncementId,
    /// The API's name.
    api: String,
    /// In a line.
    title: InBoth,
    /// In plain text; lines are paragraphs.
    text: InBoth,
    /// The routes that change; empty: the whole API.
    routes: Vec<RouteName>,
    /// From when on they are discouraged; null where nothing is said of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    deprecated_at: Option<Timestamp>,
    /// When they stop; null where nothing is said of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    sunset_at: Option<Timestamp>,
    /// Where more stands.
    link: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Until when people are told of it.
    #[schema(value_type = String, format = DateTime)]
    told_until: Timestamp,
    /// When it was withdrawn; null if it was not.
    #[schema(value_type = Option<String>, format = DateTime)]
    withdrawn_at: Option<Timestamp>,
}

/// A new announcement. Answers of the routes say so in their headers from then on; everybody whose credentials use the API is told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAnnouncement)]
pub(super) struct AnnouncementBody {
    /// The API's name.
    api: String,
    /// In a line: 1 to 120 characters.
    title: InBoth,
    /// In plain text, 1 to 2,000 characters; lines are paragraphs.
    text: InBoth,
    /// The routes that change, as the API's definition names them; empty or left out: the whole API.
    #[serde(default)]
    #[schema(max_items = 50)]
    routes: Vec<RouteName>,
    /// From when on they are discouraged (`Deprecation`, RFC 9745); rounded down to a second.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    deprecated_at: Option<Timestamp>,
    /// When they stop (`Sunset`, RFC 8594): in the future, and not before `deprecated_at`; rounded down to a second.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    sunset_at: Option<Timestamp>,
    /// Where more stands: an https URL without a fragment.
    #[serde(default)]
    #[schema(max_length = 500)]
    link: Option<String>,
}

/// A text in both languages.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TranslatedText)]
struct InBoth {
    /// In Dutch.
    #[schema(min_length = 1, max_length = 2000)]
    nl: String,
    /// In English.
    #[schema(min_length = 1, max_length = 2000)]
    en: String,
}

/// A route of an API.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RouteName {
    /// The method, upper case.
    method: String,
    /// The path, with parameters as `/courses/{id}`.
    path: String,
}

impl Body for AnnouncementBody {}

impl From<Translated> for InBoth {
    fn from(Translated { nl, en }: Translated) -> Self {
        Self { nl, en }
    }
}

impl From<InBoth> for Translated {
    fn from(InBoth { nl, en }: InBoth) -> Self {
        Self { nl, en }
    }
}

impl From<Announcement> for AnnouncementView {
    fn from(made: Announcement) -> Self {
        let told_until = made.told_until();
        let Announcement { id, api, title, text, signal, created_at, withdrawn_at } = made;
        let Signal { routes, deprecated_at, sunset_at, link } = signal;
        let routes = routes.into_iter().map(|AnnouncedRoute { method, path }| RouteName { method, path }).collect();
        let (title, text) = (title.into(), text.into());
        Self { id, api, title, text, routes, deprecated_at, sunset_at, link, created_at, told_until, withdrawn_at }
    }
}

impl From<AnnouncementBody> for NewAnnouncement {
    fn from(body: AnnouncementBody) -> Self {
        let AnnouncementBody { api, title, text, routes, deprecated_at, sunset_at, link } = body;
        let routes = routes.into_iter().map(|RouteName { method, path }| AnnouncedRoute { method, path }).collect();
        let signal = Signal { routes, deprecated_at, sunset_at, link };
        Self { api, title: title.into(), text: text.into(), signal }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<AnnouncementView>, Problem> {
    let window = call.page()?;
    let made = call.authority().announcements(call.caller(), call.query.api()?, window.beyond()?).await?;
    Ok(window.page(made, |announcement| *announcement.id.as_bytes()).map(AnnouncementView::from))
}

pub(super) async fn create(call: Call, body: AnnouncementBody) -> Result<Created<AnnouncementView>, Problem> {
    let changed = call.authority().create_announcement(&call.context, body.into()).await?;
    Ok(Done::of(changed, AnnouncementView::from).at(|made| format!("/api/v1/announcements/{}", made.id)))
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<AnnouncementView>, Problem> {
    let found = call.authority().announcement(call.caller(), call.id()?).await?;
    Ok(Shown { value: found.into(), revision: None })
}

pub(super) async fn withdraw(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().withdraw_announcement(&call.context, call.id()?).await?))
}
