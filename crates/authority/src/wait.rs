//! What a change waits for after its commit: that every node has applied it, or can answer nothing any more.
//!
//! The rules are those of "A change, step by step" in ARCHITECTURE.md; each line here that looks as if it could be left out cannot.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::event::Class;
use domain::time::{Boottime, Clock};
use store::{Era, LiveNode, Place, Situation, Store, StoreError};
use tokio::sync::Mutex;

use crate::era::Eras;
use crate::{Authority, Error, Outage};

/// How long a creation waits at most.
const CREATION: Duration = Duration::from_millis(500);
/// How long the database may be away while a change waits, before its outcome counts as unknown.
const PATIENCE: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(16);
const RETRY: Duration = Duration::from_millis(100);
/// How often the database may turn out to be another one while a change waits, before its outcome counts as unknown.
const ERAS: u32 = 10;

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) nodes: u32,
    pub(crate) confirmed: u32,
    pub(crate) waited_out: u32,
}

impl Reached {
    /// This node has it, and no other was asked.
    pub(crate) const HERE: Self = Self { nodes: 1, confirmed: 1, waited_out: 0 };

    fn nobody_of(live: &[LiveNode]) -> Self {
        Self { nodes: u32::try_from(live.len()).unwrap_or(u32::MAX), confirmed: 0, waited_out: 0 }
    }
}

/// One reading of the live nodes at a time, shared by all that asked before it began.
#[derive(Default)]
pub(crate) struct LiveNodes {
    begun: AtomicU64,
    last: Mutex<Option<(u64, Arc<Situation>)>>,
    pub(crate) eras: Eras,
}

impl LiveNodes {
    /// The live nodes in a state of the database that is later than this call.
    pub(crate) async fn later(&self, store: &Store, clock: &dyn Clock) -> Result<Arc<Situation>, StoreError> {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        // A reading that was under way when this was called may be older than the caller's commit.
        if let Some((number, situation)) = &*last
            && *number > asked
        {
            return Ok(situation.clone());
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let situation = Arc::new(store.situation().await?);
        self.eras.notice(&situation, clock.boottime());
        *last = Some((number, situation.clone()));
        Ok(situation)
    }
}

impl Authority {
    /// Waits, after the commit of everything up to a place, as the class asks.
    pub(crate) async fn wait(&self, place: Place, class: Class) -> Result<Reached, Error> {
        match class {
            Class::Unindexed => Ok(Reached::HERE),
            // One member: its own index has had the change before the commit was told.
            _ if self.store.is_embedded() => {
                let applied = self.verifier.applied() >= place.sequence;
                if applied { Ok(Reached::HERE) } else { Err(Error::OutcomeUnknown(Outage::Internal("the index missed a change"))) }
            }
            Class::Creation => Ok(self.wait_a_little(place).await),
            Class::Ending => {
                let mut waiting = Waiting::begin(self, place).await.map_err(unknown)?;
                while !(waiting.look(self).await && waiting.is_certain(self).await?) {
                    waiting.pause(self).await.map_err(unknown)?;
                }
                Ok(waiting.reached)
            }
        }
    }

    /// For a creation: whatever is reached in time. That the database cannot be asked changes nothing about the commit.
    async fn wait_a_little(&self, place: Place) -> Reached {
        let mut begun = None;
        let all = async {
            let waiting = begun.insert(Waiting::begin(self, place).await?);
            while !waiting.look(self).await {
                waiting.pause(self).await?;
            }
            Ok::<_, StoreError>(())
        };
        // In time or not, what was reached is in `begun`.
        let _ = tokio::time::timeout(CREATION, all).await;
        begun.map_or(Reached::HERE, |waiting| waiting.reached)
    }
}

/// A change on its way to every node that was live after its commit.
struct Waiting {
    place: Place,
    /// The era in which the nodes were read that are waited for.
    era: Era,
    /// In how many it was begun anew.
    eras: u32,
    /// When they had been read, on the clock of leases.
    since: Boottime,
    missing: Vec<LiveNode>,
    /// The last reading.
    now: Arc<Situation>,
    reached: Reached,
    pause: Duration,
}

impl Waiting {
    async fn begin(authority: &Authority, place: Place) -> Result<Self, StoreError> {
        let now = situation(authority).await?;
        // The timer starts after the reading: a lease that is in it began before it was read.
        let (since, era) = (authority.clock.boottime(), now.era.clone());
        let (missing, reached) = (now.live.clone(), Reached::nobody_of(&now.live));
        Ok(Self { place, era, eras: 0, since, missing, now, reached, pause: FIRST_PAUSE })
    }

