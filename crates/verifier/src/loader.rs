//! The bulk load: a snapshot of the database, exclusively and fast.

use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use domain::announcement::Signal;
use domain::api::ApiDefinition;
use domain::credential::{Digest, Kind};
use domain::event::{SecretState, Sequence};
use domain::grant::GrantRecord;
use domain::organisation_key::OrganisationKeyRecord;
use domain::permission::Permissions;
use domain::person::Roles;
use domain::verify::State;
use domain::{AnnouncementId, CredentialId, Fence, MembershipId, OrganisationId, PersonId, Timestamp};

use crate::apply::blank;
use crate::client_writer::{private_key_record, remember};
use crate::counts::Draining;
use crate::credential::{NOWHERE, Record, words};
use crate::delegations::{DelegationRecord, WorkspaceRecord};
use crate::fence::Fenced;
use crate::index::{Index, Snapshot};
use crate::seconds;
use crate::table::{self, SHARDS, Table};
use crate::writer::Writer;

/// One secret of a personal token, as a snapshot gives it.
#[derive(Debug, Clone, Copy)]
pub struct TokenRecord<'r> {
    /// The token.
    pub id: CredentialId,
    /// The membership it hangs from.
    pub membership: MembershipId,
    /// The secret: a token in its overlap has two records.
    pub secret: SecretState,
    /// Whether a newer secret took this one's place: such a one is removed some time after its end, the others stay
    /// for as long as the token is not revoked, because the end of a token can be moved.
    pub superseded: bool,
    /// What it may do at most.
    pub permissions: &'r Permissions,
    /// Whether it came from another system.
    pub imported: bool,
    /// Whether it is paused.
    pub suspended: bool,
    /// Since when it is ended: a tombstone.
    pub revoked_at: Option<Timestamp>,
}

/// One secret of an organisation token, as a snapshot gives it.
#[derive(Debug, Clone, Copy)]
pub struct OrganisationTokenRecord<'r> {
    /// The token.
    pub id: CredentialId,
    /// Whose.
    pub organisation: OrganisationId,
    /// The API that it is for.
    pub api: &'r str,
    /// The name of its username (see [`domain::organisation_token::username_key`]).
    pub username_key: [u8; 16],
    /// The secret: a token in its overlap has two records.
    pub secret: SecretState,
    /// Whether a newer secret took this one's place, as with [`TokenRecord::superseded`].
    pub superseded: bool,
    /// What it may do at most.
    pub permissions: &'r Permissions,
    /// Whether it came from another system.
    pub imported: bool,
    /// Whether it is paused.
    pub suspended: bool,
    /// Since when it is ended: a tombstone.
    pub revoked_at: Option<Timestamp>,
}

/// A membership, as a snapshot gives it.
#[derive(Debug, Clone, Copy)]
pub struct MembershipRecord {
    /// Its id.
    pub id: MembershipId,
    /// Who.
    pub person: PersonId,
    /// Where.
    pub organisation: OrganisationId,
    /// As what.
    pub roles: Roles,
}

/// Fills the index from one consistent snapshot. What was in it before is gone. Parents come before what hangs from
/// them: organisations and people, then memberships, then tokens; APIs before their credentials; APIs and workspaces
/// before delegations, a delegation before those that pass it on.
///
/// From the call of [`crate::Verifier::loader`] until [`Loader::finish`] every check is [`crate::Unavailable`]; and
/// if the loader is dropped instead, until another load is finished: half a snapshot is no knowledge.
pub struct Loader<'v> {
    index: &'v Index,
    writer: MutexGuard<'v, Writer>,
    entries_of_table: Vec<u32>,
    /// Tokens whose membership is still to be looked up. Many at a time, because the processor then waits for the
    /// memory of several look-ups at once.
    pending: Vec<(MembershipId, u32)>,
}

const PENDING: usize = 256;

impl<'v> Loader<'v> {
    pub(crate) fn new(index: &'v Index, mut writer: MutexGuard<'v, Writer>) -> Self {
        index.epoch.close();
        *writer = Writer::new(index, writer.max_tombstones);
        index.store(Snapshot::empty());
        index.clients.clear();
        *index.draining.lock().unwrap_or_else(PoisonError::into_inner) = Draining::default();
        for chunk in 0..index.entries.chunks() {
            index.entries.take_fresh(chunk, |_, used| used.clear());
        }
        index.live.store(0, Ordering::Relaxed);
        Self { index, writer, entries_of_table: vec![0; SHARDS], pending: Vec::with_capacity(PENDING) }
    }

    /// An organisation.
    pub fn organisation(&mut self, id: OrganisationId, suspended: bool) {
        self.writer.organisation(self.index, id, !suspended);
    }

    /// A person; active is who is neither suspended nor erased.
    pub fn person(&mut self, id: PersonId, active: bool) {
        self.writer.person(self.index, id, active);
    }

    /// A membership.
    pub fn membership(&mut self, record: &MembershipRecord) {
        self.writer.membership(self.index, record);
    }

    /// An API.
    pub fn api(&mut self, definition: ApiDefinition) {
        self.writer.define_api(self.index, &definition);
    }

    /// An announcement of an API that is not withdrawn.
    pub fn announcement(&mut self, id: AnnouncementId, api: &str, signal: Signal) {
        self.writer.announce(self.index, api, id, signal);
    }

