//! Personal tokens: the credential of a person's own software.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{CredentialId, MembershipId, OrganisationId, PersonId};
use crate::permission::Permissions;
use crate::person::Membership;
use crate::text::{Description, InvalidText};
use crate::time::Timestamp;

/// The most live tokens that one person may have.
pub const MAX_TOKENS_OF_PERSON: u64 = 500;
/// The longest life that may be asked for. No limit is the absence of an expiry, not a far one.
pub const MAX_LIFE: Duration = Duration::from_secs(20 * 366 * 86_400);
/// The longest time for which the old secret may work beside the new one.
pub const MAX_OVERLAP: Duration = Duration::from_secs(30 * 86_400);

/// A personal token as its owner sees it in a list: everything but the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalToken {
    /// Its id; rotation keeps it.
    pub id: CredentialId,
    /// Whose it is.
    pub person: PersonId,
    /// The membership it hangs from.
    pub membership: MembershipId,
    /// The organisation it acts in.
    pub organisation: OrganisationId,
    /// What it is for: unique among the person's live tokens without regard to case.
    pub description: Description,
    /// What it may do at most.
    pub permissions: Permissions,
    /// The first characters of its text; absent for an imported one, whose text was never seen.
    pub prefix: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops to work by itself, if ever.
    pub expires_at: Option<Timestamp>,
    /// Since when it is paused, if so.
    pub suspended_at: Option<Timestamp>,
    /// Since when it is ended, if so.
    pub revoked_at: Option<Timestamp>,
    /// The end of the overlap in which the secret before the last rotation still works.
    pub old_secret_ends_at: Option<Timestamp>,
    /// When it was last used, give or take the flush interval.
    pub last_used_at: Option<Timestamp>,
    /// From where it was last used; the /64 network of an IPv6 address.
    pub last_used_from: Option<String>,
    /// How often it was used, give or take the flush interval.
    pub uses: u64,
    /// Since when its present secret is known to have come over plain HTTP, where anybody could read it; a rotation ends that.
    pub exposed_at: Option<Timestamp>,
    /// Raised by every change; the value of its `ETag`.
    pub revision: i64,
}

impl PersonalToken {
    /// A token as it is when it is made: `membership` is what it hangs from, `prefix` the first characters of its text, absent
    /// where that was never seen.
    pub fn made(
        id: CredentialId,
        membership: &Membership,
        description: Description,
        prefix: Option<String>,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id,
            person: membership.person,
            membership: membership.id,
            organisation: membership.organisation,
            description,
            permissions: Permissions::All,
            prefix,
            created_at,
            expires_at: None,
            suspended_at: None,
            revoked_at: None,
            old_secret_ends_at: None,
            last_used_at: None,
            last_used_from: None,
            uses: 0,
            exposed_at: None,
            revision: 1,
        }
    }
}

/// Checks a wished expiry: a whole second, after now, within [`MAX_LIFE`].
pub fn expiry(wished: Timestamp, now: Timestamp) -> Result<Timestamp, InvalidText> {
    let whole = Timestamp::from_unix_seconds(wished.unix_seconds());
    if whole <= now {
        return Err(InvalidText::Form("must be in the future"));
    }
    if whole > now.saturating_add(MAX_LIFE) {
        return Err(InvalidText::Form("must be within 20 years; leave it out for a token without an end"));
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silly_expiries_are_refused() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").expect("a time");
        for bad in ["1970-01-01T00:00:00Z", "2026-11-21T12:00:00Z", "9999-12-01T23:59:59Z", "-000001-01-01T00:00:00Z"] {
            let wished = Timestamp::parse(bad).expect("a time");
            assert!(expiry(wished, now).is_err(), "{bad}");
        }
        let wished = Timestamp::parse("2027-01-01T00:00:00.9Z").expect("a time");
        assert_eq!(expiry(wished, now).map(|at| at.to_string()), Ok("2027-01-01T00:00:00Z".to_owned()));
    }
}
