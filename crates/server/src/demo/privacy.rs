//! The demo's privacy world: an organisation with three workspaces, its key manager, and the keys of its software.

use authority::{Authority, ClientRequest, Context, NewOrganisationKey, NewPerson};
use domain::api::ApiDefinition;
use domain::person::{Role, Roles};
use domain::text::Name;
use domain::{OrganisationId, Secret, WorkspaceId};
use portals::privacy::{DemoProcessing, DemoWorkspace, Privacy, WorkspaceSettings};
use serde::{Deserialize, Serialize};

use super::data::{email, organisation, own_text, person};
use super::world::workspace;
use crate::node::StartError;

/// Where the demo's client takes codes: a page that need not be there to try it.
pub(super) const REDIRECT_URI: &str = "https://app.example/callback";
const ORGANISATION: &str = "My data company";
const MANAGER_ROLES: Roles = Roles::NONE.with(Role::Owner).with(Role::KeyManager).with(Role::Member);
const PROCESSINGS: [DemoProcessing; 3] = [
    DemoProcessing {
        reference: "HR-1",
        label: "Payroll",
        description: "Names, bank accounts and working hours of employees, to pay their salaries.",
        state: "Active",
    },
    DemoProcessing {
        reference: "MKT-1",
        label: "Newsletter",
        description: "Mail addresses of people who asked for the newsletter, to send it.",
        state: "Active",
    },
    DemoProcessing {
        reference: "FAC-1",
        label: "Register of visitors",
        description: "Names of visitors and when they came, for the safety of the building.",
        state: "Draft",
    },
];

/// What the demo shows of it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) email: String,
    /// Of the whole organisation.
    pub(super) key: Key,
    /// Of its second workspace.
    pub(super) workspace_key: Key,
}

/// A key, as it was shown once.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) public: String,
    pub(super) private: String,
}

/// The API's definition. Its resource indicator is where the demo serves it.
pub(super) fn definition(url: &str) -> ApiDefinition {
    ApiDefinition { resource: Some(url.to_owned()), ..portals::privacy::definition() }
}

/// Makes what is not there yet.
pub(super) async fn fill(
    authority: &Authority,
    context: &Context,
    portal: &Privacy,
    password: &Secret<String>,
) -> Result<Made, StartError> {
    let company = organisation(authority, context, ORGANISATION).await?;
    let workspaces = workspaces();
    let mut ids = Vec::new();
    for demo in &workspaces {
        ids.push(workspace(authority, context, company, (&demo.number.to_string(), &demo.settings.label)).await?);
    }
    portal.seed(company, workspaces).await.map_err(|error| StartError::Configuration(error.to_string()))?;
    let name = Name::new("Petra Jansen").map_err(own_text)?;
    let new = NewPerson {
        name,
        email: email("petra")?,
        email_verified: true,
        password: Some(password.clone()),
        member_of: Some((company, MANAGER_ROLES)),
    };
    person(authority, context, "petra", new).await?;
    Ok(Made {
        email: email("petra")?.into(),
        key: key(authority, context, company, ("Software of My data company", None)).await?,
        workspace_key: key(authority, context, company, ("Software of My test workspace", ids.get(1).copied())).await?,
    })
}

/// Makes a key as an organisation gets one that connects a system, its own or one that asks its people: a confidential client.
async fn key(
    authority: &Authority,
    context: &Context,
    organisation: OrganisationId,
    (name, workspace): (&str, Option<WorkspaceId>),
) -> Result<Key, StartError> {
    let name = Name::new(name).map_err(own_text)?;
    let client = ClientRequest { name: Some(name), redirect_uris: Some(vec![REDIRECT_URI.to_owned()]), ..ClientRequest::default() };
    let new = NewOrganisationKey { workspace, contact: None, private_key_ends_at: None, client };
    let made = authority.create_organisation_key(context, organisation, new).await?.value;
    let private = made.private_key.ok_or_else(|| StartError::Configuration("a key came without its private key".to_owned()))?;
    Ok(Key { public: made.key.definition.client_id, private: private.expose().clone() })
}

fn workspaces() -> Vec<DemoWorkspace> {
    let workspace = |number, label: &str, entity, processings| {
        let settings =
            WorkspaceSettings { label: label.to_owned(), primary_color: None, secondary_color: None, logo_url: None, retention_days: None };
        DemoWorkspace { number, settings, entity, processings }
    };
    vec![
        workspace(1, "My data company", Some("My data company"), &PROCESSINGS[..]),
        workspace(2, "My test workspace", Some("My test company"), &PROCESSINGS[..1]),
        workspace(3, "My experimentation workspace", None, &[]),
    ]
}
