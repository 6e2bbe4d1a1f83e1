//! Time: the queue of events, the processors of a host, and chance.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A moment, or how long something takes, in microseconds.
pub type Time = u64;

/// Events in the order of their times; those of one time in the order in which they were added.
#[derive(Debug)]
pub struct Queue<E> {
    heap: BinaryHeap<Reverse<(Time, u64, Entry<E>)>>,
    added: u64,
    /// The time of the event that was taken last.
    pub now: Time,
}

/// An event, which has no order of its own.
#[derive(Debug)]
struct Entry<E>(E);

impl<E> PartialEq for Entry<E> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl<E> Queue<E> {
    /// An empty one, at time 0.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), added: 0, now: 0 }
    }

    /// Adds an event that happens at this time, or now if that is over.
    pub fn at(&mut self, time: Time, event: E) {
        self.added += 1;
        self.heap.push(Reverse((time.max(self.now), self.added, Entry(event))));
    }

    /// Takes the next event.
    pub fn take(&mut self) -> Option<E> {
        let Reverse((time, _, Entry(event))) = self.heap.pop()?;
        self.now = time;
        Some(event)
    }
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self::new()
    }
}

/// The processors of a host.
#[derive(Debug, Clone)]
pub struct Host {
    free: Vec<Time>,
    /// How long they have worked together.
    pub worked: Time,
    /// Nothing is done before this moment.
    pub away_until: Time,
}

impl Host {
    /// A host with this many processors.
    pub fn new(cores: usize) -> Self {
        Self { free: vec![0; cores.max(1)], worked: 0, away_until: 0 }
    }

    /// Does work that comes now, on the processor that is free first; gives when it is done.
    pub fn work(&mut self, now: Time, work: Time) -> Time {
        self.worked += work;
        let now = now.max(self.away_until);
        let Some(first) = self.free.iter_mut().min() else { return now + work };
        *first = now.max(*first) + work;
        *first
    }

    /// Which share of the time its processors have worked.
    pub fn busy(&self, time: Time) -> f64 {
        self.worked as f64 / (time.max(1) as f64 * self.free.len() as f64)
    }
}

/// Chance (splitmix64), the same for the same seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// That of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Between two events that come at random with this mean time between them; at least 1.
    pub fn until_next(&mut self, mean: f64) -> Time {
        let share = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        (-(1.0 - share).ln() * mean).max(1.0) as Time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_their_order() {
        let mut queue = Queue::new();
        [(5, 'c'), (1, 'a'), (5, 'd'), (2, 'b')].into_iter().for_each(|(time, event)| queue.at(time, event));
        let taken: Vec<char> = std::iter::from_fn(|| queue.take()).collect();
        assert_eq!((taken, queue.now), (vec!['a', 'b', 'c', 'd'], 5));
    }

    #[test]
    fn work_waits_for_a_free_processor() {
        let mut host = Host::new(2);
        assert_eq!([host.work(0, 10), host.work(0, 10), host.work(0, 10), host.work(100, 10)], [10, 10, 20, 110]);
        assert!((host.busy(100) - 0.2).abs() < 1e-9);
        host.away_until = 500;
        assert_eq!(host.work(200, 10), 510);
    }

    #[test]
    fn chance_has_the_mean_that_was_asked_for() {
        let mut chance = Chance::seeded(1);
        let sum: Time = (0..10_000).map(|_| chance.until_next(1_000.0)).sum();
        assert!((950..1_050).contains(&(sum / 10_000)), "{sum}");
    }
}
