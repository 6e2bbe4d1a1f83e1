//! `poort announcement`: what the owner of an API tells those who use it.

use std::io::Read as _;

use clap::{Args, Subcommand};
use domain::{AnnouncementId, Timestamp};
use serde_json::{Value, json};

use super::client::Stretch;
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::credential::moment;
use super::exit::Exit;
use super::failure::{Attempt, Failure, Message};
use super::texts::Text;

/// What to do with announcements.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Announce a change of an API: its answers say so, and everybody whose credentials use it is told
    Create(CreateArgs),
    /// List announcements, withdrawn ones among them
    List {
        /// Only of the API with this name
        #[arg(long)]
        api: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Show an announcement
    Show {
        /// Its id
        id: AnnouncementId,
    },
    /// Withdraw an announcement: answers and pages say nothing of it any more
    Withdraw {
        /// Its id
        id: AnnouncementId,
    },
}

/// A new announcement.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// The API's name
    pub api: String,
    /// In a line, in Dutch
    #[arg(long, value_name = "TEXT")]
    pub title_nl: String,
    /// In a line, in English
    #[arg(long, value_name = "TEXT")]
    pub title_en: String,
    /// In plain text, in Dutch; @FILE reads it from a file
    #[arg(long, value_name = "TEXT")]
    pub text_nl: String,
    /// In plain text, in English; @FILE reads it from a file
    #[arg(long, value_name = "TEXT")]
    pub text_en: String,
    /// A route that changes, as "GET /items/{id}"; may be given more than once; without it the whole API
    #[arg(long = "route", value_name = "ROUTE", value_parser = route)]
    pub routes: Vec<(String, String)>,
    /// From when on it is discouraged
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub deprecated_at: Option<Timestamp>,
    /// When it stops
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub sunset_at: Option<Timestamp>,
    /// Where more stands: an https URL
    #[arg(long, value_name = "URL")]
    pub link: Option<String>,
}

/// The longest file that is read: longer texts are refused.
const MAX_FILE: u64 = 64 << 10;

const COLUMNS: [Column; 7] = [
    plain("id", Text::ColumnId),
    plain("api", Text::ColumnApi),
    shaped("title", Text::ColumnTitle, Shape::Translated),
    shaped("routes", Text::ColumnRoutes, Shape::Count),
    shaped("deprecated_at", Text::ColumnDeprecated, Shape::Time),
    shaped("sunset_at", Text::ColumnStops, Shape::Time),
    shaped("withdrawn_at", Text::ColumnWithdrawn, Shape::Time),
];

const DETAILS: [Column; 10] = [
    plain("id", Text::ColumnId),
    plain("api", Text::ColumnApi),
    shaped("title", Text::ColumnTitle, Shape::Translated),
    shaped("text", Text::ColumnText, Shape::Translated),
    shaped("routes", Text::ColumnRoutes, Shape::Count),
    shaped("deprecated_at", Text::ColumnDeprecated, Shape::Time),
    shaped("sunset_at", Text::ColumnStops, Shape::Time),
    plain("link", Text::ColumnLink),
    shaped("told_until", Text::ColumnToldUntil, Shape::Time),
    shaped("withdrawn_at", Text::ColumnWithdrawn, Shape::Time),
];

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::Create(arguments) => {
            let answer = context.post(&["announcements"], body(arguments)?)?;
            context.made(&answer, &DETAILS, Text::Announced)
        }
        Verb::List { api, stretch } => context.list(&["announcements"], &[("api", api.clone())], stretch, &COLUMNS),
        Verb::Show { id } => context.show(&["announcements", &id.to_string()], &DETAILS),
        Verb::Withdraw { id } => {
            let id = id.to_string();
            context.confirm(Text::AskWithdraw, &["announcements", &id], "")?;
            let answer = context.client.delete(&["announcements", &id])?;
            context.done(&answer, Text::AnnouncementWithdrawn)
        }
    }
}

fn body(arguments: &CreateArgs) -> Attempt<Value> {
    let CreateArgs { api, title_nl, title_en, text_nl, text_en, routes, deprecated_at, sunset_at, link } = arguments;
    let routes: Vec<Value> = routes.iter().map(|(method, path)| json!({ "method": method, "path": path })).collect();
    Ok(json!({
        "api": api,
        "title": { "nl": title_nl, "en": title_en },
        "text": { "nl": said(text_nl)?, "en": said(text_en)? },
        "routes": routes,
        "deprecated_at": deprecated_at,
        "sunset_at": sunset_at,
        "link": link,
    }))
}

/// The text, or that of the file that it names.
fn said(text: &str) -> Attempt<String> {
    let Some(path) = text.strip_prefix('@') else { return Ok(text.to_owned()) };
    let mut found = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut found));
    read.map_err(|error| {
        let values = vec![("file", path.to_owned()), ("cause", error.to_string())];
        Failure::new(Exit::Failed, Message::Ours(Text::FileUnreadable, values))
    })?;
    Ok(found)
}

fn route(text: &str) -> Result<(String, String), String> {
    let (method, path) = text.split_once(' ').ok_or("expected a method and a path such as \"GET /items/{id}\"")?;
    Ok((method.to_ascii_uppercase(), path.trim().to_owned()))
}
