//! What can happen in a run: each scenario switches on some of the environment, and bounds what would never end.

use crate::state::Ticks;

/// Which part of the environment a run looks at. All of it at once is far too many states; what matters together is together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// One database server. Clocks drift, messages are late or lost, the node makes pauses.
    Leases,
    /// The standby is promoted at any moment; the deposed primary goes on answering.
    Failover,
    /// Entries are evicted from the index and loaded on demand, also across a failover.
    Loading,
    /// The node's machine is suspended and wakes up again.
    Suspension,
    /// The node starts from nothing, stops cleanly, and the journal is pruned behind or before it.
    StartAndStop,
    /// Changes are made at the same time, alone or as one commit.
    Groups,
    /// The database loses commits that it had acknowledged.
    Rollback,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Leases, Self::Failover, Self::Loading, Self::Suspension, Self::StartAndStop, Self::Groups, Self::Rollback];

    /// What the test suite runs: seconds.
    pub fn reduced(self) -> Bounds {
        let bounds = Bounds { lease: 2, renewals: 2, changes: 2, ..Bounds::default() };
        match self {
            Self::Leases => Bounds { lost_renewals: true, ..bounds },
            Self::Failover => Bounds { failover: true, ..bounds },
            Self::Loading => Bounds { failover: true, loading: true, ..bounds },
            Self::Suspension => Bounds { suspension: true, ..bounds },
            Self::StartAndStop => Bounds { starting: true, stopping: true, pruning: true, ..bounds },
            Self::Groups => Bounds { together: true, ..bounds },
            Self::Rollback => Bounds { rollback: true, changes: 3, ..bounds },
        }
    }

    /// What `--full` runs: minutes.
    pub fn full(self) -> Bounds {
        let bounds = Bounds { lease: 3, renewals: 3, changes: 3, ..self.reduced() };
        match self {
            Self::Leases => bounds,
            Self::Failover => Bounds { lost_renewals: true, starting: true, lease: 2, ..bounds },
            Self::Loading => Bounds { lease: 2, ..bounds },
            Self::Suspension => Bounds { failover: true, ..bounds },
            Self::StartAndStop => bounds,
            Self::Groups => Bounds { failover: true, starting: true, lease: 2, renewals: 2, ..bounds },
            Self::Rollback => Bounds { lease: 2, starting: true, ..bounds },
        }
    }
}

/// How long a run may become, and what may happen in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// The length of a lease, in ticks of the node's clock.
    pub lease: Ticks,
    /// The highest lease number; a node that serves from the start has used one.
    pub renewals: u8,
    /// How many changes are made.
    pub changes: u8,
    /// The standby may be promoted, once.
    pub failover: bool,
    /// Entries may be evicted and are loaded on demand.
    pub loading: bool,
    /// The node's machine may be suspended.
    pub suspension: bool,
    /// The node may be one that has just registered.
    pub starting: bool,
    /// The node may stop cleanly.
    pub stopping: bool,
    /// The journal may be pruned.
    pub pruning: bool,
    /// A change may begin before the one before it has returned.
    pub together: bool,
    /// A renewal may be given up by the node, and arrive nevertheless.
    pub lost_renewals: bool,
    /// The database may lose commits, once.
    pub rollback: bool,
}

impl Bounds {
    /// How long a change waits on its own clock for a node that says nothing: while the node's clock makes `lease` ticks it
    /// misses at most one.
    pub fn wait(&self) -> Ticks {
        self.lease + 1
    }
}
