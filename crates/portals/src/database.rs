//! A reference API's own SQLite file: one writer, a few readers, never on an async thread.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The schema's versions: each text brings the file from the version before it to its own.
pub(crate) type Migrations = &'static [&'static str];

const READERS: usize = 2;
/// How long a statement waits for another process's lock, and a request for its turn, before it is an outage.
const PATIENCE: Duration = Duration::from_secs(5);

/// The file could not be opened or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite refused.
    #[error("the database cannot be opened: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A later release has written this file.
    #[error("the database has version {found}; this release knows {known}")]
    TooNew {
        /// The file's version.
        found: usize,
        /// The latest that this release knows.
        known: usize,
    },
    /// The task that opens it was ended.
    #[error("the database was not opened: the server stops")]
    Stopping,
}

/// No connection came free in time, or the work on it broke off: an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Silent;

/// What a piece of work on the database may fail with: its own refusals, and the database's outages.
pub(crate) trait WorkError: From<rusqlite::Error> + From<Silent> + Send + 'static {}

impl<E: From<rusqlite::Error> + From<Silent> + Send + 'static> WorkError for E {}

/// A portal's file; work on it fails with `E`.
pub(crate) struct Database<E> {
    writer: Arc<Lane>,
    readers: Arc<Lane>,
    error: PhantomData<fn() -> E>,
}

/// Connections of one kind, with a turn for each.
struct Lane {
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

/// A connection at work. It goes back whatever happens, a panic included; an open transaction is rolled back before.
struct Working {
    connection: Option<Connection>,
    lane: Arc<Lane>,
    _turn: OwnedSemaphorePermit,
}

impl<E: WorkError> Database<E> {
    pub(crate) async fn open(path: &Path, migrations: Migrations) -> Result<Self, OpenError> {
        let path = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || {
            let writer = connect(&path, OpenFlags::default())?;
            migrate(&writer, migrations)?;
            let readers = (0..READERS).map(|_| connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)).collect::<Result<_, _>>()?;
            Ok(Self { writer: Arc::new(Lane::new(vec![writer])), readers: Arc::new(Lane::new(readers)), error: PhantomData })
        });
        opened.await.map_err(|_| OpenError::Stopping)?
    }

    /// Runs a reading in one snapshot.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        run(&self.readers, TransactionBehavior::Deferred, work).await
    }

    /// Runs a change: all of it is durable when this returns, or none of it happened.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        run(&self.writer, TransactionBehavior::Immediate, work).await
    }
}

impl Lane {
    fn new(connections: Vec<Connection>) -> Self {
        Self { turns: Arc::new(Semaphore::new(connections.len())), idle: Mutex::new(connections) }
    }

    async fn take(self: &Arc<Self>) -> Result<Working, Silent> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(Silent);
        };
        let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Working { connection, lane: Arc::clone(self), _turn: turn })
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.lane.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

async fn run<T, E, F>(lane: &Arc<Lane>, behaviour: TransactionBehavior, work: F) -> Result<T, E>
where
    T: Send + 'static,
    E: WorkError,
    F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
{
    let mut working = lane.take().await?;
    let done = tokio::task::spawn_blocking(move || {
        let connection = working.connection.as_mut().ok_or(Silent)?;
        transaction(connection, behaviour, work)
    });
    done.await.unwrap_or_else(|_| Err(Silent.into()))
}

fn transaction<T, E: WorkError>(
    connection: &mut Connection,
    behaviour: TransactionBehavior,
    work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection.transaction_with_behavior(behaviour)?;
    // Rolled back when it is dropped: a refusal changes nothing.
    let value = work(&transaction)?;
    transaction.commit()?;
    Ok(value)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    if !flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY) {
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
    }
    Ok(connection)
}

fn migrate(connection: &Connection, migrations: Migrations) -> Result<(), OpenError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = found as usize;
    if found > migrations.len() {
        return Err(OpenError::TooNew { found, known: migrations.len() });
    }
    for (version, text) in migrations.iter().enumerate().skip(found) {
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {text} PRAGMA user_version = {}; COMMIT;", version + 1))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: Migrations = &["CREATE TABLE things (id INTEGER PRIMARY KEY) STRICT;"];

    #[derive(Debug, PartialEq)]
    enum Failure {
        Refused,
        Unavailable,
    }

    impl From<rusqlite::Error> for Failure {
        fn from(_: rusqlite::Error) -> Self {
            Self::Unavailable
        }
    }

    impl From<Silent> for Failure {
        fn from(Silent: Silent) -> Self {
            Self::Unavailable
        }
    }

    #[tokio::test]
    async fn a_commit_is_on_disk_and_a_refusal_leaves_nothing() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let database = Database::<Failure>::open(&folder.path().join("portal.sqlite"), SCHEMA).await.expect("opened");
        let settings = database.write(|tx| {
            let synchronous: i64 = tx.pragma_query_value(None, "synchronous", |row| row.get(0))?;
            let mode: String = tx.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            Ok((synchronous, mode))
        });
        assert_eq!(settings.await, Ok((2, "wal".to_owned())), "FULL: a commit waits for the disk");
        let insert = "INSERT INTO things VALUES (1)";
        let refused = database.write(move |tx| {
            tx.execute(insert, [])?;
            Err::<(), _>(Failure::Refused)
        });
        assert_eq!(refused.await, Err(Failure::Refused));
        let count = |tx: &Transaction<'_>| Ok(tx.query_row("SELECT count(*) FROM things", [], |row| row.get::<_, i64>(0))?);
        assert_eq!(database.read(count).await, Ok(0));
        assert_eq!(database.read(move |tx| Ok(tx.execute(insert, [])?)).await, Err(Failure::Unavailable), "a reader cannot write");
    }

    #[tokio::test]
    async fn a_work_that_panics_is_an_outage_and_the_next_one_goes_on() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let database = Database::<Failure>::open(&folder.path().join("portal.sqlite"), SCHEMA).await.expect("opened");
        for _ in 0..3 {
            let panicked = database.write(|_| -> Result<(), Failure> { panic!("as a defect would") });
            assert_eq!(panicked.await, Err(Failure::Unavailable));
        }
        assert_eq!(database.write(|_| Ok(7)).await, Ok(7));
    }
}
