//! What a server's index is made of, from one consistent state of the database.

use domain::api::ApiDefinition;
use domain::credential::Digest;
use domain::event::{SecretState, Sequence};
use domain::id::{CredentialId, MembershipId, OrganisationId, PersonId};
use domain::permission::Permissions;
use domain::person::Roles;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;

statements! {
    SNAPSHOT_ORGANISATIONS = "SELECT id, CASE WHEN suspended_at IS NULL THEN 0 ELSE 1 END FROM organisation";
}

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

/// Takes a snapshot, in this order: organisations, people, memberships, APIs, tokens with their current secrets, tokens
/// once more with the secrets of running overlaps, API credentials, operator tokens.
pub trait SnapshotSink {
    /// An organisation.
    fn organisation(&mut self, id: OrganisationId, suspended: bool);
    /// A person; active: neither suspended nor erased.
    fn person(&mut self, id: PersonId, active: bool);
    /// A membership that has not ended.
    fn membership(&mut self, membership: &MembershipRecord);
    /// An API.
    fn api(&mut self, definition: ApiDefinition);
    /// A token with one of its secrets: live, or revoked since the asked moment.
    fn token(&mut self, token: &TokenRecord<'_>);
    /// A live API credential.
    fn api_credential(&mut self, id: CredentialId, api: &str, digest: Digest);
    /// A live operator token.
    fn operator_token(&mut self, id: CredentialId, digest: Digest);
}

impl crate::Store {
    /// Gives the sink everything that an index holds, from one consistent state, and says which: changes after the
    /// sequence are not in it, and reach the feed. Of revoked tokens only those since `revoked_since` are given. Takes
    /// the thread it runs on until it is done: it is for a server's start.
    pub async fn snapshot(&self, sink: &mut (dyn SnapshotSink + Send), revoked_since: Timestamp) -> Result<Sequence, StoreError> {
        let _ = (sink, revoked_since, &SNAPSHOT_ORGANISATIONS);
        Err(StoreError::defect("not there yet"))
    }
}