    /// Strikes off whoever has the change or is gone; whether nobody is left.
    async fn look(&mut self, authority: &Authority) -> bool {
        let elapsed = Duration::from_nanos(authority.clock.boottime().0.saturating_sub(self.since.0));
        let own = authority.store.own_node().filter(|_| authority.verifier.applied() >= self.place.sequence);
        for node in std::mem::take(&mut self.missing) {
            let row = self.now.live.iter().find(|row| row.id == node.id);
            if Some(node.id) == own || row.is_some_and(|row| row.acknowledged >= self.place.sequence) {
                self.reached.confirmed += 1;
            } else if row.is_none() {
                // It left, or another change has waited it out: it answers nothing before it has renewed and caught up.
                self.reached.waited_out += 1;
            } else if elapsed >= bound(node.lease) {
                self.reached.waited_out += 1;
                // Its lease is over whether or not this reaches the database; then the next change waits once more.
                if let Err(error) = authority.store.lapse_node(&node).await {
                    tracing::warn!(node = %node.id, %error, "a node that was waited out is still in the table");
                }
                tracing::warn!(node = %node.id, "a node did not answer until its lease was over; no change waits for it until it renews");
            } else {
                self.missing.push(node);
            }
        }
        self.missing.is_empty()
    }

    /// Whether nobody can answer without the change, now that nobody is waited for: also those of whom a database that lost
    /// commits does not tell. Where it lost the change itself, nobody knows its outcome.
    async fn is_certain(&mut self, authority: &Authority) -> Result<bool, Error> {
        if !authority.live_nodes.eras.is_settled(&self.era, authority.clock.boottime()) {
            return Ok(false);
        }
        let sequence = self.place.sequence;
        let (era, request) = patiently(|| authority.store.at_place(sequence)).await.map_err(unknown)?;
        if era != self.era {
            return Ok(false);
        }
        if request != self.place.request {
            return Err(Error::OutcomeUnknown(Outage::Internal("the change is not in the journal any more")));
        }
        Ok(true)
    }

    async fn pause(&mut self, authority: &Authority) -> Result<(), StoreError> {
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.now = situation(authority).await?;
        if self.now.era != self.era {
            // What the nodes said before may be about another change that had this number.
            self.eras += 1;
            if self.eras > ERAS {
                return Err(StoreError::silent());
            }
            (self.since, self.era) = (authority.clock.boottime(), self.now.era.clone());
            (self.missing, self.reached) = (self.now.live.clone(), Reached::nobody_of(&self.now.live));
        }
        Ok(())
    }
}

/// How long to wait for a node that is gone. Each clock may run up to 10 % too fast or too slow: 1.1/0.9 leases.
pub(crate) fn bound(lease: Duration) -> Duration {
    lease.saturating_mul(11) / 9 + Duration::from_millis(1)
}

async fn situation(authority: &Authority) -> Result<Arc<Situation>, StoreError> {
    patiently(|| authority.live_nodes.later(&authority.store, &*authority.clock)).await
}

/// Asks the database until it answers.
async fn patiently<T, F: Future<Output = Result<T, StoreError>>>(ask: impl Fn() -> F) -> Result<T, StoreError> {
    let mut last = None;
    let asking = async {
        loop {
            match ask().await {
                Ok(answer) => return answer,
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(RETRY).await;
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => Ok(answer),
        Err(_) => Err(last.unwrap_or_else(StoreError::silent)),
    }
}

fn unknown(error: StoreError) -> Error {
    Error::OutcomeUnknown(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_at_least_1_22_leases() {
        for milliseconds in [1_000_u64, 3_000, 30_000, 60_000] {
            let bound = bound(Duration::from_millis(milliseconds)).as_secs_f64() * 1_000.0 / milliseconds as f64;
            assert!((1.2222..1.224).contains(&bound), "{milliseconds}: {bound}");
        }
    }
}
