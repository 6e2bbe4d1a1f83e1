//! Credentials: their kinds, the text in which they are shown once, and the digest that is kept.

pub mod digest;
pub mod format;

pub use digest::Digest;
pub use format::{Installation, ParsedText};

use serde::{Deserialize, Serialize};

/// What sort of credential a text is; the letter stands before the `_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The credential of a person's own software.
    PersonalToken,
    /// Username and code of an organisation's own software.
    OrganisationToken,
    /// What an API shows to ask about others' credentials.
    ApiCredential,
    /// The credential of whoever runs the installation.
    OperatorToken,
}

/// Every kind with its letter and its name on the wire.
pub const KINDS: [(Kind, u8, &str); 4] = [
    (Kind::PersonalToken, b'p', "personal_token"),
    (Kind::OrganisationToken, b'd', "organisation_token"),
    (Kind::ApiCredential, b'v', "api_credential"),
    (Kind::OperatorToken, b'o', "operator_token"),
];

impl Kind {
    /// The letter in the credential's text.
    pub const fn letter(self) -> u8 {
        match self {
            Self::PersonalToken => b'p',
            Self::OrganisationToken => b'd',
            Self::ApiCredential => b'v',
            Self::OperatorToken => b'o',
        }
    }

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PersonalToken => "personal_token",
            Self::OrganisationToken => "organisation_token",
            Self::ApiCredential => "api_credential",
            Self::OperatorToken => "operator_token",
        }
    }

    /// The kind with this letter.
    pub fn from_letter(letter: u8) -> Option<Self> {
        KINDS.iter().find(|(_, known, _)| *known == letter).map(|(kind, ..)| *kind)
    }
}
