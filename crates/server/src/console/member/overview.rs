//! `/o/{org}`: the organisation at a glance: how much there is of everything that the member may see, and what ends soon.

use std::time::Duration;

use askama::Template;
use authority::{AuditOf, AuditQuery, DelegationView, OrganisationKeyFilter, Page, Right, Wanted};
use axum::response::Response;
use domain::delegation::DelegationState;
use domain::{OrganisationId, Timestamp};

use super::texts::Text;
use crate::console::announcement;
use crate::console::audit::{self, Day};
use crate::console::menu;
use crate::console::moment::{self, Moment};
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// What ends within this time stands on the page.
const SOON: Duration = Duration::from_secs(30 * 86_400);
/// As much of each kind is counted; more is said to be that much and more.
const COUNTED: u32 = 500;
/// As many lines of the audit log are on it.
const LAST: u32 = 5;

#[derive(Template)]
#[template(path = "console/member/overview.html")]
struct View {
    frame: Frame,
    numbers: Vec<Number>,
    soon: Vec<Row>,
    /// The last lines of the audit log, for who may see it.
    last: Option<Vec<Day>>,
    log: String,
}

/// How many there are of something, with a link to them where they have a page.
struct Number {
    label: &'static str,
    count: String,
    href: Option<String>,
}

/// Something that ends soon.
struct Row {
    name: String,
    kind: String,
    at: Timestamp,
    ends: Moment,
    left: String,
}

/// What is being put together.
struct Glance<'v> {
    visit: &'v Visit,
    organisation: OrganisationId,
    numbers: Vec<Number>,
    soon: Vec<Row>,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let (organisation, membership) = visit.place.as_ref().expect("a page of an organisation");
    let (id, roles) = (organisation.id, membership.roles);
    let mut glance = Glance { visit: &visit, organisation: id, numbers: Vec::new(), soon: Vec::new() };
    glance.own_tokens().await?;
    if Right::OrganisationKeysRead.is_for(roles) {
        glance.keys().await?;
    }
    if Right::OrganisationTokensRead.is_for(roles) {
        glance.tokens().await?;
    }
    glance.delegations(Wanted { from: Some(id), ..Wanted::default() }, (Text::Given, "/o/{org}/projects", Text::GivenOne)).await?;
    glance.delegations(Wanted { to: Some(id), ..Wanted::default() }, (Text::Got, "/o/{org}/received", Text::GotOne)).await?;
    glance.refusals().await?;
    let Glance { numbers, mut soon, .. } = glance;
    soon.sort_by_key(|row| row.at);
    let last = last(&visit, id).await?;
    let told = if Right::OrganisationKeysRead.is_for(roles) { announcement::of_organisation(&visit).await? } else { Vec::new() };
    let frame = Frame::of(&visit, visit.say(crate::console::Text::Overview)).telling(told);
    visit.page(&View { frame, numbers, soon, last, log: visit.to(&visit.at("/audit")) })
}

/// The last lines of the audit log.
async fn last(visit: &Visit, organisation: OrganisationId) -> Result<Option<Vec<Day>>, Response> {
    if !menu::may_open(visit, "/o/{org}/audit") {
        return Ok(None);
    }
    let of = AuditOf::Organisation(organisation);
    let query = AuditQuery { of, action: None, person: None, from: None, until: None, after: None, limit: LAST };
    let page = visit.authority().audit_log(&visit.caller(), query).await.map_err(|error| visit.refused(&error))?;
    Ok(Some(audit::lines(visit, page.lines)))
}

impl Glance<'_> {
    async fn own_tokens(&mut self) -> Result<(), Response> {
        let read = self.visit.authority().tokens_of(&self.visit.caller(), self.visit.person().person.id, counted()).await;
        let mut tokens = read.map_err(|error| self.visit.refused(&error))?;
        tokens.retain(|token| token.organisation == self.organisation && token.expires_at.is_none_or(|end| end > self.visit.browser.now));
        self.number(Text::OwnTokens, "/profile/tokens", tokens.len());
        for token in tokens {
            self.ends(token.description.as_str(), self.visit.say(Text::OwnToken).to_owned(), token.expires_at);
        }
        Ok(())
    }

    async fn keys(&mut self) -> Result<(), Response> {
        let filter = OrganisationKeyFilter { organisation: Some(self.organisation), workspace: None };
        let read = self.visit.authority().organisation_keys(&self.visit.caller(), filter, counted()).await;
        let keys = read.map_err(|error| self.visit.refused(&error))?;
        self.number(Text::Keys, "/o/{org}/keys", keys.len());
        for key in keys {
            for private in key.private_keys {
                self.ends(key.definition.name.as_str(), self.visit.say(Text::OldPrivateKey).to_owned(), private.ends_at);
            }
        }
        Ok(())
    }

    async fn tokens(&mut self) -> Result<(), Response> {
        let read = self.visit.authority().organisation_tokens(&self.visit.caller(), Some(self.organisation), counted()).await;
        let mut tokens = read.map_err(|error| self.visit.refused(&error))?;
        tokens.retain(|token| token.expires_at.is_none_or(|end| end > self.visit.browser.now));
        self.number(Text::Tokens, "/o/{org}/options", tokens.len());
        for token in tokens {
            self.ends(token.description.as_str(), self.visit.say(Text::Token).to_owned(), token.expires_at);
        }
        Ok(())
    }

    async fn delegations(&mut self, wanted: Wanted, (label, path, kind): (Text, &str, Text)) -> Result<(), Response> {
        let read = self.visit.authority().delegations(&self.visit.caller(), wanted, counted(), self.visit.browser.now).await;
        let mut found = read.map_err(|error| self.visit.refused(&error))?;
        found.retain(|view| matches!(view.state, DelegationState::Open | DelegationState::Paused | DelegationState::Closing));
        self.number(label, path, found.len());
        for DelegationView { delegation, from_name, to_name, not_after, .. } in found {
            let other = if delegation.from == self.organisation { to_name } else { from_name };
            let kind = self.visit.fill(kind, &[("name", other.as_str())]);
            self.ends(delegation.description.as_str(), kind, not_after);
        }
        Ok(())
    }

    async fn refusals(&mut self) -> Result<(), Response> {
        let now = self.visit.browser.now;
        let midnight = moment::start_of_written(&moment::written(now, 0)).unwrap_or(now);
        let read = self.visit.authority().refusals_since(&self.visit.caller(), self.organisation, midnight, COUNTED).await;
        let count = read.map_err(|error| self.visit.refused(&error))?;
        self.number(Text::RefusedToday, "/o/{org}/activity", usize::try_from(count).unwrap_or(usize::MAX));
        Ok(())
    }

    fn number(&mut self, label: Text, path: &str, count: usize) {
        let href = menu::may_open(self.visit, path).then(|| self.visit.to(&path.replace("{org}", &self.organisation.to_string())));
        let count = if count < COUNTED as usize { count.to_string() } else { format!("{COUNTED}+") };
        self.numbers.push(Number { label: self.visit.say(label), count, href });
    }

    fn ends(&mut self, name: &str, kind: String, at: Option<Timestamp>) {
        let (now, language) = (self.visit.browser.now, self.visit.browser.language);
        let Some(at) = at.filter(|at| *at > now && *at <= now.saturating_add(SOON)) else { return };
        let (ends, left) = (Moment::day(at, language), moment::days_left(at, now, language));
        self.soon.push(Row { name: name.to_owned(), kind, at, ends, left });
    }
}

const fn counted() -> Page {
    Page { after: None, limit: COUNTED }
}
