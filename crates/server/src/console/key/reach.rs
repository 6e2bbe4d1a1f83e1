//! What a key can reach: an organisation or one workspace of it, and the permissions that it has there.

use std::collections::HashMap;

use authority::{Caller, Page, RequestedPermissions};
use axum::response::Response;
use domain::permission::Permissions;
use domain::workspace::Workspace;
use domain::{Kind, WorkspaceId};

use super::texts::Text;
use crate::console::form::{Choice, Form};
use crate::console::visit::Visit;

/// As many workspaces can be chosen from.
const MAX_WORKSPACES: Page = Page { after: None, limit: 1_000 };

/// The open workspaces of the organisation: whoever makes keys must be able to tell them apart.
pub(super) async fn workspaces(visit: &Visit) -> Result<Vec<Workspace>, Response> {
    let organisation = visit.organisation().id;
    let read = visit.authority().workspaces(&Caller::System, Some(organisation), MAX_WORKSPACES).await;
    let mut found = read.map_err(|error| visit.refused(&error))?;
    found.retain(|workspace| workspace.closed_at.is_none());
    Ok(found)
}

/// What each workspace is called in words.
pub(super) struct Names(HashMap<WorkspaceId, String>);

impl Names {
    pub(super) async fn read(visit: &Visit) -> Result<Self, Response> {
        let read = visit.authority().workspaces(&Caller::System, Some(visit.organisation().id), MAX_WORKSPACES).await;
        let found = read.map_err(|error| visit.refused(&error))?;
        Ok(Self(found.into_iter().map(|workspace| (workspace.id, named(&workspace))).collect()))
    }

    /// What a key reaches.
    pub(super) fn of(&self, visit: &Visit, workspace: Option<WorkspaceId>) -> String {
        match workspace {
            None => visit.say(Text::WholeOrganisation).to_owned(),
            Some(id) => self.0.get(&id).map_or_else(
                || visit.fill(Text::InWorkspace, &[("number", &id.to_string())]),
                |name| visit.fill(Text::InWorkspace, &[("number", name)]),
            ),
        }
    }
}

/// The choices: one of the workspaces only where there are some.
pub(super) fn choices(visit: &Visit, workspaces: &[Workspace]) -> Vec<Choice> {
    let whole = Choice::new("all", visit.say(Text::WholeOrganisation)).help(visit.say(Text::ReachHelp));
    let one = Choice::new("some", visit.say(Text::OneWorkspace));
    if workspaces.is_empty() { vec![whole] } else { vec![whole, one] }
}

/// The workspaces to choose from.
pub(super) fn listed(workspaces: &[Workspace]) -> Vec<Choice> {
    let choice = |workspace: &Workspace| Choice::new(workspace.id.to_string(), named(workspace));
    [Choice::new("", "–")].into_iter().chain(workspaces.iter().map(choice)).collect()
}

/// The workspace that was chosen, or all of them.
pub(super) fn read(visit: &Visit, form: &mut Form, workspaces: &[Workspace]) -> Option<Option<WorkspaceId>> {
    match form.value("reach") {
        "all" => Some(None),
        "some" => {
            let chosen = workspaces.iter().find(|workspace| workspace.id.to_string() == form.value("workspace")).map(|found| found.id);
            form.take("workspace", chosen.ok_or(()), visit.say(Text::WorkspaceMissing)).map(Some)
        }
        _ => form.take("reach", Err(()), visit.say(Text::ReachMissing)),
    }
}

/// What keys can be given: the scopes and permissions of every API that takes them, with what each lets one do.
pub(super) fn grantable(visit: &Visit) -> Vec<Choice> {
    let mut choices = Vec::new();
    for api in visit.authority().verifier().apis() {
        let api = api.definition();
        if api.credentials.iter().any(|kind| matches!(kind, Kind::OrganisationKey | Kind::AccessToken)) {
            let scopes = api.scopes.iter().map(|scope| (scope.name.as_str(), scope.title.as_str()));
            let permissions = api.permissions.iter().map(|permission| (permission.name.as_str(), permission.title.as_str()));
            choices.extend(scopes.chain(permissions).map(|(name, title)| Choice::new(name, title).code(name)));
        }
    }
    choices
}

/// What the key is to be allowed at most.
pub(super) fn permissions(visit: &Visit, form: &mut Form, may_be_none: bool) -> Option<RequestedPermissions> {
    match form.value("may") {
        "all" => Some(RequestedPermissions::All),
        "none" if may_be_none => Some(RequestedPermissions::Named(Vec::new())),
        "some" => {
            let names: Vec<String> = form.ticked("permission").map(str::to_owned).collect();
            let chosen = if names.is_empty() { Err(()) } else { Ok(RequestedPermissions::Named(names)) };
            form.take("permission", chosen, visit.say(Text::MayMissing))
        }
        _ => form.take("may", Err(()), visit.say(Text::MayMissing)),
    }
}

/// What a key may do at most: the title of each permission with its name; nothing where it may do all.
pub(super) fn held(visit: &Visit, permissions: &Permissions) -> Option<Vec<(String, String)>> {
    let Permissions::Only(names) = permissions else { return None };
    let known = grantable(visit);
    let title = |name: &str| known.iter().find(|choice| choice.value == name).map_or_else(String::new, |choice| choice.label.clone());
    Some(names.iter().map(|name| (title(name.as_str()), name.as_str().to_owned())).collect())
}

fn named(workspace: &Workspace) -> String {
    format!("{} ({})", workspace.number.as_str(), workspace.name.as_str())
}
