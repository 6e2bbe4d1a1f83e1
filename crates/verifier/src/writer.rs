//! The verbs with which the one writer changes the index. Rooms and rows are made before a window is opened: inside
//! of it there are only stores.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::announcement::{Announcements, Signal};
use domain::api::{Api, ApiDefinition};
use domain::credential::{Digest, Kind};
use domain::person::Roles;
use domain::verify::State;
use domain::{AnnouncementId, CredentialId, MembershipId, OrganisationId, PersonId};

use crate::arena::Slots;
use crate::catalogue::{Known, Masks, Told};
use crate::credential::{Record, Words, split, words};
use crate::fence::Fenced;
use crate::index::{Index, Member, set_party_active, write_party};
use crate::register::Register;
use crate::sets::Sets;
use crate::table::{self, MAX_SLOTS, SHARDS};

/// What only the writer needs.
pub(crate) struct Writer {
    pub(crate) slots: Slots,
    /// How many entries each table has.
    pub(crate) entries_of_table: Vec<u32>,
    pub(crate) people: Register,
    pub(crate) organisations: Register,
    pub(crate) memberships: Register,
    pub(crate) workspaces: Register,
    pub(crate) delegations: Register,
    pub(crate) clients: Register,
    /// Ended organisation keys with the second of their end, in the order in which they ended.
    pub(crate) revoked_clients: VecDeque<(u32, CredentialId)>,
    /// The slots of usernames.
    pub(crate) accounts: Slots,
    pub(crate) sets: Sets,
    /// Closed delegations with the second of their closing, in the order in which they were closed.
    pub(crate) closed_delegations: VecDeque<(u32, u32)>,
    /// Ended credentials with the second of their end, in the order in which they ended.
    pub(crate) tombstones: VecDeque<(u32, u32)>,
    /// How many of them there may be.
    pub(crate) max_tombstones: usize,
    /// Old secrets of rotated tokens with the second of their end, soonest first.
    pub(crate) overlaps: BinaryHeap<Reverse<(u32, u32)>>,
    /// The slots of API credentials, which end with their API. There are few.
    pub(crate) api_credentials: Vec<u32>,
    next_api: u32,
    next_edition: u32,
    /// Tombstones that went before their time, and events that named what is not known.
    pub(crate) dropped_tombstones: u64,
    pub(crate) anomalies: u64,
}

/// A place for a digest: found, or made ready.
pub(crate) struct Place {
    slot: u32,
    digest: Words,
    is_new: bool,
}

impl Writer {
    pub(crate) fn new(index: &Index, max_tombstones: usize) -> Self {
        Self {
            slots: Slots::new(MAX_SLOTS as u32),
            entries_of_table: vec![0; SHARDS],
            people: Register::new(index.people.limit()),
            organisations: Register::new(index.organisations.limit()),
            memberships: Register::new(index.membership_ids.limit()),
            workspaces: Register::new(index.places.workspaces.limit()),
            delegations: Register::new(index.places.delegations.limit()),
            clients: Register::new(index.clients.rows.limit()),
            revoked_clients: VecDeque::new(),
            accounts: Slots::new(index.places.accounts.limit()),
            sets: Sets::new(),
            closed_delegations: VecDeque::new(),
            tombstones: VecDeque::new(),
            max_tombstones,
            overlaps: BinaryHeap::new(),
            api_credentials: Vec::new(),
            next_api: 1,
            next_edition: 1,
            dropped_tombstones: 0,
            anomalies: 0,
        }
    }

    /// An organisation, new or known.
    pub(crate) fn organisation(&mut self, index: &Index, id: OrganisationId, active: bool) {
        let id = id.as_bytes();
        let rows = &index.organisations;
        if let Some(slot) = self.organisations.find(id, index, rows) {
            let _window = index.epoch.window();
            return set_party_active(rows.row(slot), active);
        }
        let Some(slot) = self.organisations.add(id, index, rows) else { return self.anomaly() };
        let _window = index.epoch.window();
        write_party(rows.row(slot), id, active);
    }

    /// A person, new or known.
    pub(crate) fn person(&mut self, index: &Index, id: PersonId, active: bool) {
        let id = id.as_bytes();
        let rows = &index.people;
        let Some(slot) = self.people.find(id, index, rows).or_else(|| self.people.add(id, index, rows)) else {
            return self.anomaly();
        };
        index.active_people.make(slot / 64);
        let _window = index.epoch.window();
        index.set_active(slot, active);
    }

    /// A membership, new or known. Of a person or organisation that is not known, nothing works.
    pub(crate) fn membership(&mut self, index: &Index, record: &crate::MembershipRecord) {
        let id = record.id.as_bytes();
        let ids = &index.membership_ids;
        let person = self.people.find(record.person.as_bytes(), index, &index.people).unwrap_or(0);
        let organisation = self.organisations.find(record.organisation.as_bytes(), index, &index.organisations).unwrap_or(0);
        self.anomalies += u64::from(person == 0) + u64::from(organisation == 0);
        let known = self.memberships.find(id, index, ids);
        let Some(slot) = known.or_else(|| self.memberships.add(id, index, ids)) else { return self.anomaly() };
        let row = index.memberships.make(slot);
        let entries = known.map_or(0, |_| Member::read(row).entries);
        let _window = index.epoch.window();
        let (first, second) = split(record.person.as_bytes());
        row.set(0, first);
        row.set(1, second);
        Member { person, organisation, entries, roles: record.roles, live: true }.write(row);
    }

