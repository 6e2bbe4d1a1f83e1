//! Grants: what a person has authorised a client to do.

use serde::{Deserialize, Serialize};

use crate::id::{CredentialId, GrantId, MembershipId, OrganisationId, PersonId};
use crate::time::Timestamp;

/// What a person, as a member of an organisation, has authorised a client to do. Codes, refresh tokens and access tokens hang
/// from it; ending it ends all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Who gave it.
    pub person: PersonId,
    /// The membership that it acts through.
    pub membership: MembershipId,
    /// Of which organisation.
    pub organisation: OrganisationId,
    /// The organisation key whose client got it.
    pub key: CredentialId,
    /// The names of the scopes that were consented to, in all.
    pub scopes: Vec<String>,
    /// When it was first given.
    pub created_at: Timestamp,
    /// When it was last given or added to.
    pub updated_at: Timestamp,
    /// Since when it is ended, if so.
    pub ended_at: Option<Timestamp>,
}

/// A grant that has not ended, as the index needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantRecord {
    /// The grant.
    pub id: GrantId,
    /// Through which membership.
    pub membership: MembershipId,
    /// The client's organisation key.
    pub key: CredentialId,
}
