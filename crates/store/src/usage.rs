//! When, from where and how often credentials were used. Not journalled: a check changes nothing.

use domain::id::CredentialId;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::executor::Executor;
use crate::statement::statements;
use crate::value::params;

statements! {
    FLUSH_USAGE = "INSERT INTO credential_usage (credential, last_used_at, last_used_from, uses) VALUES ($1, $2, $3, $4)
        ON CONFLICT (credential) DO UPDATE SET
        last_used_from = CASE WHEN excluded.last_used_at >= credential_usage.last_used_at
            THEN COALESCE(excluded.last_used_from, credential_usage.last_used_from) ELSE credential_usage.last_used_from END,
        last_used_at = CASE WHEN excluded.last_used_at > credential_usage.last_used_at
            THEN excluded.last_used_at ELSE credential_usage.last_used_at END,
        uses = credential_usage.uses + excluded.uses";
}

/// The use of one credential since the last flush.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// Which credential, of any kind.
    pub credential: CredentialId,
    /// When it was used last.
    pub last_used_at: Timestamp,
    /// How often.
    pub uses: u32,
    /// From where last; the /64 network of an IPv6 address.
    pub address: Option<String>,
}

/// Adds uses to what is known: the latest time and its address, the sum of the uses.
pub(crate) async fn flush(executor: &mut Executor<'_>, batch: &[UsageRow]) -> Result<(), StoreError> {
    for row in batch {
        let params = params![&row.credential, row.last_used_at, row.address.as_deref(), row.uses];
        executor.execute(&FLUSH_USAGE, &params).await?;
    }
    Ok(())
}
