//! Links that somebody gets by mail: what each is for, and for how long it works.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::credential::Digest;
use crate::id::{OrganisationId, PersonId};
use crate::person::Roles;
use crate::text::Name;

/// How long a link works.
const LIFE: Duration = Duration::from_secs(86_400);
/// How long an invitation does: it comes unasked, and may come in a holiday.
const INVITATION_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// What a link does for whoever has it: that is whoever reads the mail of its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MailPurpose {
    /// Makes the account that was asked for with this address.
    SignUp {
        /// What the person calls themselves.
        name: Name,
        /// The hash of the password that was chosen. It counts in the browser in which it was chosen only: whoever asked for an
        /// account need not be the one who reads the mail.
        password_hash: String,
        /// That browser.
        visit: Digest,
    },
    /// Proves that the address is this person's, and makes it theirs if it is another one than they have.
    Verify {
        /// Whose.
        person: PersonId,
    },
    /// Lets this person choose another password.
    Reset {
        /// Who.
        person: PersonId,
    },
    /// Makes whoever has the address a member.
    Join {
        /// Where.
        organisation: OrganisationId,
        /// As what.
        roles: Roles,
        /// Who invites; nobody where whoever runs the installation does.
        invited_by: Option<PersonId>,
    },
    /// Nothing, and nobody has its secret: kept so that an address that nobody has costs as much work as one that somebody has.
    Nothing,
}

impl MailPurpose {
    /// The name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SignUp { .. } => "sign_up",
            Self::Verify { .. } => "verify",
            Self::Reset { .. } => "reset",
            Self::Join { .. } => "join",
            Self::Nothing => "nothing",
        }
    }

    /// How long such a link works.
    pub const fn life(&self) -> Duration {
        match self {
            Self::Join { .. } => INVITATION_LIFE,
            _ => LIFE,
        }
    }

    /// Whom it is about, where that is somebody who has an account.
    pub const fn person(&self) -> Option<PersonId> {
        match self {
            Self::Verify { person } | Self::Reset { person } => Some(*person),
            _ => None,
        }
    }

    /// The organisation that it leads into.
    pub const fn organisation(&self) -> Option<OrganisationId> {
        match self {
            Self::Join { organisation, .. } => Some(*organisation),
            _ => None,
        }
    }
}
