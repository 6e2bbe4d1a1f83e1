//! `/o/{org}/projects/{workspace}/delegations`: who may do what in a project.

use askama::Template;
use authority::{DelegationView, Page, Wanted};
use domain::{DelegationId, WorkspaceId};
use store::WorkspaceActivityRow;

use super::texts::Text;
use super::work::Work;
use super::{SHOWN, State, address, api, is_over, kind};
use crate::console::moment::Moment;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/delegation/list.html")]
struct View {
    frame: Frame,
    rows: Vec<Row>,
    is_closed: bool,
    new: Option<String>,
    next: Option<String>,
}

struct Row {
    to: String,
    by: Option<String>,
    description: String,
    kind: &'static str,
    api: String,
    since: Moment,
    state: State,
    work: Work,
    address: String,
    close: Option<String>,
}

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let id: WorkspaceId = visit.parameter("workspace")?;
    let workspace = visit.authority().workspace(&visit.caller(), id).await.map_err(|error| visit.refused(&error))?;
    let after = visit.query.text("after").parse::<DelegationId>().ok().map(|id| *id.as_bytes());
    let wanted = Wanted { workspace: Some(id), ..Wanted::default() };
    let page = Page { after, limit: SHOWN + 1 };
    let read = visit.authority().delegations(&visit.caller(), wanted, page, visit.browser.now).await;
    let mut views = read.map_err(|error| visit.refused(&error))?;
    let more = views.len() > SHOWN as usize;
    views.truncate(SHOWN as usize);
    let path = visit.at(&format!("/projects/{id}/delegations"));
    let next = views.last().filter(|_| more).map(|last| visit.to(&format!("{path}?after={}", last.delegation.id)));
    let trail =
        [("/o", visit.say(crate::console::Text::MyOrganisation)), (&visit.at("/projects"), visit.say(crate::console::Text::Projects))];
    let is_closed = workspace.closed_at.is_some();
    let read = visit.authority().work_in_workspace(&visit.caller(), id, visit.browser.now).await;
    let lately = read.map_err(|error| visit.refused(&error))?;
    let view = View {
        frame: Frame::below(&visit, format!("{} · {}", workspace.number, workspace.name), &trail),
        rows: views.iter().map(|view| Row::new(&visit, view, &lately)).collect(),
        is_closed,
        new: (!is_closed && super::leads(&visit)).then(|| visit.to(&format!("{path}/new"))),
        next,
    };
    visit.page(&view)
}

impl Row {
    fn new(visit: &Visit, view: &DelegationView, lately: &[WorkspaceActivityRow]) -> Self {
        let delegation = &view.delegation;
        let passed_on = delegation.from != visit.organisation().id;
        let address = address(visit, delegation.id);
        Self {
            to: view.to_name.to_string(),
            by: passed_on.then(|| visit.fill(Text::PassedOnBy, &[("organisation", view.from_name.as_str())])),
            description: delegation.description.to_string(),
            kind: kind(visit, delegation.kind),
            api: api(visit, &delegation.api),
            since: Moment::day(delegation.opens_at, visit.browser.language),
            state: State::of(visit, view),
            work: Work::of(visit, view, lately),
            close: (super::leads(visit) && !is_over(view)).then(|| format!("{address}/close")),
            address,
        }
    }
}
