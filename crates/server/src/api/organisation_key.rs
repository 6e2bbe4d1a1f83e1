//! Organisation keys: public id and private key with which an organisation connects its systems.

use std::time::Duration;

use authority::OrganisationKeyFilter;
use domain::client::{ClientDefinition, SigningAlgorithm};
use domain::organisation_key::{OrganisationKey as Key, PrivateKey as KeptPrivateKey};
use domain::text::Name;
use domain::{CredentialId, OrganisationId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Nothing, Shown};
use super::call::Call;
use super::json::{Body, NoBody};
use super::organisation_key_request::{
    ApplicationTypeName, AuthenticationName, GrantTypeName, NewOrganisationKey, OrganisationKeyUpdate, ProfileName, SigningAlgorithmName,
};
use super::permission::PermissionSet;
use super::query::Parameter;
use crate::edge::Problem;

/// An organisation key: everything but its private key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrganisationKey {
    /// Its id; rotation keeps it.
    #[schema(value_type = String, format = Uuid)]
    id: CredentialId,
    /// Whose it is; null for a client that registered itself (RFC 7591).
    #[schema(value_type = Option<String>, format = Uuid)]
    organisation: Option<OrganisationId>,
    /// The one workspace that it sees; null: all of the organisation's.
    #[schema(value_type = Option<String>, format = Uuid)]
    workspace: Option<WorkspaceId>,
    /// Its public id: `client_id` in OAuth 2, the username with `Basic`. No secret; never changed.
    client_id: String,
    /// Its name for people.
    #[schema(value_type = String)]
    name: Name,
    /// Whom to write to about it.
    contact: Option<String>,
    /// How it came to be known: `organisation`, `operator` or `dynamic`.
    #[schema(value_type = String)]
    registration: domain::client::Registration,
    /// Where it runs.
    #[schema(value_type = ApplicationTypeName)]
    application_type: domain::client::ApplicationType,
    /// Where codes may be sent; compared exactly, but for the port of a native client's loopback address.
    redirect_uris: Vec<String>,
    /// Where a browser may be sent after signing out.
    post_logout_redirect_uris: Vec<String>,
    /// The origins whose pages may read answers.
    cors_origins: Vec<String>,
    /// What it may ask tokens with.
    #[schema(value_type = Vec<GrantTypeName>)]
    grant_types: Vec<domain::client::GrantType>,
    /// What it may do at most, for itself or for a person; `"all"`: all that APIs let organisation keys do.
    permissions: PermissionSet,
    /// The scopes that it gets where it asks for none in the code flow; empty: all of its scopes.
    default_scopes: Vec<String>,
    /// How it may authenticate; empty: it cannot keep a secret (a public client).
    #[schema(value_type = Vec<AuthenticationName>)]
    authentication: Vec<domain::client::ClientAuthentication>,
    /// The rules that it is held to beyond the ordinary ones.
    #[schema(value_type = ProfileName)]
    profile: domain::client::Profile,
    /// Its public keys as a JWK set; null where they are elsewhere or not needed.
    #[schema(value_type = Option<Object>)]
    jwks: Option<Value>,
    /// Where its public keys are.
    jwks_uri: Option<String>,
    /// The algorithm of its ID tokens; null: `ES256`.
    #[schema(value_type = Option<SigningAlgorithmName>)]
    id_token_algorithm: Option<SigningAlgorithm>,
    /// Whether authorization requests must be pushed (RFC 9126).
    requires_pushed_requests: bool,
    /// Whether its access tokens must be bound to a key (RFC 9449).
    requires_dpop: bool,
    /// Whether its refresh tokens rotate; null: those of public clients do.
    rotates_refresh_tokens: Option<bool>,
    /// Where it is told that a session has ended.
    backchannel_logout_uri: Option<String>,
    /// Whether it must be told which session; it is told in any case.
    backchannel_logout_session_required: bool,
    /// Its page for people.
    client_uri: Option<String>,
    /// Its private keys that were not ended, the newest first: two during a rotation. Never their texts.
    private_keys: Vec<PrivateKey>,
    /// Since when access tokens of it are known to come over plain HTTP from another machine: the software that uses it sends them so;
    /// null if they do not.
    #[schema(value_type = Option<String>, format = DateTime)]
    access_token_exposed_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Since when it is paused; null if it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    suspended_at: Option<Timestamp>,
    /// Raised by every change; the value of the `ETag`.
    revision: i64,
}

/// A private key: everything but its text. From its uses one sees when it is safe to end it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PrivateKey {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: CredentialId,
    /// The first characters of its text; null for an imported one.
    prefix: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it stops by itself; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Timestamp>,
    /// When it was last used, give or take five seconds; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// From where; the /64 network of an IPv6 address.
    last_used_from: Option<String>,
    /// How often it was used, as known five seconds ago; the uses of access tokens that came with it among them.
    uses: u64,
    /// Since when somebody on the way may know it: it came over plain HTTP from another machine; null if it did not.
    #[schema(value_type = Option<String>, format = DateTime)]
    exposed_at: Option<Timestamp>,
}

/// An organisation key with its private key: shown once, in this answer.
#[derive(Serialize, ToSchema)]
pub(super) struct IssuedOrganisationKey {
    #[serde(flatten)]
    key: OrganisationKey,
    /// The private key. It is stored nowhere and cannot be shown again. Null where the client authenticates otherwise, or cannot.
    #[schema(read_only)]
    private_key: Option<String>,
}

/// How a key gets a new private key.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PrivateKeyRotation {
    /// For how many seconds the old private key still works, at most 90 days.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 7_776_000, default = 0)]
    overlap_seconds: u32,
    /// When the new private key ends by itself, within 20 years; left out: never.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    private_key_ends_at: Option<Timestamp>,
}

