//! Counts of how large things were, in steps: what monitoring reads quantiles from.

use std::sync::atomic::{AtomicU64, Ordering};

/// Steps of times in nanoseconds, from half a millisecond to a minute.
pub const NANOSECONDS: &[u64] = &[
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
    30_000_000_000,
    60_000_000_000,
];

/// Counts since the start, added to without a lock.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One for each bound, and one for what is above all of them.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// An empty one; the bounds ascend, and each counts what is at most as large.
    pub fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    /// Counts a thing of this size.
    pub fn add(&self, size: u64) {
        let step = self.bounds.partition_point(|bound| *bound < size);
        self.counts[step].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(size, Ordering::Relaxed);
    }

    /// Each bound with how many were at most as large, ascending.
    pub fn steps(&self) -> Vec<(u64, u64)> {
        let mut so_far = 0;
        let counts = self.counts.iter().map(|count| {
            so_far += count.load(Ordering::Relaxed);
            so_far
        });
        self.bounds.iter().copied().zip(counts).collect()
    }

    /// How many there were. Read after [`Self::steps`] it is no less than its last count.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// All sizes together.
    pub fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_holds_what_is_at_most_as_large() {
        let histogram = Histogram::new(&[1, 10]);
        [0, 1, 2, 10, 11].into_iter().for_each(|size| histogram.add(size));
        assert_eq!(histogram.steps(), [(1, 2), (10, 4)]);
        assert_eq!((histogram.count(), histogram.sum()), (5, 24));
    }
}
