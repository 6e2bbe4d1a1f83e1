//! After the database may have lost commits: for how long time alone ends leases, as its table of nodes may not show all.
//!
//! The era of the database tells (`store::Era`). Whoever sees one for the first time waits from then on for the longest
//! lease, with its margin, before it relies on the table of nodes again; then the database says so to the others.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::time::Boottime;
use store::{Era, Situation};

use crate::Authority;
use crate::Error;
use crate::wait::bound;

/// The era that was seen last, and until when no answer may rely on its table of nodes alone.
#[derive(Default)]
pub(crate) struct Eras(Mutex<State>);

#[derive(Default)]
struct State {
    era: Option<Era>,
    /// On the clock of leases; 0: relied on already.
    until: u64,
    /// Of any node ever seen here: one that was forgotten with the lost commits may still have it.
    longest_lease: Duration,
}

impl Eras {
    /// Takes notice of a reading that was finished at `now`.
    pub(crate) fn notice(&self, situation: &Situation, now: Boottime) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.longest_lease = state.longest_lease.max(situation.longest_lease);
        if situation.settled {
            state.until = 0;
        } else if state.era.as_ref() != Some(&situation.era) {
            state.until = now.saturating_add(bound(state.longest_lease)).0;
            tracing::warn!("the database was started, promoted or restored: endings wait once for every lease that may be out");
        }
        if state.era.as_ref() != Some(&situation.era) {
            state.era = Some(situation.era.clone());
        }
    }

    /// Whether the leases that this era's table of nodes may not show are over.
    pub(crate) fn is_settled(&self, era: &Era, now: Boottime) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.era.as_ref() == Some(era) && now.0 >= state.until
    }
}

impl Authority {
    /// Looks whether the database has a new era, so that the wait for it begins before the next change; when that wait is
    /// over, spares it whoever sees the era for the first time. To be called often, beside the requests.
    pub async fn look_after_era(&self) -> Result<(), Error> {
        if self.store.is_embedded() {
            return Ok(());
        }
        let situation = self.live_nodes.later(&self.store, &*self.clock).await?;
        if !situation.settled && self.live_nodes.eras.is_settled(&situation.era, self.clock.boottime()) {
            self.store.settle_era(&situation.era).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn situation(era: &Era, settled: bool, lease: u64) -> Situation {
        Situation { era: era.clone(), settled, longest_lease: Duration::from_secs(lease), live: Vec::new() }
    }

    #[test]
    fn a_new_era_is_waited_for_once_with_the_longest_lease_ever_seen() {
        let (one, two, eras) = (Era::named("1"), Era::named("2"), Eras::default());
        let at = |seconds: u64| Boottime(seconds * 1_000_000_000);
        assert!(!eras.is_settled(&one, at(100)), "nothing was read yet");
        eras.notice(&situation(&one, false, 9), at(100));
        eras.notice(&situation(&one, false, 9), at(105));
        assert!(!eras.is_settled(&one, at(110)) && eras.is_settled(&one, at(112)), "from the first sight, 11 seconds and a margin");
        // The nodes with long leases were forgotten with the lost commits.
        eras.notice(&situation(&two, false, 1), at(200));
        assert!(!eras.is_settled(&one, at(300)), "another era says nothing about this one");
        assert!(!eras.is_settled(&two, at(210)) && eras.is_settled(&two, at(212)));
        eras.notice(&situation(&one, false, 1), at(300));
        eras.notice(&situation(&one, true, 1), at(301));
        assert!(eras.is_settled(&one, at(301)), "somebody else has waited");
    }
}
