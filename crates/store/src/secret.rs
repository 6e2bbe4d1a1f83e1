//! Secrets of all kinds of credentials: no two credentials share one.

use domain::credential::Digest;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::Reader;
use crate::value::params;

statements! {
    DIGEST_KNOWN = "SELECT id FROM personal_token WHERE digest = $1 UNION ALL SELECT token FROM overlap_secret WHERE digest = $1
        UNION ALL SELECT id FROM api_credential WHERE digest = $1 UNION ALL SELECT id FROM operator_token WHERE digest = $1";
}

impl Reader<'_> {
    /// Whether any credential, ended ones among them, has or had this secret.
    pub async fn digest_known(&mut self, digest: &Digest) -> Result<bool, StoreError> {
        self.executor.exists(&DIGEST_KNOWN, &params![digest]).await
    }
}
