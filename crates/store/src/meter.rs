//! What a store has done since it was opened, counted for monitoring.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::Histogram;

use crate::error::{StoreError, WriteError};

const BATCHES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256];

/// Counts since the store was opened.
#[derive(Debug)]
pub struct Meters {
    /// The transactions of the writer that were committed, by how many changes shared them.
    pub batches: Histogram,
    /// Transactions of the writer that failed as a whole.
    pub failed_batches: AtomicU64,
    /// Readings that the database, or what it holds, made fail.
    pub failed_reads: AtomicU64,
    /// Changes and housekeeping that the database, or what it holds, made fail.
    pub failed_writes: AtomicU64,
}

impl Default for Meters {
    fn default() -> Self {
        let count = AtomicU64::default;
        Self { batches: Histogram::new(BATCHES), failed_batches: count(), failed_reads: count(), failed_writes: count() }
    }
}

impl Meters {
    pub(crate) fn read<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        read.inspect_err(|error| count(&self.failed_reads, error))
    }

    pub(crate) fn kept<T>(&self, kept: Result<T, StoreError>) -> Result<T, StoreError> {
        kept.inspect_err(|error| count(&self.failed_writes, error))
    }

    pub(crate) fn written<T, E>(&self, written: Result<T, WriteError<E>>) -> Result<T, WriteError<E>> {
        if let Err(WriteError::Unavailable(error)) = &written {
            count(&self.failed_writes, error);
        }
        written
    }
}

/// What somebody asked for that cannot be had is no failure of the database.
fn count(counter: &AtomicU64, error: &StoreError) {
    if !matches!(error, StoreError::Conflict(_) | StoreError::Refused(_)) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
