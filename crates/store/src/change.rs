//! A change on its way to the writer and its answer on the way back.

use std::panic::AssertUnwindSafe;

use domain::event::{Class, Sequence};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::error::{Abort, StoreError, WriteError};
use crate::executor::Executor;
use crate::transaction::{Committed, Outcome, Tx};

/// Something that the writer does.
pub(crate) trait Job: Send {
    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
    /// Runs it; perhaps more than once.
    fn run<'j>(&'j mut self, tx: &'j mut Tx<'_>) -> BoxFuture<'j, Ran>;
    /// Answers whoever waits.
    fn finish(self: Box<Self>, end: End);
}

/// What one run came to.
pub(crate) enum Ran {
    /// Rows and an event were written.
    Changed,
    /// Rows were written that have no event: usage, housekeeping.
    Kept,
    /// There was nothing to change: what is there is the answer, so it must not be lost any more.
    Unchanged,
    /// Nothing is to be kept: it was refused.
    Refused,
    /// A verb failed.
    Failed(StoreError),
}

/// How a job ended, once its batch has.
pub(crate) enum End {
    /// What it wrote is on the disk; the place of its last event, and what the change waits for.
    Done(Option<(Sequence, Class)>),
    /// There was nothing to change, and what there was is on the disk.
    Unchanged,
    /// Nothing of it is kept.
    Undone,
    /// It failed, or its batch did.
    Failed(StoreError),
}

/// A use case's change.
pub(crate) struct Change<T, E, F> {
    work: F,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<Committed<T>, WriteError<E>>>,
}

impl<T, E, F> Change<T, E, F> {
    pub(crate) fn new(work: F, answer: oneshot::Sender<Result<Committed<T>, WriteError<E>>>) -> Self {
        Self { work, result: None, answer }
    }
}

impl<T, E, F> Job for Change<T, E, F>
where
    T: Send + 'static,
    E: Send + 'static,
    F: for<'a> FnMut(&'a mut Tx<'_>) -> BoxFuture<'a, Result<Outcome<T>, Abort<E>>> + Send + 'static,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run<'j>(&'j mut self, tx: &'j mut Tx<'_>) -> BoxFuture<'j, Ran> {
        let Self { work, result, .. } = self;
        Box::pin(async move {
            // A panic in one change must not take the writer with it.
            let (ran, given) = match AssertUnwindSafe(async { work(tx).await }).catch_unwind().await {
                Ok(Ok(Outcome::Changed(value, _))) => (Ran::Changed, Some(Ok(value))),
                Ok(Ok(Outcome::Kept(value))) => (Ran::Kept, Some(Ok(value))),
                Ok(Ok(Outcome::Unchanged(value))) => (Ran::Unchanged, Some(Ok(value))),
                Ok(Err(Abort::Refused(refusal))) => (Ran::Refused, Some(Err(refusal))),
                Ok(Err(Abort::Store(error))) => (Ran::Failed(error), None),
                Err(_) => (Ran::Failed(StoreError::defect("a change panicked")), None),
            };
            *result = given;
            ran
        })
    }

    fn finish(self: Box<Self>, end: End) {
        let answer = match (end, self.result) {
            (End::Failed(error), _) => Err(WriteError::Unavailable(error)),
            (End::Done(reached), Some(Ok(value))) => Ok(Committed {
                value,
                sequence: reached.map(|(sequence, _)| sequence),
                class: reached.map_or(Class::Unindexed, |(_, class)| class),
            }),
            (End::Unchanged | End::Undone, Some(Ok(value))) => Ok(Committed { value, sequence: None, class: Class::Unindexed }),
            (_, Some(Err(refusal))) => Err(WriteError::Refused(refusal)),
            (_, None) => Err(WriteError::Unavailable(StoreError::defect("a change that gave nothing"))),
        };
        // Whoever asked may have gone; what is committed stays committed.
        let _ = self.answer.send(answer);
    }
}

/// Housekeeping: rows without an event.
pub(crate) struct Upkeep<F> {
    work: F,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

impl<F> Upkeep<F> {
    pub(crate) fn new(work: F, answer: oneshot::Sender<Result<(), StoreError>>) -> Self {
        Self { work, answer }
    }
}

impl<F> Job for Upkeep<F>
where
    F: for<'a> FnMut(&'a mut Executor<'_>) -> BoxFuture<'a, Result<(), StoreError>> + Send + 'static,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run<'j>(&'j mut self, tx: &'j mut Tx<'_>) -> BoxFuture<'j, Ran> {
        let work = (self.work)(&mut tx.executor);
        Box::pin(async move { work.await.map_or_else(Ran::Failed, |()| Ran::Kept) })
    }

    fn finish(self: Box<Self>, end: End) {
        let answer = if let End::Failed(error) = end { Err(error) } else { Ok(()) };
        let _ = self.answer.send(answer);
    }
}
