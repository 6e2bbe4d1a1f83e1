//! Secrets of all kinds of credentials: no two credentials share one. And the overlap of a rotation.

use domain::credential::Digest;
use domain::event::SecretState;
use domain::id::CredentialId;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    DIGEST_KNOWN = "SELECT id FROM personal_token WHERE digest = $1 UNION ALL SELECT token FROM overlap_secret WHERE digest = $1
        UNION ALL SELECT id FROM organisation_token WHERE digest = $1
        UNION ALL SELECT id FROM api_credential WHERE digest = $1 UNION ALL SELECT id FROM operator_token WHERE digest = $1
        UNION ALL SELECT id FROM private_key WHERE digest = $1";
    OVERLAP_SECRET = "SELECT digest, not_after FROM overlap_secret WHERE token = $1";
    CAP_OVERLAP = "UPDATE overlap_secret SET not_after = $2 WHERE token = $1 AND not_after > $2";
    DROP_OVERLAP = "DELETE FROM overlap_secret WHERE token = $1";
    KEEP_OVERLAP = "INSERT INTO overlap_secret (token, digest, not_after) VALUES ($1, $2, $3)";
}

impl Reader<'_> {
    /// Whether any credential, ended ones among them, has or had this secret.
    pub async fn digest_known(&mut self, digest: &Digest) -> Result<bool, StoreError> {
        self.executor.exists(&DIGEST_KNOWN, &params![digest]).await
    }

    /// The secret before the last rotation of a token of any kind, if it is kept.
    pub(crate) async fn overlap_secret(&mut self, token: CredentialId) -> Result<Option<SecretState>, StoreError> {
        let row = self.executor.row(&OVERLAP_SECRET, &params![&token]).await?;
        row.map(|mut row| Ok(SecretState { digest: row.take()?, not_after: row.take()? })).transpose()
    }
}

impl Tx<'_> {
    /// The overlap never outlives the token.
    pub(crate) async fn cap_overlap(&mut self, token: CredentialId, end: Timestamp) -> Result<(), StoreError> {
        self.executor.execute(&CAP_OVERLAP, &params![&token, end]).await.map(drop)
    }

    /// Keeps the old secret until its end, and drops the one of an earlier overlap.
    pub(crate) async fn replace_overlap(&mut self, token: CredentialId, old: &SecretState) -> Result<(), StoreError> {
        self.executor.execute(&DROP_OVERLAP, &params![&token]).await?;
        // A token without an expiry must not give its old secret an endless life: without an end it is dropped.
        if let Some(end) = old.not_after {
            self.executor.execute(&KEEP_OVERLAP, &params![&token, &old.digest, end]).await?;
        }
        Ok(())
    }
}
