//! `/profile/tokens`: somebody's tokens, those that end soonest first.

use std::time::Duration;

use askama::Template;
use authority::{EndedOf, Page};
use axum::response::Response;
use domain::personal_token::{MAX_TOKENS_OF_PERSON, PersonalToken};

use super::reach;
use super::texts::Text;
use crate::console::activity::narrow::{Held, Said, Uses};
use crate::console::activity::{Recent, unused};
use crate::console::announcement;
use crate::console::ended::Ended;
use crate::console::moment::{self, Moment};
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// All of them: a list that is not whole cannot be put in order.
const ALL: Page = Page { after: None, limit: MAX_TOKENS_OF_PERSON as u32 };
/// From then on the end is near.
const NEAR_DAYS: i64 = 14;
/// For how long a token stands at the top as a new one.
const NEW_FOR: Duration = Duration::from_secs(600);

#[derive(Template)]
#[template(path = "console/token/list.html")]
struct View {
    frame: Frame,
    rows: Vec<Row>,
    ended: Ended,
}

/// A row of the list.
pub(in crate::console) struct Row {
    pub(in crate::console) id: String,
    pub(in crate::console) description: String,
    pub(in crate::console) prefix: Option<String>,
    pub(in crate::console) is_new: bool,
    pub(in crate::console) is_paused: bool,
    pub(in crate::console) is_exposed: bool,
    pub(in crate::console) may: String,
    pub(in crate::console) said: Option<Said>,
    pub(in crate::console) spark: String,
    pub(in crate::console) unused: Option<String>,
    pub(in crate::console) used: Option<Moment>,
    pub(in crate::console) from: Option<String>,
    pub(in crate::console) made: String,
    pub(in crate::console) ends: Option<End>,
}

/// When a token ends.
pub(in crate::console) struct End {
    pub(in crate::console) day: Moment,
    pub(in crate::console) left: String,
    pub(in crate::console) is_near: bool,
}

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let (rows, over) = read(&visit).await?;
    let over = over.into_iter().filter_map(|token| Some((token.description.to_string(), token.prefix, token.expires_at?)));
    let ended = Ended::read(&visit, EndedOf::OwnTokens, over.collect()).await?;
    let frame = Frame::of(&visit, visit.say(crate::console::Text::ApiTokens)).telling(announcement::of_person(&visit).await?);
    visit.page(&View { frame, rows, ended })
}

/// The person's tokens: new ones, then those that end soonest.
pub(in crate::console) async fn rows(visit: &Visit) -> Result<Vec<Row>, Response> {
    Ok(read(visit).await?.0)
}

/// Those that work, as rows, and those whose time is over.
async fn read(visit: &Visit) -> Result<(Vec<Row>, Vec<PersonalToken>), Response> {
    let read = visit.authority().tokens_of(&visit.caller(), visit.person().person.id, ALL).await;
    let tokens = read.map_err(|error| visit.refused(&error))?;
    let (mut tokens, over): (Vec<_>, Vec<_>) =
        tokens.into_iter().partition(|token| token.expires_at.is_none_or(|end| end > visit.browser.now));
    let is_new = |token: &PersonalToken| token.created_at.saturating_add(NEW_FOR) > visit.browser.now;
    tokens.sort_by_key(|token| (!is_new(token), token.expires_at.is_none(), token.expires_at, token.description.folded()));
    let known = (Recent::read(visit, domain::Kind::PersonalToken).await?, Uses::read(visit, domain::Kind::PersonalToken).await?);
    Ok((tokens.iter().map(|token| Row::new(visit, token, is_new(token), &known)).collect(), over))
}

impl Row {
    fn new(visit: &Visit, token: &PersonalToken, is_new: bool, (recent, uses): &(Recent, Uses)) -> Self {
        let (now, language) = (visit.browser.now, visit.browser.language);
        let end = |at| End {
            day: Moment::day(at, language),
            left: moment::days_left(at, now, language),
            is_near: moment::days_between(now, at) <= NEAR_DAYS,
        };
        Self {
            id: token.id.to_string(),
            description: token.description.to_string(),
            prefix: token.prefix.clone(),
            is_new,
            is_paused: token.suspended_at.is_some(),
            is_exposed: token.exposed_at.is_some(),
            may: reach::in_words(visit, &token.permissions),
            said: uses.said(visit, Held::of_token(token)),
            spark: recent.spark(visit, token.id),
            unused: unused(visit, token.created_at, token.last_used_at),
            used: token.last_used_at.map(|at| Moment::ago(at, now, language)),
            from: token.last_used_from.clone(),
            made: visit.fill(Text::MadeOn, &[("day", &moment::day(token.created_at, language))]),
            ends: token.expires_at.map(end),
        }
    }
}
