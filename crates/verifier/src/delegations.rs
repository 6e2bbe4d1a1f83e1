//! The verbs with which the one writer changes workspaces, usernames and delegations.

use domain::delegation::Standing;
use domain::permission::Permissions;
use domain::{DelegationId, OrganisationId, Timestamp, WorkspaceId};

use crate::credential::split;
use crate::index::{Index, Snapshot};
use crate::places::{Delegated, PlaceTables, Workspace, delegation_hash, has_number, heads, number, number_hash, set_heads};
use crate::seconds;
use crate::table::Table;
use crate::writer::Writer;

/// A workspace, as a snapshot gives it.
#[derive(Debug, Clone, Copy)]
pub struct WorkspaceRecord<'r> {
    /// Its id.
    pub id: WorkspaceId,
    /// Whose.
    pub organisation: OrganisationId,
    /// What paths call it.
    pub number: &'r str,
    /// Whether it is closed.
    pub closed: bool,
}

/// A delegation, as a snapshot gives it.
#[derive(Debug, Clone, Copy)]
pub struct DelegationRecord<'r> {
    /// Its id.
    pub id: DelegationId,
    /// The API that it is for.
    pub api: &'r str,
    /// Where.
    pub workspace: WorkspaceId,
    /// Who gives it.
    pub from: OrganisationId,
    /// Who gets it.
    pub to: OrganisationId,
    /// The delegation that it passes on, if it does.
    pub parent: Option<DelegationId>,
    /// What it allows at most.
    pub permissions: &'r Permissions,
    /// Its state.
    pub standing: Standing,
    /// From this moment on it counts.
    pub opens_at: Timestamp,
    /// From this moment on it does not count, if ever.
    pub not_after: Option<Timestamp>,
    /// Since when it is closed: kept for as long as tombstones last.
    pub closed_at: Option<Timestamp>,
}

/// What is to be different about a delegation; what is absent stays.
#[derive(Default)]
pub(crate) struct DelegationChange<'p> {
    pub(crate) standing: Option<Standing>,
    pub(crate) permissions: Option<&'p Permissions>,
    pub(crate) opens_at: Option<Timestamp>,
    pub(crate) not_after: Option<Option<Timestamp>>,
}

type Select = fn(&mut PlaceTables) -> &mut Table;

impl Writer {
    /// A workspace, new or known. Whose it is and its number never change.
    pub(crate) fn workspace(&mut self, index: &Index, record: &WorkspaceRecord<'_>) {
        let (id, rows) = (record.id.as_bytes(), &index.places.workspaces);
        if let Some(slot) = self.workspaces.find(id, index, rows) {
            return self.open_workspace(index, slot, !record.closed);
        }
        let organisation = self.organisations.find(record.organisation.as_bytes(), index, &index.organisations).unwrap_or(0);
        self.anomalies += u64::from(organisation == 0);
        let Some(number) = number(record.number) else { return self.anomaly() };
        let hash = number_hash(index.key, &number);
        if index.load().places.workspaces.find(hash, |slot| has_number(rows.row(slot), &number)).is_some() {
            return self.anomaly();
        }
        let Some(slot) = self.workspaces.add(id, index, rows) else { return self.anomaly() };
        let row = rows.row(slot);
        for (place, word) in number.iter().enumerate() {
            row.set(3 + place, *word);
        }
        let hash_of = |slot: u32| number_hash(index.key, &std::array::from_fn(|place| rows.row(slot).get(3 + place)));
        index.make_place(|tables| &mut tables.workspaces, self.workspaces.len(), hash_of);
        let owner = index.organisations.row(organisation);
        let (first, delegation) = heads(owner);
        let _window = index.epoch.window();
        Workspace { organisation, next: first, open: !record.closed }.write(row);
        set_heads(owner, (slot, delegation));
        index.load().places.workspaces.insert(hash, slot);
    }

    /// Ends a workspace. It stays known, so that its number is never another's.
    pub(crate) fn close_workspace(&mut self, index: &Index, id: WorkspaceId) {
        match self.workspaces.find(id.as_bytes(), index, &index.places.workspaces) {
            Some(slot) => self.open_workspace(index, slot, false),
            None => self.anomaly(),
        }
    }

    fn open_workspace(&mut self, index: &Index, slot: u32, open: bool) {
        let row = index.places.workspaces.row(slot);
        let _window = index.epoch.window();
        Workspace { open, ..Workspace::read(row) }.write(row);
    }

