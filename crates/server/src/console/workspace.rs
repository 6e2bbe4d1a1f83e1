//! `/o/{org}/projects`: the organisation's workspaces, which people call projects.

use std::collections::HashMap;

use askama::Template;
use authority::{Page, Wanted};
use axum::response::Response;
use domain::WorkspaceId;
use domain::delegation::DelegationState;

use super::delegation::Text;
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
    let open = open(&visit).await?;
    let rows = workspaces.into_iter().map(|workspace| Row {
        open: open.get(&workspace.id).copied().unwrap_or_default(),
        delegations: visit.to(&visit.at(&format!("/projects/{}/delegations", workspace.id))),
        number: workspace.number.into(),
        name: workspace.name.into(),
        is_closed: workspace.closed_at.is_some(),
    });
    let view = View { rows: rows.collect(), frame: Frame::of(&visit, visit.say(super::Text::Projects)), next };
    visit.page(&view)
}

/// How many delegations that the organisation gives are open, by workspace.
async fn open(visit: &Visit) -> Result<HashMap<WorkspaceId, usize>, Response> {
    let mut open = HashMap::new();
    for state in [DelegationState::Open, DelegationState::Closing] {
        let wanted = Wanted { from: Some(visit.organisation().id), state: Some(state), ..Wanted::default() };
        let page = Page { after: None, limit: COUNTED };
        let found = visit.authority().delegations(&visit.caller(), wanted, page, visit.browser.now).await;
        for view in found.map_err(|error| visit.refused(&error))? {
            *open.entry(view.delegation.workspace).or_default() += 1;
        }
    }
    Ok(open)
}
