//! What checks read: entries, tables, parents and the catalogue of APIs, under one epoch.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::{ArcSwap, Guard};
use domain::credential::Kind;
use domain::id::{CredentialId, OrganisationId, PersonId};
use domain::person::Roles;
use domain::verify::{Facts, Owner};

use crate::arena::{Arena, Row};
use crate::catalogue::{Catalogue, Known};
use crate::check::OWN_API;
use crate::clients::Clients;
use crate::counts::{Cells, Draining};
use crate::credential::{Entries, Record, Words, join, split};
use crate::epoch::Epoch;
use crate::exposure::Exposures;
use crate::fence::Fenced;
use crate::places::{PlaceTables, Places};
use crate::refusals::Refusals;
use crate::seconds;
use crate::table::{self, Key, SHARDS, Table};
use crate::tally::Tallies;

/// How many people, and how many memberships, there can be.
const MAX_PEOPLE: usize = 1 << 25;
/// How many organisations there can be.
const MAX_ORGANISATIONS: usize = 1 << 22;

/// The state that readers and the one writer share. All of it is atomics.
pub(crate) struct Index {
    pub(crate) epoch: Epoch,
    snapshot: ArcSwap<Snapshot>,
    pub(crate) entries: Entries,
    pub(crate) key: Key,
    /// Workspaces, delegations and usernames.
    pub(crate) places: Places,
    /// Organisation keys and grants.
    pub(crate) clients: Clients,
    /// Words: 0–1 the person's id, 2 person and organisation (slots), 3 entries and flags. The person's id never
    /// changes; that it stands here too saves a check from waiting for a third line of memory.
    pub(crate) memberships: Arena<4>,
    /// The memberships' ids, for the writer.
    pub(crate) membership_ids: Arena<2>,
    /// The people's ids, for the writer.
    pub(crate) people: Arena<2>,
    /// A bit for each person: active. So few bytes that they stay in the nearest caches.
    pub(crate) active_people: Arena<1>,
    /// Words: 0–1 id, 2 whether active, the first workspace and the first delegation that it got.
    pub(crate) organisations: Arena<3>,
    pub(crate) applied: AtomicI64,
    pub(crate) live: AtomicUsize,
    pub(crate) tallies: Tallies,
    pub(crate) exposures: Exposures,
    pub(crate) refusals: Refusals,
    pub(crate) draining: Mutex<Draining>,
}

/// What is exchanged whole when it changes its shape. Exchanging costs a thousand reference counts, which a table's
/// growth by a quarter of its length can bear; a check pays for one load of it, not for one of each part.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) catalogue: Catalogue,
    /// What a restore has fenced in, if one did.
    pub(crate) fence: Option<Fenced>,
    pub(crate) tables: Box<[Table]>,
    pub(crate) places: PlaceTables,
    /// What is counted beside uses: here, so that a check needs no other pointer for it.
    pub(crate) counts: Arc<Cells>,
}

/// What was found under a digest.
pub(crate) struct Found {
    pub(crate) slot: u32,
    pub(crate) facts: Facts,
    /// The slot of the organisation that it acts for.
    pub(crate) organisation: u32,
    /// The slot of the one workspace that it sees; 0: all that its organisation may see.
    pub(crate) limit: u32,
    /// The slot of the workspace that the request names; 0: none, or none that is known and open.
    pub(crate) workspace: u32,
}

/// A membership, read: slots and flags.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    pub(crate) person: u32,
    pub(crate) organisation: u32,
    /// How many entries hang from it.
    pub(crate) entries: u32,
    pub(crate) roles: Roles,
    /// Whether it has not ended.
    pub(crate) live: bool,
}

impl Member {
    /// The membership that is not known.
    const NONE: Self = Self { person: 0, organisation: 0, entries: 0, roles: Roles::NONE, live: false };

    #[inline(always)]
    pub(crate) fn read(row: &Row<4>) -> Self {
        let (links, rest) = (row.get(2), row.get(3));
        let roles = Roles::from_bits(rest as u8);
        Self { person: (links >> 32) as u32, organisation: links as u32, entries: (rest >> 32) as u32, roles, live: rest & 0x100 != 0 }
    }

