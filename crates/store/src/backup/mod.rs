//! Backups: the whole database, as it is at one moment, in one file that either database can be restored from.
//!
//! The file never holds the master key; to restore it takes the same one. What was ended after the backup is the
//! business of whoever restores it: see [`Past`].

mod container;
mod restore;
mod table;
mod write;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::database::Borrowed;
use crate::error::StoreError;
use crate::executor::Executor;
use crate::options::{DatabaseUrl, Options};
use crate::sealing::MasterKey;
use crate::{migration, postgres, sqlite};

pub use container::{Header, Kind};
pub use restore::{Past, Restored, Restoring, Since};
pub use write::Making;

use container::{Part, Reader};

/// How long one statement on the connection of a backup may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3_600);

/// Why a backup was not made, is not good, or was not restored. Then nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file cannot be read or written.
    #[error("the file: {0}")]
    File(#[from] std::io::Error),
    /// It is not what it was when it was made.
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
    /// Its format or its tables are of a later version.
    #[error("the backup was made by a later version of this program")]
    Newer,
    /// It is of the other kind: a backup where endings are wanted, or the other way round.
    #[error("the file is {}", if *.0 == Kind::Backup { "a backup, not the endings since one" } else { "no backup, but the endings since one" })]
    OtherKind(Kind),
    /// Its server keys are sealed under another master key.
    #[error("the backup needs the master key with the fingerprint {wanted}; the one here has {given}")]
    OtherMasterKey {
        /// The fingerprint in the backup.
        wanted: String,
        /// The fingerprint of the key at hand.
        given: String,
    },
    /// The database to restore into has changes of its own.
    #[error("the database is not empty")]
    NotEmpty,
    /// Servers use the database.
    #[error("a server is using the database")]
    InUse,
    /// The endings are not those since this backup.
    #[error("the endings do not begin where the backup ends")]
    OtherEndings,
    /// There is nothing to back up.
    #[error("the database was never used by a server")]
    Empty,
    /// The database failed.
    #[error("the database: {0}")]
    Store(#[from] StoreError),
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What it says of itself.
    pub header: Header,
    /// How many rows of which table.
    pub tables: Vec<(String, u64)>,
    /// Whether the seal was looked at, too: with the master key at hand.
    pub sealed_by_us: bool,
}

/// Reads all of a file and checks that it is whole; that it was made by who holds `master`, where that is its key.
pub fn verify(path: &Path, master: Option<&MasterKey>) -> Result<Summary, BackupError> {
    let mut reader = Reader::begin(BufReader::with_capacity(1 << 16, File::open(path)?))?;
    let header = reader.header.clone();
    let master = master.filter(|master| master.fingerprint() == header.master_key);
    let mut tables: Vec<(String, u64)> = Vec::new();
    while let Some(part) = reader.next(master)? {
        match part {
            Part::Table(table) => tables.push((table.name, 0)),
            Part::Rows(rows) => tables.iter_mut().last().into_iter().for_each(|(_, count)| *count += rows.len() as u64),
        }
    }
    if !migration::knows(&header.migrations) {
        return Err(BackupError::Newer);
    }
    Ok(Summary { header, tables, sealed_by_us: master.is_some() })
}

/// The statements of this module.
pub(crate) fn statements() -> impl Iterator<Item = &'static crate::statement::Statement> {
    table::statements().chain(write::STATEMENTS.iter().copied())
}

/// The tables that a backup holds, and those that it leaves out; with what a database has, for a test.
#[doc(hidden)]
pub async fn tables_of(options: &Options) -> Result<(Vec<&'static str>, Vec<String>), BackupError> {
    let listed = table::TABLES.iter().map(|table| table.name).chain(table::LEFT_OUT).collect();
    let there = apart(options.clone(), Use::Read, |mut executor| Box::pin(async move { Ok(executor.tables().await?) })).await?;
    Ok((listed, there))
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Read,
    Fill,
}

/// Runs work on a thread and a connection of its own: it may take long, and reads and writes files.
async fn apart<T, F>(options: Options, use_for: Use, work: F) -> Result<T, BackupError>
where
    T: Send + 'static,
    F: for<'a> FnOnce(Executor<'a>) -> BoxFuture<'a, Result<T, BackupError>> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(move || match &options.url {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = if use_for == Use::Read { sqlite::open_scanner(path)? } else { sqlite::open_filler(path)? };
            let done = work(Executor::sqlite(&mut connection)).now_or_never();
            done.unwrap_or_else(|| Err(StoreError::defect("a backup waited").into()))
        }
        DatabaseUrl::Postgres(url) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let pool = postgres::pool(url, &options, 1)?;
                // Thrown away afterwards, whatever became of its transaction.
                let connection = Borrowed(Some(postgres::connection(&pool).await?));
                let Some(client) = connection.0.as_ref() else { return Err(StoreError::defect("no connection").into()) };
                work(Executor::postgres(client, PATIENCE)).await
            })
        }
    });
    done.await.unwrap_or_else(|_| Err(StoreError::defect("a backup panicked").into()))
}
