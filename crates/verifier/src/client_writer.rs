//! The verbs with which the one writer changes organisation keys and grants, and remembers what was ended of them.

use std::sync::Arc;

use domain::event::Event;
use domain::grant::GrantRecord;
use domain::organisation_key::{OrganisationKeyRecord, PrivateKeyState};
use domain::verify::State;
use domain::{CredentialId, Digest, GrantId, Kind, WorkspaceId};

use crate::apply::{blank, change_secrets, create, revoke, rotate_token};
use crate::clients::{Client, Granting};
use crate::credential::{NOWHERE, Record, words};
use crate::index::Index;
use crate::seconds;
use crate::writer::Writer;

/// Applies an event of organisation keys, grants, tokens and sessions.
pub(crate) fn apply(writer: &mut Writer, index: &Index, at: u32, event: &Event) {
    match event {
        Event::OrganisationKeyCreated { key, organisation, workspace, definition, private_key, imported } => {
            let record = OrganisationKeyRecord {
                id: *key,
                organisation: *organisation,
                workspace: *workspace,
                definition: definition.clone(),
                private_keys: private_key.iter().map(|state| (*state, false)).collect(),
                generation: 0,
                suspended: false,
                imported: *imported,
                revoked_at: None,
            };
            let Some(slot) = writer.client(index, &record) else { return };
            if let Some(state) = private_key {
                let set = writer.set_of_client(index, key);
                create(writer, index, &state.digest, &private_key_record(state, slot, set, *imported));
            }
        }
        Event::OrganisationKeyChanged { key, workspace, definition } => {
            let digests: Vec<Digest> =
                index.clients.get(key).iter().flat_map(|client| client.private_keys.iter().map(|key| key.digest)).collect();
            change_secrets(writer, index, &digests, &definition.permissions);
            writer.change_client(index, key, *workspace, definition);
        }
        Event::OrganisationKeyRotated { key, old, new, ended } => {
            let digests: Vec<Digest> = ended.iter().map(|state| state.digest).collect();
            match old {
                Some(old) => {
                    rotate_token(writer, index, at, (&old.secret(), &new.secret(), &digests));
                    writer.name_entry(index, new);
                }
                None => {
                    let Some(client) = index.clients.get(key) else { return writer.anomaly() };
                    let set = writer.set_of_client(index, key);
                    create(writer, index, &new.digest, &private_key_record(new, client.slot, set, client.imported));
                    revoke(writer, index, at, &digests);
                }
            }
            writer.edit_client(index, key, |client| client.private_keys = std::iter::once(*new).chain(*old).collect());
        }
        Event::PrivateKeyRevoked { key, private_key } => {
            revoke(writer, index, at, std::slice::from_ref(&private_key.digest));
            writer.edit_client(index, key, |client| client.private_keys.retain(|known| known.id != private_key.id));
        }
        Event::OrganisationKeySuspended { key } => writer.edit_client(index, key, |client| client.state = State::Suspended),
        Event::OrganisationKeyResumed { key } => writer.edit_client(index, key, |client| client.state = State::Live),
        Event::OrganisationKeysRevoked { keys, digests } => {
            revoke(writer, index, at, digests);
            for key in keys {
                writer.edit_client(index, key, |client| client.state = State::Revoked);
                writer.revoked_clients.push_back((at, *key));
            }
        }
        Event::AccessTokensOfKeyEnded { key, generation } => writer.edit_client(index, key, |client| client.generation = *generation),
        Event::GrantMade { grant, membership, key } => {
            writer.grant(index, &GrantRecord { id: *grant, membership: *membership, key: *key });
        }
        Event::GrantsEnded { grants } => writer.end_grants(index, grants),
        Event::FamiliesEnded { families, until } => remember(index, families.iter().map(|id| *id.as_bytes()), seconds::pack(*until)),
        Event::SessionsEnded { sessions, until } => remember(index, sessions.iter().map(|id| *id.as_bytes()), seconds::pack(*until)),
        Event::AccessTokenRevoked { serial, until } => remember(index, [*serial.as_bytes()], seconds::pack(*until)),
        _ => {}
    }
}

/// Remembers the end of tokens, families or sessions until `until`, in packed seconds.
pub(crate) fn remember(index: &Index, ids: impl IntoIterator<Item = [u8; 16]>, until: u32) {
    let _window = index.epoch.window();
    let ended = index.clients.ended.pin();
    for id in ids {
        ended.insert(id, until);
    }
}

/// The entry of a private key.
pub(crate) fn private_key_record(state: &PrivateKeyState, slot: u32, set: u32, imported: bool) -> Record {
    let (kind, until) = (Kind::OrganisationKey, seconds::pack_option(state.not_after));
    Record { kind, parent: slot, set, imported, until, ..blank(state.id) }
}