    /// The row of a username of an organisation on an API, for one entry more to hang from; 0 when there is no room.
    pub(crate) fn account(&mut self, index: &Index, key: &[u8; 16], organisation: OrganisationId, api: &str) -> u32 {
        let rows = &index.places.accounts;
        let organisation = self.organisations.find(organisation.as_bytes(), index, &index.organisations).unwrap_or(0);
        let api = Self::api_number(index, api);
        self.anomalies += u64::from(organisation == 0) + u64::from(api == 0);
        let (first, second) = split(key);
        let owner = u64::from(organisation) << 32 | u64::from(api);
        let is = |slot: u32| {
            let row = rows.row(slot);
            row.get(0) == first && row.get(1) == second && row.get(2) == owner
        };
        let hash = index.hash(first, second);
        if let Some(slot) = index.load().places.accounts.find(hash, is) {
            return slot;
        }
        let Some(slot) = self.accounts.take() else {
            self.anomaly();
            return 0;
        };
        let row = rows.make(slot);
        let hash_of = |slot: u32| index.hash(rows.row(slot).get(0), rows.row(slot).get(1));
        index.make_place(|tables| &mut tables.accounts, self.accounts.taken(), hash_of);
        let _window = index.epoch.window();
        for (word, value) in [first, second, owner, 0].into_iter().enumerate() {
            row.set(word, value);
        }
        index.load().places.accounts.insert(hash, slot);
        slot
    }

    /// Counts an entry more, or less, of a username, inside a window; one that no entry has is forgotten.
    pub(crate) fn hang_account(&mut self, index: &Index, slot: u32, by: i64) {
        if slot == 0 {
            return;
        }
        let rows = &index.places.accounts;
        let row = rows.row(slot);
        let entries = row.get(3).saturating_add_signed(by);
        row.set(3, entries);
        if entries == 0 {
            let hash_of = |slot: u32| index.hash(rows.row(slot).get(0), rows.row(slot).get(1));
            index.load().places.accounts.remove(hash_of(slot), slot, hash_of);
            self.accounts.give(slot);
        }
    }

    /// A delegation, new. One that is known already stays as it is.
    pub(crate) fn delegation(&mut self, index: &Index, record: &DelegationRecord<'_>) {
        let (id, rows) = (record.id.as_bytes(), &index.places.delegations);
        if self.delegations.find(id, index, rows).is_some() {
            return self.anomaly();
        }
        let parent = record.parent.map(|parent| self.delegations.find(parent.as_bytes(), index, rows));
        let workspace = self.workspaces.find(record.workspace.as_bytes(), index, &index.places.workspaces);
        let organisation = |id: OrganisationId| self.organisations.find(id.as_bytes(), index, &index.organisations);
        // What hangs from nothing known is not indexed, thus refused.
        let (Some(workspace), Some(from), Some(to), None | Some(Some(_))) =
            (workspace, organisation(record.from), organisation(record.to), parent)
        else {
            return self.anomaly();
        };
        let Some(set) = self.sets.take(record.permissions, &index.load().catalogue) else { return self.anomaly() };
        let Some(slot) = self.delegations.add(id, index, rows) else {
            self.sets.give(set);
            return self.anomaly();
        };
        let hash_of = |slot: u32| {
            let found = Delegated::read(rows.row(slot));
            delegation_hash(index.key, found.workspace, found.to, found.api)
        };
        index.make_place(|tables| &mut tables.delegations, self.delegations.len(), hash_of);
        let (owned, first) = heads(index.organisations.row(to));
        let parent = parent.flatten().unwrap_or(0);
        let new = Delegated {
            workspace,
            to,
            parent,
            set,
            opens_at: seconds::pack(record.opens_at),
            not_after: seconds::pack_option(record.not_after),
            from,
            standing: if record.closed_at.is_some() { Standing::Closed } else { record.standing },
            api: Self::api_number(index, record.api),
            children: 0,
            closed_at: seconds::pack_option(record.closed_at),
            previous: 0,
            next: first,
        };
        if new.closed_at != 0 {
            self.closed_delegations.push_back((new.closed_at, slot));
        }
        let _window = index.epoch.window();
        new.write(rows.row(slot));
        set_heads(index.organisations.row(to), (owned, slot));
        edit(index, first, |next| next.previous = slot);
        edit(index, parent, |parent| parent.children += 1);
        index.load().places.delegations.insert(hash_of(slot), slot);
    }

