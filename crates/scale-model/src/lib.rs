//! A simulation of many nodes, of many journals and of regions: what changes wait for, and what the databases have to do.
//!
//! It is a discrete-event simulation: a queue of events in the order of their times, drawn from one seed, so that the same
//! seed gives the same tables. `cargo xtask scale` prints them and `docs/scale.md` quotes them; a test compares.
//!
//! # What is in it
//! - **Hosts** with cores: whoever needs a processor waits for the first that is free ([`queue`]).
//! - **Journals**: one database each, on a host in a region. Its head is locked by one batch of changes at a time; a batch
//!   holds the lock for the round trips of its statements, their work, and a commit that may wait for a replica.
//! - **Nodes**: each subscribes to journals. For each it has a writer that takes all that waits as one batch, a follower that
//!   reads the journal when its bell rings or a quarter of a second has passed, applies and acknowledges, and a lease that it
//!   renews four times as long as it lasts.
//! - **Changes** come at random (Poisson) at random nodes, half of them endings. After its commit an ending waits as
//!   `authority/src/wait.rs` does: it reads the table of live nodes, pauses 1, 2, 4, 8, 16 ms, reads again; after 1.223 leases it
//!   counts those that are silent as gone. A creation waits 500 ms at most.
//! - **Faults**: nodes that vanish and come back, and a database that is away for a time.
//!
//! # What is not in it
//! The cost of checks (they meet the journal nowhere), lost messages, slow disks that are slow only sometimes, connection
//! pools that run out, PostgreSQL's own upkeep, more than one lock queue within PostgreSQL. A statement's work is one number,
//! whatever it does, and the work of a batch is done by one core in one piece. Where these matter the real system is slower;
//! the tables compare designs, they promise nothing. Every number that comes from a measurement is in [`constants`].

pub mod constants;
mod follow;
mod lease;
pub mod measure;
pub mod queue;
pub mod scenario;
pub mod tables;
mod wait;
pub mod world;
mod write;
