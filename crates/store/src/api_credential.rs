//! API credentials: what an API shows to ask about others' credentials.

use domain::credential::Digest;
use domain::id::CredentialId;
use domain::text::Description;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{StoreError, conflict};
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT c.id, c.api, c.description, c.prefix, c.created_at, u.last_used_at, e.exposed_at, c.revoked_at
         FROM api_credential c LEFT JOIN credential_usage u ON u.credential = c.id
         LEFT JOIN credential_exposure e ON e.digest = c.digest "
    };
}

statements! {
    INSERT_API_CREDENTIAL = "INSERT INTO api_credential (id, api, description, prefix, digest, created_at, revoked_at)
        SELECT $1, $2, $3, $4, $5, $6, $7
        WHERE NOT EXISTS (SELECT 1 FROM personal_token WHERE digest = $5)
        AND NOT EXISTS (SELECT 1 FROM overlap_secret WHERE digest = $5)
        AND NOT EXISTS (SELECT 1 FROM organisation_token WHERE digest = $5)
        AND NOT EXISTS (SELECT 1 FROM operator_token WHERE digest = $5)";
    API_CREDENTIAL = concat!(columns!(), "WHERE c.id = $1");
    API_CREDENTIALS = concat!(columns!(), "WHERE c.api = $1 AND c.revoked_at IS NULL ORDER BY c.id");
    REVOKE_API_CREDENTIAL = "UPDATE api_credential SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING digest";
}

/// A credential of an API: everything but the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiCredential {
    /// Its id.
    pub id: CredentialId,
    /// The API's name.
    pub api: String,
    /// What it is for.
    pub description: Description,
    /// The first characters of its text.
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, give or take the flush interval.
    pub last_used_at: Option<Timestamp>,
    /// Since when it is known to have come over plain HTTP, where anybody could read it.
    pub exposed_at: Option<Timestamp>,
    /// Since when it is ended, if so.
    pub revoked_at: Option<Timestamp>,
}

impl Reader<'_> {
    /// A credential of an API, revoked or not.
    pub async fn api_credential(&mut self, id: CredentialId) -> Result<Option<ApiCredential>, StoreError> {
        self.executor.row(&API_CREDENTIAL, &params![&id]).await?.map(credential).transpose()
    }

    /// The credentials of an API that are not revoked, ordered by id.
    pub async fn api_credentials(&mut self, api: &str) -> Result<Vec<ApiCredential>, StoreError> {
        let rows = self.executor.rows(&API_CREDENTIALS, &params![api]).await?;
        rows.into_iter().map(credential).collect()
    }
}

impl Tx<'_> {
    /// Makes a credential. Conflicts: `secret_digest`, `id`.
    pub async fn insert_api_credential(&mut self, new: &ApiCredential, digest: &Digest) -> Result<(), StoreError> {
        let ApiCredential { id, api, description, prefix, created_at, revoked_at, .. } = new;
        let params = params![id, api, description.as_str(), prefix, digest, *created_at, *revoked_at];
        match self.executor.execute(&INSERT_API_CREDENTIAL, &params).await? {
            0 => Err(StoreError::Conflict(conflict::SECRET_DIGEST)),
            _ => Ok(()),
        }
    }

    /// Ends a credential; gives the digest of its secret if it was not ended before.
    pub async fn revoke_api_credential(&mut self, id: CredentialId, at: Timestamp) -> Result<Option<Digest>, StoreError> {
        self.executor.row(&REVOKE_API_CREDENTIAL, &params![&id, at]).await?.map(|mut row| row.take()).transpose()
    }
}

fn credential(mut row: Row) -> Result<ApiCredential, StoreError> {
    Ok(ApiCredential {
        id: row.take()?,
        api: row.take()?,
        description: row.parse(Description::new)?,
        prefix: row.take()?,
        created_at: row.take()?,
        last_used_at: row.take()?,
        exposed_at: row.take()?,
        revoked_at: row.take()?,
    })
}
