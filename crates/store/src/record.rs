//! What the index of a server needs of each row, and the trait of whoever takes it.

use domain::announcement::Signal;
use domain::api::ApiDefinition;
use domain::credential::Digest;
use domain::delegation::Standing;
use domain::event::{Entry, SecretState};
use domain::fence::Fence;
use domain::grant::GrantRecord;
use domain::id::{AnnouncementId, CredentialId, DelegationId, MembershipId, OrganisationId, PersonId, WorkspaceId};
use domain::organisation_key::OrganisationKeyRecord;
use domain::permission::Permissions;
use domain::person::Roles;
use domain::time::Timestamp;

/// A membership, as the index needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// A secret of a personal token, as the index needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRecord<'r> {
    /// The token's id.
    pub id: CredentialId,
    /// The membership it hangs from; it may have ended if the token is revoked.
    pub membership: MembershipId,
    /// The secret and when it stops by itself.
    pub secret: SecretState,
    /// Whether a newer secret took this one's place: it works until the end of the overlap.
    pub superseded: bool,
    /// What it may do at most.
    pub permissions: &'r Permissions,
    /// Whether it came from another system.
    pub imported: bool,
    /// Whether it is paused.
    pub suspended: bool,
    /// Since when it is ended, if so.
    pub revoked_at: Option<Timestamp>,
}

/// A workspace, as the index needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceRecord {
    /// Its id.
    pub id: WorkspaceId,
    /// Whose.
    pub organisation: OrganisationId,
    /// What paths call it.
    pub number: String,
    /// Whether it is closed.
    pub closed: bool,
}

/// A delegation, as the index needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Its own state.
    pub standing: Standing,
    /// From this moment on it counts.
    pub opens_at: Timestamp,
    /// From this moment on it does not count, if ever.
    pub not_after: Option<Timestamp>,
    /// Since when it is closed, if so.
    pub closed_at: Option<Timestamp>,
}

/// A secret of an organisation token, as the index needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrganisationTokenRecord<'r> {
    /// The token's id.
    pub id: CredentialId,
    /// Whose.
    pub organisation: OrganisationId,
    /// The API that it is for.
    pub api: &'r str,
    /// The name of its username in the index.
    pub username_key: [u8; 16],
    /// The secret and when it stops by itself.
    pub secret: SecretState,
    /// Whether a newer secret took this one's place: it works until the end of the overlap.
    pub superseded: bool,
    /// What it may do at most.
    pub permissions: &'r Permissions,
    /// Whether it came from another system.
    pub imported: bool,
    /// Whether it is paused.
    pub suspended: bool,
    /// Since when it is ended, if so.
    pub revoked_at: Option<Timestamp>,
}

/// Takes a snapshot, in this order: organisations, people, memberships, APIs, their announcements, workspaces, delegations, personal tokens with
/// their current secrets and once more with the secrets of running overlaps, organisation tokens in the same way, organisation keys, grants, what was ended of them, API credentials,
/// operator tokens, the fence.
pub trait SnapshotSink {
    /// An organisation.
    fn organisation(&mut self, id: OrganisationId, suspended: bool);
    /// A person; active: neither suspended nor erased.
    fn person(&mut self, id: PersonId, active: bool);
    /// A membership that has not ended.
    fn membership(&mut self, membership: &MembershipRecord);
    /// An API.
    fn api(&mut self, definition: ApiDefinition);
    /// An announcement of an API that is not withdrawn.
    fn announcement(&mut self, id: AnnouncementId, api: &str, signal: Signal);
    /// A workspace, open or closed.
    fn workspace(&mut self, workspace: &WorkspaceRecord);
    /// A delegation, after the one that it passes on: live, or over since the asked moment.
    fn delegation(&mut self, delegation: &DelegationRecord<'_>);
    /// A personal token with one of its secrets: live, or revoked since the asked moment.
    fn token(&mut self, token: &TokenRecord<'_>);
    /// An organisation token with one of its secrets: live, or revoked since the asked moment.
    fn organisation_token(&mut self, token: &OrganisationTokenRecord<'_>);
    /// An organisation key with its private keys: live, or revoked since the asked moment.
    fn organisation_key(&mut self, key: &OrganisationKeyRecord);
    /// A grant that has not ended.
    fn grant(&mut self, grant: &GrantRecord);
    /// An access token, a family or a session that was ended, and until when that must be known.
    fn ended(&mut self, id: [u8; 16], until: Timestamp);
    /// A live API credential.
    fn api_credential(&mut self, id: CredentialId, api: &str, digest: Digest);
    /// A live operator token.
    fn operator_token(&mut self, id: CredentialId, digest: Digest);
    /// The fence, where one stands.
    fn fence(&mut self, fence: &Fence);
    /// The last entry of the journal, where there is one: a database that does not hold it at its place is not the one that
    /// was read.
    fn last_entry(&mut self, _: &Entry) {}
}
