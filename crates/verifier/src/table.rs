//! The open-addressed tables from digests to slots.
//!
//! A cell is 4 bytes: a slot, and 7 more bits of the hash that keep probes from touching wrong entries. Tables do
//! not grow by doubling but by a quarter, and any length will do (the hash is brought into range by a
//! multiplication), so that they are 64 to 80 % full: 5 to 6.3 bytes for each entry. They are many and small, so
//! that growing one of them is a short step; a reader of the table before still finds what was in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many tables there are, by the first bits of the hash. Few in tests, so that they grow and have long runs.
pub(crate) const SHARDS: usize = if cfg!(test) { 2 } else { 1024 };
/// The bits of a cell that name the slot.
const SLOT_BITS: u32 = 25;
const SLOT_MASK: u32 = (1 << SLOT_BITS) - 1;
/// How many slots there can be.
pub(crate) const MAX_SLOTS: usize = 1 << SLOT_BITS;
const SMALLEST: usize = 4;

/// The hash of a digest, keyed, so that nobody can import digests that all fall on one place.
#[derive(Clone, Copy)]
pub(crate) struct Key(u64, u64);

impl Key {
    /// A key that nobody knows.
    pub(crate) fn random() -> Self {
        use std::hash::{BuildHasher, RandomState};
        let state = RandomState::new();
        Self(state.hash_one(0), state.hash_one(1))
    }

    /// The hash of 16 bytes that are random already, all but for intent.
    #[inline(always)]
    pub(crate) fn hash(self, first: u64, second: u64) -> u64 {
        let product = u128::from(first ^ self.0) * u128::from(second ^ self.1);
        (product >> 64) as u64 ^ product as u64
    }
}

/// The table of a hash.
#[inline(always)]
pub(crate) fn shard(hash: u64) -> usize {
    (hash >> 54) as usize % SHARDS
}

#[inline(always)]
fn cell(hash: u64, slot: u32) -> u32 {
    (hash as u32) << SLOT_BITS | slot
}

/// One table. All writing is done by the one writer, inside a window of the epoch.
#[derive(Clone)]
pub(crate) struct Table(Arc<[AtomicU32]>);

impl Table {
    /// An empty table with room for this many entries.
    pub(crate) fn with_room(entries: usize) -> Self {
        let cells = (entries + entries / 3 + 1).max(SMALLEST);
        Self((0..cells).map(|_| AtomicU32::new(0)).collect())
    }

    /// Whether one entry more than these many fits: up to 80 %.
    pub(crate) fn has_room(&self, entries: usize) -> bool {
        (entries + 1) * 5 <= self.0.len() * 4
    }

    /// How long a table to grow to: a quarter longer.
    pub(crate) fn grown(&self) -> Self {
        let cells = self.0.len() + self.0.len() / 4 + 1;
        Self((0..cells).map(|_| AtomicU32::new(0)).collect())
    }

    #[inline(always)]
    fn home(&self, hash: u64) -> usize {
        (((hash << 10 >> 32) * self.0.len() as u64) >> 32) as usize
    }

    #[inline(always)]
    fn after(&self, place: usize) -> usize {
        if place + 1 == self.0.len() { 0 } else { place + 1 }
    }

    /// The first slot under this hash that `is` accepts.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let tag = cell(hash, 0);
        let mut place = self.home(hash);
        // Bounded, because a table that is being changed may show no empty cell.
        for _ in 0..self.0.len() {
            let found = self.0.get(place)?.load(Ordering::Relaxed);
            if found == 0 {
                return None;
            }
            if found & !SLOT_MASK == tag && is(found & SLOT_MASK) {
                return Some(found & SLOT_MASK);
            }
            place = self.after(place);
        }
        None
    }

    /// Adds a slot; the caller has seen to room.
    pub(crate) fn insert(&self, hash: u64, slot: u32) {
        let mut place = self.home(hash);
        while self.0[place].load(Ordering::Relaxed) != 0 {
            place = self.after(place);
        }
        self.0[place].store(cell(hash, slot), Ordering::Relaxed);
    }

    /// Takes a slot out and closes the gap, so that no marks of deletion pile up. `hash_of` gives a slot's hash.
    pub(crate) fn remove(&self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64) {
        let wanted = cell(hash, slot);
        let mut gap = self.home(hash);
        loop {
            match self.0[gap].load(Ordering::Relaxed) {
                0 => return,
                found if found == wanted => break,
                _ => gap = self.after(gap),
            }
        }
        let mut place = gap;
        loop {
            place = self.after(place);
            let found = self.0[place].load(Ordering::Relaxed);
            if found == 0 {
                break;
            }
            let home = self.home(hash_of(found & SLOT_MASK));
            // It may go to the gap unless its home lies behind the gap, on the way from there to its place.
            let stays = if gap <= place { gap < home && home <= place } else { gap < home || home <= place };
            if !stays {
                self.0[gap].store(found, Ordering::Relaxed);
                gap = place;
            }
        }
        self.0[gap].store(0, Ordering::Relaxed);
    }

    /// Every slot in it.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|cell| cell.load(Ordering::Relaxed) & SLOT_MASK).filter(|slot| *slot != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes that fall on few places, so that runs are long and wrap around.
    fn hash_of(slot: u32) -> u64 {
        u64::from(slot % 5 + 250) << 46 | u64::from(slot % 3)
    }

    #[test]
    fn what_is_inserted_is_found_until_it_is_removed() {
        let table = Table::with_room(64);
        let found = |slot| table.find(hash_of(slot), |found| found == slot);
        for round in 0..3_u32 {
            for slot in 1..=64 {
                table.insert(hash_of(slot), slot);
            }
            for gone in (1..=64_u32).map(|slot| slot * 37 % 67 % 64 + 1).take(40 + round as usize) {
                table.remove(hash_of(gone), gone, hash_of);
                assert_eq!(found(gone), None);
                let mut left: Vec<u32> = table.slots().collect();
                left.sort_unstable();
                left.dedup();
                assert!(left.iter().all(|slot| found(*slot) == Some(*slot)), "after {gone}: {left:?}");
            }
            for slot in table.slots().collect::<Vec<_>>() {
                table.remove(hash_of(slot), slot, hash_of);
            }
            assert_eq!(table.slots().count(), 0);
        }
    }
}
