//! What is simulated: where the hosts, journals and nodes are, what comes in, what breaks.

use crate::constants::{LOOPBACK, SYNC};
use crate::queue::Time;

/// One second.
pub const SECOND: Time = 1_000_000;
/// One millisecond.
pub const MILLISECOND: Time = 1_000;

/// What comes in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// So many changes a second of each journal, at random, whatever becomes of them; half of them endings.
    Open(f64),
    /// So many callers, each of which asks again when it is answered; all endings or all creations, at the first nodes.
    Closed {
        /// How many.
        callers: usize,
        /// Whether they end something.
        endings: bool,
        /// At how many nodes they ask, in turn.
        nodes: usize,
    },
}

/// What breaks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// Nothing.
    None,
    /// A random node is silent for this long, at random every so often.
    SilentNodes {
        /// Mean time between two.
        every: Time,
        /// For how long.
        lasts: Time,
    },
    /// The database of every journal is away from this moment, for so long.
    DatabaseAway {
        /// When.
        from: Time,
        /// For how long.
        lasts: Time,
    },
}

/// A simulated installation.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Round trips between regions; within one on the diagonal.
    pub round_trips: Vec<Vec<Time>>,
    /// How many nodes there are; they are spread over the regions in turn.
    pub nodes: usize,
    /// How many journals there are; each has a host of its own, in the first region.
    pub journals: usize,
    /// How many of the journals each node subscribes to.
    pub subscriptions: usize,
    /// The processors of a node's host, and of a journal's.
    pub cores: (usize, usize),
    /// Whether all of them share one host, of the first number of processors.
    pub one_machine: bool,
    /// From the end of a batch's statements until its commit is as durable as it must be.
    pub commit: Time,
    /// The lease of the nodes.
    pub lease: Time,
    /// Whether a node that is not in the journal's region hands its changes to one that is.
    pub forwards: bool,
    /// Whether statements that do not need each other's answers go in one round trip, which the server does not do today.
    pub together: bool,
    /// What comes in.
    pub load: Load,
    /// What breaks.
    pub fault: Fault,
    /// For how long.
    pub lasts: Time,
    /// The seed.
    pub seed: u64,
}

impl Scenario {
    /// Everything on one machine with two processors, as it was measured.
    pub fn measured(nodes: usize, load: Load, seed: u64) -> Self {
        Self {
            round_trips: vec![vec![LOOPBACK]],
            nodes,
            cores: (2, 2),
            one_machine: true,
            commit: SYNC,
            lease: 10 * SECOND,
            load,
            lasts: 5 * SECOND,
            ..Self::data_centre(nodes, 0.0, seed)
        }
    }

    /// One journal and its nodes in one data centre: a fifth of a millisecond apart, a synchronous replica, 8 processors for the
    /// database, 2 for each node.
    pub fn data_centre(nodes: usize, per_second: f64, seed: u64) -> Self {
        let apart = 200;
        Self {
            round_trips: vec![vec![apart]],
            nodes,
            journals: 1,
            subscriptions: 1,
            cores: (2, 8),
            one_machine: false,
            commit: SYNC + apart + SYNC,
            lease: 3 * SECOND,
            forwards: false,
            together: false,
            load: Load::Open(per_second),
            fault: Fault::None,
            lasts: 10 * SECOND,
            seed,
        }
    }

    /// From a node in this region to a journal and back.
    pub(crate) fn round_trip(&self, region: usize) -> Time {
        self.round_trips[region][0]
    }

    pub(crate) fn region_of(&self, node: usize) -> usize {
        node % self.round_trips.len()
    }

    /// How long a change waits for a node that is silent: 1.1/0.9 leases.
    pub(crate) fn bound(&self) -> Time {
        self.lease * 11 / 9 + MILLISECOND
    }
}