    /// Changes a delegation that is not closed.
    pub(crate) fn change_delegation(&mut self, index: &Index, id: DelegationId, change: &DelegationChange<'_>) {
        let rows = &index.places.delegations;
        let Some(slot) = self.delegations.find(id.as_bytes(), index, rows) else { return self.anomaly() };
        let before = Delegated::read(rows.row(slot));
        if before.standing == Standing::Closed {
            return;
        }
        let set = change.permissions.map(|permissions| self.sets.take(permissions, &index.load().catalogue));
        let Some(set) = set.unwrap_or(Some(before.set)) else { return self.anomaly() };
        {
            let _window = index.epoch.window();
            edit(index, slot, |row| {
                row.set = set;
                row.standing = change.standing.unwrap_or(row.standing);
                row.opens_at = change.opens_at.map_or(row.opens_at, seconds::pack);
                row.not_after = change.not_after.map_or(row.not_after, seconds::pack_option);
            });
        }
        if change.permissions.is_some() {
            self.sets.give(before.set);
        }
    }

    /// Closes delegations, all in one step.
    pub(crate) fn close_delegations(&mut self, index: &Index, ids: &[DelegationId], at: u32) {
        let rows = &index.places.delegations;
        let find = |id: &DelegationId| self.delegations.find(id.as_bytes(), index, rows);
        let slots: Vec<u32> = ids.iter().filter_map(find).collect();
        let _window = index.epoch.window();
        for slot in slots {
            if Delegated::read(rows.row(slot)).standing != Standing::Closed {
                edit(index, slot, |row| (row.standing, row.closed_at) = (Standing::Closed, at));
                self.closed_delegations.push_back((at, slot));
            }
        }
    }

    /// Takes a closed delegation out of the index. Its slot is given to another one only when none passes it on.
    pub(crate) fn remove_delegation(&mut self, index: &Index, slot: u32) {
        let rows = &index.places.delegations;
        let gone = Delegated::read(rows.row(slot));
        let hash_of = |slot: u32| {
            let found = Delegated::read(rows.row(slot));
            delegation_hash(index.key, found.workspace, found.to, found.api)
        };
        self.delegations.forget(slot, index, rows);
        {
            let _window = index.epoch.window();
            index.load().places.delegations.remove(hash_of(slot), slot, hash_of);
            edit(index, gone.next, |next| next.previous = gone.previous);
            if gone.previous == 0 {
                let to = index.organisations.row(gone.to);
                set_heads(to, (heads(to).0, gone.next));
            } else {
                edit(index, gone.previous, |previous| previous.next = gone.next);
            }
            edit(index, gone.parent, |parent| parent.children -= 1);
            // Closed a second time, at no time: forgotten. The parent stays named until the slot is another's.
            edit(index, slot, |row| (row.closed_at, row.next, row.previous) = (0, 0, 0));
        }
        self.sets.give(gone.set);
        for slot in [slot, gone.parent] {
            let row = Delegated::read(rows.row(slot));
            let forgotten = row.standing == Standing::Closed && row.closed_at == 0;
            if slot != 0 && forgotten && row.children == 0 {
                self.delegations.free(slot);
            }
        }
    }
}

/// Changes a row of a delegation, inside a window; the row of none is left alone.
fn edit(index: &Index, slot: u32, change: impl FnOnce(&mut Delegated)) {
    if slot == 0 {
        return;
    }
    let row = index.places.delegations.row(slot);
    let mut found = Delegated::read(row);
    change(&mut found);
    found.write(row);
}

impl Index {
    /// Sees to room for one more in one of the tables of places. Readers find the same before and after, so it needs no window.
    /// `entries` may be one too many, which is only early.
    pub(crate) fn make_place(&self, select: Select, entries: usize, hash_of: impl Fn(u32) -> u64) {
        let mut places = self.load().places.clone();
        let table = select(&mut places);
        if table.has_room(entries) {
            return;
        }
        let grown = table.grown();
        for slot in table.slots() {
            grown.insert(hash_of(slot), slot);
        }
        *table = grown;
        let snapshot = Snapshot { places, ..Snapshot::clone(&self.load()) };
        self.store(snapshot);
    }
}
