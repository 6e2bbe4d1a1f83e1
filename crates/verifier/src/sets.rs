//! Sets of permissions: each kept once, with the number of entries that have it.

use std::hash::{Hash, Hasher};

use domain::permission::Permissions;
use hashbrown::HashTable;

use crate::arena::Slots;
use crate::catalogue::{ALL, Catalogue, MAX_SETS};

/// The writer's sets.
pub(crate) struct Sets {
    rows: Vec<Option<Set>>,
    slots: Slots,
    by_content: HashTable<u32>,
    key: Mix,
}

struct Set {
    permissions: Permissions,
    entries: u32,
}

impl Sets {
    pub(crate) fn new() -> Self {
        Self { rows: vec![None], slots: Slots::new(MAX_SETS), by_content: HashTable::new(), key: Mix::random() }
    }

    /// The number of these permissions, for one entry more. A new number's masks are written first, so that
    /// nobody reads those of a set that had the number before.
    pub(crate) fn take(&mut self, permissions: &Permissions, catalogue: &Catalogue) -> Option<u32> {
        if *permissions == Permissions::All {
            return Some(ALL);
        }
        let hash = self.key.of(permissions);
        let known = self.by_content.find(hash, |set| self.rows[*set as usize].as_ref().is_some_and(|row| row.permissions == *permissions));
        if let Some(&set) = known {
            if let Some(row) = &mut self.rows[set as usize] {
                row.entries += 1;
            }
            return Some(set);
        }
        let set = self.slots.take()?;
        for known in catalogue.iter() {
            known.masks.set(set, known.api.mask(permissions));
        }
        let row = Some(Set { permissions: permissions.clone(), entries: 1 });
        match self.rows.get_mut(set as usize) {
            Some(free) => *free = row,
            None => self.rows.push(row),
        }
        let (rows, key) = (&self.rows, self.key);
        self.by_content.insert_unique(hash, set, |set| rows[*set as usize].as_ref().map_or(0, |row| key.of(&row.permissions)));
        Some(set)
    }

    /// One entry more with a set that an entry has.
    pub(crate) fn retake(&mut self, set: u32) -> u32 {
        if let Some(Some(row)) = self.rows.get_mut(set as usize) {
            row.entries += 1;
        }
        set
    }

    /// One entry with this set less. To be called when no reader can find that entry any more.
    pub(crate) fn give(&mut self, set: u32) {
        let Some(Some(row)) = self.rows.get_mut(set as usize) else { return };
        row.entries -= 1;
        if row.entries > 0 {
            return;
        }
        let hash = self.key.of(&row.permissions);
        if let Ok(found) = self.by_content.find_entry(hash, |other| *other == set) {
            found.remove();
        }
        self.rows[set as usize] = None;
        self.slots.give(set);
    }

    /// Every set and its number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Permissions)> {
        self.rows.iter().enumerate().filter_map(|(set, row)| Some((set as u32, &row.as_ref()?.permissions)))
    }
}

/// A keyed hash that is several times as fast as the standard library's on the few dozen bytes of a set, which
/// counts when millions of tokens are loaded.
#[derive(Clone, Copy)]
struct Mix(u64);

impl Mix {
    fn random() -> Self {
        use std::hash::{BuildHasher, RandomState};
        Self(RandomState::new().hash_one(0))
    }

    fn of(self, permissions: &Permissions) -> u64 {
        let mut hasher = self;
        permissions.hash(&mut hasher);
        hasher.finish()
    }

    fn add(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
