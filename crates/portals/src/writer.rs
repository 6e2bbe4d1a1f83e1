//! The one writer of a reference API's file: changes that wait for it share a transaction, and its wait for the disk.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::database::{Lane, Silent, WorkError, Working};

/// The most changes of one transaction.
const MAX_CHANGES: usize = 128;

/// A change that waits. It is told what came of it once the transaction is on the disk, or is not to be.
type Change = Box<dyn FnOnce(&Transaction<'_>) -> Done + Send>;

/// A change that ran in a transaction whose end is not known yet.
struct Done {
    /// Whether it is to stay: a refusal is undone.
    stays: bool,
    /// Tells it: whether the transaction ended well.
    tell: Box<dyn FnOnce(bool) + Send>,
}

/// Changes in the order in which they came. Whoever has the connection's turn makes all of them.
pub(crate) struct Writer {
    lane: Arc<Lane>,
    waiting: Mutex<VecDeque<(u64, Change)>>,
    next: AtomicU64,
}

/// A change's place among those that wait. Dropped, it waits no more: nothing is done later for somebody who went away.
struct Place {
    writer: Arc<Writer>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.writer.withdraw(self.number);
    }
}

impl Writer {
    pub(crate) fn new(connection: Connection) -> Arc<Self> {
        let lane = Arc::new(Lane::new(vec![connection]));
        Arc::new(Self { lane, waiting: Mutex::default(), next: AtomicU64::new(0) })
    }

    /// Runs a change: all of it is durable when this returns, or none of it happened.
    pub(crate) async fn write<T, E, F>(self: &Arc<Self>, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: WorkError,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let (tell, mut told) = oneshot::channel();
        let place = self.put(Box::new(move |tx| {
            let done = catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or_else(|_| Err(Silent.into()));
            let stays = done.is_ok();
            // A refusal may rest on what a neighbour wrote: without that it is none.
            let tell = move |ended_well: bool| _ = tell.send(if ended_well { done } else { Err(Silent.into()) });
            Done { stays, tell: Box::new(tell) }
        }));
        loop {
            let turn = tokio::select! {
                biased;
                done = &mut told => return done.unwrap_or_else(|_| Err(Silent.into())),
                turn = self.lane.take() => turn,
            };
            match turn {
                // Where very many wait, this change may not be among those that are made now.
                Ok(working) => {
                    let writer = Arc::clone(self);
                    let _ = tokio::task::spawn_blocking(move || writer.make(working)).await;
                }
                // Out of patience. If somebody is at work on it already, what comes of it is soon known.
                Err(Silent) if self.withdraw(place.number) => return Err(Silent.into()),
                Err(Silent) => return told.await.unwrap_or_else(|_| Err(Silent.into())),
            }
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, VecDeque<(u64, Change)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(self: &Arc<Self>, change: Change) -> Place {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.waiting().push_back((number, change));
        Place { writer: Arc::clone(self), number }
    }

    /// Takes a change back; `false` where somebody is at work on it, or was.
    fn withdraw(&self, number: u64) -> bool {
        let mut waiting = self.waiting();
        let before = waiting.len();
        waiting.retain(|(other, _)| *other != number);
        waiting.len() < before
    }

    /// Makes the changes that wait. One that is dropped instead is told by that.
    fn make(&self, mut working: Working) {
        let changes: Vec<Change> = {
            let mut waiting = self.waiting();
            let count = waiting.len().min(MAX_CHANGES);
            waiting.drain(..count).map(|(_, change)| change).collect()
        };
        let Some(connection) = working.connection().filter(|_| !changes.is_empty()) else { return };
        let mut made = Vec::new();
        let ended_well = match transaction(connection, changes, &mut made) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "a reference API's changes were not written");
                false
            }
        };
        made.into_iter().for_each(|done: Done| (done.tell)(ended_well));
    }
}

fn transaction(connection: &mut Connection, changes: Vec<Change>, made: &mut Vec<Done>) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for change in changes {
        tx.execute_batch("SAVEPOINT change")?;
        let done = change(&tx);
        let stays = done.stays;
        made.push(done);
        // Fails where SQLite itself gave the transaction up: then nothing of it stays.
        tx.execute_batch(if stays { "RELEASE change" } else { "ROLLBACK TO change; RELEASE change" })?;
    }
    tx.commit()
}