    /// A secret of a personal token.
    pub fn token(&mut self, token: &TokenRecord<'_>) {
        let Some(set) = self.writer.sets.take(token.permissions, &self.index.load().catalogue) else { return self.writer.anomaly() };
        let (state, until) = match token.revoked_at {
            Some(at) => (State::Revoked, seconds::pack(at)),
            None if token.suspended => (State::Suspended, seconds::pack_option(token.secret.not_after)),
            None => (State::Live, seconds::pack_option(token.secret.not_after)),
        };
        let record = Record { set, state, imported: token.imported, superseded: token.superseded, until, ..blank(token.id) };
        if let Some(slot) = self.credential(&token.secret.digest, &record) {
            self.pending.push((token.membership, slot));
        }
        if self.pending.len() == PENDING {
            self.hang_pending();
        }
    }

    /// A workspace.
    pub fn workspace(&mut self, record: &WorkspaceRecord<'_>) {
        self.writer.workspace(self.index, record);
    }

    /// A delegation.
    pub fn delegation(&mut self, record: &DelegationRecord<'_>) {
        self.writer.delegation(self.index, record);
    }

    /// A secret of an organisation token.
    pub fn organisation_token(&mut self, token: &OrganisationTokenRecord<'_>) {
        let Some(set) = self.writer.sets.take(token.permissions, &self.index.load().catalogue) else { return self.writer.anomaly() };
        let parent = self.writer.account(self.index, &token.username_key, token.organisation, token.api);
        let (state, until) = match token.revoked_at {
            Some(at) => (State::Revoked, seconds::pack(at)),
            None if token.suspended => (State::Suspended, seconds::pack_option(token.secret.not_after)),
            None => (State::Live, seconds::pack_option(token.secret.not_after)),
        };
        let (kind, imported, superseded) = (Kind::OrganisationToken, token.imported, token.superseded);
        self.credential(&token.secret.digest, &Record { kind, parent, set, state, imported, superseded, until, ..blank(token.id) });
    }

    /// An organisation key with its private keys.
    pub fn organisation_key(&mut self, record: &OrganisationKeyRecord) {
        let Some(slot) = self.writer.client(self.index, record) else { return };
        for (state, superseded) in &record.private_keys {
            let Some(set) = self.writer.sets.take(&record.definition.permissions, &self.index.load().catalogue) else { continue };
            let entry = Record { superseded: *superseded, ..private_key_record(state, slot, set, record.imported) };
            let ended = record.revoked_at.map(|at| Record { state: State::Revoked, until: seconds::pack(at), ..entry });
            self.credential(&state.digest, &ended.unwrap_or(entry));
        }
    }

    /// A grant.
    pub fn grant(&mut self, record: &GrantRecord) {
        self.writer.grant(self.index, record);
    }

    /// An access token, a family or a session that was ended, and when the last access token of it is over by itself.
    pub fn ended(&mut self, id: [u8; 16], until: Timestamp) {
        remember(self.index, [id], seconds::pack(until));
    }

    /// A live credential of an API.
    pub fn api_credential(&mut self, id: CredentialId, api: &str, digest: Digest) {
        let parent = Writer::api_number(self.index, api);
        self.credential(&digest, &Record { kind: Kind::ApiCredential, parent, ..blank(id) });
    }

    /// A live operator token.
    pub fn operator_token(&mut self, id: CredentialId, digest: Digest) {
        self.credential(&digest, &Record { kind: Kind::OperatorToken, ..blank(id) });
    }

    /// The fence, where one stands.
    pub fn fence(&mut self, fence: &Fence) {
        self.writer.fence(self.index, Fenced::of(fence));
    }

    /// Ends the load: the index is the state after the event `applied`, and may be read.
    pub fn finish(mut self, applied: Sequence) {
        self.hang_pending();
        self.build_tables();
        self.writer.sort_tombstones();
        self.index.applied.store(applied.0, Ordering::Release);
        self.index.epoch.reopen();
    }

    fn hang_pending(&mut self) {
        let find = |(id, slot): (MembershipId, u32)| {
            let found = self.writer.memberships.find(id.as_bytes(), self.index, &self.index.membership_ids);
            (found.unwrap_or(0), slot)
        };
        let found: Vec<(u32, u32)> = self.pending.drain(..).map(find).collect();
        for (membership, slot) in found {
            self.writer.anomalies += u64::from(membership == 0);
            self.index.entries.entry(slot).set_parent(membership);
            self.writer.hang(self.index, membership, 1);
        }
    }

    /// Writes an entry; the tables are built at the end, when it is known how long each of them must be.
    fn credential(&mut self, digest: &Digest, record: &Record) -> Option<u32> {
        let Some(slot) = self.writer.slots.take() else {
            self.writer.anomaly();
            return None;
        };
        let digest = words(digest);
        let entry = self.index.entries.make(slot);
        entry.write_digest(&digest);
        entry.write(record);
        self.writer.link(self.index, slot, record);
        self.entries_of_table[table::shard(self.index.hash(digest[0], digest[1]))] += 1;
        Some(slot)
    }

    fn build_tables(&mut self) {
        let tables: Box<[Table]> = self.entries_of_table.iter().map(|entries| Table::with_room(*entries as usize)).collect();
        let entries = &self.index.entries;
        for slot in 1..self.writer.slots.end() {
            if entries.entry(slot).digest() == NOWHERE {
                continue;
            }
            let hash = self.index.hash_of(slot);
            let table = &tables[table::shard(hash)];
            let digest = entries.entry(slot).digest();
            if table.find(hash, |other| entries.entry(other).has(&digest)).is_some() {
                // A digest is that of one credential; the database sees to it.
                self.writer.anomaly();
                continue;
            }
            table.insert(hash, slot);
            self.writer.entries_of_table[table::shard(hash)] += 1;
        }
        self.index.store(self.index.with_tables(tables));
    }
}
