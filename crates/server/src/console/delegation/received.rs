//! `/o/{org}/received`: the delegations that the organisation gets, and those that are over, with their reasons.

use askama::Template;
use authority::{DelegationView, Page, Wanted};
use domain::DelegationId;
use domain::delegation::DelegationState;
use store::WorkspaceActivityRow;

use super::texts::Text;
use super::work::Work;
use super::{SHOWN, State, address, api, is_over, kind};
use crate::console::moment::{self, Moment};
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/delegation/received.html")]
struct View {
    frame: Frame,
    open: Vec<Row>,
    over: Vec<Row>,
    next: Option<String>,
}

struct Row {
    description: String,
    from: String,
    project: String,
    kind: &'static str,
    api: String,
    until: Option<Moment>,
    state: State,
    work: Work,
    /// Since when it is over, who closed it, and why.
    story: String,
    address: String,
}

pub(in crate::console) async fn received(visit: Visit) -> Answer {
    let after = visit.query.text("after").parse::<DelegationId>().ok().map(|id| *id.as_bytes());
    let wanted = Wanted { to: Some(visit.organisation().id), ..Wanted::default() };
    let page = Page { after, limit: SHOWN + 1 };
    let read = visit.authority().delegations(&visit.caller(), wanted, page, visit.browser.now).await;
    let mut views = read.map_err(|error| visit.refused(&error))?;
    let more = views.len() > SHOWN as usize;
    views.truncate(SHOWN as usize);
    let read = visit.authority().work_elsewhere(&visit.caller(), visit.organisation().id, visit.browser.now).await;
    let lately = read.map_err(|error| visit.refused(&error))?;
    let next = views.last().filter(|_| more).map(|last| visit.to(&visit.at(&format!("/received?after={}", last.delegation.id))));
    let (over, open): (Vec<_>, Vec<_>) = views.iter().partition(|view| is_over(view));
    let rows = |views: Vec<&DelegationView>| views.into_iter().map(|view| Row::new(&visit, view, &lately)).collect();
    let frame = Frame::of(&visit, visit.say(crate::console::Text::Received));
    visit.page(&View { frame, open: rows(open), over: rows(over), next })
}

impl Row {
    fn new(visit: &Visit, view: &DelegationView, lately: &[WorkspaceActivityRow]) -> Self {
        let delegation = &view.delegation;
        Self {
            description: delegation.description.to_string(),
            from: view.from_name.to_string(),
            project: view.number.to_string(),
            kind: kind(visit, delegation.kind),
            api: api(visit, &delegation.api),
            until: view.not_after.map(|at| Moment::day(at, visit.browser.language)),
            state: State::of(visit, view),
            work: Work::of(visit, view, lately),
            story: if is_over(view) { story(visit, view) } else { String::new() },
            address: address(visit, delegation.id),
        }
    }
}

/// When it ended, by whom, and why: the organisation is named, never a person of it.
pub(super) fn story(visit: &Visit, view: &DelegationView) -> String {
    let delegation = &view.delegation;
    let day = |at| moment::day(at, visit.browser.language);
    let told = match (view.state, delegation.closed_at.or(view.not_after)) {
        (DelegationState::Closed, Some(at)) => visit.fill(Text::ClosedBy, &[("day", &day(at)), ("organisation", view.from_name.as_str())]),
        (_, Some(at)) => visit.fill(Text::EndedOn, &[("day", &day(at))]),
        (_, None) => visit.say(Text::Over).to_owned(),
    };
    match &delegation.reason {
        Some(reason) => format!("{told} {}", visit.fill(Text::BecauseOf, &[("reason", reason.as_str())])),
        None => told,
    }
}