/// Which private key is ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PrivateKeyRevocation {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    private_key: CredentialId,
}

impl Body for PrivateKeyRotation {}
impl Body for PrivateKeyRevocation {}

impl From<Key> for OrganisationKey {
    fn from(key: Key) -> Self {
        let client: ClientDefinition = key.definition;
        Self {
            id: key.id,
            organisation: key.organisation,
            workspace: key.workspace,
            client_id: client.client_id,
            name: client.name,
            contact: key.contact.map(|contact| contact.as_str().to_owned()),
            registration: client.registration,
            application_type: client.application_type,
            redirect_uris: client.redirect_uris,
            post_logout_redirect_uris: client.post_logout_redirect_uris,
            cors_origins: client.cors_origins,
            grant_types: client.grant_types,
            permissions: PermissionSet(client.permissions),
            default_scopes: client.default_scopes,
            authentication: client.authentication,
            profile: client.profile,
            jwks: client.jwks,
            jwks_uri: client.jwks_uri,
            id_token_algorithm: client.id_token_algorithm,
            requires_pushed_requests: client.requires_pushed_requests,
            requires_dpop: client.requires_dpop,
            rotates_refresh_tokens: client.rotates_refresh_tokens,
            backchannel_logout_uri: client.backchannel_logout_uri,
            backchannel_logout_session_required: client.backchannel_logout_session_required,
            client_uri: client.client_uri,
            private_keys: key.private_keys.into_iter().map(PrivateKey::from).collect(),
            access_token_exposed_at: key.access_token_exposed_at,
            created_at: key.created_at,
            suspended_at: key.suspended_at,
            revision: key.revision,
        }
    }
}

impl From<KeptPrivateKey> for PrivateKey {
    fn from(kept: KeptPrivateKey) -> Self {
        let KeptPrivateKey { id, prefix, created_at, ends_at, last_used_at, last_used_from, uses, exposed_at } = kept;
        Self { id, prefix, created_at, ends_at, last_used_at, last_used_from, uses, exposed_at }
    }
}

impl From<authority::IssuedOrganisationKey> for IssuedOrganisationKey {
    fn from(issued: authority::IssuedOrganisationKey) -> Self {
        Self { private_key: issued.private_key.map(|text| text.expose().clone()), key: issued.key.into() }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<OrganisationKey>, Problem> {
    let filter = OrganisationKeyFilter { organisation: call.organisation_or_own()?, workspace: call.query.id(Parameter::Workspace)? };
    page(&call, filter).await
}

pub(super) async fn list_of(call: Call, _: NoBody) -> Result<Listed<OrganisationKey>, Problem> {
    page(&call, OrganisationKeyFilter { organisation: Some(call.id()?), workspace: None }).await
}

pub(super) async fn create(call: Call, body: NewOrganisationKey) -> Result<Created<IssuedOrganisationKey>, Problem> {
    let changed = call.authority().create_organisation_key(&call.context, call.id()?, body.into()).await?;
    Ok(issued(changed).at(|issued| format!("/api/v1/organisation-keys/{}", issued.key.id)))
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<OrganisationKey>, Problem> {
    let key = call.authority().organisation_key(call.caller(), call.id()?).await?;
    Ok(Shown { revision: Some(key.revision), value: key.into() })
}

pub(super) async fn update(call: Call, body: OrganisationKeyUpdate) -> Result<Done<OrganisationKey>, Problem> {
    let update = body.read(call.expected_revision());
    Ok(done(call.authority().update_organisation_key(&call.context, call.id()?, update).await?))
}

pub(super) async fn revoke(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().revoke_organisation_key(&call.context, call.id()?).await?))
}

pub(super) async fn rotate(call: Call, body: PrivateKeyRotation) -> Result<Done<IssuedOrganisationKey>, Problem> {
    let overlap = Duration::from_secs(body.overlap_seconds.into());
    let rotation = authority::PrivateKeyRotation { overlap, ends_at: body.private_key_ends_at };
    Ok(issued(call.authority().rotate_organisation_key(&call.context, call.id()?, rotation).await?))
}

pub(super) async fn revoke_private_key(call: Call, body: PrivateKeyRevocation) -> Result<Done<OrganisationKey>, Problem> {
    Ok(done(call.authority().revoke_private_key(&call.context, call.id()?, body.private_key).await?))
}

pub(super) async fn end_access_tokens(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().end_access_tokens_of_key(&call.context, call.id()?).await?))
}

pub(super) async fn suspend(call: Call, _: NoBody) -> Result<Done<OrganisationKey>, Problem> {
    Ok(done(call.authority().suspend_organisation_key(&call.context, call.id()?, true).await?))
}

pub(super) async fn resume(call: Call, _: NoBody) -> Result<Done<OrganisationKey>, Problem> {
    Ok(done(call.authority().suspend_organisation_key(&call.context, call.id()?, false).await?))
}

async fn page(call: &Call, filter: OrganisationKeyFilter) -> Result<Listed<OrganisationKey>, Problem> {
    let window = call.page()?;
    let keys = call.authority().organisation_keys(call.caller(), filter, window.beyond()?).await?;
    Ok(window.page(keys, |key| *key.id.as_bytes()).map(OrganisationKey::from))
}

fn done(changed: authority::Changed<Key>) -> Done<OrganisationKey> {
    Done::of(changed, OrganisationKey::from).revision(|key| Some(key.revision))
}

fn issued(changed: authority::Changed<authority::IssuedOrganisationKey>) -> Done<IssuedOrganisationKey> {
    Done::of(changed, IssuedOrganisationKey::from).revision(|issued| Some(issued.key.revision))
}
