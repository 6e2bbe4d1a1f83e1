//! `/profile/tokens`: somebody's tokens, those that end soonest first.

use std::time::Duration;

use askama::Template;
use authority::Page;
use domain::personal_token::{MAX_TOKENS_OF_PERSON, PersonalToken};

use super::reach;
use super::texts::Text;
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
}

struct Row {
    id: String,
    description: String,
    prefix: Option<String>,
    is_new: bool,
    is_paused: bool,
    is_exposed: bool,
    may: String,
    used: Option<Moment>,
    from: Option<String>,
    made: String,
    ends: Option<End>,
}

struct End {
    day: Moment,
    left: String,
    is_near: bool,
}

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let read = visit.authority().tokens_of(&visit.caller(), visit.person().person.id, ALL).await;
    let mut tokens = read.map_err(|error| visit.refused(&error))?;
    tokens.retain(|token| token.expires_at.is_none_or(|end| end > visit.browser.now));
    let is_new = |token: &PersonalToken| token.created_at.saturating_add(NEW_FOR) > visit.browser.now;
    tokens.sort_by_key(|token| (!is_new(token), token.expires_at.is_none(), token.expires_at, token.description.folded()));
    let rows = tokens.iter().map(|token| Row::new(&visit, token, is_new(token))).collect();
    visit.page(&View { frame: Frame::of(&visit, visit.say(crate::console::Text::ApiTokens)), rows })
}

impl Row {
    fn new(visit: &Visit, token: &PersonalToken, is_new: bool) -> Self {
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
            used: token.last_used_at.map(|at| Moment::ago(at, now, language)),
            from: token.last_used_from.clone(),
            made: visit.fill(Text::MadeOn, &[("day", &moment::day(token.created_at, language))]),
            ends: token.expires_at.map(end),
        }
    }
}
