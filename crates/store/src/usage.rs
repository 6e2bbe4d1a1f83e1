//! What credentials did, by day: uses, refusals, permissions. Not journalled: a check changes nothing.

use domain::id::{CredentialId, OrganisationId, WorkspaceId};
use domain::permission::Permission;
use domain::time::Timestamp;
use domain::{Day, Refusal};

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
    FLUSH_DAY = "INSERT INTO usage_day (credential, day, uses) VALUES ($1, $2, $3)
        ON CONFLICT (credential, day) DO UPDATE SET uses = usage_day.uses + excluded.uses";
    FLUSH_CHECKS = "INSERT INTO check_day (credential, day, workspace, api, ending, organisation, checks) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (credential, day, workspace, api, ending) DO UPDATE SET checks = check_day.checks + excluded.checks";
    FLUSH_PERMISSION = "INSERT INTO permission_use (credential, permission, day) VALUES ($1, $2, $3)
        ON CONFLICT (credential, permission) DO UPDATE SET
        day = CASE WHEN excluded.day > permission_use.day THEN excluded.day ELSE permission_use.day END";
    FLUSH_UNCOUNTED = "INSERT INTO uncounted_day (day, checks) VALUES ($1, $2)
        ON CONFLICT (day) DO UPDATE SET checks = uncounted_day.checks + excluded.checks";
    COUNT_SINCE = "INSERT INTO counted_since (one, day) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";
    USES_SINCE = "SELECT CAST(COALESCE(SUM(uses), 0) AS BIGINT) FROM usage_day WHERE credential = $1 AND day >= $2";
    DROP_OLD_USAGE_DAYS = "DELETE FROM usage_day WHERE day < $1";
    DROP_OLD_CHECK_DAYS = "DELETE FROM check_day WHERE day < $1";
    DROP_OLD_PERMISSION_USES = "DELETE FROM permission_use WHERE day < $1";
    DROP_OLD_UNCOUNTED_DAYS = "DELETE FROM uncounted_day WHERE day < $1";
}

/// How many days back is known what credentials did: 13 months.
pub const DAYS_KEPT: i32 = 400;
/// Stands where there is no workspace.
pub(crate) const NOWHERE: [u8; 16] = [0; 16];

/// The use of one credential since the last flush.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// Which credential, of any kind.
    pub credential: CredentialId,
    /// When it was used last: all of the uses count for that day.
    pub last_used_at: Timestamp,
    /// How often.
    pub uses: u32,
    /// From where last; the /64 network of an IPv6 address.
    pub address: Option<String>,
}

/// How checks of a credential ended on a day, since the last flush.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CheckRow {
    /// Which credential: an organisation key for whatever is done with it.
    pub credential: CredentialId,
    /// When.
    pub day: Day,
    /// The workspace that the requests named.
    pub workspace: Option<WorkspaceId>,
    /// The API.
    pub api: Option<String>,
    /// Why they were refused; nothing: they were allowed, in that workspace.
    pub refusal: Option<Refusal>,
    /// Whose credential it is.
    pub organisation: Option<OrganisationId>,
}

/// What is written of a flush beside uses.
#[derive(Debug, Clone)]
pub enum CountRow {
    /// So many checks.
    Checks(CheckRow, u64),
    /// A credential used a permission on a day.
    Permission(CredentialId, Permission, Day),
    /// So many checks of a day found no room to be counted.
    Uncounted(Day, u64),
}

/// Adds uses to what is known: the latest time and its address, the sum of the uses.
pub(crate) async fn flush(executor: &mut Executor<'_>, batch: &[UsageRow]) -> Result<(), StoreError> {
    for row in batch {
        let params = params![&row.credential, row.last_used_at, row.address.as_deref(), row.uses];
        executor.execute(&FLUSH_USAGE, &params).await?;
        executor.execute(&FLUSH_DAY, &params![&row.credential, number(Day::of(row.last_used_at)), row.uses]).await?;
    }
    Ok(())
}

/// Adds what else was counted.
pub(crate) async fn flush_counts(executor: &mut Executor<'_>, batch: &[CountRow]) -> Result<(), StoreError> {
    for row in batch {
        match row {
            CountRow::Checks(row, checks) => {
                let workspace = row.workspace.map_or(NOWHERE, |id| *id.as_bytes());
                let (api, ending) = (row.api.as_deref().unwrap_or_default(), row.refusal.map_or("", Refusal::code));
                let (day, checks) = (number(row.day), checks.cast_signed());
                let params = params![&row.credential, day, &workspace, api, ending, row.organisation.as_ref(), checks];
                executor.execute(&FLUSH_CHECKS, &params).await?;
            }
            CountRow::Permission(credential, permission, day) => {
                executor.execute(&FLUSH_PERMISSION, &params![credential, permission.as_str(), number(*day)]).await?;
            }
            CountRow::Uncounted(day, checks) => {
                executor.execute(&FLUSH_UNCOUNTED, &params![number(*day), checks.cast_signed()]).await?;
            }
        }
    }
    Ok(())
}

/// Forgets what was counted more than [`DAYS_KEPT`] days ago, and remembers since when there is counting.
pub(crate) async fn keep_days(executor: &mut Executor<'_>, today: Day) -> Result<(), StoreError> {
    executor.execute(&COUNT_SINCE, &params![number(today)]).await?;
    for statement in [&DROP_OLD_USAGE_DAYS, &DROP_OLD_CHECK_DAYS, &DROP_OLD_PERMISSION_USES, &DROP_OLD_UNCOUNTED_DAYS] {
        executor.execute(statement, &params![number(today.plus(-DAYS_KEPT))]).await?;
    }
    Ok(())
}

impl Reader<'_> {
    /// How often a credential was used on a day and later, as far as uses were written; a private key goes by its own id.
    pub async fn uses_since(&mut self, credential: CredentialId, since: Day) -> Result<u64, StoreError> {
        let row = self.executor.row(&USES_SINCE, &params![&credential, number(since)]).await?;
        row.map_or(Ok(0), |mut row| row.take())
    }
}

/// A day as it stands in the tables.
pub(crate) fn number(day: Day) -> i64 {
    i64::from(day.number())
}
