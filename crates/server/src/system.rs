//! The machine's own clocks and randomness: the only place of the product where they are read.

use std::time::SystemTime;

use domain::entropy::{Entropy, EntropyUnavailable};
use domain::time::{Boottime, Clock, Timestamp};
use rustix::time::{ClockId, clock_gettime};

/// The clocks of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        // Through the C library, so that a test can set it for one process and leave the clock of leases alone.
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_unix_microseconds(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn boottime(&self) -> Boottime {
        // Both parts are never negative on this clock.
        let time = clock_gettime(ClockId::Boottime);
        Boottime(time.tv_sec.unsigned_abs().saturating_mul(1_000_000_000).saturating_add(time.tv_nsec.unsigned_abs()))
    }
}

/// The operating system's source of random bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws randomness")]
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        getrandom::fill(buffer).map_err(|_| EntropyUnavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_run_forward_and_randomness_differs() {
        let (now, boottime) = (SystemClock.now(), SystemClock.boottime());
        assert!(now > Timestamp::from_unix_seconds(1_700_000_000), "{now}");
        assert!(boottime > Boottime(0) && SystemClock.boottime() >= boottime);
        let mut random = [[0_u8; 16]; 2];
        for bytes in &mut random {
            SystemEntropy.fill(bytes).expect("a source of randomness");
        }
        assert_ne!(random[0], random[1]);
    }
}
