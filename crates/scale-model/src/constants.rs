//! What was measured, and what is assumed: every number of the simulation that is not a scenario's own.
//!
//! Measured with `cargo xtask bench nodes` on the machine of `docs/performance.md`; statements were counted in PostgreSQL's
//! log; work, round trip and sync were fitted to whole calls ([`REVOKE_CALLS`], [`CREATIONS`]). Times are microseconds.

/// Statements of a change within its transaction: 7 of a creation, 8 of a revocation, its readings among them.
pub const STATEMENTS_OF_CHANGE: u64 = 8;
/// Statements of a batch around its changes: begin, lock the head, set it, ring, commit.
pub const STATEMENTS_OF_BATCH: u64 = 5;
/// Statements of a follower's reading (begin, head, entries, end) with its acknowledgement.
pub const STATEMENTS_OF_READING: u64 = 4;
/// Statements of a renewal, and of the reading of the journal that follows it.
pub const STATEMENTS_OF_RENEWAL: u64 = 7;
/// The database's work for a statement.
pub const DATABASE_WORK: u64 = 30;
/// The node's work for a statement: to send it and to read the answer.
pub const NODE_WORK: u64 = 12;
/// A node's work for a request of the management API around its change.
pub const REQUEST_WORK: u64 = 60;
/// A node's work to apply an entry of the journal.
pub const APPLY_WORK: u64 = 8;
/// A round trip on one machine.
pub const LOOPBACK: u64 = 15;
/// Until a commit is on the disk, on the machine that was measured.
pub const SYNC: u64 = 500;
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
pub const REVOKE_CALLS: [(usize, u64); 3] = [(1, 1_390), (3, 4_000), (8, 4_680)];
/// Nodes, and creations a second with 64 waiting callers.
pub const CREATIONS: [(usize, u64); 2] = [(1, 3_196), (3, 1_787)];
