//! The PostgreSQL of the measurements: one server, durable commits, no replica.

use super::process;
use crate::Outcome;

/// Enough for a dozen nodes, each with its pools.
const SETTINGS: &str = "max_connections = 300\nshared_buffers = 256MB";

/// A running server; dropped, it is gone with its data.
pub(super) struct Postgres(test_postgres::Postgres);

impl Postgres {
    pub(super) fn start() -> Outcome<Self> {
        test_postgres::Postgres::start(SETTINGS).map(Self)
    }

    /// Where a database is.
    pub(super) fn url(&self, database: &str) -> String {
        self.0.database_url(database)
    }

    /// Runs a statement; gives what it says, unaligned.
    pub(super) fn query(&self, database: &str, statement: &str) -> Outcome<String> {
        self.0.query(database, statement)
    }

    /// A number that a statement gives.
    pub(super) fn number(&self, database: &str, statement: &str) -> Outcome<f64> {
        let said = self.query(database, statement)?;
        said.parse().map_err(|_| format!("{statement}: {said:?} is no number"))
    }

    /// Processor time of all its processes so far, in microseconds.
    pub(super) fn cpu_microseconds(&self) -> Outcome<f64> {
        let postmaster = self.0.postmaster().ok_or("PostgreSQL does not run")?;
        process::cpu_microseconds_with_children(postmaster)
    }
}
