//! What there is at one moment: the database servers, one node, one check, the changes, and the time that is left.

use crate::database::{Cluster, Database, NodeRow, Server};
use crate::journal::{Changes, Journal, Position, Sequence};
use crate::mutants::Mutant;
use crate::scenario::Bounds;

/// Changes that one run can make at most.
pub(crate) const MAX_CHANGES: usize = 3;

/// Time in ticks, always counted down from or up to a bound, so that the model stays finite.
pub(crate) type Ticks = u8;

/// Whether the node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    /// Its row is there, not live; its index is empty.
    Registered,
    /// It answers while it has a lease.
    Serving,
    /// It has stopped answering, for good.
    Stopped,
    /// Its row says that nobody need wait for it.
    Left,
}

/// The node's index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Index {
    /// How far the journal has been applied.
    pub(crate) applied: Position,
    /// Every change that was applied, also one that the database has lost since.
    pub(crate) known: Changes,
    /// The one credential that checks ask about: what its entry takes account of; `None` if it is not in memory.
    pub(crate) entry: Option<Changes>,
}

impl Index {
    /// Applies what follows `applied`. Where those rows were pruned, the node loads a snapshot instead, which says the same;
    /// `skips_pruned` is the mutant that does not.
    pub(crate) fn apply(&mut self, journal: &Journal, skips_pruned: bool) {
        let end = Position::end_of(journal);
        let mut read = Changes::default();
        for sequence in self.applied.sequence + 1..=end.sequence {
            let skipped = skips_pruned && sequence <= journal.pruned;
            journal.entry(sequence).filter(|_| !skipped).iter().for_each(|change| read.insert(*change));
        }
        if end.sequence > self.applied.sequence {
            self.applied = end;
            self.known = self.known.union(read);
            self.entry = self.entry.map(|entry| entry.union(read));
        }
    }
}

/// A renewal under way: what has been sent, and how long ago by the node's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Renewal {
    /// None.
    Idle,
    /// The clock was read, then the renewal sent.
    Sent { server: Server, age: Ticks },
    /// Only a mutant is ever here: the journal was read before the renewal's commit.
    ReadEarly { server: Server, age: Ticks, journal: Journal },
    /// The lease number is committed.
    Committed { server: Server, age: Ticks, lease_number: u8 },
    /// The journal was read after that commit; nothing of it is applied yet.
    CaughtUp { age: Ticks, lease_number: u8, journal: Journal },
}

impl Renewal {
    /// A tick of the node's clock; `lease` is the age from which nothing is left to install.
    pub(crate) fn grow_older(&mut self, lease: Ticks) {
        match self {
            Self::Idle => {}
            Self::Sent { age, .. } | Self::ReadEarly { age, .. } | Self::Committed { age, .. } | Self::CaughtUp { age, .. } => {
                *age = (*age + 1).min(lease);
            }
        }
    }
}

/// An entry that is loaded on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Load {
    /// None.
    Idle,
    /// Asked for; `applied` is how far the node was then.
    Sent { server: Server, applied: Sequence },
    /// Read from the tables, on its way to the node; only a mutant looks at the lease number that the server had.
    Read { applied: Sequence, journal: Journal, lease_number: u8 },
}

/// The node: a process of Poort that answers checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    /// Whether it answers.
    pub(crate) phase: Phase,
    /// What its clock says is left of its lease.
    pub(crate) lease_left: Ticks,
    /// What a background task last wrote about the lease; only a mutant looks at it.
    pub(crate) lease_flag: bool,
    /// The number of the lease it has installed.
    pub(crate) lease_number: u8,
    /// Whether the machine is suspended.
    pub(crate) suspended: bool,
    /// What it answers from.
    pub(crate) index: Index,
    /// What a mutant has read of the journal and not applied.
    pub(crate) pending: Option<Journal>,
    /// The renewal under way.
    pub(crate) renewal: Renewal,
    /// A renewal that the node has given up may still reach the primary.
    pub(crate) late_renewal: bool,
    /// The entry under way.
    pub(crate) load: Load,
}

