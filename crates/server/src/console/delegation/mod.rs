//! Delegations: those of a project, those received, one with its chain, opening and closing.

pub(super) mod close;
pub(super) mod decide;
pub(super) mod edit;
mod fields;
mod impact;
mod list;
pub(super) mod open;
pub(super) mod pass_on;
mod received;
mod show;
mod texts;
mod work;

use authority::{DelegationView, Side};
use axum::response::Response;
use domain::DelegationId;
use domain::delegation::{DelegationKind, DelegationState};

pub(super) use list::list;
pub(super) use received::received;
pub(super) use show::show;
pub(super) use texts::Text;

use super::moment;
use super::visit::Visit;

/// So many are on a page.
const SHOWN: u32 = 50;

/// The state of a delegation as people read it, and its tone.
pub(super) struct State {
    tone: &'static str,
    pub(super) text: String,
}

impl State {
    pub(super) fn of(visit: &Visit, view: &DelegationView) -> Self {
        let (now, language) = (visit.browser.now, visit.browser.language);
        let delegation = &view.delegation;
        let on = |text: Text, at| visit.fill(text, &[("day", &moment::day(at, language))]);
        let (tone, text) = match (view.state, view.not_after) {
            (DelegationState::Open, _) if delegation.opens_at > now => ("soft", on(Text::OpensOn, delegation.opens_at)),
            (DelegationState::Open, _) => ("good", visit.say(Text::Open).to_owned()),
            (DelegationState::Closing, Some(at)) => ("warn", on(Text::ClosesOn, at)),
            (DelegationState::Closing, None) => ("warn", visit.say(Text::Open).to_owned()),
            (DelegationState::Invited, _) => ("soft", visit.say(Text::Offered).to_owned()),
            (DelegationState::Paused, _) => ("warn", visit.say(Text::Paused).to_owned()),
            (DelegationState::Ended, _) => ("soft", visit.say(Text::Over).to_owned()),
            (DelegationState::Closed, _) => ("bad", visit.say(Text::Closed).to_owned()),
        };
        Self { tone, text }
    }
}

/// Whether it is over for good.
fn is_over(view: &DelegationView) -> bool {
    matches!(view.state, DelegationState::Closed | DelegationState::Ended)
}

/// What it is for, in a word.
pub(super) fn kind(visit: &Visit, kind: DelegationKind) -> &'static str {
    visit.say(match kind {
        DelegationKind::Delivering => Text::Delivering,
        DelegationKind::Checking => Text::Checking,
    })
}

/// What people call an API.
fn api(visit: &Visit, name: &str) -> String {
    visit.authority().verifier().api(name).map_or_else(|| name.to_owned(), |api| api.definition().title.to_string())
}

/// What the project is called, by whoever looks: who only gets a delegation knows its number.
pub(super) fn project(view: &DelegationView) -> String {
    match &view.workspace_name {
        Some(name) => format!("{} · {name}", view.number),
        None => view.number.to_string(),
    }
}

/// The address of a delegation's page.
fn address(visit: &Visit, id: DelegationId) -> String {
    visit.to(&visit.at(&format!("/delegations/{id}")))
}

/// The delegation that the path names.
async fn found(visit: &Visit) -> Result<DelegationView, Response> {
    let id: DelegationId = visit.parameter("delegation")?;
    visit.authority().delegation(&visit.caller(), id, visit.browser.now).await.map_err(|error| visit.refused(&error))
}

/// The delegation that the path names, where the member may do this with it; else the way back to its page, which says that they may
/// not now.
async fn asked(visit: &Visit, may: fn(&Visit, &DelegationView) -> bool) -> Result<DelegationView, Response> {
    let view = found(visit).await?;
    if may(visit, &view) {
        return Ok(view);
    }
    Err(visit.onward(&visit.at(&format!("/delegations/{}", view.delegation.id)), Some(visit.say(Text::NotNow)))?)
}

/// Whether the member manages the organisation's delegations.
fn leads(visit: &Visit) -> bool {
    visit.place.as_ref().is_some_and(|(_, membership)| authority::Right::DelegationsWrite.is_for(membership.roles))
}

/// What the page of a delegation stands under: its project where that is the organisation's own, else what was received.
fn trail(visit: &Visit, view: &DelegationView) -> Vec<(String, String)> {
    let own = view.delegation.owner == visit.organisation().id && view.side != Side::Receiver;
    let rest = if own {
        vec![
            (visit.at("/projects"), visit.say(super::Text::Projects).to_owned()),
            (visit.at(&format!("/projects/{}/delegations", view.delegation.workspace)), project(view)),
        ]
    } else {
        vec![(visit.at("/received"), visit.say(super::Text::Received).to_owned())]
    };
    [("/o".to_owned(), visit.say(super::Text::MyOrganisation).to_owned())].into_iter().chain(rest).collect()
}

/// The same as the frame takes it.
fn links(trail: &[(String, String)]) -> Vec<(&str, &str)> {
    trail.iter().map(|(path, label)| (path.as_str(), label.as_str())).collect()
}
