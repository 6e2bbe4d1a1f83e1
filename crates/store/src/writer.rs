//! Group commit: everything that waits is one transaction, and a change that fails leaves its neighbours alone.
//!
//! Most batches hold no change that fails after it wrote something, and a savepoint is two statements more for each
//! change: on PostgreSQL two round trips. So a batch runs without them first; when a change has to be undone, all of it
//! is rolled back and run again, with a savepoint for each change. Changes may run more than once anyway.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use domain::event::{Class, Entry, Sequence};
use domain::id::NodeId;
use futures_util::FutureExt as _;

use crate::change::{End, Job, Ran};
use crate::error::StoreError;
use crate::executor::{Control, Executor};
use crate::journal::{self, Head};
use crate::meter::Meters;
use crate::transaction::Tx;

/// How many changes share one commit at most.
pub(crate) const BATCH: usize = 256;
/// How often a change is run again after a deadlock.
const ATTEMPTS: u32 = 3;
/// How many missed entries are read at once.
const CATCH_UP: u32 = 1_000;
const RESTORED: &str = "the database was restored from a backup: start this server anew";

/// What is called with the entries of each commit.
pub type Feed = Arc<dyn Fn(&[Entry]) + Send + Sync>;

/// What the store and its writer share.
#[derive(Default)]
pub(crate) struct Shared {
    feed: RwLock<Option<Feed>>,
    /// Under which id this process is known to the others.
    node: RwLock<Option<NodeId>>,
    /// The last place that the feed was given, plus one; 0: none yet.
    fed: AtomicI64,
    pub(crate) meters: Meters,
    /// In which life of the database the index was loaded, once it is.
    life: RwLock<Option<i64>>,
}

impl Shared {
    pub(crate) fn set_feed(&self, feed: Feed) {
        *self.feed.write().unwrap_or_else(PoisonError::into_inner) = Some(feed);
    }

    pub(crate) fn set_node(&self, id: NodeId) {
        *self.node.write().unwrap_or_else(PoisonError::into_inner) = Some(id);
    }

    pub(crate) fn node(&self) -> Option<NodeId> {
        *self.node.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_fed(&self, sequence: Sequence) {
        self.fed.fetch_max(sequence.0 + 1, Ordering::SeqCst);
    }

    pub(crate) fn fed(&self) -> Option<Sequence> {
        Some(self.fed.load(Ordering::SeqCst)).filter(|fed| *fed != 0).map(|fed| Sequence(fed - 1))
    }

    /// The index was loaded in this life of the database. A process lives in one only.
    pub(crate) fn set_life(&self, head: Head) -> Result<(), StoreError> {
        self.check_life(head)?;
        *self.life.write().unwrap_or_else(PoisonError::into_inner) = Some(head.incarnation);
        Ok(())
    }

    /// Refuses to go on where the database was restored since the index was loaded: other changes have the same numbers.
    pub(crate) fn check_life(&self, head: Head) -> Result<Sequence, StoreError> {
        let life = *self.life.read().unwrap_or_else(PoisonError::into_inner);
        if life.is_none_or(|life| life == head.incarnation) { Ok(head.sequence) } else { Err(StoreError::Refused(RESTORED.into())) }
    }

    fn publish(&self, entries: &[Entry]) {
        let Some(last) = entries.last() else { return };
        let feed = self.feed.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(feed) = feed
            && std::panic::catch_unwind(AssertUnwindSafe(|| feed(entries))).is_err()
        {
            tracing::error!("the feed of the journal panicked");
        }
        self.set_fed(last.sequence);
    }
}

/// How a batch left its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Fit for the next batch.
    Fit,
    /// To be thrown away.
    Broken,
    /// To be thrown away; and what was committed is known only once the head can be locked again.
    Unsettled,
}

/// How the changes of a batch are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Apart {
    /// Not at all, and there is no need: it is the only one, and what it wrote goes with the transaction.
    Alone,
    /// Not at all: a change that has to be undone takes the batch with it.
    Not,
    /// By a savepoint for each.
    BySavepoints,
}

