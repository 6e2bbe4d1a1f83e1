//! Pours a snapshot of the store into the index: the only place that knows both forms.

use std::sync::Arc;

use domain::announcement::Signal;
use domain::api::ApiDefinition;
use domain::event::Entry;
use domain::grant::GrantRecord;
use domain::organisation_key::OrganisationKeyRecord;
use domain::{AnnouncementId, CredentialId, Digest, Fence, OrganisationId, PersonId, Timestamp};
use store::{DelegationRecord, MembershipRecord, OrganisationTokenRecord, SnapshotSink, Store, StoreError, TokenRecord, WorkspaceRecord};
use verifier::{Loader, Verifier};

/// Fills the index; ended tokens since `revoked_since` come along as tombstones. Gives the last entry that is in it.
pub(crate) async fn load(store: &Store, verifier: &Arc<Verifier>, revoked_since: Timestamp) -> Result<Option<Entry>, StoreError> {
    let verifier = verifier.clone();
    store
        .snapshot(revoked_since, move |snapshot| {
            let mut filling = Filling(verifier.loader(), None);
            let sequence = snapshot.pour(&mut filling)?;
            filling.0.finish(sequence);
            Ok(filling.1)
        })
        .await
}

struct Filling<'v>(Loader<'v>, Option<Entry>);

impl SnapshotSink for Filling<'_> {
    fn organisation(&mut self, id: OrganisationId, suspended: bool) {
        self.0.organisation(id, suspended);
    }

    fn person(&mut self, id: PersonId, active: bool) {
        self.0.person(id, active);
    }

    fn membership(&mut self, membership: &MembershipRecord) {
        let MembershipRecord { id, person, organisation, roles } = *membership;
        self.0.membership(&verifier::MembershipRecord { id, person, organisation, roles });
    }

    fn api(&mut self, definition: ApiDefinition) {
        self.0.api(definition);
    }

    fn announcement(&mut self, id: AnnouncementId, api: &str, signal: Signal) {
        self.0.announcement(id, api, signal);
    }

    fn token(&mut self, token: &TokenRecord<'_>) {
        let TokenRecord { id, membership, secret, superseded, permissions, imported, suspended, revoked_at } = *token;
        self.0.token(&verifier::TokenRecord { id, membership, secret, superseded, permissions, imported, suspended, revoked_at });
    }

    fn workspace(&mut self, workspace: &WorkspaceRecord) {
        let WorkspaceRecord { id, organisation, number, closed } = workspace;
        self.0.workspace(&verifier::WorkspaceRecord { id: *id, organisation: *organisation, number, closed: *closed });
    }

    fn delegation(&mut self, delegation: &DelegationRecord<'_>) {
        let DelegationRecord { id, api, workspace, from, to, parent, permissions, standing, opens_at, not_after, closed_at } = *delegation;
        self.0.delegation(&verifier::DelegationRecord {
            id,
            api,
            workspace,
            from,
            to,
            parent,
            permissions,
            standing,
            opens_at,
            not_after,
            closed_at,
        });
    }

    fn organisation_token(&mut self, token: &OrganisationTokenRecord<'_>) {
        let OrganisationTokenRecord { id, organisation, api, username_key, secret, .. } = *token;
        let OrganisationTokenRecord { superseded, permissions, imported, suspended, revoked_at, .. } = *token;
        self.0.organisation_token(&verifier::OrganisationTokenRecord {
            id,
            organisation,
            api,
            username_key,
            secret,
            superseded,
            permissions,
            imported,
            suspended,
            revoked_at,
        });
    }

    fn organisation_key(&mut self, key: &OrganisationKeyRecord) {
        self.0.organisation_key(key);
    }

    fn grant(&mut self, grant: &GrantRecord) {
        self.0.grant(grant);
    }

    fn ended(&mut self, id: [u8; 16], until: Timestamp) {
        self.0.ended(id, until);
    }

    fn api_credential(&mut self, id: CredentialId, api: &str, digest: Digest) {
        self.0.api_credential(id, api, digest);
    }

    fn operator_token(&mut self, id: CredentialId, digest: Digest) {
        self.0.operator_token(id, digest);
    }

    fn fence(&mut self, fence: &Fence) {
        self.0.fence(fence);
    }

    fn last_entry(&mut self, entry: &Entry) {
        self.1 = Some(entry.clone());
    }
}
