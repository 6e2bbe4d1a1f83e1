//! Time and randomness that a test decides on.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain::Timestamp;
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::time::{Boottime, Clock};

/// 2026-11-21T12:00:00Z.
const START: i64 = 1_795_262_400_000_000;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl Default for HandClock {
    fn default() -> Self {
        Self(AtomicI64::new(START))
    }
}

impl HandClock {
    /// Moves the wall clock forward. The clock of leases stands still: none runs out unless a test ends it.
    pub fn advance(&self, duration: Duration) {
        self.0.fetch_add(i64::try_from(duration.as_micros()).expect("a short time"), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_microseconds(self.0.load(Ordering::SeqCst))
    }

    fn boottime(&self) -> Boottime {
        Boottime(1)
    }
}

/// Bytes that follow from a seed, never the same twice.
#[derive(Debug, Default)]
pub struct SeededEntropy(AtomicU64);

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        for chunk in buffer.chunks_mut(8) {
            // SplitMix64.
            let mut number = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            number ^= number >> 31;
            chunk.copy_from_slice(&number.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}
