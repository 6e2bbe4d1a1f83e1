//! Sessions: one signing-in of a person in a browser.

use serde::{Deserialize, Serialize};

use crate::id::{PersonId, SessionId};
use crate::time::Timestamp;

/// How somebody proved who they are (OpenID Connect Core section 2, `amr`; the names are those of RFC 8176 where it has one).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// With a password: `pwd`.
    Password,
    /// At another provider that Poort trusts: `fed`, which RFC 8176 does not have.
    Upstream,
}

impl Method {
    /// Its value in `amr`.
    pub const fn amr(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Upstream => "fed",
        }
    }

    /// The method with this value.
    pub fn of_amr(text: &str) -> Option<Self> {
        [Self::Password, Self::Upstream].into_iter().find(|method| method.amr() == text)
    }

    /// The level that it reaches, as `acr` says it (ISO/IEC 29115, as OpenID Connect Core section 2 has it).
    pub const fn acr(self) -> &'static str {
        match self {
            Self::Password | Self::Upstream => "1",
        }
    }
}

/// One signing-in of a person in a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id; a renewed sign-in in the same browser keeps it.
    pub id: SessionId,
    /// Who.
    pub person: PersonId,
    /// Since when.
    pub created_at: Timestamp,
    /// When the person last proved who they are.
    pub auth_time: Timestamp,
    /// How.
    pub method: Method,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends, whatever happens.
    pub expires_at: Timestamp,
    /// From which address it began, where one is known.
    pub address: Option<String>,
    /// What the browser calls itself, shortened.
    pub user_agent: Option<String>,
}
