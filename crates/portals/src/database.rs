//! A reference API's own SQLite file: one writer, a few readers, never on an async thread.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::writer::Writer;

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
    writer: Arc<Writer>,
    readers: Arc<Lane>,
    error: PhantomData<fn() -> E>,
}

/// Connections of one kind, with a turn for each.
pub(crate) struct Lane {
    turns: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

/// A connection at work. It goes back whatever happens, a panic included; an open transaction is rolled back before.
pub(crate) struct Working {
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
            Ok(Self { writer: Writer::new(writer), readers: Arc::new(Lane::new(readers)), error: PhantomData })
        });
        opened.await.map_err(|_| OpenError::Stopping)?
    }

    /// Runs a reading in one snapshot.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        run(&self.readers, work).await
    }

    /// Runs a change: all of it is durable when this returns, or none of it happened. Changes at the same time wait for
    /// the disk together.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        self.writer.write(work).await
    }
}

impl Lane {
    pub(crate) fn new(connections: Vec<Connection>) -> Self {
        Self { turns: Arc::new(Semaphore::new(connections.len())), idle: Mutex::new(connections) }
    }

    pub(crate) async fn take(self: &Arc<Self>) -> Result<Working, Silent> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(Silent);
        };
        let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Working { connection, lane: Arc::clone(self), _turn: turn })
    }
}

impl Working {
    pub(crate) fn connection(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut()
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.lane.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

async fn run<T, E, F>(lane: &Arc<Lane>, work: F) -> Result<T, E>
where
    T: Send + 'static,
    E: WorkError,
    F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
{
    let mut working = lane.take().await?;
    let done = tokio::task::spawn_blocking(move || {
        let connection = working.connection().ok_or(Silent)?;
        // Rolled back when it is dropped: nothing was changed.
        let snapshot = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        work(&snapshot)
    });
    done.await.unwrap_or_else(|_| Err(Silent.into()))
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

    #[tokio::test]
    async fn changes_at_the_same_time_do_not_undo_each_other() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let database = Arc::new(Database::<Failure>::open(&folder.path().join("portal.sqlite"), SCHEMA).await.expect("opened"));
        let mut callers = tokio::task::JoinSet::new();
        for number in 0..300_i64 {
            let database = database.clone();
            callers.spawn(async move {
                let done = database.write(move |tx| {
                    tx.execute("INSERT INTO things VALUES (?1)", [number])?;
                    match number % 5 {
                        1 => Err(Failure::Refused),
                        2 => panic!("as a defect would"),
                        3 => Ok(tx.execute("INSERT INTO things VALUES (?1)", [number])?),
                        _ => Ok(1),
                    }
                });
                (number, done.await)
            });
        }
        for (number, done) in callers.join_all().await {
            let expected = match number % 5 {
                1 => Err(Failure::Refused),
                2 | 3 => Err(Failure::Unavailable),
                _ => Ok(1),
            };
            assert_eq!(done, expected, "{number}");
        }
        let kept = database.read(|tx| {
            let rows =
                tx.prepare("SELECT id FROM things ORDER BY id")?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok::<Vec<i64>, Failure>(rows)
        });
        let expected: Vec<i64> = (0..300).filter(|number| [0, 4].contains(&(number % 5))).collect();
        assert_eq!(kept.await, Ok(expected));
    }

    #[tokio::test]
    async fn nothing_is_done_for_somebody_who_went_away() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let database = Arc::new(Database::<Failure>::open(&folder.path().join("portal.sqlite"), SCHEMA).await.expect("opened"));
        let (go, wait) = std::sync::mpsc::channel();
        let at_work = database.clone();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move { at_work.write(move |_| wait.recv().map_err(|_| Failure::Refused)).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        let gone =
            tokio::time::timeout(Duration::from_millis(50), database.write(|tx| Ok(tx.execute("INSERT INTO things VALUES (7)", [])?)));
        assert!(gone.await.is_err());
        go.send(()).expect("somebody waits");
        assert_eq!(tasks.join_all().await, [Ok(())]);
        assert_eq!(database.write(|_| Ok(())).await, Ok(()));
        let count = database.read(|tx| Ok(tx.query_row("SELECT count(*) FROM things", [], |row| row.get::<_, i64>(0))?));
        assert_eq!(count.await, Ok(0));
    }
}
