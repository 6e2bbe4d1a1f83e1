//! Migrations: one text for both databases, with type words substituted; all in one transaction.

use domain::credential::Digest;

use crate::era;
use crate::error::StoreError;
use crate::executor::{Control, Executor};
use crate::statement::statements;
use crate::value::params;

statements! {
    APPLIED = "SELECT version, digest FROM migration ORDER BY version";
    APPLIED_NAMES = "SELECT name, digest FROM migration ORDER BY version";
    MARK_APPLIED = "INSERT INTO migration (version, name, digest) VALUES ($1, $2, $3)";
}

/// Every migration, in order. One that was released is never edited: its digest is kept in the database.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_first_gate", include_str!("../migrations/0001_first_gate.sql")),
    ("0002_nodes", include_str!("../migrations/0002_nodes.sql")),
    ("0003_restore", include_str!("../migrations/0003_restore.sql")),
    ("0004_organisation_tokens", include_str!("../migrations/0004_organisation_tokens.sql")),
    ("0005_delegations", include_str!("../migrations/0005_delegations.sql")),
    ("0006_server_key", include_str!("../migrations/0006_server_key.sql")),
    ("0007_organisation_keys", include_str!("../migrations/0007_organisation_keys.sql")),
    ("0008_sessions", include_str!("../migrations/0008_sessions.sql")),
    ("0009_credential_exposure", include_str!("../migrations/0009_credential_exposure.sql")),
    ("0010_refused_requests", include_str!("../migrations/0010_refused_requests.sql")),
    ("0011_logout_notices", include_str!("../migrations/0011_logout_notices.sql")),
    ("0012_device_codes", include_str!("../migrations/0012_device_codes.sql")),
    ("0013_letters", include_str!("../migrations/0013_letters.sql")),
    ("0014_audit", include_str!("../migrations/0014_audit.sql")),
    ("0015_ended", include_str!("../migrations/0015_ended.sql")),
    ("0016_second_factors", include_str!("../migrations/0016_second_factors.sql")),
    ("0017_usage", include_str!("../migrations/0017_usage.sql")),
    ("0018_mail_links", include_str!("../migrations/0018_mail_links.sql")),
    ("0019_notices", include_str!("../migrations/0019_notices.sql")),
    ("0020_second_factor_policy", include_str!("../migrations/0020_second_factor_policy.sql")),
    ("0021_refused_clients", include_str!("../migrations/0021_refused_clients.sql")),
    ("0022_announcements", include_str!("../migrations/0022_announcements.sql")),
    ("0023_operator_pages", include_str!("../migrations/0023_operator_pages.sql")),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
    version BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest BYTEA NOT NULL
) {KEYED};";

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// The names of those that were applied now.
    pub applied: Vec<&'static str>,
    /// How many were applied before.
    pub already: usize,
}

/// Brings the tables up to date, inside a transaction that excludes all other migrations.
pub(crate) async fn run(executor: &mut Executor<'_>) -> Result<MigrationReport, StoreError> {
    executor.control(Control::BeginWrite).await?;
    let done = apply(executor).await;
    match done {
        Ok(report) => executor.control(Control::Commit).await.map(|()| report),
        Err(error) => {
            // The error that stopped it says more than one of rolling back.
            let _ = executor.control(Control::Rollback).await;
            Err(error)
        }
    }
}

async fn apply(executor: &mut Executor<'_>) -> Result<MigrationReport, StoreError> {
    executor.lift_limit().await?;
    executor.exclude_migrations().await?;
    executor.script(TABLE).await?;
    let mut already = 0;
    for mut row in executor.rows(&APPLIED, &params![]).await? {
        let (version, digest): (i64, Digest) = (row.take()?, row.take()?);
        let known = usize::try_from(version).ok().and_then(|version| MIGRATIONS.get(version - 1));
        match known {
            None => return Err(StoreError::Refused("the database is newer than this program".into())),
            Some((_, text)) if Digest::of(text.as_bytes()) != digest => {
                return Err(StoreError::Refused("the database was made by another version of this program's migrations".into()));
            }
            Some(_) => already += 1,
        }
    }
    let applied = apply_part(executor, already..MIGRATIONS.len()).await?;
    if already == 0 {
        era::settle_first(executor).await?;
    }
    Ok(MigrationReport { applied, already })
}

/// Applies some of the migrations, those before them being applied.
async fn apply_part(executor: &mut Executor<'_>, part: std::ops::Range<usize>) -> Result<Vec<&'static str>, StoreError> {
    let mut applied = Vec::new();
    for (place, (name, text)) in MIGRATIONS.iter().enumerate().take(part.end).skip(part.start) {
        executor.script(text).await?;
        let digest = Digest::of(text.as_bytes());
        executor.execute(&MARK_APPLIED, &params![place as i64 + 1, *name, &digest]).await?;
        applied.push(*name);
    }
    Ok(applied)
}

/// Makes the tables as they were after so many migrations, where there are none.
pub(crate) async fn make_as_of(executor: &mut Executor<'_>, count: usize) -> Result<(), StoreError> {
    executor.script(TABLE).await?;
    apply_part(executor, 0..count).await.map(drop)
}

/// Brings tables that are as after so many migrations up to this program's.
pub(crate) async fn go_on_from(executor: &mut Executor<'_>, count: usize) -> Result<(), StoreError> {
    apply_part(executor, count..MIGRATIONS.len()).await.map(drop)
}

/// The migrations that a database has.
pub(crate) async fn applied(executor: &mut Executor<'_>) -> Result<Vec<(String, Digest)>, StoreError> {
    executor.rows(&APPLIED_NAMES, &params![]).await?.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
}

/// Whether this program has these migrations, all of them, in this order.
pub(crate) fn knows(migrations: &[(String, Digest)]) -> bool {
    let same =
        |((name, digest), (known, text)): (&(String, Digest), &(&str, &str))| name == known && *digest == Digest::of(text.as_bytes());
    migrations.len() <= MIGRATIONS.len() && migrations.iter().zip(MIGRATIONS).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nodes of the version before go on while one of this version migrates: they insert rows without the new columns and
    /// read those they know. What they still use is taken away by a later version only, in a file named `…_contract`.
    #[test]
    fn a_migration_only_adds_unless_it_says_that_it_takes_away() {
        for (name, text) in MIGRATIONS.iter().skip(1).filter(|(name, _)| !name.ends_with("_contract")) {
            let code: String = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join(" ");
            for statement in code.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
                let words: Vec<&str> = statement.split_whitespace().collect();
                let may_be_absent = statement.contains(" DEFAULT ") || !statement.contains("NOT NULL");
                let adds = match words[..] {
                    ["CREATE", "TABLE" | "INDEX", ..] => true,
                    ["CREATE", "UNIQUE", "INDEX", _, "ON", table, ..] => text.contains(&format!("CREATE TABLE {table} ")),
                    ["UPDATE", table, "SET", column, "=", ..] => text.contains(&format!("ALTER TABLE {table} ADD COLUMN {column} ")),
                    ["ALTER", "TABLE", _, "ADD", "COLUMN", ..] => may_be_absent,
                    // Rows of a table that this version brings.
                    ["INSERT", "INTO", table, ..] => text.contains(&format!("CREATE TABLE {table} ")),
                    _ => false,
                };
                assert!(adds, "{name}: a node of the version before may need what this changes: {statement}");
            }
        }
    }
}
