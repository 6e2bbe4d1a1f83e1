//! What checks count beside uses, by credential: refusals, work in workspaces, and which permissions were used.
//!
//! A table of cells that a check finds by hashing and adds to, without a lock; every few seconds a drain takes the counts out. Cells
//! stay where they are, so that counting the same again is one addition. Where the table gets too full the drain puts another one
//! into its place; what finds no room until then is counted as not counted. 1 MB, and 16 MB at most.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use domain::credential::Kind;
use domain::permission::Permission;
use domain::verify::Wanted;
use domain::{CredentialId, Day, OrganisationId, Refusal, WorkspaceId};

use crate::catalogue::Known;
use crate::credential::join;
use crate::index::{Found, Index, Snapshot, party};
use crate::verifier::Verifier;

const FIRST_CELLS: usize = 1 << 16;
const MAX_CELLS: usize = 1 << 20;
/// How many cells are looked at for one that fits.
const PROBES: usize = 16;

const SLOT_BITS: u32 = 25;
const WORKSPACE_BITS: u32 = 22;
const API_BITS: u32 = 11;
const ENDING_BITS: u32 = 5;
const BIT_BITS: u32 = 6;
const EDITION_BITS: u32 = 32;
const _: () = assert!(crate::table::MAX_SLOTS == 1 << SLOT_BITS);
const _: () = assert!(Refusal::ALL.len() < 1 << ENDING_BITS);
/// Marks a cell that tells of a permission.
const OF_PERMISSION: u64 = 1 << 63;
/// A permission that was used since the last drain; a multiple of it, with the day, one that the drain has told on that day.
const NOTED: u32 = 1;
const TOLD: u32 = 2;

/// What was counted since the last drain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// So many checks of a credential ended in one way.
    Checks(Checked),
    /// A credential used a permission: told once a day, or a few times.
    Permission(CredentialId, Permission),
}

/// Checks of one credential that ended in the same way, since the last drain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Which: an organisation key for whatever is done with it.
    pub credential: CredentialId,
    /// Whose credential it is.
    pub organisation: Option<OrganisationId>,
    /// The workspace that the requests named, if it is a known and open one.
    pub workspace: Option<WorkspaceId>,
    /// The API; nothing where it is gone.
    pub api: Option<String>,
    /// Why they were refused; nothing: they were allowed, in that workspace.
    pub refusal: Option<Refusal>,
    /// How many.
    pub count: u32,
}

/// The cells. Those that replaced ones still hold go on being drained until no check can add to them any more.
pub(crate) struct Cells {
    cells: Box<[Cell]>,
    taken: AtomicUsize,
    lost: AtomicU64,
}

#[derive(Default)]
struct Cell {
    key: AtomicU64,
    count: AtomicU32,
}

/// What the drain needs from one time to the next.
#[derive(Default)]
pub(crate) struct Draining {
    replaced: Vec<Arc<Cells>>,
    next: usize,
    /// Replaces the cells at the next drain, whatever is in them.
    #[cfg(test)]
    renew: bool,
}

/// How a check ended, for whom and where: slots and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ending {
    slot: u32,
    workspace: u32,
    /// The number of the API, 0 where it does not fit.
    api: u32,
    refusal: Option<Refusal>,
}

impl Ending {
    fn key(self) -> u64 {
        let api = if self.api < 1 << API_BITS { self.api } else { 0 };
        let ending = self.refusal.map_or(0, |refusal| refusal as u64 + 1);
        let placed = u64::from(self.slot) << WORKSPACE_BITS | u64::from(self.workspace);
        (placed << API_BITS | u64::from(api)) << ENDING_BITS | ending
    }

    fn of(key: u64) -> Self {
        let part = |from: u32, bits: u32| (key >> from & ((1 << bits) - 1)) as u32;
        Self {
            slot: part(ENDING_BITS + API_BITS + WORKSPACE_BITS, SLOT_BITS),
            workspace: part(ENDING_BITS + API_BITS, WORKSPACE_BITS),
            api: part(ENDING_BITS, API_BITS),
            refusal: (part(0, ENDING_BITS) as usize).checked_sub(1).and_then(|place| Refusal::ALL.get(place).copied()),
        }
    }
}

impl Cells {
    /// Empty ones, as many as there are first.
    pub(crate) fn first() -> Arc<Self> {
        Arc::new(Self::with(FIRST_CELLS))
    }

    /// Empty ones; `cells` is a power of two.
    fn with(cells: usize) -> Self {
        let cells = (0..cells).map(|_| Cell::default()).collect();
        Self { cells, taken: AtomicUsize::new(0), lost: AtomicU64::new(0) }
    }

