//! What was measured, and what is assumed: every number of the simulation that is not a scenario's own.
//!
//! Measured with `cargo xtask bench nodes` on the machine of `docs/performance.md`; statements were counted in PostgreSQL's
//! log. Times are microseconds.

/// Statements of a change within its transaction: 7 of a creation, 8 of a revocation, its readings among them.
pub const STATEMENTS_OF_CHANGE: u64 = 8;
/// Statements of a batch around its changes: begin, lock the head, set it, ring, commit.
pub const STATEMENTS_OF_BATCH: u64 = 5;
/// Statements of a follower's reading (begin, head, entries, end) with its acknowledgement.
pub const STATEMENTS_OF_READING: u64 = 4;
/// Statements of a renewal, and of the reading of the journal that follows it.
pub const STATEMENTS_OF_RENEWAL: u64 = 7;
/// The database's work for a statement.
pub const DATABASE_WORK: u64 = 35;
/// The node's work for a statement: to send it and to read the answer.
pub const NODE_WORK: u64 = 20;
/// A node's work for a request of the management API around its change.
pub const REQUEST_WORK: u64 = 60;
/// A node's work to apply an entry of the journal.
pub const APPLY_WORK: u64 = 8;
/// A round trip on one machine.
pub const LOOPBACK: u64 = 80;
/// Until a commit is on the disk, on the machine that was measured.
pub const SYNC: u64 = 800;
/// How many changes share a commit at most (`store/src/writer.rs`).
pub const BATCH: usize = 256;
/// How often a follower looks without having heard the bell (`server/src/coherence.rs`).
pub const LOOK: u64 = 250_000;
/// How long a creation waits at most (`authority/src/wait.rs`).
pub const CREATION: u64 = 500_000;
/// The pauses of a change that waits.
pub const FIRST_PAUSE: u64 = 1_000;
/// The longest of them.
pub const LONGEST_PAUSE: u64 = 16_000;

/// What was measured of whole calls, for the test that compares: nodes, and a revoke call's median.
pub const REVOKE_CALLS: [(usize, u64); 3] = [(1, 3_140), (3, 6_850), (8, 6_360)];
/// Nodes, and creations a second with 64 waiting callers.
pub const CREATIONS: [(usize, u64); 2] = [(1, 1_066), (3, 701)];
/// CPU of the database a second for each idle node, with a lease of 10 s.
pub const IDLE_NODE: u64 = 1_500;
