//! What a change does: commit, look for live nodes, wait for them, return.

use crate::actions::{Action, Place};
use crate::database::Database;
use crate::journal::{ChangeNumber, Sequence};
use crate::mutants::Mutant;
use crate::protocol::Protocol;
use crate::state::{Change, State, Ticks, Wait};

/// What the changes can do next.
pub(crate) fn offer(protocol: &Protocol, state: &State, actions: &mut Vec<Action>) {
    let count = usize::from(protocol.bounds.changes);
    let prepares = matches!(protocol.mutant, Mutant::SequenceNotInCommitOrder | Mutant::LooksBeforeCommit);
    for place in 0..count {
        match state.changes[place] {
            Change::NotBegun if !may_begin(protocol, state, place) => {}
            Change::NotBegun if prepares => actions.push(Action::Prepare(place)),
            Change::NotBegun => {
                actions.push(Action::Commit(place));
                if protocol.bounds.together && place + 1 < count {
                    actions.push(Action::CommitGroup(place));
                }
            }
            Change::Prepared { .. } => actions.push(Action::Commit(place)),
            Change::Waiting(Wait { seen: None, .. }) => actions.push(Action::LookForLiveNodes(place)),
            Change::Waiting(_) => actions.push(Action::Return(place)),
            Change::Returned | Change::Unknown => {}
        }
    }
}

/// Changes are alike, so it is enough that they begin in their order.
fn may_begin(protocol: &Protocol, state: &State, place: Place) -> bool {
    let Some(before) = place.checked_sub(1) else { return true };
    match state.changes[before] {
        Change::NotBegun => false,
        Change::Returned | Change::Unknown => true,
        Change::Prepared { .. } | Change::Waiting(_) => protocol.bounds.together,
    }
}

/// Takes a step of a change.
pub(crate) fn step(protocol: &Protocol, state: &mut State, action: Action) -> Option<()> {
    match action {
        Action::Prepare(place) => {
            let node_was_live = state.cluster.now().row.live;
            state.changes[place] = Change::Prepared { sequence: place as Sequence + 1, node_was_live };
        }
        Action::Commit(place) => commit(protocol, state, place),
        Action::CommitGroup(place) => {
            let opening = state.cluster.now().journal.head();
            for place in [place, place + 1] {
                commit(protocol, state, place);
                if let (Mutant::GroupWaitsForItsOpening, Change::Waiting(wait)) = (protocol.mutant, &mut state.changes[place]) {
                    wait.sequence = opening;
                }
            }
        }
        Action::LookForLiveNodes(place) => look_for_live_nodes(protocol, state, place)?,
        Action::Return(place) => end_wait(protocol, state, place)?,
        _ => return None,
    }
    Some(())
}

/// Point 1: the lock of the journal's head gives the next sequence, and the order of commits with it.
fn commit(protocol: &Protocol, state: &mut State, place: Place) {
    let drawn = match state.changes[place] {
        Change::Prepared { sequence, .. } if protocol.mutant == Mutant::SequenceNotInCommitOrder => Some(sequence),
        _ => None,
    };
    let sequence = drawn.unwrap_or(state.cluster.now().journal.head() + 1);
    state.cluster.commit(|database| database.journal.put(sequence, number(place)));
    match state.changes[place] {
        Change::Prepared { node_was_live: false, .. } if protocol.mutant == Mutant::LooksBeforeCommit => finish(state, place),
        _ => state.changes[place] = Change::Waiting(Wait { sequence, seen: None, age: 0, nobody: false }),
    }
}

/// Point 2: later than the commit, on the primary; the timer starts afterwards.
fn look_for_live_nodes(protocol: &Protocol, state: &mut State, place: Place) -> Option<()> {
    let Change::Waiting(mut wait) = state.changes[place] else { return None };
    let database = *state.cluster.now();
    if !is_still_there(protocol, &database, wait, place) {
        state.changes[place] = Change::Unknown;
        return Some(());
    }
    wait.nobody = !database.row.live || is_acknowledged(&database, wait);
    if wait.nobody && !is_fenced(protocol, state) {
        finish(state, place);
        return Some(());
    }
    wait.seen = Some(database.row.lease_number);
    if protocol.mutant != Mutant::TimerFromCommit {
        wait.age = 0;
    }
    state.changes[place] = Change::Waiting(wait);
    Some(())
}

/// Points 3 and 4: confirmed, or waited out.
fn end_wait(protocol: &Protocol, state: &mut State, place: Place) -> Option<()> {
    let Change::Waiting(wait) = state.changes[place] else { return None };
    let database = *state.cluster.now();
    let seen = wait.seen?;
    if !is_still_there(protocol, &database, wait, place) {
        state.changes[place] = Change::Unknown;
    } else if is_fenced(protocol, state) {
        return None;
    } else if wait.nobody || is_acknowledged(&database, wait) {
        finish(state, place);
    } else if wait.age >= longest_wait(protocol) {
        if seen == database.row.lease_number || protocol.mutant == Mutant::LapseIgnoresLeaseNumber {
            state.cluster.commit(|database| database.row.live = false);
        }
        finish(state, place);
    } else {
        return None;
    }
    Some(())
}

/// Whether leases may be out that the table of nodes does not know: until then nothing that it says is enough.
fn is_fenced(protocol: &Protocol, state: &State) -> bool {
    state.fence_left > 0 && protocol.mutant != Mutant::RollbackWithoutWait
}

fn longest_wait(protocol: &Protocol) -> Ticks {
    match protocol.mutant {
        Mutant::NoWait => 0,
        Mutant::NoDriftMargin => protocol.bounds.lease,
        _ => protocol.bounds.wait(),
    }
}

fn is_still_there(protocol: &Protocol, database: &Database, wait: Wait, place: Place) -> bool {
    let unasked = matches!(protocol.mutant, Mutant::UnknownOutcomeAsSuccess | Mutant::GroupWaitsForItsOpening);
    unasked || database.journal.entry(wait.sequence) == Some(number(place))
}

fn is_acknowledged(database: &Database, wait: Wait) -> bool {
    database.row.acknowledged >= wait.sequence
}

fn finish(state: &mut State, place: Place) {
    state.changes[place] = Change::Returned;
    state.owed.insert(number(place));
}

fn number(place: Place) -> ChangeNumber {
    place as ChangeNumber + 1
}
