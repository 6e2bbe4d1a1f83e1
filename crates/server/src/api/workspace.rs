//! Workspaces: the parts of an organisation that access can be limited to.

use authority::Caller;
use domain::text::Name;
use domain::workspace::WorkspaceNumber;
use domain::{OrganisationId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Shown};
use super::call::Call;
use super::json::{Body, NoBody};
use super::query::Parameter;
use crate::edge::Problem;

/// A part of an organisation that access can be limited to: a project.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Workspace {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: WorkspaceId,
    /// Whose it is.
    #[schema(value_type = String, format = Uuid)]
    organisation: OrganisationId,
    /// What the paths of APIs call it; unique, and never given to another one.
    #[schema(value_type = String)]
    number: WorkspaceNumber,
    /// Its name for people.
    #[schema(value_type = String)]
    name: Name,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Since when nothing works in it any more; null while it is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// Raised by every change; the value of the `ETag`.
    revision: i64,
}

/// A new workspace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWorkspace {
    /// What the paths of APIs are to call it: 1 to 40 of `a-z`, digits and inner hyphens, such as `1255`. It is never changed.
    #[schema(value_type = String, min_length = 1, max_length = 40, pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
    number: WorkspaceNumber,
    /// Its name for people: 1 to 200 characters.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Name,
}

/// What is to be different about a workspace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkspaceUpdate {
    /// Its new name: 1 to 200 characters.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Name,
}

impl Body for NewWorkspace {}
impl Body for WorkspaceUpdate {}

impl From<domain::workspace::Workspace> for Workspace {
    fn from(workspace: domain::workspace::Workspace) -> Self {
        let domain::workspace::Workspace { id, organisation, number, name, created_at, closed_at, revision } = workspace;
        Self { id, organisation, number, name, created_at, closed_at, revision }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<Workspace>, Problem> {
    let organisation = call.query.id(Parameter::Organisation)?;
    if let Some(number) = call.query.number()? {
        let found = call.authority().workspace_numbered(call.caller(), number).await?;
        let found = found.into_iter().filter(|workspace| organisation.is_none_or(|id| workspace.organisation == id));
        return Ok(call.page()?.page_of(found.collect(), |workspace| *workspace.id.as_bytes()).map(Workspace::from));
    }
    // Without a filter a person sees what may be seen by them: those of the own organisation.
    let organisation = match call.caller() {
        Caller::Person(person) => Some(organisation.unwrap_or(person.organisation)),
        _ => organisation,
    };
    page(&call, organisation).await
}

pub(super) async fn list_of(call: Call, _: NoBody) -> Result<Listed<Workspace>, Problem> {
    page(&call, Some(call.id()?)).await
}

pub(super) async fn create(call: Call, body: NewWorkspace) -> Result<Created<Workspace>, Problem> {
    let new = authority::NewWorkspace { number: body.number, name: body.name };
    let changed = call.authority().create_workspace(&call.context, call.id()?, new).await?;
    Ok(done(changed).at(|made| format!("/api/v1/workspaces/{}", made.id)))
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<Workspace>, Problem> {
    let workspace = call.authority().workspace(call.caller(), call.id()?).await?;
    Ok(Shown { revision: Some(workspace.revision), value: workspace.into() })
}

pub(super) async fn update(call: Call, body: WorkspaceUpdate) -> Result<Done<Workspace>, Problem> {
    let expected = call.expected_revision();
    Ok(done(call.authority().rename_workspace(&call.context, call.id()?, body.name, expected).await?))
}

pub(super) async fn close(call: Call, _: NoBody) -> Result<Done<Workspace>, Problem> {
    Ok(done(call.authority().close_workspace(&call.context, call.id()?).await?))
}

async fn page(call: &Call, organisation: Option<OrganisationId>) -> Result<Listed<Workspace>, Problem> {
    let window = call.page()?;
    let workspaces = call.authority().workspaces(call.caller(), organisation, window.beyond()?).await?;
    Ok(window.page(workspaces, |workspace| *workspace.id.as_bytes()).map(Workspace::from))
}

fn done(changed: authority::Changed<domain::workspace::Workspace>) -> Done<Workspace> {
    Done::of(changed, Workspace::from).revision(|workspace| Some(workspace.revision))
}
