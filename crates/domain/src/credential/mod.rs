//! Credentials: their kinds, the text in which they are shown once, and the digest that is kept.

pub mod digest;
pub mod format;

pub use digest::Digest;
pub use format::{Installation, ParsedText};

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $letter:literal $wire:literal;)*) => {
        /// What sort of text of ours a text is; the letter stands before the `_`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        /// Every kind with its letter and its name on the wire.
        pub const KINDS: &[(Kind, u8, &str)] = &[$((Kind::$name, $letter, $wire),)*];

        impl Kind {
            /// The letter in the text.
            pub const fn letter(self) -> u8 {
                match self { $(Self::$name => $letter,)* }
            }

            /// Its name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }
        }
    };
}

kinds! {
    /// The credential of a person's own software.
    PersonalToken b'p' "personal_token";
    /// Username and code of an organisation's own software.
    OrganisationToken b'd' "organisation_token";
    /// What an API shows to ask about others' credentials.
    ApiCredential b'v' "api_credential";
    /// The credential of whoever runs the installation.
    OperatorToken b'o' "operator_token";
    /// The private key of an organisation key.
    OrganisationKey b's' "organisation_key";
    /// What a client got for it at the token endpoint. Its body is longer: what it says, sealed.
    AccessToken b'a' "access_token";
    /// The public id of an organisation key, `client_id` in OAuth 2. No secret.
    ClientId b'k' "client_id";
    /// What a client gets further access tokens for.
    RefreshToken b'r' "refresh_token";
    /// What a client gets its first access token for, after a person's consent.
    AuthorizationCode b'c' "authorization_code";
    /// What a device asks with whether its person has consented.
    DeviceCode b'e' "device_code";
    /// What a client that registered itself manages its registration with (RFC 7592).
    RegistrationToken b'g' "registration_token";
}

impl Kind {
    /// The kinds that an API may take.
    pub const TAKEN_BY_APIS: [Self; 4] = [Self::PersonalToken, Self::OrganisationToken, Self::OrganisationKey, Self::AccessToken];

    /// The kind with this letter.
    pub fn from_letter(letter: u8) -> Option<Self> {
        KINDS.iter().find(|(_, known, _)| *known == letter).map(|(kind, ..)| *kind)
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        KINDS.iter().find(|(.., known)| *known == name).map(|(kind, ..)| *kind)
    }
}
