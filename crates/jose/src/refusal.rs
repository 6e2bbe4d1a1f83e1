//! Why a JWT is refused: the cause for the log, and words that may be told to whoever sent it.

use crate::jws::JwsRefusal;

/// Why a JWT is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no signed token of whom it should be.
    #[error(transparent)]
    Jws(#[from] JwsRefusal),
    /// What it says is no JSON object, or has a doubled member.
    #[error("the claims are no JSON object with distinct members")]
    NotClaims,
    /// A claim that must be there is not.
    #[error("the claim {0} is missing")]
    Missing(&'static str),
    /// A claim has the wrong form: another type of value, too long, no whole number of seconds.
    #[error("the claim {0} has the wrong form")]
    WrongForm(&'static str),
    /// A claim that must not be there is.
    #[error("the claim {0} must not be there")]
    Forbidden(&'static str),
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// It would count for longer than such a token may.
    #[error("it expires too late")]
    TooLongLived,
    /// A time before which it does not count is still to come (`nbf`), or it says that it was made later than now (`iat`).
    #[error("the claim {0} lies ahead")]
    Ahead(&'static str),
    /// It was made too long ago.
    #[error("it was made too long ago")]
    TooOld,
    /// `iss` is not whom it must be from.
    #[error("it is from another issuer")]
    Issuer,
    /// `sub` is not whom it must be about.
    #[error("it is about another subject")]
    Subject,
    /// `aud` does not name whom it is shown to, or names others too.
    #[error("it is for another audience")]
    Audience,
    /// `client_id` is not the client that shows it.
    #[error("it names another client")]
    Client,
}

impl Refusal {
    /// What may be told: enough to mend an honest client, in the characters of `error_description` (RFC 6749 section 5.2), and
    /// nothing about which keys there are.
    pub const fn public(&self) -> &'static str {
        match self {
            Self::Jws(cause) => cause.public(),
            Self::NotClaims => "the claims are not a JSON object with distinct members",
            Self::Missing(_) => "a required claim is missing",
            Self::WrongForm(_) => "a claim has the wrong form",
            Self::Forbidden(_) => "a claim must not be there",
            Self::Expired => "it has expired",
            Self::TooLongLived => "its expiry is too far ahead",
            Self::Ahead(_) => "its nbf or iat is in the future",
            Self::TooOld => "it was made too long ago",
            Self::Issuer => "its issuer is wrong",
            Self::Subject => "its subject is wrong",
            Self::Audience => "its audience is wrong",
            Self::Client => "its client_id is wrong",
        }
    }
}

impl JwsRefusal {
    /// See [`Refusal::public`].
    pub const fn public(&self) -> &'static str {
        match self {
            Self::TooLong => "it is too long",
            Self::Malformed | Self::Header(_) => "it is not a JWT in compact form",
            Self::Algorithm => "its algorithm is not accepted here",
            Self::Critical => "it has critical header parameters",
            Self::Type => "its typ is wrong",
            Self::UnknownKey | Self::AmbiguousKey | Self::Signature => "its signature cannot be verified with the registered keys",
        }
    }
}
