//! `/o/{org}/delegations/{delegation}/pass-on`: whoever got a delegation gives another organisation a part of it.

use std::collections::BTreeSet;

use authority::{DelegationView, Error, Named, NewDelegation, Side};
use axum::response::Response;
use domain::delegation::DelegationState;
use domain::permission::{Permission, Permissions};
use domain::text::{Description, Name, Note};

use super::open::{View, known, one_line, until};
use super::texts::Text;
use super::{address, found, leads, links, trail};
use crate::console::form::{Choice, Form};
use crate::console::moment;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// Whether the member may pass it on.
pub(super) fn may(visit: &Visit, view: &DelegationView) -> bool {
    let is_open = matches!(view.state, DelegationState::Open | DelegationState::Closing);
    leads(visit) && view.side == Side::Receiver && view.delegation.may_pass_on && is_open
}

async fn asked(visit: &Visit) -> Result<Result<DelegationView, Response>, Response> {
    let delegation = found(visit).await?;
    if may(visit, &delegation) {
        return Ok(Ok(delegation));
    }
    let path = visit.at(&format!("/delegations/{}", delegation.delegation.id));
    visit.onward(&path, Some(visit.say(Text::NotNow))).map(Err)
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let delegation = match asked(&visit).await? {
        Ok(delegation) => delegation,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let usual = [("pass_on", "no"), ("accept", "no")];
    visit.page(&view(&visit, Form::new(&visit, &usual), &delegation).await?)
}

pub(in crate::console) async fn open(visit: Visit) -> Answer {
    let delegation = match asked(&visit).await? {
        Ok(delegation) => delegation,
        Err(elsewhere) => return Ok(elsewhere),
    };
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
    let to = Name::new(form.value("to"));
    let to = form.take("to", to, visit.say(Text::ToMissing));
    if to.as_ref().is_some_and(|to| to.folded() == visit.organisation().name.folded()) {
        form.refuse("to", visit.say(Text::ToOwn));
    }
    let permissions: BTreeSet<Permission> = form.ticked("permission").filter_map(|name| Permission::new(name).ok()).collect();
    if permissions.is_empty() {
        form.refuse("permission", visit.say(Text::MayMissing));
    }
    if !["yes", "no"].contains(&form.value("pass_on")) {
        form.refuse("pass_on", visit.say(Text::PassOnMissing));
    }
    let description = Description::new(form.value("description"));
    let description = form.take("description", description, visit.say(Text::DescriptionWrong));
    let note = one_line(form.value("note"));
    let note = if note.is_empty() { None } else { form.take("note", Note::new(&note), visit.say(Text::NoteWrong)) };
    let ends_at = until(visit, form, None);
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
        may_pass_on: form.value("pass_on") == "yes",
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
    let choice = |permission: &domain::api::PermissionDefinition| {
        Choice::new(permission.name.as_str(), permission.title.as_str()).code(permission.name.as_str())
    };
    let last = view.not_after.map(|end| format!(" max=\"{}\"", moment::written(end, 0))).unwrap_or_default();
    Ok(View {
        frame: Frame::below(visit, visit.fill(Text::PassOnTitle, &[("organisation", view.from_name.as_str())]), &links(&trail)),
        form,
        known: known(visit).await?,
        apis: Vec::new(),
        api: Some(view.delegation.api.clone()),
        kinds: Vec::new(),
        permissions: permissions.map(choice).collect(),
        pass_on: vec![Choice::new("no", visit.say(Text::No)), Choice::new("yes", visit.say(Text::Yes))],
        days: format!("type=\"date\" min=\"{}\"{last}", moment::written(visit.browser.now, 0)),
        back: address(visit, view.delegation.id),
    })
}
