//! Answers that are repeated for a repeated `Idempotency-Key`.

use std::time::Duration;

use domain::credential::Digest;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::executor::Executor;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    IDEMPOTENT_ANSWER = "SELECT request_digest, sealed FROM idempotent_answer WHERE key_digest = $1 AND kept_at > $2";
    // The key may have been used before and have ended since.
    KEEP_ANSWER = "INSERT INTO idempotent_answer (key_digest, request_digest, sealed, kept_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (key_digest) DO UPDATE SET
        request_digest = excluded.request_digest, sealed = excluded.sealed, kept_at = excluded.kept_at";
    DROP_OLD_ANSWERS = "DELETE FROM idempotent_answer WHERE kept_at <= $1";
}

/// For how long an answer can be asked for again.
pub const KEPT_FOR: Duration = Duration::from_secs(600);

/// An answer that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The digest of the request that it answered.
    pub request_digest: Digest,
    /// The answer, sealed under a key made from the caller's `Idempotency-Key`.
    pub sealed: Vec<u8>,
}

impl Reader<'_> {
    /// The answer that was given for this key, unless its time is over.
    pub async fn idempotent_answer(&mut self, key: &Digest, now: Timestamp) -> Result<Option<KeptAnswer>, StoreError> {
        let row = self.executor.row(&IDEMPOTENT_ANSWER, &params![key, now.saturating_sub(KEPT_FOR)]).await?;
        row.map(|mut row| Ok(KeptAnswer { request_digest: row.take()?, sealed: row.take()? })).transpose()
    }
}

impl Tx<'_> {
    /// Keeps an answer for [`KEPT_FOR`], in the transaction of the change that it tells of. `sealed` is under a key made
    /// from the caller's `Idempotency-Key`.
    pub async fn keep_answer(&mut self, key: &Digest, request: &Digest, sealed: &[u8], at: Timestamp) -> Result<(), StoreError> {
        let params = params![key, request, sealed, at];
        self.executor.execute(&KEEP_ANSWER, &params).await.map(drop)
    }
}

/// Removes the answers that were kept at or before this moment.
pub(crate) async fn drop_old(executor: &mut Executor<'_>, before: Timestamp) -> Result<(), StoreError> {
    executor.execute(&DROP_OLD_ANSWERS, &params![before]).await.map(drop)
}
