//! Organisation keys: public id and private key with which an organisation connects its systems.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::client::ClientDefinition;
use crate::credential::Digest;
use crate::event::SecretState;
use crate::id::{CredentialId, OrganisationId, WorkspaceId};
use crate::text::Email;
use crate::time::Timestamp;

/// The most live keys that one organisation may have.
pub const MAX_KEYS_OF_ORGANISATION: u64 = 200;
/// The most private keys that work at a time: the current one, and the one before during a rotation.
pub const MAX_LIVE_PRIVATE_KEYS: usize = 2;
/// The longest time for which the old private key may work beside the new one.
pub const MAX_OVERLAP: Duration = Duration::from_secs(90 * 86_400);

/// An organisation key as its organisation sees it in a list: everything but the private key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationKey {
    /// Its id; rotation keeps it.
    pub id: CredentialId,
    /// Whose; nobody's for a client that registered itself.
    pub organisation: Option<OrganisationId>,
    /// The one workspace that it sees; absent: all of the organisation's.
    pub workspace: Option<WorkspaceId>,
    /// Its public id, name and OAuth side.
    #[serde(flatten)]
    pub definition: ClientDefinition,
    /// Whom to write to about it.
    pub contact: Option<Email>,
    /// Its private keys that have not ended, the newest first.
    pub private_keys: Vec<PrivateKey>,
    /// Since when access tokens of it are known to have come over plain HTTP: its software sends them so.
    #[serde(default)]
    pub access_token_exposed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is paused, if so.
    pub suspended_at: Option<Timestamp>,
    /// Since when it is ended, if so.
    pub revoked_at: Option<Timestamp>,
    /// Raised by every change; the value of its `ETag`.
    pub revision: i64,
}

/// A private key as a list shows it. During a rotation one sees from the uses of the old one when it is safe to end it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateKey {
    /// Its id: what its uses are counted for.
    pub id: CredentialId,
    /// The first characters of its text; absent for an imported one.
    pub prefix: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops to work by itself, if ever.
    pub ends_at: Option<Timestamp>,
    /// When it was last used, give or take the flush interval.
    pub last_used_at: Option<Timestamp>,
    /// From where it was last used; the /64 network of an IPv6 address.
    pub last_used_from: Option<String>,
    /// How often it was used, give or take the flush interval.
    pub uses: u64,
    /// Since when it is known to have come over plain HTTP, where anybody could read it.
    pub exposed_at: Option<Timestamp>,
}

/// An organisation key, as the index needs it.
#[derive(Debug, Clone)]
pub struct OrganisationKeyRecord {
    /// The key's id.
    pub id: CredentialId,
    /// Whose.
    pub organisation: Option<OrganisationId>,
    /// The one workspace that it sees.
    pub workspace: Option<WorkspaceId>,
    /// Its OAuth side.
    pub definition: ClientDefinition,
    /// Its private keys that were not ended, each with whether a newer one took its place.
    pub private_keys: Vec<(PrivateKeyState, bool)>,
    /// The generation of its access tokens.
    pub generation: u32,
    /// Whether it is paused.
    pub suspended: bool,
    /// Whether it came from another system.
    pub imported: bool,
    /// Since when it is ended: a tombstone.
    pub revoked_at: Option<Timestamp>,
}

/// A private key as its events name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateKeyState {
    /// Its id.
    pub id: CredentialId,
    /// Its digest, the key of the index.
    pub digest: Digest,
    /// When it stops to work by itself, if ever.
    pub not_after: Option<Timestamp>,
}

impl PrivateKeyState {
    /// The secret alone.
    pub fn secret(&self) -> SecretState {
        SecretState { digest: self.digest, not_after: self.not_after }
    }
}
