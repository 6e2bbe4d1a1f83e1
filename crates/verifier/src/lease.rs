//! The lease: until when this node may answer from its index.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::time::{Boottime, Clock};

use crate::Unavailable;

const RUN_OUT: u64 = 0;
const HELD: u64 = u64::MAX;

/// The lease of a node, in readings of its own boot-time clock. A new one has run out.
#[derive(Debug, Default)]
pub struct Lease(AtomicU64);

impl Lease {
    /// Lets the node answer until `end`; a later end that was set before stays.
    /// The caller has applied everything up to the renewal first.
    pub fn extend_to(&self, end: Boottime) {
        self.0.fetch_max(end.0.min(HELD - 1), Ordering::AcqRel);
    }

    /// Lets the node answer for as long as the process lives: for a node that can have no other beside it.
    pub fn hold(&self) {
        self.0.store(HELD, Ordering::Release);
    }

    /// Lets the node answer no more, until it is extended or held anew.
    pub fn end(&self) {
        self.0.store(RUN_OUT, Ordering::Release);
    }

    /// How long it still lasts; zero when it has run out, [`Duration::MAX`] when it is held.
    pub fn margin(&self, now: Boottime) -> Duration {
        match self.0.load(Ordering::Acquire) {
            HELD => Duration::MAX,
            end => Duration::from_nanos(end.saturating_sub(now.0)),
        }
    }

    /// Compares the clock with the lease. To be called *before* the index is read: the answer is then as new as
    /// the reading of the clock, however long the thread is held up in between.
    #[inline]
    pub(crate) fn compare(&self, clock: &dyn Clock) -> Result<(), Unavailable> {
        let end = self.0.load(Ordering::Acquire);
        // A held lease has no end to compare with, which saves the reading of the clock.
        if end == HELD || clock.boottime().0 < end { Ok(()) } else { Err(Unavailable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_never_shortened_and_ends_at_its_end() {
        let lease = Lease::default();
        let left = |at| lease.margin(Boottime(at)).as_nanos();
        assert_eq!(left(0), 0);
        lease.extend_to(Boottime(10));
        lease.extend_to(Boottime(5));
        assert_eq!((left(4), left(10), left(11)), (6, 0, 0));
        lease.hold();
        lease.extend_to(Boottime(20));
        assert_eq!(lease.margin(Boottime(u64::MAX)), Duration::MAX);
        lease.end();
        assert_eq!(left(0), 0);
    }
}
