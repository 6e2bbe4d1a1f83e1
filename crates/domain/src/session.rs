//! Sessions: one signing-in of a person in a browser.

use serde::{Deserialize, Serialize};

use crate::id::{PersonId, SessionId};
use crate::time::Timestamp;

/// How somebody proved who they are: with one means, or with two, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// With a password.
    Password,
    /// At another provider that Poort trusts.
    Upstream,
    /// With a passkey, which asked for a fingerprint, a face or a PIN.
    Passkey,
    /// With a password, then a code of an app or a recovery code.
    PasswordAndCode,
    /// With a password, then a passkey.
    PasswordAndPasskey,
    /// At another provider, then with a code.
    UpstreamAndCode,
    /// At another provider, then with a passkey.
    UpstreamAndPasskey,
}

/// The second of two means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondMethod {
    /// A code of an app, or a recovery code.
    Code,
    /// A passkey.
    Passkey,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Password,
        Self::Upstream,
        Self::Passkey,
        Self::PasswordAndCode,
        Self::PasswordAndPasskey,
        Self::UpstreamAndCode,
        Self::UpstreamAndPasskey,
    ];

    /// The values of `amr` (OpenID Connect Core section 2), as RFC 8176 names them; it has no name for another provider (`fed`).
    /// A passkey is `pop`, not `hwk` or `swk`: whether hardware holds its key is not asked, and would have to be believed.
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::Upstream => &["fed"],
            Self::Passkey => &["pop", "user", "mfa"],
            Self::PasswordAndCode => &["pwd", "otp", "mfa"],
            Self::PasswordAndPasskey => &["pwd", "pop", "user", "mfa"],
            Self::UpstreamAndCode => &["fed", "otp", "mfa"],
            Self::UpstreamAndPasskey => &["fed", "pop", "user", "mfa"],
        }
    }

    /// As it stands in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "pwd",
            Self::Upstream => "fed",
            Self::Passkey => "pop",
            Self::PasswordAndCode => "pwd+otp",
            Self::PasswordAndPasskey => "pwd+pop",
            Self::UpstreamAndCode => "fed+otp",
            Self::UpstreamAndPasskey => "fed+pop",
        }
    }

    /// The method with this name in rows.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == text)
    }

    /// This means, and then another one. What is two already stays as it is.
    pub const fn and(self, second: SecondMethod) -> Self {
        match (self, second) {
            (Self::Password, SecondMethod::Code) => Self::PasswordAndCode,
            (Self::Password, SecondMethod::Passkey) => Self::PasswordAndPasskey,
            (Self::Upstream, SecondMethod::Code) => Self::UpstreamAndCode,
            (Self::Upstream, SecondMethod::Passkey) => Self::UpstreamAndPasskey,
            (several, _) => several,
        }
    }

    /// The level that it reaches, as `acr` says it (ISO/IEC 29115, as OpenID Connect Core section 2 has it): 2 with two means. The
    /// higher levels need a person whose identity was proved, which nobody does here.
    pub const fn acr(self) -> &'static str {
        match self {
            Self::Password | Self::Upstream => "1",
            _ => TWO_MEANS,
        }
    }

    /// Whether it reaches this level: a higher one holds the lower ones.
    pub fn reaches(self, acr: &str) -> bool {
        acr == self.acr() || (acr == "1" && self.acr() == TWO_MEANS)
    }
}

/// The level of two means.
pub const TWO_MEANS: &str = "2";

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_means_say_so_and_hold_what_one_does() {
        for method in Method::ALL {
            assert_eq!(Method::named(method.name()), Some(method));
            assert_eq!(method.amr().contains(&"mfa"), method.acr() == TWO_MEANS, "{method:?}");
            assert!(method.reaches("1") && method.reaches(method.acr()) && !method.reaches("3"));
        }
        assert!(!Method::Password.reaches(TWO_MEANS));
        assert_eq!(Method::Upstream.and(SecondMethod::Code), Method::UpstreamAndCode);
        assert_eq!(Method::Passkey.and(SecondMethod::Code), Method::Passkey);
    }
}
