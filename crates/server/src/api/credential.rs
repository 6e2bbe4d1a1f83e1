//! The credentials of APIs and of whoever runs the installation.

use authority::{Issued, ServiceCredential};
use domain::text::Description;
use domain::{CredentialId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Nothing};
use super::call::Call;
use super::json::{Body, NoBody};
use crate::edge::Problem;

/// What an API shows to ask about others' credentials: everything but its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApiCredential {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: CredentialId,
    /// The API's name.
    api: String,
    /// What it is for.
    #[schema(value_type = String)]
    description: Description,
    /// The first characters of its text.
    prefix: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, give or take five seconds; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// Since when it is known to have come over plain HTTP, where anybody on the way could read it: replace it. Null if it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    exposed_at: Option<Timestamp>,
}

/// The credential of whoever runs the installation: everything but its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OperatorToken {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: CredentialId,
    /// What it is for.
    #[schema(value_type = String)]
    description: Description,
    /// The first characters of its text.
    prefix: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, give or take five seconds; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// Since when it is known to have come over plain HTTP, where anybody on the way could read it: replace it. Null if it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    exposed_at: Option<Timestamp>,
}

/// An API credential with its secret: shown once, in this answer.
#[derive(Serialize, ToSchema)]
pub(super) struct IssuedApiCredential {
    #[serde(flatten)]
    credential: ApiCredential,
    /// The text to present. It is stored nowhere and cannot be shown again.
    #[schema(read_only)]
    secret: String,
}

/// An operator token with its secret: shown once, in this answer.
#[derive(Serialize, ToSchema)]
pub(super) struct IssuedOperatorToken {
    #[serde(flatten)]
    credential: OperatorToken,
    /// The text to present. It is stored nowhere and cannot be shown again.
    #[schema(read_only)]
    secret: String,
}

/// A new API credential or operator token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCredential {
    /// What it is for: 3 to 255 characters.
    #[schema(value_type = String, min_length = 3, max_length = 255)]
    description: Description,
}

impl Body for NewCredential {}

impl From<ServiceCredential> for ApiCredential {
    fn from(credential: ServiceCredential) -> Self {
        let ServiceCredential { id, api, description, prefix, created_at, last_used_at, exposed_at } = credential;
        Self { id, api: api.unwrap_or_default(), description, prefix, created_at, last_used_at, exposed_at }
    }
}

impl From<ServiceCredential> for OperatorToken {
    fn from(credential: ServiceCredential) -> Self {
        let ServiceCredential { id, description, prefix, created_at, last_used_at, exposed_at, .. } = credential;
        Self { id, description, prefix, created_at, last_used_at, exposed_at }
    }
}

impl From<Issued> for IssuedApiCredential {
    fn from(issued: Issued) -> Self {
        Self { secret: issued.secret.expose().clone(), credential: issued.credential.into() }
    }
}

impl From<Issued> for IssuedOperatorToken {
    fn from(issued: Issued) -> Self {
        Self { secret: issued.secret.expose().clone(), credential: issued.credential.into() }
    }
}

impl From<NewCredential> for authority::NewCredential {
    fn from(new: NewCredential) -> Self {
        Self { description: new.description }
    }
}

pub(super) async fn list_of_api(call: Call, _: NoBody) -> Result<Listed<ApiCredential>, Problem> {
    let window = call.page()?;
    let credentials = call.authority().api_credentials(call.caller(), call.name()?, window.beyond()?).await?;
    Ok(window.page(credentials, |credential| *credential.id.as_bytes()).map(ApiCredential::from))
}

pub(super) async fn create_of_api(call: Call, body: NewCredential) -> Result<Created<IssuedApiCredential>, Problem> {
    let changed = call.authority().create_api_credential(&call.context, call.name()?, body.into()).await?;
    Ok(Done::of(changed, IssuedApiCredential::from).at(|issued| format!("/api/v1/api-credentials/{}", issued.credential.id)))
}

pub(super) async fn revoke_of_api(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().revoke_api_credential(&call.context, call.id()?).await?))
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<OperatorToken>, Problem> {
    let window = call.page()?;
    let tokens = call.authority().operator_tokens(call.caller(), window.beyond()?).await?;
    Ok(window.page(tokens, |token| *token.id.as_bytes()).map(OperatorToken::from))
}

pub(super) async fn create(call: Call, body: NewCredential) -> Result<Created<IssuedOperatorToken>, Problem> {
    let changed = call.authority().create_operator_token(&call.context, body.into()).await?;
    Ok(Done::of(changed, IssuedOperatorToken::from).at(|issued| format!("/api/v1/operator-tokens/{}", issued.credential.id)))
}

pub(super) async fn revoke(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().revoke_operator_token(&call.context, call.id()?).await?))
}
