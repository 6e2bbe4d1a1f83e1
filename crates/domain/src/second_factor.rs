//! Second factors: what can change about what a person proves who they are with besides a password.

use serde::{Deserialize, Serialize};

use crate::id::PasskeyId;

/// A change of a person's second factors, as the journal has it. No secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorChange {
    /// The person has an app that shows codes.
    TotpAdded,
    /// That app's codes do not count any more.
    TotpRemoved,
    /// There are other recovery codes; those before do not count any more.
    RecoveryCodesMade,
    /// Somebody signed in with this one of the recovery codes: it does not count any more.
    RecoveryCodeUsed(u32),
    /// There is another passkey.
    PasskeyAdded(PasskeyId),
    /// A passkey does not count any more.
    PasskeyRemoved(PasskeyId),
    /// A passkey counted backwards, as a copy of it would: it does not count any more.
    PasskeySuspected(PasskeyId),
    /// An operator took all of them away.
    AllRemoved,
}

impl FactorChange {
    /// What it is called in an audit log.
    pub const fn action(self) -> &'static str {
        match self {
            Self::TotpAdded => "totp.added",
            Self::TotpRemoved => "totp.removed",
            Self::RecoveryCodesMade => "recovery_codes.made",
            Self::RecoveryCodeUsed(_) => "recovery_code.used",
            Self::PasskeyAdded(_) => "passkey.added",
            Self::PasskeyRemoved(_) => "passkey.removed",
            Self::PasskeySuspected(_) => "passkey.suspected",
            Self::AllRemoved => "second_factors.removed",
        }
    }

    /// The passkey that it is about, if it is about one.
    pub const fn passkey(self) -> Option<PasskeyId> {
        match self {
            Self::PasskeyAdded(id) | Self::PasskeyRemoved(id) | Self::PasskeySuspected(id) => Some(id),
            _ => None,
        }
    }
}
