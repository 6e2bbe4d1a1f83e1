//! What the node does: start, renewals, the doorbell, loading on demand, the clean stop.

use crate::actions::Action;
use crate::database::Server;
use crate::journal::{Journal, Position};
use crate::mutants::Mutant;
use crate::protocol::Protocol;
use crate::state::{Load, Node, Phase, Renewal, State};

/// What the node can do next.
pub(crate) fn offer(protocol: &Protocol, state: &State, actions: &mut Vec<Action>) {
    offer_under_way(protocol, &state.node, actions);
    if state.node.suspended {
        return;
    }
    match state.node.phase {
        Phase::Registered => actions.extend(state.reachable().iter().map(|server| Action::LoadSnapshot(*server))),
        Phase::Serving => offer_serving(protocol, state, actions),
        Phase::Stopped => actions.push(Action::Leave),
        Phase::Left => {}
    }
}

/// What was sent goes on at the server, also while the node is suspended.
fn offer_under_way(protocol: &Protocol, node: &Node, actions: &mut Vec<Action>) {
    match node.renewal {
        Renewal::Sent { .. } if protocol.mutant == Mutant::RenewalInOneSnapshot => actions.push(Action::ReadJournalEarly),
        Renewal::Sent { .. } | Renewal::ReadEarly { .. } => actions.push(Action::CommitRenewal),
        Renewal::Committed { .. } => actions.push(Action::CatchUp),
        Renewal::Idle | Renewal::CaughtUp { .. } => {}
    }
    if let Load::Sent { .. } = node.load {
        actions.push(Action::ReadForLoad);
    }
}

fn offer_serving(protocol: &Protocol, state: &State, actions: &mut Vec<Action>) {
    let Protocol { bounds, mutant } = protocol;
    let node = &state.node;
    for server in state.reachable() {
        if node.renewal == Renewal::Idle && node.lease_number < bounds.renewals {
            actions.push(Action::SendRenewal(*server));
        }
        actions.push(Action::ReadJournal(*server));
        if bounds.loading && node.load == Load::Idle && node.index.entry.is_none() {
            actions.push(Action::BeginLoad(*server));
        }
    }
    match node.renewal {
        Renewal::CaughtUp { .. } => actions.push(Action::InstallLease),
        Renewal::Sent { .. } if bounds.lost_renewals => actions.push(Action::GiveUpRenewal),
        _ => {}
    }
    if let Load::Read { .. } = node.load {
        actions.push(Action::FinishLoad);
    }
    if bounds.loading && node.index.entry.is_some() {
        actions.push(Action::Evict);
    }
    if bounds.stopping {
        actions.push(Action::StopAnswering);
        if *mutant == Mutant::LeavesBeforeStopping {
            actions.push(Action::Leave);
        }
    }
    if node.pending.is_some() {
        actions.push(Action::ApplyPending);
    }
    if *mutant == Mutant::FlagInsteadOfClock {
        actions.push(Action::RefreshFlag);
    }
    if state.rolled_back {
        actions.push(Action::PublishAnew);
    }
    actions.push(Action::Acknowledge);
}

