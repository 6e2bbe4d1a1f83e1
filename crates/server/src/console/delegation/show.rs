//! `/o/{org}/delegations/{delegation}`: what is known of a delegation, and the chain that it stands in.

use askama::Template;
use authority::{DelegationView, Page, Side, Wanted};
use axum::response::Response;
use domain::DelegationId;
use domain::permission::Permissions;

use super::texts::Text;
use super::work::Work;
use super::{State, address, api, found, is_over, kind, leads, links, project, received, trail};
use super::{decide, edit, pass_on};
use crate::console::moment::Moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

/// More delegations of a project than these are not looked through for the chain.
const LOOKED_AT: Page = Page { after: None, limit: 1_000 };

#[derive(Template)]
#[template(path = "console/delegation/show.html")]
struct View {
    frame: Frame,
    state: State,
    story: Option<String>,
    facts: Vec<(&'static str, String)>,
    work: Work,
    above: Option<Link>,
    chain: Vec<Node>,
    /// What may be done with it, besides closing it.
    deeds: Vec<Link>,
    close: Option<String>,
}

/// A delegation below.
struct Node {
    link: Link,
    by: String,
    state: State,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let view = found(&visit).await?;
    let wanted = Wanted { workspace: Some(view.delegation.workspace), ..Wanted::default() };
    let read = visit.authority().delegations(&visit.caller(), wanted, LOOKED_AT, visit.browser.now).await;
    let others = read.map_err(|error| visit.refused(&error))?;
    let id = view.delegation.id;
    let trail = trail(&visit, &view);
    let is_receiver = view.side == Side::Receiver;
    let (title, name) = if is_receiver { (Text::TitleFrom, &view.from_name) } else { (Text::TitleTo, &view.to_name) };
    let read = visit.authority().work_under(&visit.caller(), id, visit.browser.now).await;
    let lately = read.map_err(|error| visit.refused(&error))?;
    let page = View {
        frame: Frame::below(&visit, visit.fill(title, &[("organisation", name.as_str())]), &links(&trail)),
        state: State::of(&visit, &view),
        story: is_over(&view).then(|| received::story(&visit, &view)),
        facts: facts(&visit, &view),
        work: Work::of(&visit, &view, &lately),
        above: above(&visit, &view).await?,
        chain: below(&visit, &others, id),
        deeds: deeds(&visit, &view),
        close: (!is_receiver && leads(&visit) && !is_over(&view)).then(|| format!("{}/close", address(&visit, id))),
    };
    visit.page(&page)
}

fn deeds(visit: &Visit, view: &DelegationView) -> Vec<Link> {
    let address = address(visit, view.delegation.id);
    let mut deeds = decide::open_to(visit, view);
    if pass_on::may(visit, view) {
        deeds.push(Link::new(format!("{address}/pass-on"), visit.say(Text::PassOnIt)));
    }
    if edit::may(visit, view) {
        deeds.push(Link::new(format!("{address}/edit"), visit.say(Text::EditIt)));
    }
    deeds
}

fn facts(visit: &Visit, view: &DelegationView) -> Vec<(&'static str, String)> {
    let language = visit.browser.language;
    let delegation = &view.delegation;
    let definition = visit.authority().verifier().api(&delegation.api);
    let title = |name: &domain::permission::Permission| {
        let known = definition.as_ref().and_then(|api| api.definition().permissions.iter().find(|known| known.name == *name).cloned());
        known.map_or_else(|| name.to_string(), |known| known.title.to_string())
    };
    let allows = match &view.allows {
        Permissions::All => visit.say(Text::Everything).to_owned(),
        Permissions::Only(names) => names.iter().map(title).collect::<Vec<_>>().join(", "),
    };
    let yes = |is: bool| visit.say(if is { Text::Yes } else { Text::No }).to_owned();
    let facts = [
        (Text::GivenBy, Some(view.from_name.to_string())),
        (Text::GivenTo, Some(view.to_name.to_string())),
        (Text::Project, Some(project(view))),
        (Text::Kind, Some(kind(visit, delegation.kind).to_owned())),
        (Text::Api, Some(api(visit, &delegation.api))),
        (Text::May, Some(allows)),
        (Text::MayPassOn, Some(yes(delegation.may_pass_on))),
        (Text::Description, Some(delegation.description.to_string())),
        (Text::Note, delegation.note.clone().map(String::from)),
        (Text::Since, Some(Moment::at(delegation.opens_at, language).text)),
        (Text::Until, view.not_after.map(|at| Moment::at(at, language).text)),
        (Text::Reason, delegation.reason.clone().map(String::from)),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((visit.say(name), value?))).collect()
}

/// The delegation that it passes on, where the organisation got that one.
async fn above(visit: &Visit, view: &DelegationView) -> Result<Option<Link>, Response> {
    let Some(parent) = view.delegation.parent else { return Ok(None) };
    let read = visit.authority().delegation(&visit.caller(), parent, visit.browser.now).await;
    let parent = read.map_err(|error| visit.refused(&error))?;
    let label = visit.fill(Text::PassesOn, &[("organisation", parent.from_name.as_str())]);
    Ok(Some(Link::new(address(visit, parent.delegation.id), label)))
}

/// Those that pass it on, each before those below it. A chain is never longer than [`domain::delegation::MAX_CHAIN`].
fn below(visit: &Visit, others: &[DelegationView], id: DelegationId) -> Vec<Node> {
    let direct = others.iter().filter(|other| other.delegation.parent == Some(id));
    let nodes = |other: &DelegationView| {
        let node = Node {
            link: Link::new(address(visit, other.delegation.id), other.to_name.as_str()),
            by: visit.fill(Text::PassedOnBy, &[("organisation", other.from_name.as_str())]),
            state: State::of(visit, other),
        };
        [node].into_iter().chain(below(visit, others, other.delegation.id)).collect::<Vec<_>>()
    };
    direct.flat_map(nodes).collect()
}
