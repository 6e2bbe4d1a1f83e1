//! The one way to change anything: a transaction with its journal row, an answer that can be asked for again, a receipt.

use std::sync::Arc;

use domain::event::{Actor, Class};
use domain::text::Reason;
use domain::time::Boottime;
use domain::{RequestId, Sequence, Timestamp};
use futures_util::future::BoxFuture;
use store::{Abort, By, Committed, Outcome, Place, Tx};

use crate::error::Outage;
use crate::idempotency::{IdempotencyKey, Kept};
use crate::wait::Reached;
use crate::{Authority, Caller, Error, Receipt};

/// In what a use case runs: who asks, when, in which request.
#[derive(Clone)]
pub struct Context {
    /// Who asks.
    pub caller: Caller,
    /// The request's id, for the journal and the log.
    pub request: RequestId,
    /// The wall clock, read once at the edge.
    pub now: Timestamp,
    /// From where, for the erasable side table.
    pub address: Option<String>,
    /// Under which key the answer is kept for a repeated request.
    pub idempotency: Option<IdempotencyKey>,
    /// Why, where whoever asks says so: whoever reads of the change in a log reads this, too.
    pub reason: Option<Reason>,
}

impl Context {
    /// A context of the server itself: first start, or a command on its own machine.
    pub fn system(request: RequestId, now: Timestamp) -> Self {
        Self { caller: Caller::System, request, now, address: None, idempotency: None, reason: None }
    }

    /// As the journal names it.
    pub fn by(&self) -> By {
        let actor = match &self.caller {
            Caller::Operator { credential } => Actor::Operator { credential: *credential },
            Caller::OperatorPerson { id, .. } => Actor::OperatorPerson { id: *id },
            Caller::Person(person) => Actor::Person { id: person.id, credential: person.with.credential() },
            Caller::Client { key } => Actor::Client { key: *key },
            Caller::System => Actor::System,
        };
        By { at: self.now, actor, request: self.request, address: self.address.clone() }
    }
}

/// What a change gave, and what it has reached.
#[derive(Debug, Clone)]
pub struct Changed<T> {
    /// The use case's answer.
    pub value: T,
    /// What was reached.
    pub receipt: Receipt,
    /// Whether this is the answer of an earlier request with the same idempotency key.
    pub replayed: bool,
}

/// The result of one run of a use case's transaction.
pub(crate) type Work<T> = Result<Outcome<T>, Abort<Error>>;

/// What a run of [`Authority::commit`] came to.
pub(crate) struct Settled<T> {
    pub(crate) value: T,
    sequence: Option<Sequence>,
    reached: Reached,
    started: Boottime,
}

