//! The mistakes: each breaks one rule of the protocol, and the model must catch it.

use crate::scenario::Scenario;

macro_rules! mutants {
    ($($(#[doc = $doc:literal])+ $name:ident in $scenario:ident,)+) => {
        /// One deliberate mistake, or none.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Mutant {
            /// The protocol as it is meant.
            None,
            $($(#[doc = $doc])+ $name,)+
        }

        impl Mutant {
            /// Every mistake.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name, as `--trace` takes it.
            pub fn name(self) -> &'static str {
                match self {
                    Self::None => "None",
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// The mistake in one sentence.
            pub fn sentence(self) -> &'static str {
                match self {
                    Self::None => "The protocol as it is meant.",
                    $(Self::$name => concat!($($doc),+).trim_ascii_start(),)+
                }
            }

            /// The scenario that shows it.
            pub fn scenario(self) -> Scenario {
                match self {
                    Self::None => Scenario::Leases,
                    $(Self::$name => Scenario::$scenario,)+
                }
            }
        }
    };
}

mutants! {
    /// The check looks up first and looks at its lease afterwards.
    LeaseCheckedAfterLookUp in Leases,
    /// The check looks at a flag that a background task sets, not at the clock.
    FlagInsteadOfClock in Leases,
    /// The lease is counted from the reply to the renewal, not from before it was sent.
    LeaseFromReply in Leases,
    /// The node renews without reading the journal.
    RenewalWithoutCatchingUp in Leases,
    /// The renewal reads the journal in the snapshot in which it commits, not in a later one.
    RenewalInOneSnapshot in Leases,
    /// The lease is installed before what was read is applied.
    LeaseBeforeApplying in Leases,
    /// The node acknowledges what it has read and not yet applied.
    AcknowledgeBeforeApplying in Leases,
    /// A change waits just one lease by its own clock, with no margin for drift.
    NoDriftMargin in Leases,
    /// A change does not wait for a node that says nothing.
    NoWait in Leases,
    /// A change marks the node as lapsed without looking whether it has renewed meanwhile.
    LapseIgnoresLeaseNumber in Leases,
    /// A change's timer starts at its commit, not after it has read which nodes are live.
    TimerFromCommit in Leases,
    /// Checks are answered whether or not the lease has run out.
    AskWithoutLease in Leases,
    /// A new process takes the row of its predecessor, which still answers.
    IdKeptAcrossRestarts in Leases,
    /// The renewal commits without waiting for the standby.
    RenewalCommitsAsynchronously in Failover,
    /// No index: each check asks whichever database server answers.
    NoIndex in Failover,
    /// An entry that was loaded on demand is always inserted.
    LoadUnguarded in Loading,
    /// An entry that was loaded on demand is inserted if nothing was applied while it was loaded.
    LoadGuardedByNoChange in Loading,
    /// The same, and the server that was read must know the node's lease number.
    LoadGuardedByLeaseNumber in Loading,
    /// The node's clock stops while its machine is suspended.
    ClockStopsWhileSuspended in Suspension,
    /// The node answers when it has loaded its snapshot, before its first renewal.
    AnswersBeforeFirstRenewal in StartAndStop,
    /// The node says that it has left before it stops answering.
    LeavesBeforeStopping in StartAndStop,
    /// A node that is behind what was pruned goes on with the rows that are left, and loads no snapshot.
    PrunedRowsSkipped in StartAndStop,
    /// A change looks for live nodes before it commits.
    LooksBeforeCommit in StartAndStop,
    /// Sequences are drawn before the commit, without the lock that makes their order the order of commits.
    SequenceNotInCommitOrder in Groups,
    /// A group that commits together waits for the sequence that the journal had when the group was opened.
    GroupWaitsForItsOpening in Groups,
    /// A renewal compares heads only, and so misses a loss after which other changes got the same numbers.
    RollbackNoticedByHeadOnly in Rollback,
    /// A renewal that finds a database without what the node has applied goes on as if nothing had happened.
    RollbackNotPublishedAnew in Rollback,
    /// After the database has lost commits, changes believe its table of nodes at once.
    RollbackWithoutWait in Rollback,
    /// A change that waited reports success without looking whether its entry is still there.
    UnknownOutcomeAsSuccess in Rollback,
}
