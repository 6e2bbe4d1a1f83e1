//! Organisations.

use domain::text::Name;
use domain::{OrganisationId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Shown};
use super::call::Call;
use super::json::{Body, NoBody};
use super::membership::Membership;
use crate::edge::Problem;

/// A tenant: owns members and their tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Organisation {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: OrganisationId,
    /// Its name, unique without regard to case.
    #[schema(value_type = String)]
    name: Name,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Since when nothing of it works; null while it works.
    #[schema(value_type = Option<String>, format = DateTime)]
    suspended_at: Option<Timestamp>,
}

/// A new organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrganisation {
    /// Its name, 1 to 200 characters, unique without regard to case.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Name,
}

/// What is to be different about an organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationUpdate {
    /// Its new name, 1 to 200 characters, unique without regard to case.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Name,
}

impl Body for NewOrganisation {}
impl Body for OrganisationUpdate {}

impl From<domain::organisation::Organisation> for Organisation {
    fn from(organisation: domain::organisation::Organisation) -> Self {
        let domain::organisation::Organisation { id, name, created_at, suspended_at } = organisation;
        Self { id, name, created_at, suspended_at }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<Organisation>, Problem> {
    let window = call.page()?;
    let organisations = call.authority().organisations(call.caller(), window.beyond()?).await?;
    Ok(window.page(organisations, |organisation| *organisation.id.as_bytes()).map(Organisation::from))
}

pub(super) async fn create(call: Call, body: NewOrganisation) -> Result<Created<Organisation>, Problem> {
    let changed = call.authority().create_organisation(&call.context, authority::NewOrganisation { name: body.name }).await?;
    Ok(Done::of(changed, Organisation::from).at(|made| format!("/api/v1/organisations/{}", made.id)))
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<Organisation>, Problem> {
    let organisation = call.authority().organisation(call.caller(), call.id()?).await?;
    Ok(Shown { value: organisation.into(), revision: None })
}

pub(super) async fn update(call: Call, body: OrganisationUpdate) -> Result<Done<Organisation>, Problem> {
    let changed = call.authority().rename_organisation(&call.context, call.id()?, body.name).await?;
    Ok(Done::of(changed, Organisation::from))
}

pub(super) async fn suspend(call: Call, _: NoBody) -> Result<Done<Organisation>, Problem> {
    set_suspended(call, true).await
}

pub(super) async fn resume(call: Call, _: NoBody) -> Result<Done<Organisation>, Problem> {
    set_suspended(call, false).await
}

pub(super) async fn members(call: Call, _: NoBody) -> Result<Listed<Membership>, Problem> {
    let window = call.page()?;
    let members = call.authority().members(call.caller(), call.id()?, window.beyond()?).await?;
    Ok(window.page(members, |membership| *membership.id.as_bytes()).map(Membership::from))
}

async fn set_suspended(call: Call, suspended: bool) -> Result<Done<Organisation>, Problem> {
    let changed = call.authority().suspend_organisation(&call.context, call.id()?, suspended).await?;
    Ok(Done::of(changed, Organisation::from))
}