    pub(crate) fn write(self, row: &Row<4>) {
        row.set(2, u64::from(self.person) << 32 | u64::from(self.organisation));
        row.set(3, u64::from(self.entries) << 32 | u64::from(self.live) << 8 | u64::from(self.roles.bits()));
    }
}

impl Snapshot {
    pub(crate) fn empty() -> Self {
        let tables = (0..SHARDS).map(|_| Table::with_room(0)).collect();
        Self { catalogue: Catalogue::default(), fence: None, tables, places: PlaceTables::empty(), counts: Cells::first() }
    }
}

impl Index {
    pub(crate) fn new() -> Self {
        Self {
            epoch: Epoch::new(),
            snapshot: ArcSwap::from_pointee(Snapshot::empty()),
            entries: Entries::new(),
            key: Key::random(),
            places: Places::new(),
            clients: Clients::new(),
            memberships: Arena::new(MAX_PEOPLE),
            membership_ids: Arena::new(MAX_PEOPLE),
            people: Arena::new(MAX_PEOPLE),
            active_people: Arena::new(MAX_PEOPLE / 64),
            organisations: Arena::new(MAX_ORGANISATIONS),
            applied: AtomicI64::new(0),
            live: AtomicUsize::new(0),
            tallies: Tallies::new(OWN_API),
            exposures: Exposures::default(),
            refusals: Refusals::default(),
            draining: Mutex::default(),
        }
    }

    /// The slot and the facts of a digest, `permissions` being the mask on this API. Whatever it gives counts only
    /// if the epoch is unchanged afterwards; until then it may be a mixture, but nothing here goes wrong over that.
    #[inline]
    pub(crate) fn gather(&self, snapshot: &Snapshot, digest: &Words, api: Option<&Known>) -> Option<Found> {
        let hash = self.key.hash(digest[0], digest[1]);
        let table = snapshot.tables.get(table::shard(hash))?;
        let mut record = None;
        let slot = table.find(hash, |slot| match self.entries.get(slot) {
            Some((entry, used)) => {
                // Reading the counter starts to fetch its line, which a check that allows is about to write.
                std::hint::black_box(used.touch());
                record = Some(entry.read());
                entry.has(digest)
            }
            None => false,
        })?;
        let record = record?;
        if record.kind == Kind::OrganisationKey {
            return Some(self.gather_key(snapshot, slot, &record, api));
        }
        let (owner, organisation, audience) = self.owner(&record);
        let mut facts = Facts {
            id: CredentialId::from_bytes(record.id),
            kind: record.kind,
            state: record.state,
            not_after: seconds::unpack(record.until),
            imported: record.imported,
            permissions: api.map_or(0, |api| api.masks.get(record.set)),
            meant: audience.is_none_or(|number| api.is_some_and(|api| api.number == number)),
            owner,
        };
        if let Some(fence) = &snapshot.fence {
            fence.hold(&mut facts, &snapshot.catalogue);
        }
        Some(Found { slot, facts, organisation, limit: 0, workspace: 0 })
    }

    /// Whose an entry is, the slot of that organisation, and the number of the API that it is for, if for one.
    #[inline(always)]
    fn owner(&self, record: &Record) -> (Owner, u32, Option<u32>) {
        match record.kind {
            Kind::OperatorToken => (Owner::Operator, 0, None),
            Kind::ApiCredential => (Owner::Api(record.parent), 0, None),
            Kind::OrganisationToken => {
                let (slot, audience) = self.account(record.parent);
                let (organisation, organisation_active) = party(&self.organisations, slot);
                let organisation = OrganisationId::from_bytes(organisation);
                (Owner::Organisation { organisation, organisation_active }, slot, Some(audience))
            }
            Kind::PersonalToken => {
                let (owner, organisation) = self.member_owner(record.parent);
                (owner, organisation, None)
            }
            // Gathered in its own way, see `gather_key`.
            _ => (Owner::Operator, 0, None),
        }
    }

    /// The member with this slot, and the slot of the organisation.
    #[inline(always)]
    pub(crate) fn member_owner(&self, slot: u32) -> (Owner, u32) {
        let row = self.memberships.get(slot);
        let member = row.map_or(Member::NONE, Member::read);
        let person = row.map_or([0; 16], |row| join(row.get(0), row.get(1)));
        let (organisation, organisation_active) = party(&self.organisations, member.organisation);
        let owner = Owner::Member {
            person: PersonId::from_bytes(person),
            active: self.is_active(member.person) && member.live,
            organisation: OrganisationId::from_bytes(organisation),
            organisation_active,
            roles: member.roles,
        };
        (owner, member.organisation)
    }

