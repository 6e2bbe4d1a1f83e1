//! Delegations: workspace W of organisation A lets organisation B do P, from opening until closing.

use serde::{Deserialize, Serialize};

use crate::id::{DelegationId, OrganisationId, PersonId, WorkspaceId};
use crate::permission::Permissions;
use crate::refusal::Refusal;
use crate::text::{Description, Note, Reason};
use crate::time::Timestamp;

/// How many delegations a chain may have: the one that the workspace's organisation gave, and those passed on.
pub const MAX_CHAIN: usize = 4;

/// What a delegation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelegationKind {
    /// To deliver (*aanlevermachtiging*).
    Delivering,
    /// To check what others deliver (*controlemachtiging*).
    Checking,
}

impl DelegationKind {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivering => "delivering",
            Self::Checking => "checking",
        }
    }

    /// Reads its name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Delivering, Self::Checking].into_iter().find(|kind| kind.name() == name)
    }
}

/// A delegation (*machtiging*).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// Its id.
    pub id: DelegationId,
    /// The API that it is for.
    pub api: String,
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose workspace that is.
    pub owner: OrganisationId,
    /// Who gives it: the workspace's organisation, or the one that passes its own delegation on.
    pub from: OrganisationId,
    /// Who gets it.
    pub to: OrganisationId,
    /// The delegation that it passes on, if it does.
    pub parent: Option<DelegationId>,
    /// Its place in its chain: 1 for one that the workspace's organisation gave, at most [`MAX_CHAIN`].
    pub depth: u8,
    /// What it is for.
    pub kind: DelegationKind,
    /// What it allows at most; never more than its parent, looked up at each check.
    pub permissions: Permissions,
    /// Whether who gets it may pass it on.
    pub may_pass_on: bool,
    /// What who gets it is told about it.
    pub description: Description,
    /// What who gives it wants to remember about it; for nobody else.
    pub note: Option<Note>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From this moment on it counts.
    pub opens_at: Timestamp,
    /// From this moment on it does not count, if it was given until then or its closing was announced.
    pub ends_at: Option<Timestamp>,
    /// Whether [`Self::ends_at`] is an announced closing.
    pub closing_announced: bool,
    /// It lapses at this moment unless it is confirmed before.
    pub review_at: Option<Timestamp>,
    /// Since when who gets it has accepted it; until then it does not count.
    pub accepted_at: Option<Timestamp>,
    /// Since when it is paused, if so.
    pub paused_at: Option<Timestamp>,
    /// Since when it is closed for good, if so.
    pub closed_at: Option<Timestamp>,
    /// Since when it is known to be over: closed, or found to be past its time or that of one it was passed on from.
    pub over_at: Option<Timestamp>,
    /// The person who paused it, announced its closing or closed it, if it was one; for the giver's side.
    pub decided_by: Option<PersonId>,
    /// Why it was paused, is to close or was closed, for both sides to read.
    pub reason: Option<Reason>,
    /// Raised by every change; the value of its `ETag`.
    pub revision: i64,
}

/// The state of a delegation at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelegationState {
    /// Offered, not accepted yet.
    Invited,
    /// Counts, from its opening on.
    Open,
    /// Does not count for now.
    Paused,
    /// Counts until its announced closing.
    Closing,
    /// Its time is over, or nobody confirmed it in time.
    Ended,
    /// Closed for good; a new one is opened instead.
    Closed,
}

impl Delegation {
    /// From this moment on it does not count by itself, if ever: its end, its announced closing, or its review.
    pub fn not_after(&self) -> Option<Timestamp> {
        self.ends_at.into_iter().chain(self.review_at).min()
    }

    /// Its own state at `now`. What it was passed on from may end it earlier.
    pub fn state(&self, now: Timestamp) -> DelegationState {
        if self.closed_at.is_some() || (self.closing_announced && self.ends_at.is_some_and(|end| now >= end)) {
            DelegationState::Closed
        } else if self.over_at.is_some() || self.not_after().is_some_and(|end| now >= end) {
            DelegationState::Ended
        } else if self.accepted_at.is_none() {
            DelegationState::Invited
        } else if self.paused_at.is_some() {
            DelegationState::Paused
        } else if self.closing_announced {
            DelegationState::Closing
        } else {
            DelegationState::Open
        }
    }
}

/// What the index keeps of a delegation's own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Offered, not accepted yet.
    Invited,
    /// Counts within its time.
    Open,
    /// Does not count for now.
    Paused,
    /// Closed for good.
    Closed,
}

/// One delegation of a chain, as one consistent reading of the index gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its own state.
    pub standing: Standing,
    /// From this moment on it counts.
    pub opens_at: Timestamp,
    /// From this moment on it does not count, if ever.
    pub not_after: Option<Timestamp>,
    /// What it allows at most, as the API's mask.
    pub permissions: u64,
    /// Whether the organisation that gave it is not suspended.
    pub giver_active: bool,
}

