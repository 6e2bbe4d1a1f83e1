//! Authorization codes: kept by their digest, redeemed once.

use domain::authorization::Authorization;
use domain::credential::Digest;
use domain::id::{CredentialId, FamilyId, GrantId, PersonId};
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    INSERT_AUTHORIZATION_CODE = "INSERT INTO authorization_code (digest, client_grant, organisation_key, family, request, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    AUTHORIZATION_CODE = "SELECT c.client_grant, c.organisation_key, c.family, c.request, c.expires_at, c.redeemed_at, g.person, g.ended_at
        FROM authorization_code c JOIN client_grant g ON g.id = c.client_grant WHERE c.digest = $1";
    // Whoever changes the row is the one that has redeemed it.
    REDEEM_AUTHORIZATION_CODE = "UPDATE authorization_code SET redeemed_at = $2 WHERE digest = $1 AND redeemed_at IS NULL";
    DROP_OLD_CODES = "DELETE FROM authorization_code WHERE expires_at <= $1";
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

/// A code as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// The grant that it hangs from.
    pub grant: GrantId,
    /// The client's organisation key.
    pub key: CredentialId,
    /// The family of the refresh tokens that come of it.
    pub family: FamilyId,
    /// What was asked and consented to.
    pub request: Authorization,
    /// From this moment on it is worth nothing.
    pub expires_at: Timestamp,
    /// When it was redeemed, if it was.
    pub redeemed_at: Option<Timestamp>,
    /// Who consented.
    pub person: PersonId,
    /// When the grant was ended, if it was.
    pub grant_ended_at: Option<Timestamp>,
}

impl Store {
    /// Forgets codes that were over at this moment. Not journalled.
    pub async fn drop_old_codes(&self, before: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(async move { executor.execute(&DROP_OLD_CODES, &params![before]).await.map(drop) })).await
    }
}

impl Reader<'_> {
    /// The code with this digest, redeemed or not.
    pub async fn authorization_code(&mut self, digest: &Digest) -> Result<Option<AuthorizationCode>, StoreError> {
        let row = self.executor.row(&AUTHORIZATION_CODE, &params![digest]).await?;
        row.map(|mut row| {
            Ok(AuthorizationCode {
                grant: row.take()?,
                key: row.take()?,
                family: row.take()?,
                request: row.json()?,
                expires_at: row.take()?,
                redeemed_at: row.take()?,
                person: row.take()?,
                grant_ended_at: row.take()?,
            })
        })
        .transpose()
    }

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

    /// Redeems a code: of several that try, one is told that it was not redeemed before.
    pub async fn redeem_authorization_code(&mut self, digest: &Digest, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&REDEEM_AUTHORIZATION_CODE, &params![digest, at]).await? > 0)
    }
}
