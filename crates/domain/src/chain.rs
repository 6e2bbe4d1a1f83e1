//! A chain of delegations as a whole: nothing in it counts longer, or for more, than what it passes on.

use crate::delegation::{Delegation, DelegationState, Link, Standing};
use crate::permission::Permissions;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// A delegation with those above it: the one that the workspace's organisation gave first, itself last; never empty.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'d>(&'d [Delegation]);

impl<'d> Chain<'d> {
    /// A chain, where there is one.
    pub fn new(delegations: &'d [Delegation]) -> Option<Self> {
        if delegations.is_empty() { None } else { Some(Self(delegations)) }
    }

    /// The delegation that the chain is of.
    pub fn last(&self) -> &'d Delegation {
        &self.0[self.0.len() - 1]
    }

    /// Those above it.
    pub fn above(&self) -> &'d [Delegation] {
        &self.0[..self.0.len() - 1]
    }

    /// The state that its last delegation is in at `now` through those above it, as people see it.
    pub fn state(&self, now: Timestamp) -> DelegationState {
        let own = self.last().state(now);
        let over = |state| matches!(state, DelegationState::Closed | DelegationState::Ended);
        if over(own) {
            return own;
        }
        let above = |wanted: fn(DelegationState) -> bool| self.above().iter().any(|delegation| wanted(delegation.state(now)));
        if above(over) {
            DelegationState::Ended
        } else if own == DelegationState::Open && above(|state| state == DelegationState::Paused) {
            DelegationState::Paused
        } else if own == DelegationState::Open && above(|state| state == DelegationState::Closing) {
            DelegationState::Closing
        } else {
            own
        }
    }

    /// From this moment on it does not count, if ever.
    pub fn not_after(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(Delegation::not_after).min()
    }

    /// The end that was given to it or to one above it, if any: what passes it on must name one that is no later. A review
    /// is not an end.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|delegation| delegation.ends_at).min()
    }

    /// What it allows at most.
    pub fn permissions(&self) -> Permissions {
        self.0.iter().fold(Permissions::All, |all, delegation| all.and(&delegation.permissions))
    }

    /// What it allows at `now`, as the API's mask, or why nothing: the decision that a check makes. `giver_active` says whether
    /// the organisation that gave a delegation is not suspended.
    pub fn judge(
        &self,
        now: Timestamp,
        mask: impl Fn(&Permissions) -> u64,
        giver_active: impl Fn(&Delegation) -> bool,
    ) -> Result<u64, Refusal> {
        self.0.iter().try_fold(u64::MAX, |allowed, delegation| {
            let link = Link {
                standing: delegation.standing(),
                opens_at: delegation.opens_at,
                not_after: delegation.not_after(),
                permissions: mask(&delegation.permissions),
                giver_active: giver_active(delegation),
            };
            Ok(allowed & link.judge(now)?)
        })
    }
}

impl Delegation {
    /// What the index keeps of its state.
    pub fn standing(&self) -> Standing {
        if self.closed_at.is_some() {
            Standing::Closed
        } else if self.accepted_at.is_none() {
            Standing::Invited
        } else if self.paused_at.is_some() {
            Standing::Paused
        } else {
            Standing::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delegation::DelegationKind;
    use crate::id::{DelegationId, OrganisationId, WorkspaceId};
    use crate::permission::Permission;
    use crate::text::Description;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn delegation(depth: u8) -> Delegation {
        let organisation = |number| OrganisationId::from_bytes([number; 16]);
        Delegation {
            id: DelegationId::from_bytes([depth; 16]),
            api: "a".to_owned(),
            workspace: WorkspaceId::from_bytes([1; 16]),
            owner: organisation(1),
            from: organisation(depth),
            to: organisation(depth + 1),
            parent: (depth > 1).then(|| DelegationId::from_bytes([depth - 1; 16])),
            depth,
            kind: DelegationKind::Delivering,
            permissions: Permissions::All,
            may_pass_on: true,
            description: Description::new("a description").expect("fits"),
            note: None,
            created_at: at(0),
            opens_at: at(10),
            ends_at: None,
            closing_announced: false,
            review_at: None,
            accepted_at: Some(at(0)),
            paused_at: None,
            closed_at: None,
            over_at: None,
            decided_by: None,
            reason: None,
            revision: 1,
        }
    }

    fn only(names: &[&str]) -> Permissions {
        Permissions::Only(names.iter().map(|name| Permission::new(name).expect("a name")).collect())
    }

    #[test]
    fn what_is_above_rules_what_is_below() {
        let state = |change: fn(&mut Delegation), now| {
            let mut chain = [delegation(1), delegation(2), delegation(3)];
            change(&mut chain[0]);
            Chain::new(&chain).expect("not empty").state(at(now))
        };
        assert_eq!(state(|_| (), 10), DelegationState::Open);
        assert_eq!(state(|top| top.paused_at = Some(at(1)), 10), DelegationState::Paused);
        assert_eq!(state(|top| top.review_at = Some(at(11)), 10), DelegationState::Open);
        assert_eq!(state(|top| top.review_at = Some(at(11)), 11), DelegationState::Ended);
        let closing = |top: &mut Delegation| (top.ends_at, top.closing_announced) = (Some(at(11)), true);
        assert_eq!((state(closing, 10), state(closing, 11)), (DelegationState::Closing, DelegationState::Ended));
    }

    #[test]
    fn a_chain_is_no_wider_and_no_longer_than_any_of_its_links() {
        let mut all = [delegation(1), delegation(2)];
        all[0].permissions = only(&["a:x:read", "a:y:read"]);
        all[1].permissions = only(&["a:y:read", "a:z:read"]);
        (all[0].ends_at, all[1].ends_at, all[1].review_at) = (Some(at(20)), Some(at(30)), Some(at(15)));
        let chain = Chain::new(&all).expect("not empty");
        assert_eq!(chain.permissions(), only(&["a:y:read"]));
        assert_eq!((chain.not_after(), chain.ends_at()), (Some(at(15)), Some(at(20))));
        assert!(only(&["a:y:read"]).is_within(&all[0].permissions) && !Permissions::All.is_within(&all[0].permissions));
        let judge = |now, active: bool| {
            chain.judge(at(now), |permissions| if *permissions == all[0].permissions { 0b011 } else { 0b110 }, |_| active)
        };
        assert_eq!(judge(10, true), Ok(0b010));
        assert_eq!(judge(9, true), Err(Refusal::NoDelegation));
        assert_eq!(judge(15, true), Err(Refusal::DelegationClosed));
        assert_eq!(judge(10, false), Err(Refusal::DelegationPaused));
    }
}
