//! Everything that can happen next. What does not happen is late, lost, or in a pause: nothing here is ever forced.

use crate::database::Server;

/// Which change, from 0.
pub(crate) type Place = usize;

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    /// Time passes for everybody.
    Tick,
    /// Time passes, and the node's clock misses it.
    TickMissedByNode,
    /// The node's machine is suspended.
    Suspend,
    /// It wakes up.
    Resume,
    /// The standby becomes the primary.
    Promote,
    /// The journal's rows are pruned up to its head.
    Prune,
    /// Remembers what the database is to fall back to.
    Save,
    /// The database loses every commit since then.
    RollBack,
    /// A renewal that the node has given up reaches the primary.
    LateRenewalCommits,
    /// Another process acknowledges in the node's row: only under a mutant.
    SuccessorAcknowledges,

    /// The node loads its index from a snapshot.
    LoadSnapshot(Server),
    /// The node reads its clock and sends a renewal.
    SendRenewal(Server),
    /// The renewal reads the journal before it commits: only under a mutant.
    ReadJournalEarly,
    /// The renewal commits: next lease number, live.
    CommitRenewal,
    /// The renewal reads the journal, later than that commit.
    CatchUp,
    /// The node applies what the renewal has read, and installs the lease.
    InstallLease,
    /// The node gives a renewal up.
    GiveUpRenewal,
    /// The node reads the journal and applies it.
    ReadJournal(Server),
    /// A mutant applies what it has read.
    ApplyPending,
    /// The node acknowledges how far it is.
    Acknowledge,
    /// The node publishes anew what the database has lost.
    PublishAnew,
    /// A background task notes whether the lease holds: only under a mutant.
    RefreshFlag,
    /// The node forgets the entry.
    Evict,
    /// The node asks for the entry.
    BeginLoad(Server),
    /// The server reads the entry.
    ReadForLoad,
    /// The node gets the entry.
    FinishLoad,
    /// The node stops answering.
    StopAnswering,
    /// The node's row says that it is not live.
    Leave,

    /// A check is received.
    BeginCheck,
    /// The check looks at the lease.
    SeeLease,
    /// The check looks the credential up.
    LookUp,
    /// A mutant asks a database server.
    AskServer(Server),

    /// A mutant draws the sequence, or looks for live nodes, before the commit.
    Prepare(Place),
    /// The change commits.
    Commit(Place),
    /// Two changes commit together.
    CommitGroup(Place),
    /// The change reads which nodes are live, and starts its timer.
    LookForLiveNodes(Place),
    /// The change returns: confirmed, or waited out.
    Return(Place),
}

impl Action {
    /// The step in words, for a trace.
    pub(crate) fn sentence(self) -> String {
        let server = |server: Server| match server {
            Server::First => "the first server",
            Server::Second => "the second server",
        };
        match self {
            Self::Tick => "time passes".to_owned(),
            Self::TickMissedByNode => "time passes, and the node's clock misses it".to_owned(),
            Self::Suspend => "the node's machine is suspended".to_owned(),
            Self::Resume => "the node's machine wakes up".to_owned(),
            Self::Promote => "the second server is promoted; the first still answers".to_owned(),
            Self::Prune => "the journal is pruned up to its head".to_owned(),
            Self::Save => "(the database will fall back to what it is now)".to_owned(),
            Self::RollBack => "the database loses what was committed since".to_owned(),
            Self::LateRenewalCommits => "a renewal that was given up commits".to_owned(),
            Self::SuccessorAcknowledges => "a new process acknowledges under the node's id".to_owned(),
            Self::LoadSnapshot(from) => format!("the node loads a snapshot from {}", server(from)),
            Self::SendRenewal(to) => format!("the node reads its clock and sends a renewal to {}", server(to)),
            Self::ReadJournalEarly => "the renewal reads the journal".to_owned(),
            Self::CommitRenewal => "the renewal commits".to_owned(),
            Self::CatchUp => "the renewal reads the journal, later than its commit".to_owned(),
            Self::InstallLease => "the node has the renewal's answer and installs the lease".to_owned(),
            Self::GiveUpRenewal => "the node gives the renewal up".to_owned(),
            Self::ReadJournal(from) => format!("the node reads the journal of {}", server(from)),
            Self::ApplyPending => "the node applies what it has read".to_owned(),
            Self::Acknowledge => "the node acknowledges how far it is".to_owned(),
            Self::PublishAnew => "the node publishes anew what the database has lost".to_owned(),
            Self::RefreshFlag => "the node's background task notes whether the lease holds".to_owned(),
            Self::Evict => "the node forgets the entry".to_owned(),
            Self::BeginLoad(from) => format!("the node asks {} for the entry", server(from)),
            Self::ReadForLoad => "that server reads the entry".to_owned(),
            Self::FinishLoad => "the node gets the entry".to_owned(),
            Self::StopAnswering => "the node stops answering".to_owned(),
            Self::Leave => "the node's row says that it is not live".to_owned(),
            Self::BeginCheck => "a check is received".to_owned(),
            Self::SeeLease => "the check looks at the lease".to_owned(),
            Self::LookUp => "the check looks the credential up".to_owned(),
            Self::AskServer(which) => format!("the check asks {}", server(which)),
            Self::Prepare(place) => format!("change {} prepares", place + 1),
            Self::Commit(place) => format!("change {} commits", place + 1),
            Self::CommitGroup(place) => format!("changes {} and {} commit together", place + 1, place + 2),
            Self::LookForLiveNodes(place) => format!("change {} reads which nodes are live", place + 1),
            Self::Return(place) => format!("change {} ends its wait", place + 1),
        }
    }
}
