//! How often the owner of a credential may ask: sliding windows in memory, for a bounded number of owners.
//!
//! A window never lets more through than its limit in any stretch of its length. Requests close together share a bucket,
//! which leaves when the last of them is old enough: a window may refuse for a 64th of its length too long.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::time::Boottime;

/// At most this many requests in any stretch of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) period: &'static str,
    pub(super) seconds: u64,
    pub(super) requests: u32,
}

/// The documented limits of Dastra's API.
pub(super) const RULES: [Rule; 2] =
    [Rule { period: "1m", seconds: 60, requests: 500 }, Rule { period: "10m", seconds: 600, requests: 10_000 }];
/// Into how many parts a window's length is cut: as many buckets at most, and two.
const PARTS: u64 = 64;
/// The most owners that are counted at the same time; each takes 6 KiB at most.
const MAX_OWNERS: usize = 20_000;
const SECOND: u64 = 1_000_000_000;

/// Whose requests are counted together.
pub(super) type Owner = [u8; 16];

/// Why a request is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// A limit is reached; in how many seconds the next request is let through.
    Reached { rule: Rule, retry_after: u64 },
    /// More owners than are counted at the same time: nobody is let through uncounted.
    Full,
}

/// How far an owner is in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) rule: Rule,
    pub(super) used: u32,
    /// In how many seconds the next request is let through: 0 for now.
    pub(super) retry_after: u64,
    /// In how many seconds the oldest of what is counted leaves the window; 0 where nothing is counted.
    pub(super) next_in: u64,
}

/// The requests of all owners.
#[derive(Default)]
pub(super) struct Limits(Mutex<Owners>);

#[derive(Default)]
struct Owners {
    windows: HashMap<Owner, [Window; 2]>,
    /// From how many owners on those who did not ask lately are forgotten.
    swept_from: usize,
    swept_at: u64,
}

/// The requests of one owner in the last stretch of a rule's length, oldest first.
#[derive(Debug, Default)]
struct Window {
    buckets: VecDeque<Bucket>,
    used: u32,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    first: u64,
    last: u64,
    requests: u32,
}

impl Limits {
    /// Counts a request, if it is let through: one that is refused costs nothing.
    pub(super) fn count(&self, owner: Owner, Boottime(now): Boottime) -> Result<(), Stop> {
        let mut owners = self.owners();
        if !owners.windows.contains_key(&owner) {
            owners.make_room(now)?;
        }
        let windows = owners.windows.entry(owner).or_default();
        let waits = RULES.iter().zip(windows.iter_mut()).map(|(rule, window)| (*rule, window.wait(rule, now)));
        if let Some((rule, wait)) = waits.filter(|(_, wait)| *wait > 0).max_by_key(|(_, wait)| *wait) {
            return Err(Stop::Reached { rule, retry_after: seconds(wait) });
        }
        RULES.iter().zip(windows).for_each(|(rule, window)| window.add(rule, now));
        Ok(())
    }

    /// How far an owner is, by rule.
    pub(super) fn standings(&self, owner: Owner, Boottime(now): Boottime) -> [Standing; 2] {
        let mut owners = self.owners();
        let mut windows = owners.windows.get_mut(&owner);
        std::array::from_fn(|place| {
            let rule = RULES[place];
            match windows.as_mut().map(|windows| &mut windows[place]) {
                None => Standing { rule, used: 0, retry_after: 0, next_in: 0 },
                Some(window) => {
                    let retry_after = seconds(window.wait(&rule, now));
                    let next_in = seconds(window.buckets.front().map_or(0, |oldest| (oldest.last + rule.length()).saturating_sub(now)));
                    Standing { rule, used: window.used, retry_after, next_in }
                }
            }
        })
    }

    fn owners(&self) -> MutexGuard<'_, Owners> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Owners {
    /// Forgets who did not ask lately, each time that twice as many are counted, and refuses one more than there may be.
    fn make_room(&mut self, now: u64) -> Result<(), Stop> {
        let count = self.windows.len();
        let is_due = count >= MAX_OWNERS && now.saturating_sub(self.swept_at) >= SECOND;
        if is_due || (count >= self.swept_from.max(64) && count < MAX_OWNERS) {
            self.windows.retain(|_, windows| {
                RULES.iter().zip(windows.iter_mut()).for_each(|(rule, window)| window.forget(rule, now));
                windows.iter().any(|window| window.used > 0)
            });
            self.swept_from = self.windows.len() * 2;
            self.swept_at = now;
        }
        if self.windows.len() < MAX_OWNERS { Ok(()) } else { Err(Stop::Full) }
    }
}

