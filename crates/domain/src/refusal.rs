//! Refusals: why a check denied, as data.

use serde::{Deserialize, Serialize};

/// The reason of a denial. It goes to the API that asked and to the explanation; the caller outside sees less
/// (see [`Refusal::outward`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The request presents no credential.
    MissingCredential,
    /// The credential cannot be read, or its checksum is wrong.
    MalformedCredential,
    /// No such credential, or one that this API does not take.
    UnknownCredential,
    /// The username is known, the code is not its code.
    WrongCode,
    /// The credential's time is over.
    Expired,
    /// The credential was ended.
    Revoked,
    /// The credential is paused.
    Suspended,
    /// Its person is suspended, erased or no longer a member.
    OwnerInactive,
    /// Its organisation is suspended.
    OrganisationSuspended,
    /// It does not have the permission, or no rule of the API covers the request.
    PermissionMissing,
    /// It was presented in a way, or for an API, that does not exist or is not taken.
    WrongApi,
    /// The workspace does not exist, or is closed.
    WrongWorkspace,
    /// The workspace is another organisation's, and no delegation counts yet.
    NoDelegation,
    /// The delegation for the workspace is closed, or its time is over.
    DelegationClosed,
    /// The delegation for the workspace is paused.
    DelegationPaused,
    /// It came over plain HTTP from another machine: anybody on the way may have read it.
    InsecureTransport,
    /// The access token is bound to a key that was not proven with this request (RFC 9449 section 7.2).
    ProofMissing,
}

/// What a caller outside is told (RFC 6750 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outward {
    /// 401 without an error code: nothing was presented.
    Unauthenticated,
    /// 401 `invalid_token`: one answer for every reason why a credential does not count.
    InvalidToken,
    /// 403 `insufficient_scope`: the credential is good, but not for this.
    InsufficientScope,
    /// 403 `insecure_transport`: whatever the credential is, it was not to travel like this.
    InsecureTransport,
}

impl Refusal {
    /// Every refusal, in the order of their numbers.
    pub const ALL: &[Self] = &[
        Self::MissingCredential,
        Self::MalformedCredential,
        Self::UnknownCredential,
        Self::WrongCode,
        Self::Expired,
        Self::Revoked,
        Self::Suspended,
        Self::OwnerInactive,
        Self::OrganisationSuspended,
        Self::PermissionMissing,
        Self::WrongApi,
        Self::WrongWorkspace,
        Self::NoDelegation,
        Self::DelegationClosed,
        Self::DelegationPaused,
        Self::InsecureTransport,
        Self::ProofMissing,
    ];

    /// Its code on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingCredential => "missing_credential",
            Self::MalformedCredential => "malformed_credential",
            Self::UnknownCredential => "unknown_credential",
            Self::WrongCode => "wrong_code",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::OwnerInactive => "owner_inactive",
            Self::OrganisationSuspended => "organisation_suspended",
            Self::PermissionMissing => "permission_missing",
            Self::WrongApi => "wrong_api",
            Self::WrongWorkspace => "wrong_workspace",
            Self::NoDelegation => "no_delegation",
            Self::DelegationClosed => "delegation_closed",
            Self::DelegationPaused => "delegation_paused",
            Self::InsecureTransport => "insecure_transport",
            Self::ProofMissing => "proof_missing",
        }
    }

    /// The refusal with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.code() == code)
    }

    /// What the caller outside is told. Unknown, expired and revoked are one and the same, so that nobody can
    /// find out by asking whether a text was ever a credential.
    pub const fn outward(self) -> Outward {
        match self {
            Self::MissingCredential => Outward::Unauthenticated,
            Self::MalformedCredential
            | Self::UnknownCredential
            | Self::WrongCode
            | Self::Expired
            | Self::Revoked
            | Self::Suspended
            | Self::OwnerInactive
            | Self::OrganisationSuspended
            | Self::ProofMissing => Outward::InvalidToken,
            Self::PermissionMissing
            | Self::WrongApi
            | Self::WrongWorkspace
            | Self::NoDelegation
            | Self::DelegationClosed
            | Self::DelegationPaused => Outward::InsufficientScope,
            Self::InsecureTransport => Outward::InsecureTransport,
        }
    }

    /// The HTTP status that goes with it: 401 or 403.
    pub const fn status(self) -> u16 {
        match self.outward() {
            Outward::Unauthenticated | Outward::InvalidToken => 401,
            Outward::InsufficientScope | Outward::InsecureTransport => 403,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal::{self, *};

    #[test]
    fn all_of_them_are_in_the_list() {
        for (place, refusal) in Refusal::ALL.iter().enumerate() {
            assert_eq!(*refusal as usize, place);
            // A new refusal makes this incomplete: put it into the list as well, and count it here.
            let count = match refusal {
                MissingCredential
                | MalformedCredential
                | UnknownCredential
                | WrongCode
                | Expired
                | Revoked
                | Suspended
                | OwnerInactive
                | OrganisationSuspended
                | PermissionMissing
                | WrongApi
                | WrongWorkspace
                | NoDelegation
                | DelegationClosed
                | DelegationPaused
                | InsecureTransport
                | ProofMissing => 17,
            };
            assert_eq!(Refusal::ALL.len(), count);
        }
    }
}
