//! One server at a time: who holds the database, and the proof that this process still does.
//!
//! SQLite: an exclusive lock on the file `NAME.lock` beside the database, for as long as the process lives.
//!
//! PostgreSQL: a session's advisory lock on a connection of its own, which PostgreSQL lets go when that connection
//! breaks; the process that lost it may not know yet, and may answer from its index until its lease has run out. So
//! whoever takes over raises `holder` at once, which stops the other's changes, and then waits 1.22 leases before it
//! loads anything, unless the other left cleanly.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::Mutex;

use crate::database::Borrowed;
use crate::error::StoreError;
use crate::executor::Executor;
use crate::journal;
use crate::options::{DatabaseUrl, Options};
use crate::postgres;
use crate::statement::statements;
use crate::value::params;
use crate::writer::Shared;

statements! {
    WAS_HELD = "SELECT held FROM journal_head WHERE id = 1";
    TAKE_OVER = "UPDATE journal_head SET holder = holder + 1, held = 1 WHERE id = 1 RETURNING holder";
    LEAVE = "UPDATE journal_head SET held = 0 WHERE id = 1 AND holder = $1";
}

const ADVISORY_LOCK: &str = "SELECT pg_try_advisory_lock(7021902, 2)";

/// What proves that this process holds the database. There is one of it in a process.
#[allow(clippy::large_enum_variant, reason = "there is one of it")]
pub(crate) enum Member {
    /// Opened for maintenance, beside the server.
    None,
    Sqlite(std::sync::Mutex<Option<File>>),
    Postgres {
        pool: Pool,
        connection: Mutex<Option<Borrowed>>,
        limit: Duration,
    },
}

impl Member {
    /// Takes the lock, or says clearly that another server has it.
    pub(crate) async fn take(options: &Options) -> Result<Self, StoreError> {
        match &options.url {
            _ if !options.exclusive => Ok(Self::None),
            DatabaseUrl::Sqlite(path) => Ok(Self::Sqlite(std::sync::Mutex::new(Some(lock_file(path)?)))),
            DatabaseUrl::Postgres(url) => {
                let pool = postgres::pool(url, options, 1)?;
                let connection = locked_connection(&pool, options.statement_timeout).await?;
                Ok(Self::Postgres { pool, connection: Mutex::new(Some(connection)), limit: options.statement_timeout })
            }
        }
    }

    /// Proves that the lock is still held; takes it again after a broken connection if nobody else was in between.
    pub(crate) async fn renew(&self, shared: &Shared) -> Result<(), StoreError> {
        let Self::Postgres { pool, connection, limit } = self else { return Ok(()) };
        let mut held = connection.lock().await;
        if let Some(Borrowed(Some(client))) = held.as_ref()
            && prove(&mut Executor::postgres(client, *limit), shared).await.is_ok()
        {
            return Ok(());
        }
        // Dropped before the next is opened: a lock that this very process still holds must not be in our way.
        *held = None;
        let next = locked_connection(pool, *limit).await?;
        let Some(client) = next.0.as_ref() else { return Err(StoreError::defect("no connection")) };
        prove(&mut Executor::postgres(client, *limit), shared).await?;
        *held = Some(next);
        Ok(())
    }

    /// Lets the lock go.
    pub(crate) async fn release(&self) {
        match self {
            Self::None => {}
            Self::Sqlite(file) => drop(file.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()),
            Self::Postgres { connection, .. } => drop(connection.lock().await.take()),
        }
    }
}

/// Counts this process as the holder; says whether the one before it may still be answering.
pub(crate) async fn take_over(executor: &mut Executor<'_>, shared: &Shared) -> Result<bool, StoreError> {
    let held: bool = executor.row(&WAS_HELD, &params![]).await?.map_or(Ok(false), |mut row| row.take())?;
    let row = executor.row(&TAKE_OVER, &params![]).await?;
    shared.set_holder(row.ok_or_else(|| StoreError::corrupt("the journal's head"))?.take()?);
    Ok(held)
}

/// Says that this process answers nothing any more, so that the next one need not wait.
pub(crate) async fn leave(executor: &mut Executor<'_>, holder: i64) -> Result<(), StoreError> {
    executor.execute(&LEAVE, &params![holder]).await.map(drop)
}

/// How long the lease of a former holder may still run: 1.22 leases, for clocks that do not run alike.
pub(crate) fn lease_of_another(lease: Duration) -> Duration {
    lease.saturating_mul(122) / 100
}

async fn prove(executor: &mut Executor<'_>, shared: &Shared) -> Result<(), StoreError> {
    let Some(holder) = shared.holder() else { return Ok(()) };
    let head = journal::read_head(executor).await?;
    if head.holder != holder {
        return Err(StoreError::Refused("another server has taken this database over".into()));
    }
    if shared.fed().is_some_and(|fed| head.sequence < fed) {
        return Err(StoreError::unavailable("the database has lost changes that were committed before"));
    }
    Ok(())
}

async fn locked_connection(pool: &Pool, limit: Duration) -> Result<Borrowed, StoreError> {
    let connection = Borrowed(Some(postgres::connection(pool).await?));
    let Some(client) = connection.0.as_ref() else { return Err(StoreError::defect("no connection")) };
    let asked = tokio::time::timeout(limit, client.query_one(ADVISORY_LOCK, &[])).await;
    let row = asked.map_err(|_| StoreError::unavailable("the database did not answer in time"))?;
    let taken: bool = row.and_then(|row| row.try_get(0)).map_err(|error| postgres::store_error(&error))?;
    if taken { Ok(connection) } else { Err(StoreError::Refused("another server is running on this database".into())) }
}

fn lock_file(database: &Path) -> Result<File, StoreError> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name);
    let file = file.map_err(|error| StoreError::unavailable(format!("the lock file cannot be opened: {error}")))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Refused("another server is running on this database file".into())),
        Err(TryLockError::Error(error)) => Err(StoreError::unavailable(format!("the lock file cannot be locked: {error}"))),
    }
}
