//! Memberships: one person in one organisation, with roles.

use domain::person::{Role, Roles};
use domain::{MembershipId, OrganisationId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Nothing};
use super::call::Call;
use super::json::{Body, NoBody};
use crate::edge::Problem;

/// What a member is in an organisation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum RoleName {
    /// Manages the organisation and its members.
    Owner,
    /// Manages its keys and tokens.
    KeyManager,
    /// Manages its projects and delegations.
    ProjectManager,
    /// Belongs to it.
    Member,
}

/// One person in one organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Membership {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: MembershipId,
    /// Who.
    #[schema(value_type = String, format = Uuid)]
    person: PersonId,
    /// Where.
    #[schema(value_type = String, format = Uuid)]
    organisation: OrganisationId,
    /// As what.
    #[schema(value_type = Vec<RoleName>)]
    roles: Roles,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// A new membership.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMembership {
    /// Where.
    #[schema(value_type = String, format = Uuid)]
    organisation: OrganisationId,
    /// As what; `member` where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<RoleName>>)]
    roles: Option<Roles>,
}

/// What a member is to be from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MembershipUpdate {
    /// All roles from now on.
    #[schema(value_type = Vec<RoleName>)]
    roles: Roles,
}

/// Where a member goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    /// To here.
    #[schema(value_type = String, format = Uuid)]
    organisation: OrganisationId,
    /// As what there; the same as before where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<RoleName>>)]
    roles: Option<Roles>,
}

impl Body for NewMembership {}
impl Body for MembershipUpdate {}
impl Body for Move {}

impl From<domain::person::Membership> for Membership {
    fn from(membership: domain::person::Membership) -> Self {
        let domain::person::Membership { id, person, organisation, roles, created_at } = membership;
        Self { id, person, organisation, roles, created_at }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<Membership>, Problem> {
    let window = call.page()?;
    let memberships = call.authority().memberships(call.caller(), call.id()?).await?;
    Ok(window.page_of(memberships, |membership| *membership.id.as_bytes()).map(Membership::from))
}

pub(super) async fn create(call: Call, body: NewMembership) -> Result<Created<Membership>, Problem> {
    let roles = body.roles.unwrap_or(Roles::NONE.with(Role::Member));
    let changed = call.authority().add_member(&call.context, call.id()?, body.organisation, roles).await?;
    Ok(Done::of(changed, Membership::from).at(|made| format!("/api/v1/memberships/{}", made.id)))
}

pub(super) async fn update(call: Call, body: MembershipUpdate) -> Result<Done<Membership>, Problem> {
    let changed = call.authority().set_roles(&call.context, call.id()?, body.roles).await?;
    Ok(Done::of(changed, Membership::from))
}

pub(super) async fn end(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().remove_member(&call.context, call.id()?).await?))
}

pub(super) async fn move_to(call: Call, body: Move) -> Result<Done<Membership>, Problem> {
    let changed = call.authority().move_member(&call.context, call.id()?, body.organisation, body.roles).await?;
    Ok(Done::of(changed, Membership::from))
}
