//! Journal events: what a change was, for the audit trail and for every node's index.

mod action;
mod table;

use serde::{Deserialize, Serialize};

use crate::credential::Digest;
use crate::id::{CredentialId, PersonId, RequestId};
use crate::time::Timestamp;

pub use action::of_organisation_token;
pub use table::Event;

/// The place of an event in the journal: 1, 2, 3 … in the order of commit, without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sequence(pub i64);

/// Who made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// Whoever holds this operator token.
    Operator {
        /// The token's id.
        credential: CredentialId,
    },
    /// A person, through one of their own personal tokens or a page.
    Person {
        /// Who.
        id: PersonId,
        /// With which credential, if with one.
        credential: Option<CredentialId>,
    },
    /// A person who was appointed to run the installation, on a page for that.
    OperatorPerson {
        /// Who.
        id: PersonId,
    },
    /// A client, for itself: it registered, changed its registration, or ended a token (RFC 7009).
    Client {
        /// Its organisation key.
        key: CredentialId,
    },
    /// The server itself: first start, a command on its own machine, a sweep.
    System,
}

/// A journal row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place.
    pub sequence: Sequence,
    /// When the change was asked for, on the asking node's wall clock.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// In which request.
    pub request: RequestId,
    /// What.
    pub event: Event,
}

/// What a change waits for before it is answered; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Ends or narrows something, or must be known everywhere before it is used: until every node has applied it.
    Ending,
    /// Makes something that the index holds: until every node has applied it, but for a bounded time only.
    Creation,
    /// Nothing that the index holds: the commit.
    Unindexed,
}

impl Class {
    /// What a change with these events waits for: what the strongest of them does.
    pub fn of<'e>(events: impl IntoIterator<Item = &'e Event>) -> Self {
        events.into_iter().map(Event::class).min().unwrap_or(Self::Unindexed)
    }
}

/// A secret of a credential, as its events name it: by its digest, the key of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretState {
    /// Its digest.
    pub digest: Digest,
    /// When this secret stops to work by itself: the token's expiry, or the end of an overlap.
    pub not_after: Option<Timestamp>,
}

/// The name under which the index knows a username (see [`crate::organisation_token::username_key`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UsernameKey(uuid::Uuid);

impl UsernameKey {
    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(uuid::Uuid::from_bytes(bytes))
    }

    /// Its 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}
