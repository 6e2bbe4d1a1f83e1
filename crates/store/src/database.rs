//! The running parts under a store: the pools of readers, and the thread that writes.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc};

use crate::change::Job;
use crate::error::StoreError;
use crate::executor::{Control, Executor};
use crate::options::{DatabaseUrl, Options};
use crate::transaction::Reader;
use crate::writer::{BATCH, Left, Shared, run_batch};
use crate::{postgres, sqlite};

/// How many changes may wait; the next ones wait to be let in.
const QUEUE: usize = 1_024;
/// How long to wait before looking again what became of a commit.
const UNSETTLED_WAIT: Duration = Duration::from_millis(200);

/// Where readings get their connections.
pub(crate) enum Readers {
    Sqlite(Arc<SqliteReaders>),
    Postgres(Pool),
}

pub(crate) struct SqliteReaders {
    path: PathBuf,
    idle: Mutex<Vec<rusqlite::Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(options: &Options) -> Result<Self, StoreError> {
        Ok(match &options.url {
            DatabaseUrl::Sqlite(path) => Self::Sqlite(Arc::new(SqliteReaders {
                path: path.clone(),
                idle: Mutex::default(),
                permits: Arc::new(Semaphore::new(options.readers.max(1))),
            })),
            DatabaseUrl::Postgres(url) => Self::Postgres(postgres::pool(url, options, options.readers.max(1))?),
        })
    }

    /// Runs a reading in one transaction.
    pub(crate) async fn read<T, F>(&self, options: &Options, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Reader<'_>) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    {
        match self {
            Self::Sqlite(readers) => readers.read(options, work).await,
            Self::Postgres(pool) => read_postgres(pool, options, work).await,
        }
    }
}

impl SqliteReaders {
    async fn read<T, F>(self: &Arc<Self>, options: &Options, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Reader<'_>) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    {
        let limit = options.statement_timeout;
        let too_slow = |_| StoreError::unavailable("a reading waited too long");
        let permit = tokio::time::timeout(limit, self.permits.clone().acquire_owned()).await.map_err(too_slow)?;
        let permit = permit.map_err(|_| StoreError::unavailable("the store is closed"))?;
        let readers = self.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            readers.read_here(work)
        });
        let done = tokio::time::timeout(limit, reading).await.map_err(too_slow)?;
        done.unwrap_or_else(|_| Err(StoreError::defect("a reading panicked")))
    }

    fn read_here<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'a> FnOnce(&'a mut Reader<'_>) -> BoxFuture<'a, Result<T, StoreError>>,
    {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = idle.map_or_else(|| sqlite::open_reader(&self.path), Ok)?;
        let mut reader = Reader { executor: Executor::sqlite(&mut connection) };
        let reading = async {
            reader.executor.control(Control::BeginRead).await?;
            let value = work(&mut reader).await?;
            reader.executor.control(Control::Rollback).await?;
            Ok(value)
        };
        let done = reading.now_or_never().unwrap_or_else(|| Err(StoreError::defect("a reading waited for something else than a verb")));
        // One that failed is thrown away, and its transaction with it.
        if done.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        done
    }
}

pub(crate) async fn read_postgres<T, F>(pool: &Pool, options: &Options, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: for<'a> FnOnce(&'a mut Reader<'_>) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
{
    // Thrown away unless all went well: also where the caller goes away in the middle.
    let connection = Borrowed(Some(postgres::connection(pool).await?));
    let Some(client) = connection.0.as_ref() else { return Err(StoreError::defect("no connection")) };
    let mut reader = Reader { executor: Executor::postgres(client, options.statement_timeout) };
    reader.executor.control(Control::BeginRead).await?;
    let value = work(&mut reader).await?;
    reader.executor.control(Control::Rollback).await?;
    connection.give_back();
    Ok(value)
}

/// A connection that is dropped for good unless it is given back.
pub(crate) struct Borrowed(pub(crate) Option<Object>);

impl Borrowed {
    pub(crate) fn give_back(mut self) {
        self.0.take();
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

/// Starts the thread that writes; it ends when nobody can send it anything any more.
pub(crate) fn start_writer(options: &Options, shared: Arc<Shared>) -> Result<mpsc::Sender<Box<dyn Job>>, StoreError> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let thread = std::thread::Builder::new().name("store-writer".to_owned());
    let no_thread = |error: std::io::Error| StoreError::unavailable(format!("no thread for the writer: {error}"));
    match &options.url {
        DatabaseUrl::Sqlite(path) => {
            let connection = sqlite::open_writer(path)?;
            thread.spawn(move || write_sqlite(connection, receiver, &shared)).map_err(no_thread)?;
        }
        DatabaseUrl::Postgres(url) => {
            // A runtime of its own: a batch goes on however busy the others are.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
            let warned = Arc::new(AtomicBool::new(false));
            let pool = postgres::watched_pool(url, options, warned.clone())?;
            let limit = options.statement_timeout;
            let write = move || runtime.block_on(write_postgres(pool, (limit, &warned), receiver, &shared));
            thread.spawn(write).map_err(no_thread)?;
        }
    }
    Ok(sender)
}

fn write_sqlite(mut connection: rusqlite::Connection, mut receiver: mpsc::Receiver<Box<dyn Job>>, shared: &Shared) {
    while let Some(first) = receiver.blocking_recv() {
        let jobs = waiting(first, &mut receiver);
        let batch = AssertUnwindSafe(|| run_batch(Executor::sqlite(&mut connection), jobs, shared).now_or_never());
        if std::panic::catch_unwind(batch).is_err() {
            tracing::error!("the writer panicked; it goes on");
        }
        if !connection.is_autocommit()
            && let Err(error) = sqlite::control(&connection, "ROLLBACK")
        {
            tracing::error!(cause = error.cause(), "a transaction could not be rolled back");
        }
    }
}

async fn write_postgres(pool: Pool, (limit, warned): (Duration, &AtomicBool), mut receiver: mpsc::Receiver<Box<dyn Job>>, shared: &Shared) {
    let mut unsettled = false;
    loop {
        let first = if unsettled {
            match tokio::time::timeout(UNSETTLED_WAIT, receiver.recv()).await {
                Ok(Some(first)) => Some(first),
                Ok(None) => return,
                Err(_) => None,
            }
        } else {
            match receiver.recv().await {
                Some(first) => Some(first),
                None => return,
            }
        };
        let jobs = first.map(|first| waiting(first, &mut receiver)).unwrap_or_default();
        let connection = match postgres::connection(&pool).await {
            Ok(connection) => Borrowed(Some(connection)),
            Err(error) => {
                tracing::warn!(cause = error.cause(), waiting = jobs.len(), "no connection for changes");
                for job in jobs {
                    job.finish(crate::change::End::Failed(error.clone()));
                }
                continue;
            }
        };
        let Some(client) = connection.0.as_ref() else { continue };
        match run_batch(Executor::watched(client, limit, warned), jobs, shared).await {
            Left::Fit => {
                unsettled = false;
                connection.give_back();
            }
            Left::Broken => drop(connection),
            Left::Unsettled => unsettled = true,
        }
    }
}

/// The first job and all that wait behind it.
fn waiting(first: Box<dyn Job>, receiver: &mut mpsc::Receiver<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let mut jobs = vec![first];
    while jobs.len() < BATCH
        && let Ok(job) = receiver.try_recv()
    {
        jobs.push(job);
    }
    jobs
}
