//! Where an organisation may work: workspaces by number, delegations by workspace and organisation.

use domain::delegation::{Link, MAX_CHAIN, Place, Standing};
use domain::{DelegationId, OrganisationId, Refusal, Timestamp};

use crate::arena::{Arena, Row};
use crate::catalogue::Known;
use crate::credential::join;
use crate::index::{Index, Snapshot, party};
use crate::seconds;
use crate::table::{Key, Table};

/// How many workspaces there can be.
const MAX_WORKSPACES: usize = 1 << 22;
/// How many delegations, and how many usernames, there can be.
const MAX_DELEGATIONS: usize = 1 << 25;
/// The longest number of a workspace, in bytes.
const NUMBER_BYTES: usize = 40;

/// The rows of what tells where an organisation may work. Their tables are in the [`Snapshot`].
pub(crate) struct Places {
    /// Words: 0–1 id, 2 see [`Workspace`], 3–7 the number, filled up with zeros. A cache line.
    pub(crate) workspaces: Arena<8>,
    /// Words: 0–1 id, the others see [`Delegated`]. A cache line.
    pub(crate) delegations: Arena<8>,
    /// The usernames of organisation tokens. Words: 0–1 key, 2 organisation and number of the API, 3 entries.
    pub(crate) accounts: Arena<4>,
}

impl Places {
    pub(crate) fn new() -> Self {
        Self { workspaces: Arena::new(MAX_WORKSPACES), delegations: Arena::new(MAX_DELEGATIONS), accounts: Arena::new(MAX_DELEGATIONS) }
    }
}

/// The tables that find those rows.
#[derive(Clone)]
pub(crate) struct PlaceTables {
    /// Workspaces by number.
    pub(crate) workspaces: Table,
    /// Delegations by workspace, organisation and API; there may be several.
    pub(crate) delegations: Table,
    /// Usernames by key; there may be several, of one organisation after the other.
    pub(crate) accounts: Table,
}

impl PlaceTables {
    pub(crate) fn empty() -> Self {
        Self { workspaces: Table::with_room(0), delegations: Table::with_room(0), accounts: Table::with_room(0) }
    }
}

/// A workspace, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Workspace {
    pub(crate) organisation: u32,
    /// The next workspace of the same organisation.
    pub(crate) next: u32,
    pub(crate) open: bool,
}

impl Workspace {
    pub(crate) fn read(row: &Row<8>) -> Self {
        let word = row.get(2);
        Self { organisation: (word >> 32) as u32, next: (word as u32) >> 1, open: word & 1 == 1 }
    }

    pub(crate) fn write(self, row: &Row<8>) {
        row.set(2, u64::from(self.organisation) << 32 | u64::from(self.next << 1 | u32::from(self.open)));
    }
}

/// The number of a workspace as words, filled up with zeros, which no number holds. `None`: too long for one.
pub(crate) type Number = [u64; NUMBER_BYTES / 8];

pub(crate) fn number(text: &str) -> Option<Number> {
    let mut bytes = [0; NUMBER_BYTES];
    bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
    Some(std::array::from_fn(|word| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[word * 8..word * 8 + 8]);
        u64::from_le_bytes(eight)
    }))
}

/// The text of a number's words.
fn number_text(row: &Row<8>) -> String {
    let bytes = (3..8).flat_map(|word| row.get(word).to_le_bytes());
    bytes.take_while(|byte| *byte != 0).map(char::from).collect()
}

pub(crate) fn has_number(row: &Row<8>, number: &Number) -> bool {
    number.iter().enumerate().all(|(place, word)| row.get(3 + place) == *word)
}

pub(crate) fn number_hash(key: Key, number: &Number) -> u64 {
    let first = key.hash(number[0], number[1]);
    key.hash(key.hash(first ^ number[2], number[3]), number[4])
}

/// The hash under which the delegations of one API to one organisation in one workspace are found.
pub(crate) fn delegation_hash(key: Key, workspace: u32, to: u32, api: u32) -> u64 {
    key.hash(u64::from(workspace) << 32 | u64::from(to), u64::from(api))
}