    /// Another organisation, if one is given, and other roles for a membership.
    pub(crate) fn change_membership(&mut self, index: &Index, id: MembershipId, to: Option<OrganisationId>, roles: Roles) {
        let Some(slot) = self.memberships.find(id.as_bytes(), index, &index.membership_ids) else { return self.anomaly() };
        let row = index.memberships.row(slot);
        let mut member = Member::read(row);
        member.roles = roles;
        if let Some(to) = to {
            member.organisation = self.organisations.find(to.as_bytes(), index, &index.organisations).unwrap_or(0);
        }
        let _window = index.epoch.window();
        member.write(row);
    }

    /// Ends a membership. Its slot is given to another one only when no entry hangs from it any more.
    pub(crate) fn end_membership(&mut self, index: &Index, id: MembershipId) {
        let Some(slot) = self.memberships.find(id.as_bytes(), index, &index.membership_ids) else { return };
        self.memberships.forget(slot, index, &index.membership_ids);
        let row = index.memberships.row(slot);
        let member = Member { live: false, ..Member::read(row) };
        {
            let _window = index.epoch.window();
            member.write(row);
        }
        if member.entries == 0 {
            self.memberships.free(slot);
        }
    }

    /// An API, new or known.
    pub(crate) fn define_api(&mut self, index: &Index, definition: &ApiDefinition) {
        // Definitions are checked before they are recorded. One that this version cannot read lets nobody in.
        let Ok(api) = Api::new(definition.clone()) else {
            self.anomaly();
            return self.forget_api(index, &definition.name);
        };
        let snapshot = index.load();
        let before = &snapshot.catalogue;
        let number = before.place(api.name()).and_then(|place| before.get(place)).map_or(self.next_api, |known| known.number);
        self.next_api = self.next_api.max(number + 1);
        let masks = Masks::new();
        for (set, permissions) in self.sets.iter() {
            masks.set(set, api.mask(permissions));
        }
        let tally = index.tallies.of(api.name());
        let told = before.place(api.name()).and_then(|place| before.get(place)).map(|known| known.announcements.load());
        let announcements = Told::new(told.map(|told| told.for_definition(&api)).unwrap_or_default());
        let edition = self.next_edition;
        self.next_edition += 1;
        let after = index.with_catalogue(before.with(Known { number, edition, api: Arc::new(api), masks, tally, announcements }));
        let _window = index.epoch.window();
        index.store(after);
    }

    /// An announcement of an API. It changes nothing that a check decides, so that no window is needed.
    pub(crate) fn announce(&mut self, index: &Index, api: &str, id: AnnouncementId, signal: Signal) {
        self.tell(index, api, |known| known.announcements.load().with(&known.api, id, signal));
    }

    /// Takes an announcement back.
    pub(crate) fn withdraw(&mut self, index: &Index, api: &str, id: AnnouncementId) {
        self.tell(index, api, |known| known.announcements.load().without(&known.api, id));
    }

    fn tell(&mut self, index: &Index, api: &str, change: impl FnOnce(&Known) -> Announcements) {
        let snapshot = index.load();
        let catalogue = &snapshot.catalogue;
        match catalogue.place(api).and_then(|place| catalogue.get(place)) {
            Some(known) => known.announcements.store(change(known)),
            None => self.anomaly(),
        }
    }

    /// Another fence, or none.
    pub(crate) fn fence(&mut self, index: &Index, fence: Option<Fenced>) {
        let after = index.with_fence(fence);
        let _window = index.epoch.window();
        index.store(after);
    }

    /// Ends an API and its credentials.
    pub(crate) fn remove_api(&mut self, index: &Index, name: &str, at: u32) {
        let snapshot = index.load();
        let before = &snapshot.catalogue;
        let Some(number) = before.place(name).and_then(|place| before.get(place)).map(|known| known.number) else { return };
        let is_its = |slot: &u32| {
            let record = index.entries.entry(*slot).read();
            record.kind == Kind::ApiCredential && record.parent == number
        };
        let ended: Vec<u32> = self.api_credentials.iter().copied().filter(is_its).collect();
        let after = index.with_catalogue(before.without(name));
        let _window = index.epoch.window();
        index.store(after);
        for slot in ended {
            self.revoke(index, slot, at);
        }
    }

    fn forget_api(&mut self, index: &Index, name: &str) {
        let after = index.with_catalogue(index.load().catalogue.without(name));
        let _window = index.epoch.window();
        index.store(after);
    }

    /// The number of an API; 0, which none has, when it is not known.
    pub(crate) fn api_number(index: &Index, name: &str) -> u32 {
        let snapshot = index.load();
        let catalogue = &snapshot.catalogue;
        catalogue.place(name).and_then(|place| catalogue.get(place)).map_or(0, |known| known.number)
    }

