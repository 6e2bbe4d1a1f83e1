//! Organisation tokens: username and code with which an organisation's own software delivers.

use domain::organisation_token::{OrganisationToken as Token, Username};
use domain::permission::Permissions;
use domain::text::Description;
use domain::{CredentialId, OrganisationId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Nothing, Shown};
use super::call::Call;
use super::json::{Body, NoBody};
use super::permission::PermissionSet;
use super::personal_token::{Rotation, TokenUpdate};
use crate::edge::Problem;

/// An organisation token: everything but its code.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrganisationToken {
    /// Its id; rotation keeps it.
    #[schema(value_type = String, format = Uuid)]
    id: CredentialId,
    /// Whose it is. It works in this organisation's workspaces, and where a delegation to it is open.
    #[schema(value_type = String, format = Uuid)]
    organisation: OrganisationId,
    /// The API that it is for; every other one does not know it.
    api: String,
    /// Its username, unique among the API's live organisation tokens; rotation keeps it.
    #[schema(value_type = String)]
    username: Username,
    /// What it is for.
    #[schema(value_type = String)]
    description: Description,
    /// What it may do at most; `"all"`: all that the API has.
    permissions: PermissionSet,
    /// The first characters of its code; null for an imported one.
    prefix: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, give or take five seconds; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// From where; the /64 network of an IPv6 address.
    last_used_from: Option<String>,
    /// How often it was used, as known five seconds ago.
    uses: u64,
    /// When it stops by itself; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Since when it is paused; null if it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    suspended_at: Option<Timestamp>,
    /// Until when the code before the last rotation works or worked; null without a rotation.
    #[schema(value_type = Option<String>, format = DateTime)]
    old_secret_ends_at: Option<Timestamp>,
    /// Since when its present code is known to have come over plain HTTP, where anybody on the way could read it: replace it. Null if
    /// it is not; a rotation makes it null.
    #[schema(value_type = Option<String>, format = DateTime)]
    exposed_at: Option<Timestamp>,
    /// Raised by every change; the value of the `ETag`.
    revision: i64,
}

/// An organisation token with its code: shown once, in this answer.
#[derive(Serialize, ToSchema)]
pub(super) struct IssuedOrganisationToken {
    #[serde(flatten)]
    token: OrganisationToken,
    /// The code to present with the username, as `Basic` (RFC 7617). It is stored nowhere and cannot be shown again.
    #[schema(read_only)]
    code: String,
}

/// A new organisation token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrganisationToken {
    /// The API that it is for: one that takes organisation tokens.
    #[schema(pattern = "^[a-z][a-z0-9-]{0,39}$")]
    api: String,
    /// Its username: 3 to 40 of `a-z`, digits and hyphens. Left out: one is made of the organisation's name.
    #[serde(default, deserialize_with = "username")]
    #[schema(value_type = Option<String>, pattern = "^[a-z0-9-]{3,40}$")]
    username: Option<Username>,
    /// What it is for: 3 to 255 characters.
    #[schema(value_type = String, min_length = 3, max_length = 255)]
    description: Description,
    /// When it is to stop by itself: a whole second in the future, within 20 years. Left out: never.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// What it may do at most, of what its API has; left out: all of it.
    #[serde(default)]
    permissions: Option<PermissionSet>,
}

impl Body for NewOrganisationToken {}

impl From<Token> for OrganisationToken {
    fn from(token: Token) -> Self {
        Self {
            id: token.id,
            organisation: token.organisation,
            api: token.api,
            username: token.username,
            description: token.description,
            permissions: PermissionSet(token.permissions),
            prefix: token.prefix,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
            last_used_from: token.last_used_from,
            uses: token.uses,
            exposed_at: token.exposed_at,
            expires_at: token.expires_at,
            suspended_at: token.suspended_at,
            old_secret_ends_at: token.old_secret_ends_at,
            revision: token.revision,
        }
    }
}

impl From<authority::IssuedOrganisationToken> for IssuedOrganisationToken {
    fn from(issued: authority::IssuedOrganisationToken) -> Self {
        Self { code: issued.code.expose().clone(), token: issued.token.into() }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<OrganisationToken>, Problem> {
    let organisation = call.organisation_or_own()?;
    page(&call, organisation).await
}

pub(super) async fn list_of(call: Call, _: NoBody) -> Result<Listed<OrganisationToken>, Problem> {
    page(&call, Some(call.id()?)).await
}

pub(super) async fn create(call: Call, body: NewOrganisationToken) -> Result<Created<IssuedOrganisationToken>, Problem> {
    let NewOrganisationToken { api, username, description, expires_at, permissions } = body;
    let permissions = permissions.map_or(Permissions::All, |set| set.0);
    let new = authority::NewOrganisationToken { api, username, description, expires_at, permissions };
    let changed = call.authority().create_organisation_token(&call.context, call.id()?, new).await?;
    Ok(issued(changed).at(|issued| format!("/api/v1/organisation-tokens/{}", issued.token.id)))
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<OrganisationToken>, Problem> {
    let token = call.authority().organisation_token(call.caller(), call.id()?).await?;
    Ok(Shown { revision: Some(token.revision), value: token.into() })
}

pub(super) async fn update(call: Call, body: TokenUpdate) -> Result<Done<OrganisationToken>, Problem> {
    let update = body.read(call.expected_revision());
    Ok(done(call.authority().update_organisation_token(&call.context, call.id()?, update).await?))
}

pub(super) async fn revoke(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().revoke_organisation_token(&call.context, call.id()?).await?))
}

pub(super) async fn rotate(call: Call, body: Rotation) -> Result<Done<IssuedOrganisationToken>, Problem> {
    Ok(issued(call.authority().rotate_organisation_token(&call.context, call.id()?, body.overlap()).await?))
}

pub(super) async fn suspend(call: Call, _: NoBody) -> Result<Done<OrganisationToken>, Problem> {
    Ok(done(call.authority().suspend_organisation_token(&call.context, call.id()?, true).await?))
}

pub(super) async fn resume(call: Call, _: NoBody) -> Result<Done<OrganisationToken>, Problem> {
    Ok(done(call.authority().suspend_organisation_token(&call.context, call.id()?, false).await?))
}

async fn page(call: &Call, organisation: Option<OrganisationId>) -> Result<Listed<OrganisationToken>, Problem> {
    let window = call.page()?;
    let tokens = call.authority().organisation_tokens(call.caller(), organisation, window.beyond()?).await?;
    Ok(window.page(tokens, |token| *token.id.as_bytes()).map(OrganisationToken::from))
}

fn done(changed: authority::Changed<Token>) -> Done<OrganisationToken> {
    Done::of(changed, OrganisationToken::from).revision(|token| Some(token.revision))
}

fn issued(changed: authority::Changed<authority::IssuedOrganisationToken>) -> Done<IssuedOrganisationToken> {
    Done::of(changed, IssuedOrganisationToken::from).revision(|issued| Some(issued.token.revision))
}

/// A new username; one of another system may look otherwise.
fn username<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Username>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    text.map(|text| Username::new(&text).map_err(serde::de::Error::custom)).transpose()
}
