//! `/o/{org}/projects`: the organisation's workspaces, which people call projects.

use std::collections::HashMap;

use askama::Template;
use authority::{Caller, Page, PersonCaller, Right, Wanted};
use axum::response::Response;
use domain::delegation::DelegationState;
use domain::{Day, OrganisationId, WorkspaceId};

use super::delegation::Text;
use super::moment;
use super::page::Frame;
use super::visit::{Answer, Visit};

/// So many are on a page.
const SHOWN: u32 = 50;
/// More open delegations than these are not counted.
const COUNTED: u32 = 10_000;

#[derive(Template)]
#[template(path = "console/workspace/list.html")]
struct View {
    frame: Frame,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    number: String,
    name: String,
    open: usize,
    week: String,
    is_closed: bool,
    delegations: String,
}

pub(super) async fn list(visit: Visit) -> Answer {
    let organisation = visit.organisation().id;
    let after = visit.query.text("after").parse::<WorkspaceId>().ok().map(|id| *id.as_bytes());
    let read = visit.authority().workspaces(&visit.caller(), Some(organisation), Page { after, limit: SHOWN + 1 }).await;
    let mut workspaces = read.map_err(|error| visit.refused(&error))?;
    let more = workspaces.len() > SHOWN as usize;
    workspaces.truncate(SHOWN as usize);
    let next = workspaces.last().filter(|_| more).map(|last| visit.to(&visit.at(&format!("/projects?after={}", last.id))));
    let caller = visit.caller();
    let (open, week) = (open(&visit, &caller, organisation).await?, week(&visit, &caller, organisation).await?);
    let rows = workspaces.into_iter().map(|workspace| Row {
        open: open.get(&workspace.id).copied().unwrap_or_default(),
        week: moment::number(week.get(&workspace.id).copied().unwrap_or_default(), visit.browser.language),
        delegations: visit.to(&visit.at(&format!("/projects/{}/delegations", workspace.id))),
        number: workspace.number.into(),
        name: workspace.name.into(),
        is_closed: workspace.closed_at.is_some(),
    });
    let view = View { rows: rows.collect(), frame: Frame::of(&visit, visit.say(super::Text::Projects)), next };
    visit.page(&view)
}

/// `/projects`: those of all organisations of which the person may see them.
pub(super) async fn all(visit: Visit) -> Answer {
    let (mut rows, mut more) = (Vec::new(), false);
    for membership in visit.person().memberships.iter().filter(|membership| Right::WorkspacesRead.is_for(membership.roles)) {
        let (id, caller) = (membership.organisation, Caller::Person(PersonCaller::member(visit.person(), membership)));
        let organisation = visit.authority().organisation(&Caller::System, id).await.map_err(|error| visit.refused(&error))?;
        if organisation.suspended_at.is_some() {
            continue;
        }
        let read = visit.authority().workspaces(&caller, Some(id), Page { after: None, limit: SHOWN + 1 }).await;
        let mut workspaces = read.map_err(|error| visit.refused(&error))?;
        more |= workspaces.len() > SHOWN as usize;
        workspaces.truncate(SHOWN as usize);
        let (open, week) = (open(&visit, &caller, id).await?, week(&visit, &caller, id).await?);
        rows.extend(workspaces.into_iter().map(|workspace| RowOfAll {
            organisation: organisation.name.to_string(),
            row: Row {
                week: moment::number(week.get(&workspace.id).copied().unwrap_or_default(), visit.browser.language),
                open: open.get(&workspace.id).copied().unwrap_or_default(),
                delegations: visit.to(&format!("/o/{id}/projects/{}/delegations", workspace.id)),
                number: workspace.number.into(),
                name: workspace.name.into(),
                is_closed: workspace.closed_at.is_some(),
            },
        }));
    }
    visit.page(&ViewOfAll { frame: Frame::of(&visit, visit.say(super::Text::Projects)), rows, more })
}

#[derive(Template)]
#[template(path = "console/workspace/all.html")]
struct ViewOfAll {
    frame: Frame,
    rows: Vec<RowOfAll>,
    more: bool,
}

struct RowOfAll {
    organisation: String,
    row: Row,
}

/// How many requests were accepted in seven days, today among them, by workspace.
async fn week(visit: &Visit, caller: &Caller, organisation: OrganisationId) -> Result<HashMap<WorkspaceId, u64>, Response> {
    let today = Day::of(visit.browser.now);
    let read = visit.authority().activity_by_workspace(caller, organisation, (today.plus(-6), today)).await;
    let mut week = HashMap::new();
    for row in read.map_err(|error| visit.refused(&error))?.iter().filter(|row| row.refusal.is_none()) {
        *week.entry(row.workspace).or_default() += row.requests;
    }
    Ok(week)
}

/// How many delegations that an organisation gives are open, by workspace.
async fn open(visit: &Visit, caller: &Caller, organisation: OrganisationId) -> Result<HashMap<WorkspaceId, usize>, Response> {
    let mut open = HashMap::new();
    for state in [DelegationState::Open, DelegationState::Closing] {
        let wanted = Wanted { from: Some(organisation), state: Some(state), ..Wanted::default() };
        let page = Page { after: None, limit: COUNTED };
        let found = visit.authority().delegations(caller, wanted, page, visit.browser.now).await;
        for view in found.map_err(|error| visit.refused(&error))? {
            *open.entry(view.delegation.workspace).or_default() += 1;
        }
    }
    Ok(open)
}