impl Link {
    /// The permissions that it gives at `now`, looked at by itself.
    pub fn judge(&self, now: Timestamp) -> Result<u64, Refusal> {
        let closed = self.standing == Standing::Closed || self.not_after.is_some_and(|end| now >= end);
        // The first that holds is the answer: why it will not come back, then why it does not count now.
        let refusals = [
            (closed, Refusal::DelegationClosed),
            (self.standing == Standing::Invited || now < self.opens_at, Refusal::NoDelegation),
            (self.standing == Standing::Paused || !self.giver_active, Refusal::DelegationPaused),
        ];
        refusals.into_iter().find(|(applies, _)| *applies).map_or(Ok(self.permissions), |(_, refusal)| Err(refusal))
    }
}

/// How an organisation stands to the workspace that a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The request names none.
    Anywhere,
    /// No such workspace, or one that is closed.
    Unknown,
    /// A workspace of the organisation itself.
    Own,
    /// Another organisation's, by open delegations.
    Delegated {
        /// What they allow together, as the API's mask.
        permissions: u64,
        /// The one of them that covers what the request asks; where none does, any of them.
        delegation: DelegationId,
    },
    /// Another organisation's, and no delegation is open: the refusal that tells most.
    Shut(Refusal),
}

impl Place {
    /// Another organisation's workspace, before any delegation was looked at.
    pub const FOREIGN: Self = Self::Shut(Refusal::NoDelegation);

    /// This place with a chain of delegations more, whose last one has this id: `judged` is what its links allow
    /// together at this moment, `wanted` the mask of what the request asks.
    #[must_use]
    pub fn with(self, id: DelegationId, judged: Result<u64, Refusal>, wanted: u64) -> Self {
        match (self, judged) {
            (Self::Shut(_), Ok(permissions)) => Self::Delegated { permissions, delegation: id },
            (Self::Delegated { permissions, delegation }, Ok(more)) => {
                let covered = permissions & wanted == wanted;
                Self::Delegated { permissions: permissions | more, delegation: if covered { delegation } else { id } }
            }
            (Self::Shut(known), Err(refusal)) => Self::Shut(if tells(refusal) > tells(known) { refusal } else { known }),
            (place, _) => place,
        }
    }

    /// The delegation by which something may be done here, if by one.
    pub fn delegation(&self) -> Option<DelegationId> {
        match self {
            Self::Delegated { delegation, .. } => Some(*delegation),
            Self::Anywhere | Self::Unknown | Self::Own | Self::Shut(_) => None,
        }
    }

    /// What may be done here at most, as the API's mask; or why nothing may.
    pub fn permissions(self) -> Result<u64, Refusal> {
        match self {
            Self::Anywhere | Self::Own => Ok(u64::MAX),
            Self::Delegated { permissions, .. } => Ok(permissions),
            Self::Unknown => Err(Refusal::WrongWorkspace),
            Self::Shut(refusal) => Err(refusal),
        }
    }
}

/// How much a refusal tells whoever wants to know why: one that can still be lifted tells most.
fn tells(refusal: Refusal) -> u8 {
    match refusal {
        Refusal::DelegationPaused => 2,
        Refusal::DelegationClosed => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000);
    const LATER: Timestamp = Timestamp::from_unix_seconds(1_001);

    fn link() -> Link {
        Link { standing: Standing::Open, opens_at: NOW, not_after: None, permissions: 0b11, giver_active: true }
    }

    #[test]
    fn every_link_has_its_verdict() {
        let cases = [
            (link(), Ok(0b11)),
            (Link { opens_at: LATER, ..link() }, Err(Refusal::NoDelegation)),
            (Link { not_after: Some(LATER), ..link() }, Ok(0b11)),
            (Link { not_after: Some(NOW), ..link() }, Err(Refusal::DelegationClosed)),
            (Link { standing: Standing::Invited, ..link() }, Err(Refusal::NoDelegation)),
            (Link { standing: Standing::Paused, ..link() }, Err(Refusal::DelegationPaused)),
            (Link { standing: Standing::Closed, ..link() }, Err(Refusal::DelegationClosed)),
            (Link { standing: Standing::Paused, not_after: Some(NOW), ..link() }, Err(Refusal::DelegationClosed)),
            (Link { giver_active: false, ..link() }, Err(Refusal::DelegationPaused)),
        ];
        for (link, expected) in cases {
            assert_eq!(link.judge(NOW), expected, "{link:?}");
        }
    }

    #[test]
    fn several_delegations_allow_together_what_each_allows() {
        let (one, other) = (DelegationId::from_bytes([1; 16]), DelegationId::from_bytes([2; 16]));
        let place = Place::FOREIGN.with(one, Ok(0b01), 0b10).with(other, Ok(0b10), 0b10);
        assert_eq!(place, Place::Delegated { permissions: 0b11, delegation: other });
        assert_eq!(place.with(one, Err(Refusal::DelegationPaused), 0b10), place);
        let shut = Place::FOREIGN.with(one, Err(Refusal::DelegationPaused), 1).with(other, Err(Refusal::DelegationClosed), 1);
        assert_eq!(shut.permissions(), Err(Refusal::DelegationPaused));
        assert_eq!(Place::FOREIGN.permissions(), Err(Refusal::NoDelegation));
        assert_eq!(Place::Unknown.permissions(), Err(Refusal::WrongWorkspace));
    }
}
