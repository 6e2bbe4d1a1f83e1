//! The two database servers: a primary and its synchronous standby.

use crate::journal::{Journal, Sequence};

/// The node's row in the table of nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct NodeRow {
    /// Counts the renewals.
    pub(crate) lease_number: u8,
    /// Whether changes wait for the node.
    pub(crate) live: bool,
    /// What the node says it has applied.
    pub(crate) acknowledged: Sequence,
}

/// What one database server would answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Database {
    /// The changes.
    pub(crate) journal: Journal,
    /// The node.
    pub(crate) row: NodeRow,
}

/// One of the two database servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Server {
    /// The primary at the start; after the promotion it is deposed, and still answers.
    First,
    /// Its synchronous standby; after the promotion the primary.
    Second,
}

/// The database servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Cluster {
    servers: [Database; 2],
    /// Whether the second server has become the primary.
    pub(crate) promoted: bool,
}

impl Cluster {
    /// The server that changes are committed on.
    pub(crate) fn primary(&self) -> Server {
        if self.promoted { Server::Second } else { Server::First }
    }

    /// What a server says.
    pub(crate) fn at(&self, server: Server) -> &Database {
        &self.servers[server as usize]
    }

    /// What the primary says.
    pub(crate) fn now(&self) -> &Database {
        self.at(self.primary())
    }

    /// A commit on the primary. It is synchronous: the standby has it before anybody sees it.
    pub(crate) fn commit(&mut self, write: impl Fn(&mut Database)) {
        write(&mut self.servers[Server::Second as usize]);
        if !self.promoted {
            write(&mut self.servers[Server::First as usize]);
        }
    }

    /// A commit that does not wait for a standby: a deposed primary takes it as well.
    pub(crate) fn commit_without_waiting(&mut self, server: Server, write: impl Fn(&mut Database)) {
        if server == self.primary() {
            self.commit(write);
        } else {
            write(&mut self.servers[server as usize]);
        }
    }

    /// All servers lose what was committed after `saved`.
    pub(crate) fn fall_back_to(&mut self, saved: Database) {
        self.servers = [saved; 2];
    }
}