/// Takes a step of the node.
pub(crate) fn step(protocol: &Protocol, state: &mut State, action: Action) -> Option<()> {
    match action {
        Action::LoadSnapshot(server) => load_snapshot(protocol, state, server),
        Action::SendRenewal(server) => state.node.renewal = Renewal::Sent { server, age: 0 },
        Action::ReadJournalEarly => {
            let Renewal::Sent { server, age } = state.node.renewal else { return None };
            state.node.renewal = Renewal::ReadEarly { server, age, journal: state.cluster.at(server).journal };
        }
        Action::CommitRenewal => commit_renewal(protocol, state)?,
        Action::CatchUp => catch_up(protocol, state)?,
        Action::InstallLease => install_lease(protocol, state)?,
        Action::GiveUpRenewal => {
            state.node.renewal = Renewal::Idle;
            state.node.late_renewal = true;
        }
        Action::ReadJournal(server) => read_journal(protocol, state, server)?,
        Action::ApplyPending => {
            let journal = state.node.pending.take()?;
            state.node.index.apply(&journal, false);
        }
        Action::Acknowledge => acknowledge(protocol, state),
        Action::PublishAnew => publish_anew(protocol, state)?,
        Action::RefreshFlag => state.node.lease_flag = state.node.lease_left > 0,
        Action::Evict => state.node.index.entry = None,
        Action::BeginLoad(server) => {
            // How far the node was matters to two mutants only.
            let remembers = matches!(protocol.mutant, Mutant::LoadGuardedByNoChange | Mutant::LoadGuardedByLeaseNumber);
            let applied = if remembers { state.node.index.applied.sequence } else { 0 };
            state.node.load = Load::Sent { server, applied };
        }
        Action::ReadForLoad => read_for_load(protocol, state)?,
        Action::FinishLoad => finish_load(protocol, &mut state.node)?,
        Action::StopAnswering => state.node.phase = Phase::Stopped,
        Action::Leave => {
            if state.node.phase == Phase::Stopped {
                state.node.phase = Phase::Left;
            }
            state.cluster.commit(|database| database.row.live = false);
        }
        _ => return None,
    }
    Some(())
}

/// Rule 1: a snapshot that says how far it goes. No lease: that comes with the first renewal.
fn load_snapshot(protocol: &Protocol, state: &mut State, server: Server) {
    let journal = state.cluster.at(server).journal;
    let node = &mut state.node;
    node.phase = Phase::Serving;
    node.index.applied = Position::end_of(&journal);
    node.index.known = journal.changes();
    node.index.entry = (!protocol.bounds.loading).then(|| journal.changes());
    if protocol.mutant == Mutant::AnswersBeforeFirstRenewal {
        node.lease_left = protocol.bounds.lease;
    }
}

/// Rule 2, first half. A deposed primary waits for its lost standby for ever, unless it was told not to wait.
fn commit_renewal(protocol: &Protocol, state: &mut State) -> Option<()> {
    let (server, age, read_early) = match state.node.renewal {
        Renewal::Sent { server, age } => (server, age, None),
        Renewal::ReadEarly { server, age, journal } => (server, age, Some(journal)),
        _ => return None,
    };
    let waits_for_ever = server != state.cluster.primary() && protocol.mutant != Mutant::RenewalCommitsAsynchronously;
    let lease_number = state.cluster.at(server).row.lease_number + 1;
    if waits_for_ever || lease_number > protocol.bounds.renewals {
        return None;
    }
    state.cluster.commit_without_waiting(server, |database| {
        database.row.lease_number = lease_number;
        database.row.live = true;
    });
    state.node.renewal = match read_early {
        Some(journal) => Renewal::CaughtUp { age, lease_number, journal },
        None => Renewal::Committed { server, age, lease_number },
    };
    Some(())
}

/// Rule 2, second half: the same connection, in a later snapshot.
fn catch_up(protocol: &Protocol, state: &mut State) -> Option<()> {
    let Renewal::Committed { server, age, lease_number } = state.node.renewal else { return None };
    let skipped = protocol.mutant == Mutant::RenewalWithoutCatchingUp;
    let journal = if skipped { Default::default() } else { state.cluster.at(server).journal };
    state.node.renewal = Renewal::CaughtUp { age, lease_number, journal };
    Some(())
}

/// Rule 2, the end: apply, then the lease, counted from before the renewal was sent. A journal without what the node has
/// applied gives no lease (rule 6). It may just be older, where a server was deposed in between: then the next renewal will do.
fn install_lease(protocol: &Protocol, state: &mut State) -> Option<()> {
    let Protocol { bounds, mutant } = protocol;
    let node = &mut state.node;
    let Renewal::CaughtUp { age, lease_number, journal } = node.renewal else { return None };
    node.renewal = Renewal::Idle;
    if has_lost(protocol, node, &journal) {
        return Some(());
    }
    if *mutant == Mutant::LeaseBeforeApplying {
        node.pending = Some(journal);
    } else {
        node.index.apply(&journal, *mutant == Mutant::PrunedRowsSkipped);
    }
    let left = bounds.lease - age;
    node.lease_left = if *mutant == Mutant::LeaseFromReply { bounds.lease } else { node.lease_left.max(left) };
    node.lease_number = lease_number;
    Some(())
}