    /// The entry of a digest.
    pub(crate) fn find(&mut self, index: &Index, digest: &Digest) -> Option<u32> {
        let found = index.slot(&words(digest));
        self.anomalies += u64::from(found.is_none());
        found
    }

    /// Makes a place for a digest, outside of a window. `None`: all slots are taken.
    pub(crate) fn prepare(&mut self, index: &Index, digest: &Digest) -> Option<Place> {
        let digest = words(digest);
        if let Some(slot) = index.slot(&digest) {
            return Some(Place { slot, digest, is_new: false });
        }
        let Some(slot) = self.slots.take() else {
            self.anomaly();
            return None;
        };
        index.entries.make(slot);
        let hash = index.hash(digest[0], digest[1]);
        index.make_room(hash, self.entries_of_table[table::shard(hash)] as usize);
        Some(Place { slot, digest, is_new: true })
    }

    /// Writes an entry into its place, inside a window. The record's set of permissions was taken for it.
    /// Gives the set that the place had before, to be given back after the window.
    pub(crate) fn place(&mut self, index: &Index, place: &Place, record: &Record) -> Option<u32> {
        let entry = index.entries.entry(place.slot);
        let before = (!place.is_new).then(|| entry.read());
        if let Some(before) = &before {
            self.unlink(index, before);
        } else {
            entry.write_digest(&place.digest);
        }
        entry.write(record);
        self.link(index, place.slot, record);
        if place.is_new {
            let hash = index.hash(place.digest[0], place.digest[1]);
            index.table(hash).insert(hash, place.slot);
            self.entries_of_table[table::shard(hash)] += 1;
        }
        before.map(|before| before.set)
    }

    /// Ends an entry, inside a window.
    pub(crate) fn revoke(&mut self, index: &Index, slot: u32, at: u32) {
        let entry = index.entries.entry(slot);
        let record = entry.read();
        if record.state == State::Revoked {
            return;
        }
        entry.write(&Record { state: State::Revoked, until: at, ..record });
        self.count(index, &record, -1);
        self.tombstones.push_back((at, slot));
    }

    /// Takes an entry out for good, in a window of its own.
    pub(crate) fn remove(&mut self, index: &Index, slot: u32) {
        let entry = index.entries.entry(slot);
        let record = entry.read();
        let hash = index.hash_of(slot);
        {
            let _window = index.epoch.window();
            index.table(hash).remove(hash, slot, |other| index.hash_of(other));
            self.unlink(index, &record);
            // Waiting lists may name the slot once more: they find nothing there that has ended.
            entry.write(&Record { state: State::Live, superseded: false, until: 0, parent: 0, ..record });
        }
        self.entries_of_table[table::shard(hash)] -= 1;
        self.sets.give(record.set);
        if let Some((_, used)) = index.entries.get(slot) {
            used.clear();
        }
        self.slots.give(slot);
    }

    /// What hangs from a new entry's parents, counted.
    pub(crate) fn link(&mut self, index: &Index, slot: u32, record: &Record) {
        match record.kind {
            Kind::PersonalToken => self.hang(index, record.parent, 1),
            Kind::OrganisationToken => self.hang_account(index, record.parent, 1),
            Kind::ApiCredential => self.api_credentials.push(slot),
            _ => {}
        }
        if record.state == State::Revoked {
            self.tombstones.push_back((record.until, slot));
            return;
        }
        if record.superseded && record.until != 0 {
            self.overlaps.push(Reverse((record.until, slot)));
        }
        self.count(index, record, 1);
    }

    fn unlink(&mut self, index: &Index, record: &Record) {
        match record.kind {
            Kind::PersonalToken => self.hang(index, record.parent, -1),
            Kind::OrganisationToken => self.hang_account(index, record.parent, -1),
            Kind::ApiCredential => {
                self.api_credentials.retain(|slot| index.entries.entry(*slot).id() != record.id);
            }
            _ => {}
        }
        if record.state != State::Revoked {
            self.count(index, record, -1);
        }
    }

    /// Counts an entry more, or less, of a membership.
    pub(crate) fn hang(&mut self, index: &Index, slot: u32, by: i32) {
        if slot == 0 {
            return;
        }
        let row = index.memberships.row(slot);
        let mut member = Member::read(row);
        member.entries = member.entries.saturating_add_signed(by);
        member.write(row);
        if member.entries == 0 && !member.live {
            self.memberships.free(slot);
        }
    }

    fn count(&self, index: &Index, record: &Record, by: isize) {
        if matches!(record.kind, Kind::PersonalToken | Kind::OrganisationToken | Kind::OrganisationKey) {
            index.live.fetch_add(by as usize, Ordering::Relaxed);
        }
    }

    /// Puts the tombstones of a snapshot, which come in any order, in the order in which they ended.
    pub(crate) fn sort_tombstones(&mut self) {
        self.tombstones.make_contiguous().sort_unstable();
        self.closed_delegations.make_contiguous().sort_unstable();
        self.revoked_clients.make_contiguous().sort_unstable();
    }

    pub(crate) fn anomaly(&mut self) {
        self.anomalies += 1;
    }
}
