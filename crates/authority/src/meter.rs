//! How long changes take and what becomes of their waiting, counted for monitoring.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::Histogram;
use domain::event::Class;
use domain::histogram::NANOSECONDS;
use domain::time::{Boottime, Clock};

use crate::Error;
use crate::wait::Reached;

/// Counts since the start. Times are in nanoseconds.
#[derive(Debug)]
pub struct Meters {
    /// From the call of a change until its commit is known.
    pub commits: Histogram,
    /// From the commit of an ending until no node can answer without it.
    pub endings: Histogram,
    /// From the commit of a creation until every node has it, or it was waited for long enough.
    pub creations: Histogram,
    /// How often a change has waited until a node's lease was over.
    pub waited_out: AtomicU64,
    /// Creations that were answered before every node had them.
    pub incomplete: AtomicU64,
    /// Changes of which nobody could tell whether they were kept, or whether every node has them.
    pub outcome_unknown: AtomicU64,
    /// Clients that were told that a session has ended.
    pub logouts_told: AtomicU64,
    /// Tries to tell one that failed.
    pub logouts_failed: AtomicU64,
    /// Clients that were not told, after the last try.
    pub logouts_given_up: AtomicU64,
    /// Letters that a mail server, or the mailbox, has taken.
    pub letters_sent: AtomicU64,
    /// Tries to send one that failed.
    pub letters_failed: AtomicU64,
    /// Letters that will never be sent.
    pub letters_given_up: AtomicU64,
}

impl Default for Meters {
    fn default() -> Self {
        let [commits, endings, creations] = [(); 3].map(|()| Histogram::new(NANOSECONDS));
        let count = AtomicU64::default;
        let (waited_out, incomplete, outcome_unknown) = (count(), count(), count());
        Self {
            commits,
            endings,
            creations,
            waited_out,
            incomplete,
            outcome_unknown,
            logouts_told: count(),
            logouts_failed: count(),
            logouts_given_up: count(),
            letters_sent: count(),
            letters_failed: count(),
            letters_given_up: count(),
        }
    }
}

impl Meters {
    /// Counts a commit that was asked for at `started`.
    pub(crate) fn committed(&self, clock: &dyn Clock, started: Boottime) {
        self.commits.add(since(clock, started));
    }

    /// Waits, and counts how long that took and how it ended.
    pub(crate) async fn waited<F>(&self, class: Class, clock: &dyn Clock, waiting: F) -> Result<Reached, Error>
    where
        F: Future<Output = Result<Reached, Error>>,
    {
        let started = clock.boottime();
        let waited = waiting.await;
        match class {
            Class::Ending => self.endings.add(since(clock, started)),
            Class::Creation => self.creations.add(since(clock, started)),
            Class::Unindexed => {}
        }
        match &waited {
            Ok(reached) => {
                self.waited_out.fetch_add(reached.waited_out.into(), Ordering::Relaxed);
                let complete = reached.confirmed + reached.waited_out >= reached.nodes;
                self.incomplete.fetch_add(u64::from(!complete), Ordering::Relaxed);
            }
            Err(Error::OutcomeUnknown(_)) => drop(self.outcome_unknown.fetch_add(1, Ordering::Relaxed)),
            Err(_) => {}
        }
        waited
    }
}

fn since(clock: &dyn Clock, started: Boottime) -> u64 {
    clock.boottime().0.saturating_sub(started.0)
}
