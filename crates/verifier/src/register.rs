//! Where the writer finds people, organisations and memberships by id.

use hashbrown::HashTable;

use crate::arena::{Arena, Slots};
use crate::credential::split;
use crate::index::Index;

/// Slots by id. The ids themselves stand in the first two words of the rows.
pub(crate) struct Register {
    slots: Slots,
    by_id: HashTable<u32>,
}

impl Register {
    pub(crate) fn new(limit: u32) -> Self {
        Self { slots: Slots::new(limit), by_id: HashTable::new() }
    }

    /// How many ids it has.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The slot of an id.
    pub(crate) fn find<const W: usize>(&self, id: &[u8; 16], index: &Index, rows: &Arena<W>) -> Option<u32> {
        let (first, second) = split(id);
        let is = |slot: &u32| {
            let row = rows.row(*slot);
            row.get(0) == first && row.get(1) == second
        };
        self.by_id.find(index.hash(first, second), is).copied()
    }

    /// A new slot for an id that has none; its row is made, and to be written at once. `None` when all are taken.
    pub(crate) fn add<const W: usize>(&mut self, id: &[u8; 16], index: &Index, rows: &Arena<W>) -> Option<u32> {
        let slot = self.slots.take()?;
        let (first, second) = split(id);
        let row = rows.make(slot);
        row.set(0, first);
        row.set(1, second);
        self.by_id.insert_unique(index.hash(first, second), slot, |slot| {
            let row = rows.row(*slot);
            index.hash(row.get(0), row.get(1))
        });
        Some(slot)
    }

    /// Forgets the id of a slot. The slot stays taken until [`Self::free`].
    pub(crate) fn forget<const W: usize>(&mut self, slot: u32, index: &Index, rows: &Arena<W>) {
        let row = rows.row(slot);
        let hash = index.hash(row.get(0), row.get(1));
        if let Ok(found) = self.by_id.find_entry(hash, |other| *other == slot) {
            found.remove();
        }
    }

    /// Lets another id have the slot.
    pub(crate) fn free(&mut self, slot: u32) {
        self.slots.give(slot);
    }
}
