//! Operator tokens: the credentials of whoever runs the installation.

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
        "SELECT c.id, c.description, c.prefix, c.created_at, u.last_used_at, e.exposed_at, c.revoked_at
         FROM operator_token c LEFT JOIN credential_usage u ON u.credential = c.id
         LEFT JOIN credential_exposure e ON e.digest = c.digest "
    };
}

statements! {
    INSERT_OPERATOR_TOKEN = "INSERT INTO operator_token (id, description, prefix, digest, created_at, revoked_at)
        SELECT $1, $2, $3, $4, $5, $6
        WHERE NOT EXISTS (SELECT 1 FROM personal_token WHERE digest = $4)
        AND NOT EXISTS (SELECT 1 FROM overlap_secret WHERE digest = $4)
        AND NOT EXISTS (SELECT 1 FROM organisation_token WHERE digest = $4)
        AND NOT EXISTS (SELECT 1 FROM api_credential WHERE digest = $4)";
    OPERATOR_TOKEN = concat!(columns!(), "WHERE c.id = $1");
    OPERATOR_TOKENS = concat!(columns!(), "WHERE c.revoked_at IS NULL ORDER BY c.id");
    REVOKE_OPERATOR_TOKEN = "UPDATE operator_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING digest";
}

/// An operator token: everything but the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorToken {
    /// Its id.
    pub id: CredentialId,
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
    /// An operator token, revoked or not.
    pub async fn operator_token(&mut self, id: CredentialId) -> Result<Option<OperatorToken>, StoreError> {
        self.executor.row(&OPERATOR_TOKEN, &params![&id]).await?.map(operator_token).transpose()
    }

    /// The operator tokens that are not revoked, ordered by id.
    pub async fn operator_tokens(&mut self) -> Result<Vec<OperatorToken>, StoreError> {
        let rows = self.executor.rows(&OPERATOR_TOKENS, &params![]).await?;
        rows.into_iter().map(operator_token).collect()
    }
}

impl Tx<'_> {
    /// Makes an operator token. Conflicts: `secret_digest`, `id`.
    pub async fn insert_operator_token(&mut self, new: &OperatorToken, digest: &Digest) -> Result<(), StoreError> {
        let OperatorToken { id, description, prefix, created_at, revoked_at, .. } = new;
        let params = params![id, description.as_str(), prefix, digest, *created_at, *revoked_at];
        match self.executor.execute(&INSERT_OPERATOR_TOKEN, &params).await? {
            0 => Err(StoreError::Conflict(conflict::SECRET_DIGEST)),
            _ => Ok(()),
        }
    }

    /// Ends an operator token; gives the digest of its secret if it was not ended before.
    pub async fn revoke_operator_token(&mut self, id: CredentialId, at: Timestamp) -> Result<Option<Digest>, StoreError> {
        self.executor.row(&REVOKE_OPERATOR_TOKEN, &params![&id, at]).await?.map(|mut row| row.take()).transpose()
    }
}

fn operator_token(mut row: Row) -> Result<OperatorToken, StoreError> {
    Ok(OperatorToken {
        id: row.take()?,
        description: row.parse(Description::new)?,
        prefix: row.take()?,
        created_at: row.take()?,
        last_used_at: row.take()?,
        exposed_at: row.take()?,
        revoked_at: row.take()?,
    })
}
