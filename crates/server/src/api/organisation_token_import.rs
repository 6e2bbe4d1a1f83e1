//! Import of organisation tokens from another system: usernames and digests, never their codes.

use authority::OrganisationTokenRow;
use domain::organisation_token::Username;
use domain::permission::Permissions;
use domain::text::Description;
use domain::{Digest, OrganisationId, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::Done;
use super::call::Call;
use super::import::{Imported, Readable};
use super::json::Body;
use super::permission::PermissionSet;
use crate::edge::Problem;

/// Organisation tokens to import.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationTokenImport {
    /// At most 1,000 rows. Each is a change of its own: a refused one leaves the others alone, a repeated one changes nothing.
    #[schema(value_type = Vec<ImportedOrganisationToken>, max_items = 1000)]
    tokens: Vec<Value>,
}

/// One organisation token to import.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportedOrganisationToken {
    /// Whose.
    #[schema(value_type = String, format = Uuid)]
    organisation: OrganisationId,
    /// The API that it is for: one that takes organisation tokens and imported credentials.
    #[schema(pattern = "^[a-z][a-z0-9-]{0,39}$")]
    api: String,
    /// Its username: 1 to 100 visible ASCII characters without a colon, unique among the API's live organisation tokens.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    username: Username,
    /// What it is for: 3 to 255 characters.
    #[schema(value_type = String, min_length = 3, max_length = 255)]
    description: Description,
    /// SHA-256 of its code alone: 64 hexadecimal digits or 44 characters of padded Base64.
    #[schema(value_type = String, min_length = 44, max_length = 64)]
    digest: Digest,
    /// When it is to stop by itself: in the future, within 20 years. Left out: never.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// What it may do at most, of what its API has; left out: all of it.
    #[serde(default)]
    permissions: Option<PermissionSet>,
}

impl Body for OrganisationTokenImport {}

impl From<ImportedOrganisationToken> for OrganisationTokenRow {
    fn from(row: ImportedOrganisationToken) -> Self {
        let ImportedOrganisationToken { organisation, api, username, description, digest, expires_at, permissions } = row;
        let permissions = permissions.map_or(Permissions::All, |set| set.0);
        Self { organisation, api, username, description, digest, expires_at, permissions }
    }
}

pub(super) async fn create(call: Call, body: OrganisationTokenImport) -> Result<Done<Imported>, Problem> {
    let (rows, readable) = Readable::split::<ImportedOrganisationToken, _>("tokens", body.tokens)?;
    Ok(readable.report(call.authority().import_organisation_tokens(&call.context, rows).await?))
}