/// A delegation, read: slots, set, times and state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delegated {
    pub(crate) workspace: u32,
    pub(crate) to: u32,
    pub(crate) parent: u32,
    pub(crate) set: u32,
    /// In packed seconds.
    pub(crate) opens_at: u32,
    /// In packed seconds, 0 for none.
    pub(crate) not_after: u32,
    pub(crate) from: u32,
    pub(crate) standing: Standing,
    /// The number of the API, which fits into 24 bits; 0 when it is not known.
    pub(crate) api: u32,
    /// How many delegations pass this one on.
    pub(crate) children: u32,
    /// Since when it is closed, in packed seconds.
    pub(crate) closed_at: u32,
    /// The neighbours among those that the same organisation got.
    pub(crate) previous: u32,
    pub(crate) next: u32,
}

impl Delegated {
    pub(crate) fn read(row: &Row<8>) -> Self {
        let halves = |word: usize| ((row.get(word) >> 32) as u32, row.get(word) as u32);
        let ((workspace, to), (parent, set), (opens_at, not_after)) = (halves(2), halves(3), halves(4));
        let ((from, flags), (children, closed_at), (previous, next)) = (halves(5), halves(6), halves(7));
        let standing = match flags & 3 {
            0 => Standing::Closed,
            1 => Standing::Open,
            2 => Standing::Paused,
            _ => Standing::Invited,
        };
        let api = flags >> 8;
        Self { workspace, to, parent, set, opens_at, not_after, from, standing, api, children, closed_at, previous, next }
    }

    pub(crate) fn write(self, row: &Row<8>) {
        // A row of zeros is closed: what was never written allows nothing.
        let standing = match self.standing {
            Standing::Closed => 0,
            Standing::Open => 1,
            Standing::Paused => 2,
            Standing::Invited => 3,
        };
        let words = [
            (self.workspace, self.to),
            (self.parent, self.set),
            (self.opens_at, self.not_after),
            (self.from, self.api << 8 | standing),
            (self.children, self.closed_at),
            (self.previous, self.next),
        ];
        for (place, (high, low)) in words.into_iter().enumerate() {
            row.set(2 + place, u64::from(high) << 32 | u64::from(low));
        }
    }

    pub(crate) fn link(&self, known: &Known, giver_active: bool) -> Link {
        Link {
            standing: self.standing,
            opens_at: seconds::unpack(self.opens_at).unwrap_or(Timestamp::from_unix_seconds(0)),
            not_after: seconds::unpack(self.not_after),
            permissions: known.masks.get(self.set),
            giver_active,
        }
    }
}

/// What is asked about: on which API, what (as its mask), when.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'k> {
    pub(crate) known: &'k Known,
    pub(crate) wanted: u64,
    pub(crate) now: Timestamp,
}

/// A workspace in which an organisation may do something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    /// Its number.
    pub number: String,
    /// Whether it is the organisation's own; if not, a delegation is open.
    pub own: bool,
    /// Whose it is.
    pub organisation: OrganisationId,
}

impl Index {
    /// How an organisation stands to the workspace with this number, and its slot if it is known and open. As everything that is read: what it gives counts
    /// only if the epoch is unchanged afterwards.
    pub(crate) fn place(&self, snapshot: &Snapshot, organisation: u32, text: &str, wish: Wish<'_>) -> (Place, u32) {
        const UNKNOWN: (Place, u32) = (Place::Unknown, 0);
        let Some(number) = number(text) else { return UNKNOWN };
        let rows = &self.places.workspaces;
        let hash = number_hash(self.key, &number);
        let is = |slot: u32| rows.get(slot).is_some_and(|row| has_number(row, &number));
        let Some(slot) = snapshot.places.workspaces.find(hash, is) else { return UNKNOWN };
        let Some(workspace) = rows.get(slot).map(Workspace::read).filter(|workspace| workspace.open) else { return UNKNOWN };
        if workspace.organisation == organisation {
            return (Place::Own, slot);
        }
        let mut place = Place::FOREIGN;
        let hash = delegation_hash(self.key, slot, organisation, wish.known.number);
        snapshot.places.delegations.find(hash, |candidate| {
            if let Some(row) = self.places.delegations.get(candidate) {
                let found = Delegated::read(row);
                if found.workspace == slot && found.to == organisation && found.api == wish.known.number {
                    let judged = self.judge(snapshot, candidate, wish);
                    place = place.with(DelegationId::from_bytes(join(row.get(0), row.get(1))), judged, wish.wanted);
                }
            }
            false
        });
        (place, slot)
    }