/// The one check of a run. Checks change nothing, so whatever one of many could answer, this one can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Check {
    /// Not asked yet.
    NotBegun,
    /// Received. `owed`: the changes whose calls had returned by then.
    Begun { owed: Changes },
    /// The clock was read: the lease holds.
    LeaseSeen { owed: Changes },
    /// Only a mutant is ever here: looked up, the lease not looked at.
    LookedUp { owed: Changes, found: Changes },
    /// Answered, from a state that takes account of `found`. The run ends here.
    Answered { owed: Changes, found: Changes },
}

/// A call that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Change {
    /// Not asked yet.
    NotBegun,
    /// Only a mutant is ever here: something was read or drawn before the commit.
    Prepared { sequence: Sequence, node_was_live: bool },
    /// Committed; it waits for the node.
    Waiting(Wait),
    /// The call has returned: from now on every check owes it.
    Returned,
    /// The call was answered 504: the outcome is unknown.
    Unknown,
}

/// What a waiting change knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Wait {
    /// Its place in the journal.
    pub(crate) sequence: Sequence,
    /// The lease number it saw when it looked for live nodes.
    pub(crate) seen: Option<u8>,
    /// Its timer.
    pub(crate) age: Ticks,
    /// Whether there was nobody to wait for when it looked, but for those whom the table may not know.
    pub(crate) nobody: bool,
}

/// Everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The database servers.
    pub(crate) cluster: Cluster,
    /// The node.
    pub(crate) node: Node,
    /// The check.
    pub(crate) check: Check,
    /// The changes, in the order they begin.
    pub(crate) changes: [Change; MAX_CHANGES],
    /// What a check that starts now must take account of.
    pub(crate) owed: Changes,
    /// Real ticks until the node's clock may miss one again: this bounds its rate.
    pub(crate) steady_ticks: Ticks,
    /// What the database may fall back to.
    pub(crate) saved: Option<Database>,
    /// Whether the database has lost commits.
    pub(crate) rolled_back: bool,
    /// Since it has, how long leases may still be out that its table of nodes does not know.
    pub(crate) fence_left: Ticks,
}

impl State {
    /// A node that serves with a fresh lease.
    pub(crate) fn serving(bounds: &Bounds) -> Self {
        let row = NodeRow { lease_number: 1, live: true, ..NodeRow::default() };
        let mut state = Self::starting();
        state.cluster.commit(|database| database.row = row);
        state.node.phase = Phase::Serving;
        state.node.lease_left = bounds.lease;
        state.node.lease_flag = true;
        state.node.lease_number = 1;
        state.node.index.entry = (!bounds.loading).then(Changes::default);
        state
    }

    /// A node that has just registered.
    pub(crate) fn starting() -> Self {
        let node = Node {
            phase: Phase::Registered,
            lease_left: 0,
            lease_flag: false,
            lease_number: 0,
            suspended: false,
            index: Index::default(),
            pending: None,
            renewal: Renewal::Idle,
            late_renewal: false,
            load: Load::Idle,
        };
        Self {
            cluster: Cluster::default(),
            node,
            check: Check::NotBegun,
            changes: [Change::NotBegun; MAX_CHANGES],
            owed: Changes::default(),
            steady_ticks: 0,
            saved: None,
            rolled_back: false,
            fence_left: 0,
        }
    }

    /// The servers that the node reaches: whichever call, or called, themselves primary.
    pub(crate) fn reachable(&self) -> &'static [Server] {
        if self.cluster.promoted { &[Server::First, Server::Second] } else { &[Server::First] }
    }

    /// Whether the lease holds, as the protocol (or a mutant) finds out.
    pub(crate) fn lease_holds(&self, mutant: Mutant) -> bool {
        match mutant {
            Mutant::FlagInsteadOfClock => self.node.lease_flag,
            Mutant::AskWithoutLease => true,
            _ => self.node.lease_left > 0,
        }
    }
}
