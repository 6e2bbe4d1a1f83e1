//! `/o/{org}/options`: the organisation's tokens, those that end soonest first.

use std::time::Duration;

use askama::Template;
use authority::{EndedOf, Page};
use domain::organisation_token::{MAX_TOKENS_OF_ORGANISATION, OrganisationToken};

use super::texts::Text;
use super::{OPTIONS, reach, title_of};
use crate::console::activity::narrow::{Held, Said, Uses};
use crate::console::activity::{Recent, unused};
use crate::console::announcement;
use crate::console::ended::Ended;
use crate::console::moment::{self, Moment};
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// All of them: a list that is not whole cannot be put in order.
const ALL: Page = Page { after: None, limit: MAX_TOKENS_OF_ORGANISATION as u32 };
/// From then on the end is near.
const NEAR_DAYS: i64 = 14;
/// For how long a token stands at the top as a new one.
const NEW_FOR: Duration = Duration::from_secs(600);

#[derive(Template)]
#[template(path = "console/organisation_token/list.html")]
struct View {
    frame: Frame,
    rows: Vec<Row>,
    reach: String,
    new: String,
    ended: Ended,
}

struct Row {
    username: String,
    description: String,
    api: String,
    is_new: bool,
    is_paused: bool,
    is_exposed: bool,
    used: Option<Moment>,
    from: Option<String>,
    ends: Option<End>,
    said: Option<Said>,
    spark: String,
    unused: Option<String>,
    narrow: String,
    delete: String,
}

struct End {
    day: Moment,
    left: String,
    is_near: bool,
}

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let read = visit.authority().organisation_tokens(&visit.caller(), Some(visit.organisation().id), ALL).await;
    let tokens = read.map_err(|error| visit.refused(&error))?;
    let (mut tokens, over): (Vec<_>, Vec<_>) =
        tokens.into_iter().partition(|token| token.expires_at.is_none_or(|end| end > visit.browser.now));
    let over = over.into_iter().filter_map(|token| Some((token.username.to_string(), token.prefix, token.expires_at?)));
    let ended = Ended::read(&visit, EndedOf::Tokens(visit.organisation().id), over.collect()).await?;
    let is_new = |token: &OrganisationToken| token.created_at.saturating_add(NEW_FOR) > visit.browser.now;
    tokens.sort_by_key(|token| (!is_new(token), token.expires_at.is_none(), token.expires_at, token.username.clone()));
    let known = (Recent::read(&visit, domain::Kind::OrganisationToken).await?, Uses::read(&visit, domain::Kind::OrganisationToken).await?);
    let rows =
        tokens.into_iter().map(|token| (is_new(&token), token)).map(|(is_new, token)| Row::new(&visit, token, is_new, &known)).collect();
    let view = View {
        frame: Frame::of(&visit, visit.say(crate::console::Text::Options)).telling(announcement::of_organisation(&visit).await?),
        rows,
        reach: reach(&visit).await?,
        new: visit.to(&visit.at(&format!("{OPTIONS}/tokens/new"))),
        ended,
    };
    visit.page(&view)
}

impl Row {
    fn new(visit: &Visit, token: OrganisationToken, is_new: bool, (recent, uses): &(Recent, Uses)) -> Self {
        let (now, language) = (visit.browser.now, visit.browser.language);
        let end = |at| End {
            day: Moment::day(at, language),
            left: moment::days_left(at, now, language),
            is_near: moment::days_between(now, at) <= NEAR_DAYS,
        };
        Self {
            said: uses.said(visit, Held::of_organisation_token(&token)),
            spark: recent.spark(visit, token.id),
            unused: unused(visit, token.created_at, token.last_used_at),
            narrow: visit.to(&visit.at(&format!("{OPTIONS}/tokens/{}/narrow", token.id))),
            username: token.username.into(),
            description: token.description.into(),
            api: title_of(visit, &token.api),
            is_new,
            is_paused: token.suspended_at.is_some(),
            is_exposed: token.exposed_at.is_some(),
            used: token.last_used_at.map(|at| Moment::ago(at, now, language)),
            from: token.last_used_from,
            ends: token.expires_at.map(end),
            delete: visit.to(&visit.at(&format!("{OPTIONS}/tokens/{}/delete", token.id))),
        }
    }
}
