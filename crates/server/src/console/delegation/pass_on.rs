//! `/o/{org}/delegations/{delegation}/pass-on`: whoever got a delegation gives another organisation a part of it.

use authority::{DelegationView, Error, Named, NewDelegation, Side};
use axum::response::Response;
use domain::delegation::DelegationState;
use domain::permission::{Permission, Permissions};

use super::open::{View, known};
use super::texts::Text;
use super::{address, asked, fields, leads, links, trail};
use crate::console::form::{Choice, Form};
use crate::console::moment;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// Whether the member may pass it on.
pub(super) fn may(visit: &Visit, view: &DelegationView) -> bool {
    let is_open = matches!(view.state, DelegationState::Open | DelegationState::Closing);
    leads(visit) && view.side == Side::Receiver && view.delegation.may_pass_on && is_open
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let delegation = asked(&visit, may).await?;
    let usual = [("pass_on", "no"), ("accept", "no")];
    visit.page(&view(&visit, Form::new(&visit, &usual), &delegation).await?)
}

pub(in crate::console) async fn open(visit: Visit) -> Answer {
    let delegation = asked(&visit, may).await?;
    let mut form = Form::new(&visit, &[]);
    let Some(new) = read(&visit, &mut form, &delegation) else { return visit.again(&view(&visit, form, &delegation).await?) };
    match visit.authority().open_delegation(&visit.context(), new).await {
        Ok(made) => {
            let said = visit.fill(Text::PassedOnNow, &[("organisation", made.value.to_name.as_str())]);
            visit.onward(&visit.at(&format!("/delegations/{}", made.value.delegation.id)), Some(&said))
        }
        Err(Error::Conflict { code: "delegation_not_open", .. }) => {
            visit.onward(&visit.at(&format!("/delegations/{}", delegation.delegation.id)), Some(visit.say(Text::NotNow)))
        }
        Err(error) => {
            refused(&visit, &mut form, error)?;
            visit.again(&view(&visit, form, &delegation).await?)
        }
    }
}

fn refused(visit: &Visit, form: &mut Form, error: Error) -> Result<(), Response> {
    // An organisation that gave it, further up, is refused like one that is not known: the receiver is not told of it.
    let known = [
        ("to", "to", Text::ToUnknown),
        ("delegation_exists", "to", Text::ToHasOne),
        ("chain_too_long", "to", Text::ChainTooLong),
        ("permissions", "permission", Text::MayMissing),
        ("ends_at", "until", Text::UntilTooLate),
    ];
    form.refused(visit, error, &known)
}

fn read(visit: &Visit, form: &mut Form, view: &DelegationView) -> Option<NewDelegation> {
    let to = fields::to(visit, form);
    let permissions = fields::permissions(visit, form);
    let may_pass_on = fields::pass_on(visit, form);
    let (description, note) = (fields::description(visit, form), fields::note(visit, form));
    let ends_at = fields::until(visit, form, None);
    if !form.is_good() {
        return None;
    }
    Some(NewDelegation {
        api: None,
        workspace: None,
        parent: Some(view.delegation.id),
        to: Named::Name(to?),
        kind: None,
        permissions: Some(Permissions::Only(permissions)),
        may_pass_on,
        description: description?,
        note,
        opens_at: None,
        ends_at,
        review_at: None,
        invitation: form.value("accept") == "yes",
    })
}

async fn view(visit: &Visit, form: Form, view: &DelegationView) -> Result<View, Response> {
    let trail = trail(visit, view);
    let api = visit.authority().verifier().api(&view.delegation.api);
    let is_allowed = |name: &Permission| match &view.allows {
        Permissions::All => true,
        Permissions::Only(names) => names.contains(name),
    };
    let permissions = api.iter().flat_map(|api| &api.definition().permissions).filter(|permission| is_allowed(&permission.name));
    let last = view.not_after.map(|end| format!(" max=\"{}\"", moment::written(end, 0))).unwrap_or_default();
    Ok(View {
        frame: Frame::below(visit, visit.fill(Text::PassOnTitle, &[("organisation", view.from_name.as_str())]), &links(&trail)),
        form,
        known: known(visit).await?,
        apis: Vec::new(),
        api: Some(view.delegation.api.clone()),
        kinds: Vec::new(),
        permissions: permissions.map(Choice::permission).collect(),
        pass_on: fields::yes_or_no(visit),
        days: format!("type=\"date\" min=\"{}\"{last}", moment::written(visit.browser.now, 0)),
        back: address(visit, view.delegation.id),
    })
}
