//! When, from where and how often credentials were used. Not journalled: a check changes nothing.

use domain::id::CredentialId;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::executor::Executor;
use crate::statement::statements;
use crate::transaction::Reader;
use crate::value::params;

statements! {
    FLUSH_USAGE = "INSERT INTO credential_usage (credential, last_used_at, last_used_from, uses) VALUES ($1, $2, $3, $4)
        ON CONFLICT (credential) DO UPDATE SET
        last_used_from = CASE WHEN excluded.last_used_at >= credential_usage.last_used_at
            THEN COALESCE(excluded.last_used_from, credential_usage.last_used_from) ELSE credential_usage.last_used_from END,
        last_used_at = CASE WHEN excluded.last_used_at > credential_usage.last_used_at
            THEN excluded.last_used_at ELSE credential_usage.last_used_at END,
        uses = credential_usage.uses + excluded.uses";
    // Only organisation tokens are counted by day: who closes a delegation wants to know what was done lately.
    FLUSH_DAY = "INSERT INTO usage_day (credential, day, uses) SELECT id, CAST($2 AS BIGINT), CAST($3 AS BIGINT)
            FROM organisation_token WHERE id = $1
        ON CONFLICT (credential, day) DO UPDATE SET uses = usage_day.uses + excluded.uses";
    USES_SINCE = "SELECT CAST(COALESCE(SUM(uses), 0) AS BIGINT) FROM usage_day WHERE credential = $1 AND day >= $2";
    DROP_OLD_DAYS = "DELETE FROM usage_day WHERE day < $1";
}

/// How many days back uses are kept by day.
pub const DAYS_KEPT: i64 = 21;

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
        executor.execute(&FLUSH_DAY, &params![&row.credential, day(row.last_used_at), row.uses]).await?;
    }
    Ok(())
}

/// Forgets the counts of days that are more than [`DAYS_KEPT`] ago.
pub(crate) async fn drop_old_days(executor: &mut Executor<'_>, now: Timestamp) -> Result<(), StoreError> {
    executor.execute(&DROP_OLD_DAYS, &params![day(now) - DAYS_KEPT]).await.map(drop)
}

impl Reader<'_> {
    /// How often an organisation token was used on the UTC day of `since` and later, as far as uses were written; at most
    /// [`DAYS_KEPT`] days back.
    pub async fn uses_since(&mut self, credential: CredentialId, since: Timestamp) -> Result<u64, StoreError> {
        let row = self.executor.row(&USES_SINCE, &params![&credential, day(since)]).await?;
        row.map_or(Ok(0), |mut row| row.take())
    }
}

/// The day of a moment, in days since 1970.
fn day(at: Timestamp) -> i64 {
    at.unix_seconds().div_euclid(86_400)
}