    /// Counts how a check of a known credential ended.
    #[inline]
    pub(crate) fn count(&self, found: &Found, known: &Known, refusal: Option<Refusal>) {
        if found.slot == 0 || (refusal.is_none() && found.workspace == 0) {
            return;
        }
        let ending = Ending { slot: found.slot, workspace: found.workspace, api: known.number, refusal };
        match self.cell(ending.key()) {
            // A counter that nobody drains must not begin anew at zero.
            Some(cell) if cell.count.load(Ordering::Relaxed) < 1 << 31 => drop(cell.count.fetch_add(1, Ordering::Relaxed)),
            _ => drop(self.lost.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Notes that a credential used what it wanted, where that is a permission.
    #[inline]
    pub(crate) fn note(&self, slot: u32, known: &Known, wanted: Wanted) {
        if let Wanted::Rule(domain::api::Rule::Permission(bit)) = wanted {
            self.note_bit(slot, known, bit);
        }
    }

    /// Notes that a credential used the permission with this bit.
    #[inline]
    pub(crate) fn note_bit(&self, slot: u32, known: &Known, bit: u8) {
        if slot == 0 {
            return;
        }
        let place = u64::from(slot) << EDITION_BITS | u64::from(known.edition);
        match self.cell(OF_PERMISSION | place << BIT_BITS | u64::from(bit)) {
            // Once it is noted nothing is written, so that no line of memory goes from one core to another.
            Some(cell) if cell.count.load(Ordering::Relaxed) == 0 => cell.count.store(NOTED, Ordering::Relaxed),
            Some(_) => {}
            None => drop(self.lost.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// The cell of a key, found or taken. `None`: there is no room near its place.
    #[inline]
    fn cell(&self, key: u64) -> Option<&Cell> {
        let mask = self.cells.len() - 1;
        // The upper bits of the product: those that all bits of the key have a part in.
        let place = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - self.cells.len().trailing_zeros())) as usize;
        for probe in 0..PROBES {
            let cell = &self.cells[(place + probe) & mask];
            let mut there = cell.key.load(Ordering::Relaxed);
            if there == 0 {
                there = match cell.key.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed) {
                    Ok(_) => {
                        self.taken.fetch_add(1, Ordering::Relaxed);
                        key
                    }
                    Err(other) => other,
                };
            }
            if there == key {
                return Some(cell);
            }
        }
        None
    }

    /// Takes out what was counted in the cells from a place on, key and count, until there is no room for more; gives the place to go
    /// on from.
    fn take(&self, from: usize, today: Day, room: usize, into: &mut Vec<(u64, u32)>) -> usize {
        let told = TOLD | (today.number() as u32) << 2;
        for (place, cell) in self.cells.iter().enumerate().skip(from) {
            let (key, count) = (cell.key.load(Ordering::Relaxed), cell.count.load(Ordering::Relaxed));
            match (key & OF_PERMISSION != 0, count) {
                (_, 0) => continue,
                _ if into.len() >= room => return place,
                (false, _) => into.push((key, cell.count.swap(0, Ordering::Relaxed))),
                (true, NOTED) => {
                    cell.count.store(told, Ordering::Relaxed);
                    into.push((key, NOTED));
                }
                // On another day it is told anew.
                (true, before) if before != told => cell.count.store(0, Ordering::Relaxed),
                (true, _) => {}
            }
        }
        0
    }

    /// Empty ones to put into the place of these, if these are too full: more where some found no room.
    fn successor(&self) -> Option<Self> {
        let (taken, lost, there) = (self.taken.load(Ordering::Relaxed), self.lost.load(Ordering::Relaxed), self.cells.len());
        let wished = if lost > 0 { there * 2 } else { there };
        (lost > 0 || taken * 2 > there).then(|| Self::with(wished.min(MAX_CELLS)))
    }
}

impl Verifier {
    /// Gives what was counted since the last drain beside uses, `enough` at most; the next drain goes on from there. `today` is the day
    /// of the drain. The number is that of the checks that found no room to be counted.
    pub fn drain_counts(&self, today: Day, enough: usize) -> (Vec<Counted>, u64) {
        let mut draining = self.index.draining.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = self.index.load();
        let (mut taken, mut lost) = (Vec::new(), 0);
        draining.replaced.retain(|cells| {
            // Nobody else can reach them any more where the snapshots that led to them are gone.
            let is_last = Arc::strong_count(cells) == 1;
            let goes_on = cells.take(0, today, enough, &mut taken) > 0;
            lost += cells.lost.swap(0, Ordering::Relaxed);
            !is_last || goes_on
        });
        draining.next = snapshot.counts.take(draining.next, today, enough, &mut taken);
        let successor = snapshot.counts.successor();
        #[cfg(test)]
        let successor = successor.or_else(|| std::mem::take(&mut draining.renew).then(|| Cells::with(FIRST_CELLS)));
        lost += snapshot.counts.lost.swap(0, Ordering::Relaxed);
        let counted = taken.into_iter().filter_map(|(key, count)| self.index.counted(&snapshot, key, count)).collect();
        if let Some(successor) = successor
            && self.replace_counts(&snapshot.counts, successor)
        {
            draining.replaced.push(snapshot.counts.clone());
            draining.next = 0;
        }
        (counted, lost)
    }
}

#[cfg(test)]
impl Verifier {
    /// Lets the next drain replace the cells.
    pub(crate) fn renew_counts(&self) {
        self.index.draining.lock().expect("nobody panics").renew = true;
    }
}

impl Index {
    /// What a cell tells, in ids and names. What it is about may be gone.
    fn counted(&self, snapshot: &Snapshot, key: u64, count: u32) -> Option<Counted> {
        loop {
            let begin = self.epoch.begin()?;
            let counted = if key & OF_PERMISSION == 0 { self.checked(snapshot, key, count) } else { self.permission_used(snapshot, key) };
            if self.epoch.unchanged(begin) {
                return counted;
            }
        }
    }

    fn checked(&self, snapshot: &Snapshot, key: u64, count: u32) -> Option<Counted> {
        let Ending { slot, workspace, api, refusal } = Ending::of(key);
        let (credential, organisation) = self.holder(slot)?;
        let row = self.places.workspaces.get(workspace).filter(|_| workspace != 0);
        let api = snapshot.catalogue.iter().find(|known| known.number == api).map(|known| known.api.name().to_owned());
        let workspace = row.map(|row| WorkspaceId::from_bytes(join(row.get(0), row.get(1))));
        Some(Counted::Checks(Checked { credential, organisation, workspace, api, refusal, count }))
    }

    /// A bit of a definition that was replaced meanwhile means nothing any more: it is told when it is used again.
    fn permission_used(&self, snapshot: &Snapshot, key: u64) -> Option<Counted> {
        let (slot, edition) = (key >> (EDITION_BITS + BIT_BITS) & ((1 << SLOT_BITS) - 1), (key >> BIT_BITS) as u32);
        let (credential, _) = self.holder(slot as u32)?;
        let known = snapshot.catalogue.iter().find(|known| known.edition == edition)?;
        let permission = known.api.definition().permissions.get((key & ((1 << BIT_BITS) - 1)) as usize)?;
        Some(Counted::Permission(credential, permission.name.clone()))
    }

    /// The credential that an entry's checks count for, and whose it is.
    fn holder(&self, slot: u32) -> Option<(CredentialId, Option<OrganisationId>)> {
        let record = self.entries.get(slot)?.0.read();
        let organisation_of = |slot: u32| {
            let (id, _) = party(&self.organisations, slot);
            Some(OrganisationId::from_bytes(id)).filter(|_| id != [0; 16])
        };
        match record.kind {
            Kind::PersonalToken => Some((CredentialId::from_bytes(record.id), organisation_of(self.member_owner(record.parent).1))),
            Kind::OrganisationToken => Some((CredentialId::from_bytes(record.id), organisation_of(self.account(record.parent).0))),
            Kind::OrganisationKey => {
                let client = self.clients.of_slot(record.parent)?;
                Some((client.id, client.organisation))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_all_of_an_ending() {
        let most = Ending { slot: (1 << SLOT_BITS) - 1, workspace: (1 << WORKSPACE_BITS) - 1, api: (1 << API_BITS) - 1, refusal: None };
        let last = Refusal::ALL.last().copied();
        for ending in [most, Ending { refusal: last, ..most }, Ending { slot: 1, workspace: 0, api: 7, refusal: Some(Refusal::Expired) }] {
            assert_eq!(Ending::of(ending.key()), ending);
            assert_eq!(ending.key() & OF_PERMISSION, 0);
        }
        assert_eq!(Ending::of(Ending { api: 1 << API_BITS, ..most }.key()).api, 0, "one that does not fit is none");
    }

    #[test]
    fn what_finds_no_room_is_told_and_the_next_table_is_larger() {
        let cells = Cells::with(64);
        let today = Day::from_number(20_000);
        let keys = (1..=200).map(|slot| Ending { slot, workspace: 0, api: 1, refusal: Some(Refusal::Expired) }.key());
        let counted = keys.filter(|key| cells.cell(*key).map(|cell| cell.count.fetch_add(1, Ordering::Relaxed)).is_some()).count();
        assert!((32..=64).contains(&counted), "{counted}");
        let mut taken = Vec::new();
        let next = cells.take(0, today, 10, &mut taken);
        assert!(taken.len() == 10 && next > 0);
        assert_eq!(cells.take(next, today, usize::MAX, &mut taken), 0);
        assert_eq!(taken.len(), counted);
        assert_eq!(cells.successor().map(|next| next.cells.len()), Some(64), "full of what was there");
        cells.lost.store(1, Ordering::Relaxed);
        assert_eq!(cells.successor().map(|next| next.cells.len()), Some(128));
    }
}