    /// What a delegation and those above it allow together. A chain that is too long to be one allows nothing.
    fn judge(&self, snapshot: &Snapshot, mut slot: u32, wish: Wish<'_>) -> Result<u64, Refusal> {
        let mut permissions = u64::MAX;
        for _ in 0..MAX_CHAIN {
            let row = self.places.delegations.get(slot).ok_or(Refusal::NoDelegation)?;
            let link = Delegated::read(row);
            let (from, giver_active) = party(&self.organisations, link.from);
            permissions &= link.link(wish.known, giver_active).judge(wish.now)?;
            // After a restore a delegation is held until its giver's organisation is confirmed, as a credential is.
            if snapshot.fence.as_ref().is_some_and(|fence| fence.holds(&join(row.get(0), row.get(1)), &from)) {
                return Err(Refusal::DelegationPaused);
            }
            if link.parent == 0 {
                return Ok(permissions);
            }
            slot = link.parent;
        }
        Err(Refusal::NoDelegation)
    }

    /// The workspaces in which an organisation may do something: its own, and by open delegations.
    pub(crate) fn reach(&self, snapshot: &Snapshot, organisation: u32, wish: Wish<'_>) -> Vec<Reached> {
        let mut reached = Vec::new();
        let Some((workspace, delegation)) = self.organisations.get(organisation).map(heads) else { return reached };
        let mut next = workspace;
        // Bounded, because a list that is being changed may seem to go round.
        while let Some(row) = self.places.workspaces.get(next).filter(|_| next != 0 && reached.len() <= MAX_WORKSPACES) {
            let workspace = Workspace::read(row);
            if workspace.open {
                reached.push(self.reached(row, true));
            }
            next = workspace.next;
        }
        let (mut next, mut steps) = (delegation, 0);
        while let Some(row) = self.places.delegations.get(next).filter(|_| next != 0 && steps <= MAX_DELEGATIONS) {
            let found = Delegated::read(row);
            let workspace = self.places.workspaces.get(found.workspace);
            let allows =
                found.api == wish.known.number && self.judge(snapshot, next, wish).is_ok_and(|held| held & wish.wanted == wish.wanted);
            if let Some(workspace) = workspace.filter(|row| allows && Workspace::read(row).open) {
                reached.push(self.reached(workspace, false));
            }
            (next, steps) = (found.next, steps + 1);
        }
        reached.sort_unstable();
        reached.dedup();
        reached
    }

    fn reached(&self, row: &Row<8>, own: bool) -> Reached {
        let (organisation, _) = party(&self.organisations, Workspace::read(row).organisation);
        Reached { number: number_text(row), own, organisation: OrganisationId::from_bytes(organisation) }
    }

    /// The slot of an organisation and the number of an API, to which a username belongs.
    pub(crate) fn account(&self, slot: u32) -> (u32, u32) {
        self.places.accounts.get(slot).map_or((0, 0), |row| ((row.get(2) >> 32) as u32, row.get(2) as u32))
    }

    /// Whether some organisation token has the username with this key.
    pub(crate) fn knows_username(&self, snapshot: &Snapshot, (first, second): (u64, u64)) -> bool {
        let is = |slot: u32| self.places.accounts.get(slot).is_some_and(|row| row.get(0) == first && row.get(1) == second);
        snapshot.places.accounts.find(self.key.hash(first, second), is).is_some()
    }
}

/// An organisation's first workspace and the first delegation that it got.
pub(crate) fn heads(row: &Row<3>) -> (u32, u32) {
    let word = row.get(2);
    ((word >> 1) as u32 & 0x7fff_ffff, (word >> 32) as u32)
}

/// Writes an organisation's first workspace and the first delegation that it got, and leaves the rest.
pub(crate) fn set_heads(row: &Row<3>, (workspace, delegation): (u32, u32)) {
    row.set(2, u64::from(delegation) << 32 | u64::from(workspace) << 1 | row.get(2) & 1);
}
