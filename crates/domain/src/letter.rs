//! Letters: what people are told by mail, as facts. The words are the server's.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::announcement::Announcement;
use crate::id::{CredentialId, DelegationId, PersonId};
use crate::person::Language;
use crate::secret::Secret;
use crate::text::Email;
use crate::time::Timestamp;

/// To whom.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// A person: at the address and in the language that they have when the letter is sent. Whoever is erased by then gets none.
    Person(PersonId),
    /// An address that is no person's, or not proven to be.
    Address {
        /// The address.
        email: Email,
        /// The language to write in.
        language: Language,
    },
}

/// The secret of a link that works once. Whoever has it may do what the letter is for, so letters are sealed where they wait.
#[derive(Clone)]
pub struct LinkSecret(Secret<String>);

impl LinkSecret {
    /// The secret with this text: characters that stand in a URL as they are.
    pub fn new(text: Secret<String>) -> Self {
        Self(text)
    }

    /// For the letter.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret")
    }
}

impl Serialize for LinkSecret {
    /// For sealing only: nothing else writes letters.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for LinkSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// A letter: its kind with the facts that it tells. Names are as they were when it was written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// Somebody gave this address as theirs: whoever follows the link has the letter.
    Verification {
        /// For the link.
        secret: LinkSecret,
        /// Until when it works.
        ends_at: Timestamp,
    },
    /// Somebody asked for an account with an address that has one.
    AccountExists,
    /// Somebody is invited to an organisation.
    Invitation {
        /// Where.
        organisation: String,
        /// Who invites; the installation itself, if nobody.
        invited_by: Option<String>,
        /// For the link.
        secret: LinkSecret,
        /// Until when it works.
        ends_at: Timestamp,
    },
    /// Somebody says that they forgot the password of this account.
    ForgottenPassword {
        /// For the link.
        secret: LinkSecret,
        /// Until when it works.
        ends_at: Timestamp,
    },
    /// The password was changed.
    PasswordChanged {
        /// When.
        at: Timestamp,
    },
    /// The account that had this address has another one: for the old address.
    AddressChanged {
        /// When.
        at: Timestamp,
    },
    /// Another way to prove who one is was added.
    FactorAdded {
        /// Which.
        factor: Factor,
        /// What it is called, if it has a name.
        name: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// One was removed.
    FactorRemoved {
        /// Which.
        factor: Factor,
        /// What it was called, if it had a name.
        name: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// Somebody signed in in a browser that was not seen before.
    NewSignIn {
        /// When.
        at: Timestamp,
        /// What the browser calls itself.
        user_agent: Option<String>,
        /// From where.
        address: Option<String>,
    },
    /// A personal token was made.
    TokenMade {
        /// What it is for.
        description: String,
        /// When.
        at: Timestamp,
        /// Until when it works, if it ends.
        ends_at: Option<Timestamp>,
    },
    /// A credential ends soon by itself.
    CredentialEnds {
        /// Which kind.
        credential: Ending,
        /// Which one.
        id: CredentialId,
        /// Its name.
        name: String,
        /// The organisation and its id, of a credential of one.
        organisation: Option<(crate::OrganisationId, String)>,
        /// When it ends.
        ends_at: Timestamp,
    },
    /// The private key of an organisation key ends soon by itself.
    KeyEnds {
        /// Which key.
        id: CredentialId,
        /// Its name.
        name: String,
        /// Whose.
        organisation: (crate::OrganisationId, String),
        /// When the private key ends.
        ends_at: Timestamp,
    },
    /// A private key that a newer one replaces ends soon, and is still used.
    OldKeyStillUsed {
        /// Which key.
        id: CredentialId,
        /// Its name.
        name: String,
        /// Whose.
        organisation: (crate::OrganisationId, String),
        /// When the old private key ends.
        ends_at: Timestamp,
        /// When it was last used.
        last_used_at: Timestamp,
    },
    /// Something became of a delegation.
    Delegation {
        /// What.
        turn: Turn,
        /// Which one.
        id: DelegationId,
        /// The organisation of whoever reads it.
        own: crate::OrganisationId,
        /// Who gives it.
        from: String,
        /// Who gets it.
        to: String,
        /// Where: absent for those who may not know.
        workspace: Option<String>,
        /// Why, in the words of whoever did it.
        reason: Option<String>,
    },
    /// The owner of an API announces a change.
    Announcement {
        /// What.
        announcement: Box<Announcement>,
        /// The API's title.
        api: String,
        /// Names of the reader's credentials that use it.
        credentials: Vec<String>,
        /// Whether the reader is only their contact.
        is_contact: bool,
        /// The organisation and its id, where they are an organisation's.
        organisation: Option<(crate::OrganisationId, String)>,
    },
    /// An operator tries whether letters arrive.
    Trial,
}

/// A way to prove who one is, besides a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// Codes of an app (RFC 6238).
    Codes,
    /// A passkey.
    Passkey,
    /// Codes on paper.
    RecoveryCodes,
}

/// A kind of credential that ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// A personal token.
    PersonalToken,
    /// An organisation token.
    OrganisationToken,
}

/// What became of a delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It is offered: whoever gets it must accept it first.
    Offered,
    /// It was opened.
    Opened,
    /// It will be closed at a moment that was announced.
    WillClose {
        /// When.
        at: Timestamp,
    },
    /// It was closed.
    Closed,
    /// It ends by its time.
    WillEnd {
        /// When.
        at: Timestamp,
    },
    /// It ends at its review, unless whoever gives it confirms it.
    WillLapse {
        /// When.
        at: Timestamp,
    },
    /// It has ended by its time.
    Ended,
}

impl Letter {
    /// What kind of letter it is: for the log, which names nobody.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Verification { .. } => "verification",
            Self::AccountExists => "account_exists",
            Self::Invitation { .. } => "invitation",
            Self::ForgottenPassword { .. } => "forgotten_password",
            Self::PasswordChanged { .. } => "password_changed",
            Self::AddressChanged { .. } => "address_changed",
            Self::FactorAdded { .. } => "factor_added",
            Self::FactorRemoved { .. } => "factor_removed",
            Self::NewSignIn { .. } => "new_sign_in",
            Self::TokenMade { .. } => "token_made",
            Self::CredentialEnds { .. } => "credential_ends",
            Self::KeyEnds { .. } => "key_ends",
            Self::OldKeyStillUsed { .. } => "old_key_still_used",
            Self::Delegation { .. } => "delegation",
            Self::Announcement { .. } => "announcement",
            Self::Trial => "trial",
        }
    }

    /// From when on it helps nobody any more, where that is before everything else is given up.
    pub const fn over_at(&self) -> Option<Timestamp> {
        match self {
            Self::Verification { ends_at, .. }
            | Self::Invitation { ends_at, .. }
            | Self::ForgottenPassword { ends_at, .. }
            | Self::CredentialEnds { ends_at, .. }
            | Self::KeyEnds { ends_at, .. }
            | Self::OldKeyStillUsed { ends_at, .. } => Some(*ends_at),
            Self::Announcement { announcement, .. } => announcement.signal.sunset_at,
            _ => None,
        }
    }
}