impl Rule {
    fn length(&self) -> u64 {
        self.seconds * SECOND
    }
}

impl Window {
    /// How long until one more is let through, in nanoseconds: 0 for now.
    fn wait(&mut self, rule: &Rule, now: u64) -> u64 {
        self.forget(rule, now);
        match self.buckets.front() {
            Some(oldest) if self.used >= rule.requests => oldest.last + rule.length() - now,
            _ => 0,
        }
    }

    fn add(&mut self, rule: &Rule, now: u64) {
        match self.buckets.back_mut() {
            Some(newest) if now - newest.first < rule.length() / PARTS => {
                newest.last = now;
                newest.requests += 1;
            }
            _ => self.buckets.push_back(Bucket { first: now, last: now, requests: 1 }),
        }
        self.used += 1;
    }

    fn forget(&mut self, rule: &Rule, now: u64) {
        while let Some(oldest) = self.buckets.front().filter(|oldest| now.saturating_sub(oldest.last) >= rule.length()) {
            self.used -= oldest.requests;
            self.buckets.pop_front();
        }
    }
}

fn seconds(nanoseconds: u64) -> u64 {
    nanoseconds.div_ceil(SECOND)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWNER: Owner = [7; 16];

    #[test]
    fn a_limit_holds_for_each_owner_and_tells_when_it_lets_through_again() {
        let limits = Limits::default();
        let at = |second: u64| Boottime(5 + second * SECOND);
        let reached = |retry_after| Err(Stop::Reached { rule: RULES[0], retry_after });
        for number in 0..500 {
            assert_eq!(limits.count(OWNER, at(number / 250)), Ok(()));
        }
        assert_eq!((limits.count(OWNER, at(1)), limits.count(OWNER, at(59))), (reached(59), reached(1)));
        assert_eq!(limits.count([8; 16], at(59)), Ok(()), "each owner for itself");
        let [minute, ten] = limits.standings(OWNER, at(59));
        assert_eq!((minute.used, minute.retry_after, minute.next_in), (500, 1, 1));
        assert_eq!((ten.used, ten.retry_after, ten.next_in), (500, 0, 542), "what is counted together leaves together");
        for _ in 0..250 {
            assert_eq!(limits.count(OWNER, at(60)), Ok(()));
        }
        assert_eq!(limits.count(OWNER, at(60)), reached(1), "what came a second later is counted a second longer");
        let unknown = limits.standings([9; 16], at(60));
        assert!(unknown.iter().all(|standing| (standing.used, standing.next_in) == (0, 0)));
    }

    #[test]
    fn who_does_not_ask_any_more_is_forgotten_and_nobody_is_let_through_uncounted() {
        let limits = Limits::default();
        let owner = |number: usize| (number as u128).to_be_bytes();
        for number in 0..MAX_OWNERS {
            assert_eq!(limits.count(owner(number), Boottime(0)), Ok(()));
        }
        assert_eq!(limits.count(owner(MAX_OWNERS), Boottime(SECOND)), Err(Stop::Full));
        assert_eq!(limits.count(owner(3), Boottime(SECOND)), Ok(()), "who is counted already goes on");
        assert_eq!(limits.count(owner(MAX_OWNERS), Boottime(600 * SECOND)), Ok(()));
        assert_eq!(limits.owners().windows.len(), 2, "the new one, and the one that asked later");
    }

    proptest! {
        #[test]
        fn a_window_never_lets_more_through_than_its_limit(steps in proptest::collection::vec(0..4_000_000_000_u64, 1..400)) {
            let rule = Rule { period: "", seconds: 60, requests: 20 };
            let (mut window, mut now, mut passed) = (Window::default(), 0, Vec::new());
            for step in steps {
                now += step;
                let within = |length: u64| passed.iter().filter(|at| now - **at < length).count();
                let wait = window.wait(&rule, now);
                if wait == 0 {
                    prop_assert!(within(rule.length()) < 20);
                    window.add(&rule, now);
                    passed.push(now);
                } else {
                    prop_assert!(wait <= rule.length());
                    prop_assert!(within(rule.length() + rule.length() / PARTS) >= 20, "refused for too long");
                    let mut later = Window { buckets: window.buckets.clone(), used: window.used };
                    prop_assert_eq!(later.wait(&rule, now + wait), 0);
                }
                prop_assert!(window.buckets.len() as u64 <= PARTS + 2);
            }
        }
    }
}
