//! What must hold in every state, and what must be reachable so that it does not hold for want of anything happening.

use stateright::Property;

use crate::protocol::Protocol;
use crate::scenario::Bounds;
use crate::state::{Change, Check, Phase, State};

/// The name of the safety property.
pub(crate) const SAFETY: &str = "no check that starts after a change has returned is answered without it";

/// The safety property, and what each scenario must reach.
pub(crate) fn all(bounds: &Bounds) -> Vec<Property<Protocol>> {
    let mut properties = vec![
        Property::always(SAFETY, |_, state: &State| !is_stale(state)),
        Property::sometimes("a check is answered with what it is owed", |_, state: &State| is_answered(state)),
        Property::sometimes("a check is answered under a renewed lease", |_, state: &State| {
            is_answered(state) && state.node.lease_number > 1
        }),
        Property::sometimes("a change returns, and the node has a lease and knows it", |_, state: &State| {
            !state.owed.is_empty() && state.node.index.known.hold_all(state.owed) && state.node.lease_left > 0
        }),
        Property::sometimes("a change returns, though the node says nothing", |_, state: &State| {
            !state.owed.is_empty() && state.node.index.known.is_empty() && state.node.phase == Phase::Serving
        }),
        Property::sometimes("all changes return", |protocol: &Protocol, state: &State| {
            let made = &state.changes[..usize::from(protocol.bounds.changes)];
            made.iter().all(|change| *change == Change::Returned)
        }),
    ];
    if bounds.renewals < 2 {
        properties.remove(2);
    }
    properties.extend(of_scenario(bounds));
    properties
}

fn of_scenario(bounds: &Bounds) -> Vec<Property<Protocol>> {
    let mut properties = Vec::new();
    if bounds.failover {
        properties.push(Property::sometimes("a check is answered after a failover", |_, state: &State| {
            is_answered(state) && state.cluster.promoted
        }));
    }
    if bounds.stopping {
        properties.push(Property::sometimes("all changes return after the node has left", |_, state: &State| {
            state.node.phase == Phase::Left && !state.owed.is_empty() && state.node.lease_left > 0
        }));
    }
    if bounds.starting {
        properties.push(Property::sometimes("a node that started answers a check", |_, state: &State| {
            is_answered(state) && state.node.lease_number == 1 && state.cluster.now().row.lease_number == 1
        }));
    }
    if bounds.rollback {
        properties.push(Property::sometimes("a check is answered after lost changes were published anew", |_, state: &State| {
            let published = state.node.index.applied.is_in(&state.cluster.now().journal);
            is_answered(state) && state.rolled_back && published && state.changes.contains(&Change::Unknown)
        }));
    }
    properties
}

/// Whether the run has come to its end: its one check is answered.
pub(crate) fn is_over(state: &State) -> bool {
    matches!(state.check, Check::Answered { .. })
}

fn is_answered(state: &State) -> bool {
    matches!(state.check, Check::Answered { owed, found } if found.hold_all(owed))
}

fn is_stale(state: &State) -> bool {
    matches!(state.check, Check::Answered { owed, found } if !found.hold_all(owed))
}
