//! Authentications of clients that were not right: counted in the memory of each node, within bounds.
//!
//! A private key has 256 random bits: what is counted here slows a flood down, and protects the weak secrets that an import may bring.
//! For that it need not be the same number on every node, and a flood must not write to the database. Passwords, which can be guessed,
//! are counted there (`authority/src/allowance.rs`).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use authority::network;
use domain::{Digest, Timestamp};

/// How much may be spent at once, and after how long one of it is there again.
type Allowance = (u32, Duration);

/// Authentications from one address, or one network of 64 bits, that were not right.
const FROM: Allowance = (100, Duration::from_secs(1));
/// Authentications as one client from one address that were not right.
const CLIENT: Allowance = (10, Duration::from_secs(6));
/// The most pairs, and the most addresses, that are known at a time: 10 MB together.
const MOST: usize = 50_000;
const SWEEP: Duration = Duration::from_secs(60);

/// Since when an allowance is there in full, by whose it is (the generic cell rate algorithm).
type Spent = HashMap<[u8; 32], Timestamp>;

/// What was not right lately.
#[derive(Default)]
pub(super) struct Tries {
    counted: Mutex<Counted>,
    /// How many pairs are known: nobody takes the lock while there is none.
    pairs: AtomicUsize,
}

#[derive(Default)]
struct Counted {
    addresses: Spent,
    pairs: Spent,
    swept_at: Option<Timestamp>,
}

impl Tries {
    /// Until when this client has to wait here, right or not, if it has to.
    pub(super) fn until(&self, client_id: &str, address: IpAddr, now: Timestamp) -> Option<Timestamp> {
        if self.pairs.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut counted = self.lock();
        counted.sweep(now, SWEEP);
        self.pairs.store(counted.pairs.len(), Ordering::Relaxed);
        counted.pairs.get(&pair(client_id, address)).map(|spent| next(*spent, now, CLIENT)).filter(|until| *until > now)
    }

    /// Counts one that was not right. Says until when nobody tries again with success, where none was left.
    pub(super) fn count(&self, client_id: &str, address: IpAddr, now: Timestamp) -> Option<Timestamp> {
        let mut counted = self.lock();
        let every = if counted.addresses.len().max(counted.pairs.len()) < MOST { SWEEP } else { Duration::from_secs(1) };
        counted.sweep(now, every);
        let until = spend(&mut counted.addresses, of(&network(address), &[]), now, FROM)
            .or_else(|| spend(&mut counted.pairs, pair(client_id, address), now, CLIENT));
        self.pairs.store(counted.pairs.len(), Ordering::Relaxed);
        until
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// Forgets what is there in full again, now and then.
    fn sweep(&mut self, now: Timestamp, every: Duration) {
        if self.swept_at.is_some_and(|at| at <= now && at.saturating_add(every) > now) {
            return;
        }
        self.swept_at = Some(now);
        self.addresses.retain(|_, spent| *spent > now);
        self.pairs.retain(|_, spent| *spent > now);
    }
}

/// Spends one, or says when there is one again. Where no more can be known, there is none for those that are not: they were not
/// right either.
fn spend(spent: &mut Spent, whose: [u8; 32], now: Timestamp, allowance: Allowance) -> Option<Timestamp> {
    let (_, interval) = allowance;
    let known = spent.get(&whose).copied();
    if known.is_none() && spent.len() >= MOST {
        return Some(now.saturating_add(interval));
    }
    if let Some(until) = known.map(|known| next(known, now, allowance)).filter(|until| *until > now) {
        return Some(until);
    }
    spent.insert(whose, known.unwrap_or(now).max(now).saturating_add(interval));
    None
}

/// When there is one again. A clock that was set back makes nobody wait for longer than all of it takes to come back.
fn next(spent: Timestamp, now: Timestamp, (burst, interval): Allowance) -> Timestamp {
    spent.min(now.saturating_add(interval * burst)).saturating_sub(interval * burst.saturating_sub(1))
}

fn pair(client_id: &str, address: IpAddr) -> [u8; 32] {
    of(&network(address), Digest::of(client_id.as_bytes()).as_bytes())
}

/// A name of a fixed size, whatever was sent.
fn of(network: &[u8], client: &[u8]) -> [u8; 32] {
    *Digest::of(&[&[network.len() as u8], network, client].concat()).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_unix_seconds(second)
    }

    #[test]
    fn whoever_is_out_of_tries_waits_and_nobody_else() {
        let tries = Tries::default();
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        for _ in 0..10 {
            assert_eq!(tries.until("a", here, second(100)), None);
            assert_eq!(tries.count("a", here, second(100)), None);
        }
        assert_eq!((tries.until("a", here, second(100)), tries.count("a", here, second(100))), (Some(second(106)), Some(second(106))));
        assert_eq!((tries.until("b", here, second(100)), tries.until("a", there, second(100))), (None, None));
        assert_eq!(tries.until("a", here, second(106)), None);
        assert_eq!(tries.count("a", here, second(106)), None);
        assert_eq!(tries.until("a", here, second(106)), Some(second(112)), "one came back, and was spent");
        assert_eq!(tries.until("a", here, second(-100_000)), Some(second(-99_994)), "a clock that was set back");
    }

    #[test]
    fn an_address_has_no_more_tries_for_all_clients_together() {
        let tries = Tries::default();
        let here = "2001:db8::1".parse().expect("an address");
        let counted = (0..120).filter(|number| tries.count(&format!("client {number}"), here, second(100)).is_none()).count();
        assert_eq!(counted, 100);
        let neighbour = "2001:db8::2".parse().expect("an address");
        assert_eq!(tries.count("another", neighbour, second(100)), Some(second(101)), "of one network");
        assert_eq!(tries.until("right", neighbour, second(100)), None, "who is right gets in");
    }

    /// DOS-02, BF-04: from however many addresses.
    #[test]
    fn a_flood_takes_bounded_memory_and_is_forgotten() {
        let tries = Tries::default();
        let address = |number: u32| IpAddr::from((0x2001_0db8_u128 << 96 | u128::from(number) << 64).to_be_bytes());
        for number in 0..60_000 {
            let until = tries.count("a", address(number), second(100));
            assert_eq!(until.is_none(), number < MOST as u32, "{number}");
        }
        let counted = |tries: &Tries| {
            let counted = tries.lock();
            (counted.addresses.len(), counted.pairs.len())
        };
        assert_eq!(counted(&tries), (MOST, MOST));
        assert_eq!(tries.until("a", address(59_999), second(100)), None, "who is right gets in all the same");
        assert_eq!(tries.count("a", address(59_999), second(110)), None, "there is room again");
        assert_eq!(counted(&tries), (1, 1));
    }
}