/// Rule 3, first half.
fn read_journal(protocol: &Protocol, state: &mut State, server: Server) -> Option<()> {
    let journal = state.cluster.at(server).journal;
    let node = &mut state.node;
    if protocol.mutant == Mutant::AcknowledgeBeforeApplying {
        node.pending = Some(journal);
        return Some(());
    }
    if has_lost(protocol, node, &journal) {
        return None;
    }
    node.index.apply(&journal, protocol.mutant == Mutant::PrunedRowsSkipped);
    Some(())
}

/// Rule 3, second half. On a deposed primary nobody reads it; one that is lost with a primary only makes a change wait.
fn acknowledge(protocol: &Protocol, state: &mut State) {
    let node = &state.node;
    let read = node.pending.filter(|_| protocol.mutant == Mutant::AcknowledgeBeforeApplying);
    let applied = read.map_or(node.index.applied.sequence, |journal| journal.head());
    state.cluster.commit(|database| database.row.acknowledged = applied);
}

/// Rule 6: whether the journal lacks what the node has applied last. The entry must be the same, not only the number: a
/// database that lost its last commits gives their numbers to others.
fn has_lost(protocol: &Protocol, node: &Node, journal: &Journal) -> bool {
    let applied = node.index.applied;
    match protocol.mutant {
        Mutant::RollbackNotPublishedAnew => false,
        Mutant::RollbackNoticedByHeadOnly => journal.head() < applied.sequence,
        _ => !applied.is_in(journal),
    }
}

/// Rule 6: in one commit, under the lock of the journal's head, whatever the database no longer has gets new numbers.
fn publish_anew(protocol: &Protocol, state: &mut State) -> Option<()> {
    let node = &mut state.node;
    if !has_lost(protocol, node, &state.cluster.now().journal) {
        return None;
    }
    let known = node.index.known;
    state.cluster.commit(|database| {
        let there = database.journal.changes();
        known.iter().filter(|change| !there.holds(*change)).for_each(|change| {
            database.journal.append(change);
        });
    });
    let journal = &state.cluster.now().journal;
    node.index.known = known.union(journal.changes());
    node.index.applied = Position::end_of(journal);
    node.index.entry = node.index.entry.map(|_| node.index.known);
    Some(())
}

fn read_for_load(protocol: &Protocol, state: &mut State) -> Option<()> {
    let Load::Sent { server, applied } = state.node.load else { return None };
    let database = state.cluster.at(server);
    let looks = protocol.mutant == Mutant::LoadGuardedByLeaseNumber;
    let lease_number = if looks { database.row.lease_number } else { 0 };
    state.node.load = Load::Read { applied, journal: database.journal, lease_number };
    Some(())
}

/// Rule 5: what was read may be older than what was applied, and acknowledged, in the meantime.
fn finish_load(protocol: &Protocol, node: &mut Node) -> Option<()> {
    let Load::Read { applied, journal, lease_number } = node.load else { return None };
    node.load = Load::Idle;
    let index = &mut node.index;
    let unchanged = applied == index.applied.sequence;
    let fresh = match protocol.mutant {
        Mutant::LoadUnguarded => true,
        Mutant::LoadGuardedByNoChange => unchanged,
        Mutant::LoadGuardedByLeaseNumber => unchanged && lease_number >= node.lease_number,
        _ => journal.head() >= index.applied.sequence,
    };
    if fresh && index.entry.is_none() {
        index.entry = Some(journal.changes());
    }
    Some(())
}
