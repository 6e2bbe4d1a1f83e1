//! What happens to everybody: time, suspension, promotion, pruning, loss.

use crate::actions::Action;
use crate::database::Cluster;
use crate::mutants::Mutant;
use crate::protocol::Protocol;
use crate::state::{Change, Check, Load, Renewal, State};

/// What can happen next.
pub(crate) fn offer(protocol: &Protocol, state: &State, actions: &mut Vec<Action>) {
    let Protocol { bounds, mutant } = protocol;
    actions.push(Action::Tick);
    if state.steady_ticks == 0 {
        actions.push(Action::TickMissedByNode);
    }
    if bounds.suspension {
        actions.push(if state.node.suspended { Action::Resume } else { Action::Suspend });
    }
    if bounds.failover && !state.cluster.promoted {
        actions.push(Action::Promote);
    }
    if bounds.pruning {
        actions.push(Action::Prune);
    }
    if bounds.rollback && !state.rolled_back {
        actions.push(if state.saved.is_none() { Action::Save } else { Action::RollBack });
    }
    if state.node.late_renewal && state.cluster.now().row.lease_number < bounds.renewals {
        actions.push(Action::LateRenewalCommits);
    }
    if *mutant == Mutant::IdKeptAcrossRestarts {
        actions.push(Action::SuccessorAcknowledges);
    }
}

/// Takes such a step.
pub(crate) fn step(protocol: &Protocol, state: &mut State, action: Action) -> Option<()> {
    match action {
        Action::Tick => pass_time(protocol, state, protocol.mutant != Mutant::ClockStopsWhileSuspended || !state.node.suspended),
        Action::TickMissedByNode => pass_time(protocol, state, false),
        Action::Suspend => state.node.suspended = true,
        Action::Resume => state.node.suspended = false,
        Action::Promote => state.cluster.promoted = true,
        Action::Prune => state.cluster.commit(|database| database.journal.pruned = database.journal.head()),
        Action::Save => state.saved = Some(*state.cluster.now()),
        Action::RollBack => roll_back(protocol, state)?,
        Action::LateRenewalCommits => {
            state.node.late_renewal = false;
            renew_row(&mut state.cluster);
        }
        Action::SuccessorAcknowledges => {
            state.cluster.commit(|database| database.row.acknowledged = database.journal.head());
        }
        _ => return None,
    }
    Some(())
}

fn renew_row(cluster: &mut Cluster) {
    cluster.commit(|database| {
        database.row.lease_number += 1;
        database.row.live = true;
    });
}

/// A tick of real time, which is also the clock of whoever makes the changes: only how fast the two clocks run against each
/// other matters, so the node's clock gets all of the drift. Of any `lease + 1` ticks in a row it misses one at most.
fn pass_time(protocol: &Protocol, state: &mut State, node_sees_it: bool) {
    let Protocol { bounds, mutant } = protocol;
    if node_sees_it {
        state.node.lease_left = state.node.lease_left.saturating_sub(1);
        state.node.renewal.grow_older(bounds.lease);
        state.steady_ticks = state.steady_ticks.saturating_sub(1);
    } else {
        state.steady_ticks = bounds.lease;
    }
    state.fence_left = state.fence_left.saturating_sub(1);
    for change in &mut state.changes {
        if let Change::Waiting(wait) = change
            && (wait.seen.is_some() || *mutant == Mutant::TimerFromCommit)
        {
            wait.age = (wait.age + 1).min(bounds.wait());
        }
    }
}

/// The database is suddenly what it was before. All connections break: a renewal that has its answer already is all that is
/// left of them. From here on nobody can be owed what neither the database nor the node knows any more.
fn roll_back(protocol: &Protocol, state: &mut State) -> Option<()> {
    let saved = state.saved.take()?;
    state.cluster.fall_back_to(saved);
    state.rolled_back = true;
    state.fence_left = protocol.bounds.wait();
    if !matches!(state.node.renewal, Renewal::CaughtUp { .. }) {
        state.node.renewal = Renewal::Idle;
    }
    state.node.load = Load::Idle;
    for change in &mut state.changes {
        if let Change::Waiting(wait) = change {
            (wait.seen, wait.age) = (None, 0);
        }
    }
    let remembered = saved.journal.changes().union(state.node.index.known);
    state.owed = state.owed.intersection(remembered);
    if let Check::Begun { owed } | Check::LeaseSeen { owed } | Check::LookedUp { owed, .. } = &mut state.check {
        *owed = owed.intersection(remembered);
    }
    Some(())
}
