//! The one way to change anything: a transaction with its journal row, an answer that can be asked for again, a receipt.

use std::sync::Arc;

use domain::event::{Actor, Class};
use domain::{RequestId, Sequence, Timestamp};
use futures_util::future::BoxFuture;
use store::{Abort, By, Outcome, Place, Tx};

use crate::error::Outage;
use crate::idempotency::{IdempotencyKey, Kept};
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
}

impl Context {
    /// A context of the server itself: first start, or a command on its own machine.
    pub fn system(request: RequestId, now: Timestamp) -> Self {
        Self { caller: Caller::System, request, now, address: None, idempotency: None }
    }

    /// As the journal names it.
    pub fn by(&self) -> By {
        let actor = match &self.caller {
            Caller::Operator { credential } => Actor::Operator { credential: *credential },
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

impl Authority {
    /// Runs `work` in a transaction, possibly more than once; keeps the answer under the caller's idempotency key.
    pub(crate) async fn change<T, F>(&self, context: &Context, work: F) -> Result<Changed<T>, Error>
    where
        T: Kept + Send + 'static,
        F: for<'a> Fn(&'a mut Tx<'_>, &'a By) -> BoxFuture<'a, Work<T>> + Send + Sync + 'static,
    {
        let started = self.clock.boottime();
        let work = Arc::new(work);
        let by = context.by();
        let key = match &context.idempotency {
            Some(key) => Some(key.bind(&context.caller, &*self.entropy, &self.keys)?),
            None => None,
        };
        let committed = self
            .store
            .write(move |tx| {
                let (work, by, key) = (work.clone(), by.clone(), key.clone());
                Box::pin(async move {
                    if let Some(key) = &key
                        && let Some(kept) = tx.idempotent_answer(&key.digest, by.at).await?
                    {
                        let (value, sequence) = key.open(&kept).map_err(Abort::Refused)?;
                        return found(tx, Outcome::Unchanged(value), Some(sequence)).await;
                    }
                    let outcome = match looked(tx, &by, &*work).await? {
                        Ok(outcome) => outcome,
                        Err(place) => return Ok(Outcome::Unchanged((None, None, place))),
                    };
                    if let Outcome::Changed(value, recorded) = &outcome
                        && let Some(key) = &key
                    {
                        let sealed = key.seal(value, recorded.sequence()).map_err(Abort::Refused)?;
                        tx.keep_answer(&key.digest, &key.request, &sealed, key.kept_at(by.at)).await?;
                    }
                    found(tx, outcome, None).await
                })
            })
            .await?;
        self.meters.committed(&*self.clock, started);
        // The own index has the change. Where it is about a server key, this node must have opened that, too.
        let opened = self.keys.catch_up(&self.store).await;
        opened.map_err(|_| Error::OutcomeUnknown(Outage::Internal("a server key was not opened")))?;
        let (value, earlier, place) = committed.value;
        // Where nothing had to be changed, or nothing is there, what was found may be an ending that is still on its way to
        // other nodes. So it is waited for like an ending; a repeated answer, too: of its change only the place is known.
        let (place, class) = match committed.sequence {
            None => (place, Class::Ending),
            Some(sequence) => (Place { sequence, request: Some(context.request) }, committed.class),
        };
        let reached = self.meters.waited(class, &*self.clock, self.wait(place, class)).await?;
        let value = value.ok_or(Error::NotFound)?;
        let receipt = self.receipt(earlier.or(committed.sequence), reached, started);
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

/// What a run has found: a value, unless the thing is not there; the place of the earlier change whose answer it repeats, if
/// it does; the place up to which it has looked.
type Found<T> = (Option<T>, Option<Sequence>, Place);

async fn found<T>(tx: &mut Tx<'_>, outcome: Outcome<T>, earlier: Option<Sequence>) -> Work<Found<T>> {
    let place = tx.last_place().await?;
    Ok(match outcome {
        Outcome::Changed(value, recorded) => Outcome::Changed((Some(value), earlier, place), recorded),
        Outcome::Kept(value) => Outcome::Kept((Some(value), earlier, place)),
        Outcome::Unchanged(value) => Outcome::Unchanged((Some(value), earlier, place)),
    })
}

/// Runs the use case. What is not there may have been ended a moment ago, and whoever is told so takes it for ended.
async fn looked<T, F>(tx: &mut Tx<'_>, by: &By, work: &F) -> Result<Result<Outcome<T>, Place>, Abort<Error>>
where
    F: for<'a> Fn(&'a mut Tx<'_>, &'a By) -> BoxFuture<'a, Work<T>>,
{
    match work(tx, by).await {
        Err(Abort::Refused(Error::NotFound)) => Ok(Err(tx.last_place().await?)),
        outcome => outcome.map(Ok),
    }
}
