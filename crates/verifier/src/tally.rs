//! Counts how checks ended, by API and reason, for monitoring: on cache lines of the thread's own, without a lock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::Refusal;

/// How many threads can count without meeting each other; further ones share.
const SHARDS: usize = 16;
const ALLOWED: usize = 0;
const ANONYMOUS: usize = 1;
const UNAVAILABLE: usize = 2;
const FIRST_REFUSAL: usize = 3;
const OUTCOMES: usize = 32;
const _: () = assert!(FIRST_REFUSAL + Refusal::ALL.len() <= OUTCOMES);
/// APIs beyond these are counted together under no name: names are no more bounded than whoever defines APIs is.
const MAX_APIS: usize = 1_000;

/// How the checks of one API have ended since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checks {
    /// The API's name; empty for questions about an API that is not known. `poort` are Poort's own surfaces.
    pub api: String,
    /// How many were allowed.
    pub allowed: u64,
    /// How many were allowed without a credential.
    pub anonymous: u64,
    /// How many could not be answered.
    pub unavailable: u64,
    /// How many were refused, for each reason.
    pub refused: Vec<(Refusal, u64)>,
}

/// The counts of one thread and API: lines that no other thread writes to.
#[repr(align(128))]
struct Shard([AtomicU64; OUTCOMES]);

/// The counts of one API.
pub(crate) struct Tally(Box<[Shard]>);

impl Tally {
    fn new() -> Self {
        Self((0..SHARDS).map(|_| Shard(std::array::from_fn(|_| AtomicU64::new(0)))).collect())
    }

    #[inline]
    pub(crate) fn allowed(&self) {
        self.add(ALLOWED);
    }

    #[inline]
    pub(crate) fn anonymous(&self) {
        self.add(ANONYMOUS);
    }

    #[inline]
    pub(crate) fn refused(&self, refusal: Refusal) {
        self.add(FIRST_REFUSAL + refusal as usize);
    }

    #[inline]
    fn add(&self, outcome: usize) {
        thread_local! {
            static SHARD: usize = {
                static NEXT: AtomicUsize = AtomicUsize::new(0);
                NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS
            };
        }
        // A thread that is ending counts with the first.
        let shard = SHARD.try_with(|shard| *shard).unwrap_or(0);
        self.0[shard].0[outcome].fetch_add(1, Ordering::Relaxed);
    }

    fn sum(&self, outcome: usize) -> u64 {
        self.0.iter().map(|shard| shard.0[outcome].load(Ordering::Relaxed)).sum()
    }

    fn checks(&self, api: &str) -> Checks {
        let refused = Refusal::ALL.iter().map(|refusal| (*refusal, self.sum(FIRST_REFUSAL + *refusal as usize))).collect();
        let (allowed, anonymous, unavailable) = (self.sum(ALLOWED), self.sum(ANONYMOUS), self.sum(UNAVAILABLE));
        Checks { api: api.to_owned(), allowed, anonymous, unavailable, refused }
    }
}

/// The counts of all APIs. They outlive a new definition of an API, a load of a snapshot and the API itself.
pub(crate) struct Tallies {
    by_name: Mutex<BTreeMap<String, Arc<Tally>>>,
    /// Of questions that name no known API, or that no API was looked up for.
    pub(crate) nameless: Arc<Tally>,
    /// Of Poort's own surfaces.
    pub(crate) own: Arc<Tally>,
}

impl Tallies {
    /// `own` is the name of Poort's own API.
    pub(crate) fn new(own: &str) -> Self {
        let (nameless, tally) = (Arc::new(Tally::new()), Arc::new(Tally::new()));
        Self { by_name: Mutex::new([(own.to_owned(), tally.clone())].into()), nameless, own: tally }
    }

    /// That of an API.
    pub(crate) fn of(&self, api: &str) -> Arc<Tally> {
        // Nothing that can panic runs under the lock, and no check takes it.
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if by_name.len() >= MAX_APIS && !by_name.contains_key(api) {
            return self.nameless.clone();
        }
        by_name.entry(api.to_owned()).or_insert_with(|| Arc::new(Tally::new())).clone()
    }

    #[inline]
    pub(crate) fn unavailable(&self) {
        self.nameless.add(UNAVAILABLE);
    }

    /// All counts; the nameless first.
    pub(crate) fn all(&self) -> Vec<Checks> {
        let by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        let named = by_name.iter().map(|(api, tally)| tally.checks(api));
        std::iter::once(self.nameless.checks("")).chain(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_counts_and_nothing_is_lost() {
        let tallies = Tallies::new("poort");
        let shop = tallies.of("shop");
        std::thread::scope(|scope| {
            for _ in 0..SHARDS * 2 {
                scope.spawn(|| {
                    for refusal in Refusal::ALL {
                        shop.refused(*refusal);
                        shop.allowed();
                    }
                });
            }
        });
        tallies.of("shop").anonymous();
        tallies.unavailable();
        let all = tallies.all();
        let names: Vec<&str> = all.iter().map(|checks| checks.api.as_str()).collect();
        assert_eq!(names, ["", "poort", "shop"]);
        let threads = SHARDS as u64 * 2;
        assert!(all[2].refused.iter().all(|(_, count)| *count == threads), "{all:?}");
        assert_eq!((all[2].allowed, all[2].anonymous), (threads * Refusal::ALL.len() as u64, 1));
        assert_eq!((all[0].unavailable, all[0].allowed), (1, 0));
    }

    #[test]
    fn names_are_bounded() {
        let tallies = Tallies::new("poort");
        (0..MAX_APIS * 2).for_each(|number| tallies.of(&number.to_string()).allowed());
        let all = tallies.all();
        assert_eq!((all.len(), all[0].allowed), (MAX_APIS + 1, MAX_APIS as u64 + 1));
    }
}
