//! Request ids: unique without a draw of randomness for each.

use domain::entropy::{Entropy, EntropyUnavailable};
use domain::{RequestId, Timestamp};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// The requests of one connection that share a number before it takes a new one: 2^24.
const REQUESTS: u32 = 24;

/// Makes the request ids of one process: UUIDs of version 7 (RFC 9562 section 5.7).
///
/// The 74 bits beside the time are no secret and need not be unguessable, only unique: 64 of them are a counter
/// that a permutation with a random key of this process has scattered, so that two in one process never meet.
pub(super) struct Ids {
    key: u64,
    fixed: u8,
    connections: AtomicU64,
}

impl Ids {
    pub(super) fn new(entropy: &dyn Entropy) -> Result<Self, EntropyUnavailable> {
        let mut seed = [0; 9];
        entropy.fill(&mut seed)?;
        let [fixed, key @ ..] = seed;
        Ok(Self { key: u64::from_le_bytes(key), fixed, connections: AtomicU64::new(0) })
    }

    /// The ids of one connection.
    pub(super) fn connection(&self) -> ConnectionIds {
        ConnectionIds { counter: Cell::new(self.number()) }
    }

    fn number(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) << REQUESTS
    }

    pub(super) fn next(&self, connection: &ConnectionIds, now: Timestamp) -> RequestId {
        let mut counter = connection.counter.get();
        if counter.trailing_ones() >= REQUESTS {
            counter = self.number();
        }
        connection.counter.set(counter + 1);
        let scattered = scatter(counter ^ self.key).to_be_bytes();
        let [_, _, time @ ..] = now.unix_milliseconds().to_be_bytes();
        let mut id = [0; 16];
        id[..6].copy_from_slice(&time);
        id[6] = 0x70 | (self.fixed & 0x0f);
        id[7] = scattered[0];
        // The variant takes two bits; the two that it displaces and six more stand in the last byte.
        id[8] = 0x80 | (scattered[1] >> 2);
        id[9..15].copy_from_slice(&scattered[2..]);
        id[15] = (scattered[1] << 6) | (self.fixed >> 4);
        RequestId::from_bytes(id)
    }
}

/// Where one connection is in its share of the counter.
pub(super) struct ConnectionIds {
    counter: Cell<u64>,
}

/// A permutation of the 64-bit numbers (the finaliser of SplitMix64): different inputs, different outputs.
const fn scatter(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
            buffer.fill(self.0);
            Ok(())
        }
    }

    #[test]
    fn ids_of_one_moment_differ_and_are_of_version_7() {
        let ids = Ids::new(&Fixed(0xff)).expect("entropy");
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let mut seen = HashSet::new();
        for _ in 0..100 {
            let connection = ids.connection();
            for _ in 0..100 {
                let id = ids.next(&connection, now);
                let text = id.to_string();
                assert_eq!((&text[14..15], &text[..13]), ("7", "01a3185c-5000"), "{text}");
                assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"), "{text}");
                assert!(seen.insert(id), "{text} came twice");
            }
        }
    }

    #[test]
    fn a_connection_with_very_many_requests_takes_a_new_number() {
        let ids = Ids::new(&Fixed(3)).expect("entropy");
        let (first, now) = (ids.connection(), Timestamp::from_unix_seconds(1));
        first.counter.set((1 << REQUESTS) - 1);
        let last = ids.next(&first, now);
        let second = ids.connection();
        assert_ne!(ids.next(&first, now), last);
        assert_ne!(ids.next(&first, now), ids.next(&second, now));
    }
}
