//! The demo's subsurface world: a source holder with two projects, suppliers, and what one of them delivers with.

use authority::{Authority, Context, Error, Named, NewDelegation, NewOrganisationToken, NewPerson, NewWorkspace, Page, Wanted};
use domain::delegation::DelegationKind;
use domain::organisation_token::Username;
use domain::permission::{Permission, Permissions};
use domain::person::{Role, Roles};
use domain::text::{Description, Name};
use domain::workspace::WorkspaceNumber;
use domain::{DelegationId, OrganisationId, Secret, WorkspaceId};
use portals::subsurface::{Environment, definition};
use serde::{Deserialize, Serialize};

use super::data::{define, email, organisation, own_text, person};
use crate::node::StartError;

const SOURCE_HOLDER: &str = "Waterschap Drie Rivieren";
const SUPPLIERS: [&str; 2] = ["Peilwerk Ingenieurs", "Sondeerbedrijf De Kegel"];
/// In the first the supplier may deliver, in the second nobody but the source holder itself.
pub(super) const PROJECTS: [(&str, &str); 2] = [("1255", "Grondwatermeetnet Noord 2026"), ("9999", "Grondwatermeetnet Zuid 2026")];
/// A number that no project has.
pub(super) const UNKNOWN_PROJECT: &str = "4040";
const SUPPLIER_ROLES: Roles = Roles::NONE.with(Role::Owner).with(Role::KeyManager).with(Role::Member);
const MANAGER_ROLES: Roles = Roles::NONE.with(Role::Owner).with(Role::ProjectManager).with(Role::Member);
const USERNAME: &str = "peilwerk-veld-01";
/// What the delegation allows: all but checking.
const DELEGATED: [&str; 5] = ["deliveries:create", "documents:validate", "deliveries:enrich", "registrations:view", "transactions:view"];

/// What the demo shows of it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) supplier_email: String,
    pub(super) manager_email: String,
    pub(super) production: Access,
    pub(super) demo: Access,
}

/// What the supplier delivers with in one environment.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Access {
    pub(super) username: String,
    pub(super) code: String,
    pub(super) delegation: DelegationId,
}

/// Makes the APIs known, or gives them the definitions of this version.
pub(super) async fn define_apis(authority: &Authority, context: &Context) -> Result<(), StartError> {
    for environment in [Environment::Production, Environment::Demo] {
        define(authority, context, definition(environment)).await?;
    }
    Ok(())
}

/// Makes what is not there yet.
pub(super) async fn fill(authority: &Authority, context: &Context, password: &Secret<String>) -> Result<Made, StartError> {
    let holder = organisation(authority, context, SOURCE_HOLDER).await?;
    let mut suppliers = Vec::new();
    for name in SUPPLIERS {
        suppliers.push(organisation(authority, context, name).await?);
    }
    let supplier = suppliers[0];
    let mut projects = Vec::new();
    for (number, name) in PROJECTS {
        projects.push(workspace(authority, context, holder, (number, name)).await?);
    }
    for (account, name, member_of) in
        [("kees", "Kees Bakker", (supplier, SUPPLIER_ROLES)), ("sanne", "Sanne de Vries", (holder, MANAGER_ROLES))]
    {
        let name = Name::new(name).map_err(own_text)?;
        let new =
            NewPerson { name, email: email(account)?, email_verified: true, password: Some(password.clone()), member_of: Some(member_of) };
        person(authority, context, account, new).await?;
    }
    let between = (projects[0], supplier);
    Ok(Made {
        supplier_email: email("kees")?.into(),
        manager_email: email("sanne")?.into(),
        production: access(authority, context, Environment::Production, between).await?,
        demo: access(authority, context, Environment::Demo, between).await?,
    })
}

/// The workspace with this number, made if it is not there.
pub(super) async fn workspace(
    authority: &Authority,
    context: &Context,
    organisation: OrganisationId,
    (number, name): (&str, &str),
) -> Result<WorkspaceId, StartError> {
    let number = WorkspaceNumber::new(number).map_err(own_text)?;
    let new = NewWorkspace { number: number.clone(), name: Name::new(name).map_err(own_text)? };
    match authority.create_workspace(context, organisation, new).await {
        Ok(made) => Ok(made.value.id),
        // A start that was broken off made it already.
        Err(Error::Conflict { .. }) => {
            let there = authority.workspace_numbered(&context.caller, number).await?;
            there.map(|workspace| workspace.id).ok_or(StartError::Install(Error::NotFound))
        }
        Err(error) => Err(error.into()),
    }
}

async fn access(
    authority: &Authority,
    context: &Context,
    environment: Environment,
    (project, supplier): (WorkspaceId, OrganisationId),
) -> Result<Access, StartError> {
    let new = |username: Option<Username>| -> Result<NewOrganisationToken, StartError> {
        let description = Description::new("Veldploeg").map_err(own_text)?;
        let (api, permissions) = (environment.api().to_owned(), Permissions::All);
        Ok(NewOrganisationToken { api, username, description, expires_at: None, permissions })
    };
    let username = Username::new(USERNAME).map_err(own_text)?;
    let made = match authority.create_organisation_token(context, supplier, new(Some(username))?).await {
        // A start that was broken off made it, and nobody knows its code.
        Err(Error::Conflict { .. }) => authority.create_organisation_token(context, supplier, new(None)?).await?,
        other => other?,
    };
    let delegation = delegation(authority, context, environment, (project, supplier)).await?;
    let (token, code) = (made.value.token, made.value.code);
    Ok(Access { username: token.username.into(), code: code.expose().clone(), delegation })
}

async fn delegation(
    authority: &Authority,
    context: &Context,
    environment: Environment,
    (project, supplier): (WorkspaceId, OrganisationId),
) -> Result<DelegationId, StartError> {
    let api = environment.api();
    let permissions = DELEGATED.iter().map(|name| Permission::new(&format!("{api}:{name}")).map_err(own_text)).collect::<Result<_, _>>()?;
    let new = NewDelegation {
        api: Some(api.to_owned()),
        workspace: Some(Named::Id(project)),
        parent: None,
        to: Named::Id(supplier),
        kind: Some(DelegationKind::Delivering),
        permissions: Some(Permissions::Only(permissions)),
        may_pass_on: true,
        description: Description::new("Peilbuizen en metingen, meetnet noord").map_err(own_text)?,
        note: None,
        opens_at: None,
        ends_at: None,
        review_at: None,
        invitation: false,
    };
    match authority.open_delegation(context, new).await {
        Ok(made) => Ok(made.value.delegation.id),
        Err(Error::Conflict { .. }) => {
            let wanted = Wanted { workspace: Some(project), to: Some(supplier), ..Wanted::default() };
            let there = authority.delegations(&context.caller, wanted, Page::first(200), context.now).await?;
            let there = there.into_iter().rev().find(|there| there.delegation.api == api);
            there.map(|there| there.delegation.id).ok_or(StartError::Install(Error::NotFound))
        }
        Err(error) => Err(error.into()),
    }
}