impl Writer {
    /// An organisation key that is not known yet. Gives its slot.
    pub(crate) fn client(&mut self, index: &Index, record: &OrganisationKeyRecord) -> Option<u32> {
        let id = record.id.as_bytes();
        if self.clients.find(id, index, &index.clients.rows).is_some() {
            self.anomaly();
            return None;
        }
        let organisation_slot = match record.organisation {
            Some(organisation) => self.organisations.find(organisation.as_bytes(), index, &index.organisations).unwrap_or(0),
            None => 0,
        };
        self.anomalies += u64::from(organisation_slot == 0 && record.organisation.is_some());
        let workspace_slot = self.workspace_slot(index, record.workspace)?;
        let set = self.sets.take(&record.definition.permissions, &index.load().catalogue)?;
        let Some(slot) = self.clients.add(id, index, &index.clients.rows) else {
            self.sets.give(set);
            self.anomaly();
            return None;
        };
        let state = match (record.revoked_at, record.suspended) {
            (Some(at), _) => {
                self.revoked_clients.push_back((seconds::pack(at), record.id));
                State::Revoked
            }
            (None, true) => State::Suspended,
            (None, false) => State::Live,
        };
        let Some(counted) = self.slots.take() else {
            self.sets.give(set);
            self.anomaly();
            return None;
        };
        let entry = index.entries.make(counted);
        entry.write_digest(&NOWHERE);
        entry.write(&Record { kind: Kind::OrganisationKey, parent: slot, ..blank(record.id) });
        let client = Client {
            id: record.id,
            organisation: record.organisation,
            workspace: record.workspace,
            definition: Arc::new(record.definition.clone()),
            private_keys: record.private_keys.iter().map(|(state, _)| *state).collect(),
            generation: record.generation,
            state,
            imported: record.imported,
            organisation_slot,
            workspace_slot,
            set,
            slot,
            counted,
        };
        let _window = index.epoch.window();
        index.clients.by_client_id.pin().insert(record.definition.client_id.as_str().into(), record.id);
        index.clients.count_origins(client.origins(), true);
        index.clients.by_id.pin().insert(record.id, Arc::new(client));
        Some(slot)
    }

    /// The slot of the workspace that a key is limited to. One that is not known is none that anybody can reach.
    fn workspace_slot(&mut self, index: &Index, workspace: Option<WorkspaceId>) -> Option<u32> {
        let Some(workspace) = workspace else { return Some(0) };
        let found = self.workspaces.find(workspace.as_bytes(), index, &index.places.workspaces);
        self.anomalies += u64::from(found.is_none());
        found
    }

    /// One more that has the set of permissions of a key.
    fn set_of_client(&mut self, index: &Index, key: &CredentialId) -> u32 {
        index.clients.get(key).map_or(crate::catalogue::ALL, |client| self.sets.retake(client.set))
    }

    fn change_client(
        &mut self,
        index: &Index,
        key: &CredentialId,
        workspace: Option<WorkspaceId>,
        definition: &domain::client::ClientDefinition,
    ) {
        let Some(workspace_slot) = self.workspace_slot(index, workspace) else { return };
        let Some(set) = self.sets.take(&definition.permissions, &index.load().catalogue) else { return self.anomaly() };
        let mut before = None;
        self.edit_client(index, key, |client| {
            before = Some(std::mem::replace(&mut client.set, set));
            client.workspace = workspace;
            client.workspace_slot = workspace_slot;
            client.definition = Arc::new(definition.clone());
        });
        self.sets.give(before.unwrap_or(set));
    }

    fn edit_client(&mut self, index: &Index, key: &CredentialId, edit: impl FnOnce(&mut Client)) {
        let Some(before) = index.clients.get(key) else { return self.anomaly() };
        let mut after = Client::clone(&before);
        edit(&mut after);
        let _window = index.epoch.window();
        index.clients.count_origins(before.origins(), false);
        index.clients.count_origins(after.origins(), true);
        index.clients.by_id.pin().insert(*key, Arc::new(after));
    }

    /// A rotation makes an entry like the one before; a private key has an id of its own.
    fn name_entry(&mut self, index: &Index, state: &PrivateKeyState) {
        let Some(slot) = index.slot(&words(&state.digest)) else { return };
        let entry = index.entries.entry(slot);
        let _window = index.epoch.window();
        entry.write(&Record { id: *state.id.as_bytes(), ..entry.read() });
    }

    /// Forgets a key that was ended long ago.
    pub(crate) fn remove_client(&mut self, index: &Index, key: &CredentialId) {
        let Some(client) = index.clients.get(key).filter(|client| client.state == State::Revoked) else { return };
        {
            let _window = index.epoch.window();
            index.clients.by_id.pin().remove(key);
            index.clients.by_client_id.pin().remove(client.definition.client_id.as_str());
        }
        self.clients.forget(client.slot, index, &index.clients.rows);
        self.clients.free(client.slot);
        if let Some((_, used)) = index.entries.get(client.counted) {
            used.clear();
        }
        self.slots.give(client.counted);
        self.sets.give(client.set);
    }

    /// A grant. One that is known already, or of a membership that is not, changes nothing.
    pub(crate) fn grant(&mut self, index: &Index, record: &GrantRecord) {
        let Some(membership) = self.memberships.find(record.membership.as_bytes(), index, &index.membership_ids) else {
            return self.anomaly();
        };
        if index.clients.grants.pin().contains_key(&record.id) {
            return;
        }
        let _window = index.epoch.window();
        self.hang(index, membership, 1);
        index.clients.grants.pin().insert(record.id, Granting { membership, key: record.key });
    }

    fn end_grants(&mut self, index: &Index, grants: &[GrantId]) {
        let _window = index.epoch.window();
        for grant in grants {
            if let Some(granting) = index.clients.grants.pin().remove(grant).copied() {
                self.hang(index, granting.membership, -1);
            }
        }
    }
}
