//! Migrations: one text for both databases, with type words substituted; all in one transaction.

use domain::credential::Digest;

use crate::era;
use crate::error::StoreError;
use crate::executor::{Control, Executor};
use crate::statement::statements;
use crate::value::params;

statements! {
    APPLIED = "SELECT version, digest FROM migration ORDER BY version";
    MARK_APPLIED = "INSERT INTO migration (version, name, digest) VALUES ($1, $2, $3)";
}

/// Every migration, in order. One that was released is never edited: its digest is kept in the database.
const MIGRATIONS: [(&str, &str); 2] =
    [("0001_first_gate", include_str!("../migrations/0001_first_gate.sql")), ("0002_nodes", include_str!("../migrations/0002_nodes.sql"))];

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
    let mut applied = Vec::new();
    for (place, (name, text)) in MIGRATIONS.iter().enumerate().skip(already) {
        executor.script(text).await?;
        let digest = Digest::of(text.as_bytes());
        executor.execute(&MARK_APPLIED, &params![place as i64 + 1, *name, &digest]).await?;
        applied.push(*name);
    }
    if already == 0 {
        era::settle_first(executor).await?;
    }
    Ok(MigrationReport { applied, already })
}
