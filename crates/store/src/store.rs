//! The store: reads, changes, and what a server needs around them.

use std::sync::{Arc, Mutex, PoisonError};

use domain::Day;
use domain::credential::Digest;
use domain::event::{Entry, Sequence};
use domain::time::Timestamp;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::change::{Change, Job, Upkeep};
use crate::database::{Borrowed, Readers, start_writer};
use crate::error::{Abort, StoreError, WriteError};
use crate::executor::Executor;
use crate::link::Links;
use crate::lock::Lock;
use crate::meter::Meters;
use crate::migration::{self, MigrationReport};
use crate::options::{DatabaseUrl, Options};
use crate::transaction::{Committed, Outcome, Reader, Tx};
use crate::usage::{self, CountRow, UsageRow};
use crate::writer::{Feed, Shared};
use crate::{exposure, grant, idempotency, journal, postgres, sqlite};

/// The database of an installation. Cheap to clone; the parts beneath end with the last clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) readers: Readers,
    pub(crate) shared: Arc<Shared>,
    writer: mpsc::Sender<Box<dyn Job>>,
    lock: Lock,
    /// What speaks with the other nodes; nothing with an embedded database.
    pub(crate) links: Option<Links>,
}

impl Store {
    /// Opens a database. With `exclusive`, takes the lock of an embedded one: `Refused` where another process has it.
    pub async fn open(options: Options) -> Result<Self, StoreError> {
        let lock = Lock::take(&options)?;
        let links = match &options.url {
            DatabaseUrl::Sqlite(_) => None,
            DatabaseUrl::Postgres(url) => {
                let links = Links::new(url, &options)?;
                // A wrong URL is told now, not at the first use.
                drop(postgres::connection(&links.nodes).await?);
                Some(links)
            }
        };
        let shared = Arc::new(Shared::default());
        let writer = start_writer(&options, shared.clone())?;
        let readers = Readers::open(&options)?;
        Ok(Self { inner: Arc::new(Inner { options, readers, shared, writer, lock, links }) })
    }

    /// The same database once more, as a process that knows nothing of it yet: with connections of its own, and no feed.
    pub async fn another(&self) -> Result<Self, StoreError> {
        Self::open(Options { exclusive: false, ..self.inner.options.clone() }).await
    }

    /// Makes or changes the tables as far as needed. Two processes may ask at the same time.
    pub async fn migrate(&self) -> Result<MigrationReport, StoreError> {
        match &self.inner.options.url {
            DatabaseUrl::Sqlite(path) => {
                let mut connection = sqlite::open_writer(path)?;
                let done = migration::run(&mut Executor::sqlite(&mut connection)).now_or_never();
                done.unwrap_or_else(|| Err(StoreError::defect("a migration waited")))
            }
            DatabaseUrl::Postgres(url) => {
                let pool = postgres::pool(url, &self.inner.options, 1)?;
                let connection = Borrowed(Some(postgres::connection(&pool).await?));
                let Some(client) = connection.0.as_ref() else { return Err(StoreError::defect("no connection")) };
                postgres::refuse_standby(client).await?;
                migration::run(&mut Executor::postgres(client, self.inner.options.statement_timeout)).await
            }
        }
    }

    /// Whether the database is a file of this process: no other server can come between.
    pub fn is_embedded(&self) -> bool {
        matches!(self.inner.options.url, DatabaseUrl::Sqlite(_))
    }

    /// Sets what is called after each commit with its entries, in the order of the journal and without a gap since
    /// [`Store::snapshot`], before any caller of that commit is answered. It must not wait for the store.
    pub fn feed(&self, feed: Feed) {
        self.inner.shared.set_feed(feed);
    }

