//! Authorization codes: kept by their digest, redeemed once.

use domain::credential::Digest;
use domain::id::{CredentialId, FamilyId, GrantId};
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    INSERT_AUTHORIZATION_CODE = "INSERT INTO authorization_code (digest, client_grant, organisation_key, family, request, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    IS_REDEEMED = "SELECT CASE WHEN redeemed_at IS NULL THEN 0 ELSE 1 END FROM authorization_code WHERE digest = $1";
}

/// A code that a client is about to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuthorizationCode {
    /// The digest of its text.
    pub digest: Digest,
    /// The grant that it hangs from.
    pub grant: GrantId,
    /// The client's organisation key.
    pub key: CredentialId,
    /// The family of the refresh tokens that come of it.
    pub family: FamilyId,
    /// What was asked and consented to, as JSON ([`domain::authorization::Authorization`]).
    pub request: String,
    /// From this moment on it is worth nothing.
    pub expires_at: Timestamp,
}

impl Reader<'_> {
    /// Whether the code with this digest was redeemed; nothing, where there is none.
    pub async fn is_code_redeemed(&mut self, digest: &Digest) -> Result<Option<bool>, StoreError> {
        self.executor.row(&IS_REDEEMED, &params![digest]).await?.map(|mut row| row.take()).transpose()
    }
}

impl Tx<'_> {
    /// Keeps a code. Conflicts: `id` (the same code is there), `parent`.
    pub async fn insert_authorization_code(&mut self, new: &NewAuthorizationCode) -> Result<(), StoreError> {
        let NewAuthorizationCode { digest, grant, key, family, request, expires_at } = new;
        let params = params![digest, grant, key, family, request, *expires_at];
        self.executor.execute(&INSERT_AUTHORIZATION_CODE, &params).await.map(drop)
    }
}
