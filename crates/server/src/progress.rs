//! How a node keeps up with the others, counted for monitoring.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::Sequence;
use domain::time::Boottime;
use store::Tail;

/// Counts since the start.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    renewed: AtomicU64,
    failed: AtomicU64,
    unread: AtomicU64,
    reloads: AtomicU64,
    head: AtomicI64,
    acknowledged: AtomicI64,
    /// When the journal was last read up to its head, in nanoseconds.
    read_at: AtomicU64,
}

/// A reading of the counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Renewals of the lease that succeeded, and that did not.
    pub(crate) renewed: u64,
    pub(crate) failed: u64,
    /// Readings of the journal that failed.
    pub(crate) unread: u64,
    /// Snapshots that were loaded because the node was far behind.
    pub(crate) reloads: u64,
    /// The last place of the journal that this node has heard of.
    pub(crate) head: Sequence,
    /// The last place that it has acknowledged by itself, renewals not counted.
    pub(crate) acknowledged: Sequence,
    /// How long ago the index was last known to hold all of the journal; none before the first time.
    pub(crate) age: Option<Duration>,
}

impl Progress {
    pub(crate) fn renewed(&self, succeeded: bool) {
        let counter = if succeeded { &self.renewed } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn failed_to_read(&self) {
        self.unread.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn reloaded(&self) {
        self.reloads.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn acknowledged(&self, place: Sequence) {
        self.acknowledged.fetch_max(place.0, Ordering::Relaxed);
    }

    /// Everything of this is in the index now.
    pub(crate) fn read(&self, tail: &Tail, now: Boottime) {
        self.head.fetch_max(tail.head.0, Ordering::Relaxed);
        if tail.entries.last().is_none_or(|last| last.sequence >= tail.head) {
            self.read_at.fetch_max(now.0, Ordering::Relaxed);
        }
    }

    pub(crate) fn reading(&self, now: Boottime) -> Reading {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let place = |place: &AtomicI64| Sequence(place.load(Ordering::Relaxed));
        let read_at = Some(count(&self.read_at)).filter(|read_at| *read_at > 0);
        Reading {
            renewed: count(&self.renewed),
            failed: count(&self.failed),
            unread: count(&self.unread),
            reloads: count(&self.reloads),
            head: place(&self.head),
            acknowledged: place(&self.acknowledged),
            age: read_at.map(|read_at| Duration::from_nanos(now.0.saturating_sub(read_at))),
        }
    }
}