impl Authority {
    /// Runs `work` in a transaction, possibly more than once, and waits after the commit: as its events ask; where nothing had to be
    /// changed, as for an ending, because what was found may be one that is still on its way to other nodes; for rows that no index
    /// holds ([`Outcome::Kept`]) not at all.
    pub(crate) async fn commit<T, F>(&self, context: &Context, work: F) -> Result<Settled<T>, Error>
    where
        T: Send + 'static,
        F: for<'a> Fn(&'a mut Tx<'_>, &'a By) -> BoxFuture<'a, Work<T>> + Send + Sync + 'static,
    {
        let started = self.clock.boottime();
        let (by, work) = (context.by(), Arc::new(work));
        let reason = context.reason.clone();
        let as_operator = if let Caller::OperatorPerson { id, .. } = context.caller { Some(id) } else { None };
        let committed = self.store.write(move |tx| {
            let (by, work, reason) = (by.clone(), work.clone(), reason.clone());
            Box::pin(async move {
                // Whoever was dismissed or suspended since the page was asked for changes nothing any more.
                if let Some(person) = as_operator
                    && !tx.is_operator(person).await?
                {
                    return Err(Abort::Refused(Error::Forbidden));
                }
                let outcome = work(tx, &by).await?;
                if let (Outcome::Changed(..), Some(reason)) = (&outcome, &reason) {
                    tx.give_change_reason(&by, reason).await?;
                }
                Ok::<_, Abort<Error>>(match outcome {
                    Outcome::Changed(value, recorded) => Outcome::Changed((value, None), recorded),
                    Outcome::Kept(value) => Outcome::Kept((value, None)),
                    Outcome::Unchanged(value) => Outcome::Unchanged((value, Some(tx.last_place().await?))),
                })
            })
        });
        let Committed { value: (value, found_at), sequence, class } = committed.await?;
        self.meters.committed(&*self.clock, started);
        let awaited = match (sequence, found_at) {
            (Some(sequence), _) => Some((Place { sequence, request: Some(context.request) }, class)),
            (None, found_at) => found_at.map(|place| (place, Class::Ending)),
        };
        let reached = match awaited {
            None => Reached::HERE,
            Some((place, class)) => {
                // The own index has the change. Where it is about a server key, this node must have opened that, too.
                let opened = self.keys.catch_up(&self.store).await;
                opened.map_err(|_| Error::OutcomeUnknown(Outage::Internal("a server key was not opened")))?;
                self.meters.waited(class, &*self.clock, self.wait(place, class)).await?
            }
        };
        Ok(Settled { value, sequence, reached, started })
    }

    /// [`Self::commit`], with the answer kept under the caller's idempotency key, and with a receipt.
    pub(crate) async fn change<T, F>(&self, context: &Context, work: F) -> Result<Changed<T>, Error>
    where
        T: Kept + Send + 'static,
        F: for<'a> Fn(&'a mut Tx<'_>, &'a By) -> BoxFuture<'a, Work<T>> + Send + Sync + 'static,
    {
        let work = Arc::new(work);
        let key = match &context.idempotency {
            Some(key) => Some(key.bind(&context.caller, &*self.entropy, &self.keys)?),
            None => None,
        };
        let settled = self.commit(context, move |tx, by| {
            let (work, key) = (work.clone(), key.clone());
            Box::pin(async move {
                if let Some(key) = &key
                    && let Some(kept) = tx.idempotent_answer(&key.digest, by.at).await?
                {
                    let (value, sequence) = key.open(&kept).map_err(Abort::Refused)?;
                    return Ok(Outcome::Unchanged((Some(value), Some(sequence))));
                }
                let outcome = match work(tx, by).await {
                    // What is not there may have been ended a moment ago, and whoever is told so takes it for ended.
                    Err(Abort::Refused(Error::NotFound)) => return Ok(Outcome::Unchanged((None, None))),
                    outcome => outcome?,
                };
                if let Outcome::Changed(value, recorded) = &outcome
                    && let Some(key) = &key
                {
                    let sealed = key.seal(value, recorded.sequence()).map_err(Abort::Refused)?;
                    tx.keep_answer(&key.digest, &key.request, &sealed, key.kept_at(by.at)).await?;
                }
                Ok(match outcome {
                    Outcome::Changed(value, recorded) => Outcome::Changed((Some(value), None), recorded),
                    Outcome::Kept(value) => Outcome::Kept((Some(value), None)),
                    Outcome::Unchanged(value) => Outcome::Unchanged((Some(value), None)),
                })
            })
        });
        // A repeated answer has the place of the change that it repeats.
        let Settled { value: (value, earlier), sequence, reached, started } = settled.await?;
        let value = value.ok_or(Error::NotFound)?;
        let receipt = self.receipt(earlier.or(sequence), reached, started);
        Ok(Changed { value, receipt, replayed: earlier.is_some() })
    }
}

impl Authority {
    /// Whether an answer is kept under the caller's idempotency key: then a change gives it and changes nothing.
    pub(crate) async fn is_answered(&self, context: &Context) -> Result<bool, Error> {
        let Some(key) = &context.idempotency else { return Ok(false) };
        let (digest, now) = (key.bind(&context.caller, &*self.entropy, &self.keys)?.digest, context.now);
        let kept = self.store.read(move |reader| Box::pin(async move { reader.idempotent_answer(&digest, now).await }));
        Ok(kept.await?.is_some())
    }
}
