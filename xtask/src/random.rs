//! Random numbers for tools: quick, and no secret hangs on them.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// A generator (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    /// The generator of this seed: the same numbers each time.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that differs at each run; print it, so that a failure can be run again.
    pub(crate) fn new_seed() -> u64 {
        RandomState::new().build_hasher().finish()
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is above 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}