    /// Reads in one consistent transaction; the closure awaits nothing but verbs.
    pub async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a mut Reader<'_>) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    {
        self.inner.shared.meters.read(self.inner.readers.read(&self.inner.options, work).await)
    }

    /// Makes a change. The closure may run more than once, so secrets are drawn and clocks are read before it; it awaits
    /// nothing but verbs. When this returns `Ok`, the change is on the disk and the feed was called.
    pub async fn write<T, E, F>(&self, work: F) -> Result<Committed<T>, WriteError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: for<'a> FnMut(&'a mut Tx<'_>) -> BoxFuture<'a, Result<Outcome<T>, Abort<E>>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let written = self.send(Box::new(Change::new(work, answer)), answered).await.unwrap_or_else(|error| Err(error.into()));
        self.inner.shared.meters.written(written)
    }

    /// What was done since it was opened.
    pub fn meters(&self) -> &Meters {
        &self.inner.shared.meters
    }

    /// How many changes wait for the writer.
    pub fn waiting_changes(&self) -> usize {
        self.inner.writer.max_capacity() - self.inner.writer.capacity()
    }

    /// Entries of the journal after a place, oldest first.
    pub async fn tail(&self, after: Sequence, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.read(move |reader| Box::pin(async move { journal::tail(&mut reader.executor, after, limit).await })).await
    }

    /// Marks secrets that came over plain HTTP, by their digests; the first time stays. Not journalled.
    pub async fn flush_exposures(&self, batch: Vec<(Digest, Timestamp)>) -> Result<(), StoreError> {
        for part in batch.chunks(USAGE_PART) {
            let part: Arc<[(Digest, Timestamp)]> = part.into();
            self.keep(move |executor| {
                let part = part.clone();
                Box::pin(async move { exposure::flush(executor, &part).await })
            })
            .await?;
        }
        Ok(())
    }

    /// Adds uses to what is known: the latest time with its address, the sum of the uses. Not journalled.
    pub async fn flush_usage(&self, batch: Vec<UsageRow>) -> Result<(), StoreError> {
        let batch: Arc<[UsageRow]> = batch.into();
        // In parts, so that changes do not wait behind all of it.
        for from in (0..batch.len()).step_by(USAGE_PART) {
            let batch = batch.clone();
            self.keep(move |executor| {
                let batch = batch.clone();
                Box::pin(async move { usage::flush(executor, &batch[from..batch.len().min(from + USAGE_PART)]).await })
            })
            .await?;
        }
        Ok(())
    }

    /// Adds what else was counted than uses. Not journalled.
    pub async fn flush_counts(&self, batch: Vec<CountRow>) -> Result<(), StoreError> {
        let batch: Arc<[CountRow]> = batch.into();
        self.keep(move |executor| {
            let batch = batch.clone();
            Box::pin(async move { usage::flush_counts(executor, &batch).await })
        })
        .await
    }

    /// Removes the answers that were kept longer ago than [`crate::KEPT_FOR`]. Not journalled.
    pub async fn drop_old_answers(&self, now: Timestamp) -> Result<(), StoreError> {
        let before = now.saturating_sub(idempotency::KEPT_FOR);
        self.keep(move |executor| Box::pin(idempotency::drop_old(executor, before))).await
    }

    /// Forgets which access tokens were ended that are over by themselves. Not journalled.
    pub async fn drop_old_ended(&self, now: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(grant::drop_old_ended(executor, now))).await
    }

    /// Forgets the counts by day that are older than [`crate::DAYS_KEPT`] days, and remembers the first day. Not journalled.
    pub async fn keep_usage_days(&self, today: Day) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(usage::keep_days(executor, today))).await
    }

    /// Leaves cleanly: nobody waits for this process any more, and an embedded database is free for the next one.
    /// Nothing may be answered from the index any more, and nothing changed, when this is called.
    pub async fn close(&self) -> Result<(), StoreError> {
        let left = self.leave_node().await;
        self.inner.lock.release();
        left
    }

    /// A value that proves how the database keeps its promise: SQLite's `journal_mode` or `synchronous` of the connection
    /// kind that writes, PostgreSQL's `synchronous_commit` or `fsync`. For diagnosis.
    pub async fn database_setting(&self, name: &'static str) -> Result<String, StoreError> {
        match &self.inner.options.url {
            DatabaseUrl::Sqlite(path) => sqlite::pragma(&sqlite::open_writer(path)?, name),
            DatabaseUrl::Postgres(url) => {
                let pool = postgres::pool(url, &self.inner.options, 1)?;
                let connection = postgres::connection(&pool).await?;
                let row = connection.query_one("SELECT current_setting($1)", &[&name]).await;
                row.and_then(|row| row.try_get(0)).map_err(|error| postgres::store_error(&error))
            }
        }
    }

    /// What PostgreSQL takes for the time; nothing for SQLite, which has that of this machine. For diagnosis: nothing is decided by it.
    pub async fn database_time(&self) -> Result<Option<Timestamp>, StoreError> {
        let DatabaseUrl::Postgres(url) = &self.inner.options.url else { return Ok(None) };
        let connection = postgres::connection(&postgres::pool(url, &self.inner.options, 1)?).await?;
        let row = connection.query_one("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", &[]).await;
        let time = row.and_then(|row| row.try_get(0)).map_err(|error| postgres::store_error(&error))?;
        Ok(Some(Timestamp::from_unix_microseconds(time)))
    }

    /// Writes rows that have no event.
    pub(crate) async fn keep<F>(&self, work: F) -> Result<(), StoreError>
    where
        F: for<'a> FnMut(&'a mut Executor<'_>) -> BoxFuture<'a, Result<(), StoreError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let kept = self.send(Box::new(Upkeep::new(work, answer)), answered).await.unwrap_or_else(Err);
        self.inner.shared.meters.kept(kept)
    }

    /// The same, giving a value.
    pub(crate) async fn keep_giving<T, F>(&self, mut work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'a> FnMut(&'a mut Executor<'_>) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    {
        let given = Arc::new(Mutex::new(None));
        let slot = given.clone();
        self.keep(move |executor| {
            let (work, slot) = (work(executor), slot.clone());
            Box::pin(async move {
                // A batch that is run again gives another one.
                let value = work.await?;
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            })
        })
        .await?;
        let value = given.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| StoreError::defect("rows were kept that gave nothing"))
    }

    /// Hands a job to the writer and waits for its answer, within bounds.
    async fn send<A>(&self, job: Box<dyn Job>, answered: oneshot::Receiver<A>) -> Result<A, StoreError> {
        let limit = self.inner.options.write_timeout;
        match self.inner.writer.send_timeout(job, limit).await {
            Ok(()) => {}
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => return Err(StoreError::unavailable("too many changes are waiting")),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => return Err(StoreError::defect("the writer has ended")),
        }
        match tokio::time::timeout(limit, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(StoreError::outcome_unknown("the writer gave no answer")),
            Err(_) => Err(StoreError::outcome_unknown("a change waited too long")),
        }
    }
}

/// How many uses are written in one go.
const USAGE_PART: usize = 500;