/// Why a batch did not come to its commit.
enum Broken {
    /// A change has to be undone that wrote something, and nothing keeps it apart.
    Tangled,
    /// The batch failed.
    Failed(StoreError),
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// Runs a batch in one transaction and answers everybody in it. Without jobs it only gives the feed what others wrote.
pub(crate) async fn run_batch(executor: Executor<'_>, mut jobs: Vec<Box<dyn Job>>, shared: &Shared) -> Left {
    let mut tx = Tx::new(executor, Sequence::default());
    let apart = if jobs.len() == 1 { Apart::Alone } else { Apart::Not };
    let done = match transact(&mut tx, &mut jobs, shared, apart).await {
        Err(Broken::Tangled) => again(&mut tx, &mut jobs, shared).await,
        done => done,
    };
    match done {
        Ok((published, ends)) => {
            // Before anybody hears that it is done, the index has it.
            shared.publish(&published);
            shared.meters.batches.add(ends.len() as u64);
            for (job, end) in jobs.into_iter().zip(ends) {
                job.finish(end);
            }
            Left::Fit
        }
        Err(broken) => {
            let Broken::Failed(error) = broken else { return Left::Broken };
            shared.meters.failed_batches.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(cause = error.cause(), waiting = jobs.len(), "a batch of changes failed");
            // A connection that is gone or stuck would only keep everybody waiting once more.
            let rolled_back = !tx.executor.is_lost() && tx.executor.control(Control::Rollback).await.is_ok();
            for job in jobs {
                // Also those that were refused: perhaps because of a neighbour that is undone now.
                job.finish(End::Failed(error.clone()));
            }
            if error.is_outcome_unknown() {
                Left::Unsettled
            } else if rolled_back {
                Left::Fit
            } else {
                Left::Broken
            }
        }
    }
}

/// Runs a batch a second time, its changes kept apart.
async fn again(tx: &mut Tx<'_>, jobs: &mut [Box<dyn Job>], shared: &Shared) -> Result<(Vec<Entry>, Vec<End>), Broken> {
    tx.entries.clear();
    tx.executor.control(Control::Rollback).await?;
    transact(tx, jobs, shared, Apart::BySavepoints).await
}

/// All of a batch up to its commit: what to publish, and how each job ended.
async fn transact(tx: &mut Tx<'_>, jobs: &mut [Box<dyn Job>], shared: &Shared, apart: Apart) -> Result<(Vec<Entry>, Vec<End>), Broken> {
    tx.executor.control(Control::BeginWrite).await?;
    let head = shared.check_life(journal::lock_head(&mut tx.executor).await?)?;
    tx.head = head;
    let mut published = missed(tx, head, shared).await?;
    let mut ends = Vec::with_capacity(jobs.len());
    let (mut kept, mut answered) = (false, false);
    for job in jobs {
        let end = if job.is_abandoned() { End::Undone } else { run_job(tx, &mut **job, apart).await? };
        kept |= matches!(end, End::Done(_));
        answered |= matches!(end, End::Unchanged);
        ends.push(end);
    }
    if kept {
        if !tx.entries.is_empty() {
            let last = Sequence(tx.head.0 + tx.entries.len() as i64);
            journal::set_head(&mut tx.executor, last).await?;
            tx.executor.ring().await?;
        }
        tx.executor.commit().await?;
    } else {
        tx.executor.control(Control::Rollback).await?;
        if answered {
            tx.executor.confirm().await?;
        }
    }
    published.append(&mut tx.entries);
    Ok((published, ends))
}

/// What others have committed since the feed was last called: other nodes, a maintenance command, or this process itself
/// where the outcome of a commit was not known.
async fn missed(tx: &mut Tx<'_>, head: Sequence, shared: &Shared) -> Result<Vec<Entry>, StoreError> {
    let Some(fed) = shared.fed() else { return Ok(Vec::new()) };
    if head < fed {
        return Err(StoreError::unavailable("the database has lost changes that were committed before"));
    }
    let (mut entries, mut after) = (Vec::new(), fed);
    while after < head {
        let part = journal::tail(&mut tx.executor, after, CATCH_UP).await?;
        after = part.last().ok_or_else(|| StoreError::corrupt("a gap in the journal"))?.sequence;
        entries.extend(part);
    }
    Ok(entries)
}

/// One change. An error is one of the whole batch.
async fn run_job(tx: &mut Tx<'_>, job: &mut dyn Job, apart: Apart) -> Result<End, Broken> {
    let before = tx.entries.len();
    for attempt in 1.. {
        let written = tx.executor.written();
        if apart == Apart::BySavepoints {
            tx.executor.control(Control::Savepoint).await?;
        }
        let ran = if tx.executor.is_immediate() {
            // The verbs are always ready: whatever waits here would stop the only writer.
            job.run(tx).now_or_never().unwrap_or_else(|| Ran::Failed(StoreError::defect("a change waited for something else than a verb")))
        } else {
            job.run(tx).await
        };
        if tx.executor.is_lost() {
            let error = if let Ran::Failed(error) = ran { error } else { StoreError::unavailable("the transaction is gone") };
            return Err(error.into());
        }
        let recorded = tx.entries.len() > before;
        let undone = match ran {
            Ran::Changed if recorded => return kept(tx, apart, reached(&tx.entries[before..])).await,
            Ran::Kept => return kept(tx, apart, None).await,
            undone => undone,
        };
        tx.entries.truncate(before);
        match apart {
            Apart::BySavepoints => tx.executor.control(Control::RollbackToSavepoint).await?,
            Apart::Not if tx.executor.written() != written => return Err(Broken::Tangled),
            Apart::Not | Apart::Alone => {}
        }
        match undone {
            // A transaction that saw a deadlock takes no other statement, unless it can go back to a savepoint.
            Ran::Failed(error) if error.is_passing() && apart != Apart::BySavepoints => return Err(Broken::Tangled),
            Ran::Failed(error) if error.is_passing() && attempt < ATTEMPTS => {}
            Ran::Failed(error) => return Ok(End::Failed(error)),
            Ran::Changed => return Ok(End::Failed(StoreError::defect("a change without its event"))),
            Ran::Unchanged => return Ok(End::Unchanged),
            Ran::Refused | Ran::Kept => return Ok(End::Undone),
        }
    }
    Ok(End::Undone)
}

async fn kept(tx: &mut Tx<'_>, apart: Apart, reached: Option<(Sequence, Class)>) -> Result<End, Broken> {
    if apart == Apart::BySavepoints {
        tx.executor.control(Control::Release).await?;
    }
    Ok(End::Done(reached))
}

/// The place of a change's last event, and what the change waits for.
fn reached(entries: &[Entry]) -> Option<(Sequence, Class)> {
    entries.last().map(|last| (last.sequence, Class::of(entries.iter().map(|entry| &entry.event))))
}