    /// Whether a person is active. One that is not known is not.
    #[inline(always)]
    fn is_active(&self, person: u32) -> bool {
        self.active_people.get(person / 64).is_some_and(|row| row.get(0) >> (person % 64) & 1 == 1)
    }

    /// Writes whether a person is active, inside a window.
    pub(crate) fn set_active(&self, person: u32, active: bool) {
        let row = self.active_people.make(person / 64);
        let bit = 1 << (person % 64);
        row.set(0, if active { row.get(0) | bit } else { row.get(0) & !bit });
    }

    /// The slot of a digest, for the writer.
    pub(crate) fn slot(&self, digest: &Words) -> Option<u32> {
        let hash = self.key.hash(digest[0], digest[1]);
        self.load().tables[table::shard(hash)].find(hash, |slot| self.entries.get(slot).is_some_and(|(entry, _)| entry.has(digest)))
    }

    /// The hash of an entry's digest, for the writer.
    pub(crate) fn hash_of(&self, slot: u32) -> u64 {
        let (first, second) = self.entries.entry(slot).hashed();
        self.key.hash(first, second)
    }

    /// The hash of a digest or of an id.
    pub(crate) fn hash(&self, first: u64, second: u64) -> u64 {
        self.key.hash(first, second)
    }

    /// The present snapshot.
    #[inline(always)]
    pub(crate) fn load(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    /// Exchanges the snapshot. Readers must find the same in both, or a window must be open.
    pub(crate) fn store(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }

    /// The present snapshot with another catalogue.
    pub(crate) fn with_catalogue(&self, catalogue: Catalogue) -> Snapshot {
        Snapshot { catalogue, ..Snapshot::clone(&self.load()) }
    }

    /// The present snapshot with other tables.
    pub(crate) fn with_tables(&self, tables: Box<[Table]>) -> Snapshot {
        Snapshot { tables, ..Snapshot::clone(&self.load()) }
    }

    /// The present snapshot with other cells for what is counted.
    pub(crate) fn with_counts(&self, counts: Arc<Cells>) -> Snapshot {
        Snapshot { counts, ..Snapshot::clone(&self.load()) }
    }

    /// The present snapshot with another fence.
    pub(crate) fn with_fence(&self, fence: Option<Fenced>) -> Snapshot {
        Snapshot { fence, ..Snapshot::clone(&self.load()) }
    }

    /// The table of a hash, for the writer.
    pub(crate) fn table(&self, hash: u64) -> Table {
        self.load().tables[table::shard(hash)].clone()
    }

    /// Sees to room for one entry more beside `entries` in the table of this hash. Readers find the same before
    /// and after, so it needs no window.
    pub(crate) fn make_room(&self, hash: u64, entries: usize) {
        let table = self.table(hash);
        if table.has_room(entries) {
            return;
        }
        let grown = table.grown();
        for slot in table.slots() {
            grown.insert(self.hash_of(slot), slot);
        }
        let mut tables = self.load().tables.clone();
        tables[table::shard(hash)] = grown;
        self.store(self.with_tables(tables));
    }

    /// The sequence that was applied last.
    pub(crate) fn applied(&self) -> i64 {
        self.applied.load(Ordering::Acquire)
    }
}

/// The id of an organisation, and whether it is active. One that is not known is not active.
#[inline(always)]
pub(crate) fn party(parties: &Arena<3>, slot: u32) -> ([u8; 16], bool) {
    parties.get(slot).map_or(([0; 16], false), |row| (join(row.get(0), row.get(1)), row.get(2) & 1 == 1))
}

/// Writes the row of an organisation that has neither workspaces nor delegations yet.
pub(crate) fn write_party(row: &Row<3>, id: &[u8; 16], active: bool) {
    let (first, second) = split(id);
    row.set(0, first);
    row.set(1, second);
    row.set(2, u64::from(active));
}

/// Writes whether an organisation is active, and leaves the rest.
pub(crate) fn set_party_active(row: &Row<3>, active: bool) {
    row.set(2, row.get(2) & !1 | u64::from(active));
}
