//! What the check does: the lease first, by the clock; then the index.

use crate::actions::Action;
use crate::mutants::Mutant;
use crate::protocol::Protocol;
use crate::state::{Check, Phase, State};

/// What the check can do next. One that owes nothing can do nothing wrong, so it begins when some change has returned.
pub(crate) fn offer(protocol: &Protocol, state: &State, actions: &mut Vec<Action>) {
    if state.node.suspended {
        return;
    }
    match state.check {
        Check::NotBegun => {
            if state.node.phase == Phase::Serving && !state.owed.is_empty() {
                actions.push(Action::BeginCheck);
            }
        }
        Check::Begun { .. } => match protocol.mutant {
            Mutant::NoIndex => actions.extend(state.reachable().iter().map(|server| Action::AskServer(*server))),
            Mutant::LeaseCheckedAfterLookUp => actions.push(Action::LookUp),
            _ => actions.push(Action::SeeLease),
        },
        Check::LeaseSeen { .. } => actions.push(Action::LookUp),
        Check::LookedUp { .. } => actions.push(Action::SeeLease),
        Check::Answered { .. } => {}
    }
}

/// Takes a step of the check. `None`: it is answered 503, or has to wait; nothing follows from either.
pub(crate) fn step(protocol: &Protocol, state: &mut State, action: Action) -> Option<()> {
    state.check = match (action, state.check) {
        (Action::BeginCheck, Check::NotBegun) => Check::Begun { owed: state.owed },
        (Action::SeeLease, check) if state.lease_holds(protocol.mutant) => match check {
            Check::LookedUp { owed, found } => Check::Answered { owed, found },
            Check::Begun { owed } => Check::LeaseSeen { owed },
            _ => return None,
        },
        (Action::LookUp, Check::LeaseSeen { owed }) => Check::Answered { owed, found: state.node.index.entry? },
        (Action::LookUp, Check::Begun { owed }) => Check::LookedUp { owed, found: state.node.index.entry? },
        (Action::AskServer(server), Check::Begun { owed }) => Check::Answered { owed, found: state.cluster.at(server).journal.changes() },
        _ => return None,
    };
    Some(())
}
