//! Ids: UUIDs of version 7 (RFC 9562 section 5.7), one type for each kind of thing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entropy::{Entropy, EntropyUnavailable};
use crate::time::Timestamp;

/// The text is not an id in its one form: 36 characters, lower case, hyphens in their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected 36 lower-case characters such as 01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id: 48 bits of time, 74 random bits.
            pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, EntropyUnavailable> {
                let mut random = [0; 10];
                entropy.fill(&mut random)?;
                let id = uuid::Builder::from_unix_timestamp_millis(now.unix_milliseconds(), &random);
                Ok(Self(id.into_uuid()))
            }

            /// The id with these 16 bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its 16 bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Writes the 36 characters without allocating.
            pub fn encode<'b>(&self, buffer: &'b mut [u8; 36]) -> &'b str {
                self.0.hyphenated().encode_lower(buffer)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let id = Uuid::try_parse(text).map_err(|_| InvalidId)?;
                let mut buffer = [0; 36];
                // One thing has one name: braces, upper case and `urn:uuid:` are other texts.
                if id.hyphenated().encode_lower(&mut buffer) == text { Ok(Self(id)) } else { Err(InvalidId) }
            }
        }
    )*};
}

ids! {
    /// Names an organisation.
    OrganisationId;
    /// Names a person.
    PersonId;
    /// Names one person's membership of one organisation.
    MembershipId;
    /// Names a letter that waits to be sent.
    LetterId;
    /// Names a workspace.
    WorkspaceId;
    /// Names a delegation.
    DelegationId;
    /// Names a credential of any kind. It outlives the secret: rotation keeps it.
    CredentialId;
    /// Names one request, on its answer, in the journal and in the log.
    RequestId;
    /// Names a grant: what a person has authorised a client to do.
    GrantId;
    /// Names one signing-in of a person in a browser.
    SessionId;
    /// Names a family of refresh tokens: all that came from one code.
    FamilyId;
    /// Names one running process of the server.
    NodeId;
    /// Names a link that somebody gets by mail.
    MailLinkId;
    /// Names what waits until a person has signed in or answered.
    InteractionId;
    /// Names a passkey of a person.
    PasskeyId;
    /// Names an announcement of an API's owner.
    AnnouncementId;
    /// Names one look of an operator at what is an organisation's.
    ViewId;
}
