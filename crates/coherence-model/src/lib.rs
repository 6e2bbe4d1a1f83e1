//! A model of how nodes stay coherent, small enough to try everything that can happen. Run it with `cargo xtask model`.
//!
//! # What is promised
//!
//! A change, such as a revocation, is a call. **No check that starts after the call has returned is answered from a state
//! without that change**, on any node, though a check asks no database and no other node. (A check that started before may
//! get either answer, and a node that cannot know answers 503, which is always allowed.)
//!
//! # The protocol
//!
//! Every change is a row of the journal, and a sequence is its place in it. Each node keeps an index in memory, made by applying
//! the journal in order, and holds a *lease*: until it runs out, by the node's own clock, the node may answer from its index.
//!
//! A node
//! 1. *registers*: its row says "not live". It loads the index from a snapshot that says how far it goes;
//! 2. *renews*: reads its clock, commits the next lease number and "live" synchronously, then reads the journal **in a later
//!    snapshot** and applies it, and only then has a lease, counted from the clock reading;
//! 3. *listens*: reads the journal when the doorbell rings, applies, and then acknowledges how far it is;
//! 4. *checks*: looks at the clock first, at the index second;
//! 5. (if it loads entries on demand) inserts only what was read in a snapshot that goes at least as far as the index;
//! 6. *finds a loss*: if the journal no longer has the entry that the node applied last, the node forgets nothing, takes no
//!    lease, and first publishes anew what the database lost;
//! 7. *leaves*: stops answering, and then says "not live".
//!
//! A change
//! 1. commits, under the lock that makes the order of sequences the order of commits;
//! 2. then reads which nodes are live, and then starts its timer;
//! 3. waits until each has acknowledged, or until a lease and the margin for drift have passed; then it marks a silent node
//!    as not live, **if the lease number is still the one it saw**. After the database has lost commits, leases may be out that
//!    its table does not know: until one such wait has passed since then, no change returns;
//! 4. returns, if its entry is still in the journal; otherwise the outcome is unknown (504).
//!
//! # The parts of the model
//!
//! | part | file | what it is |
//! | --- | --- | --- |
//! | state | `state.rs` | everything at one moment |
//! | journal, database | `journal.rs`, `database.rs` | the changes in their order; the primary and its standby |
//! | action | `actions.rs` | everything that can happen next |
//! | environment | `environment.rs` | time and drift, suspension, promotion of the standby, pruning, loss of commits |
//! | node | `node.rs` | rules 1, 2, 3, 5, 6 and 7 of a node |
//! | check | `check.rs` | rule 4 of a node |
//! | change | `change.rs` | a change, points 1 to 4 |
//! | property | `property.rs` | what must always hold, and what must be reachable, so that nothing holds because nothing happens |
//! | mutants | `mutants.rs` | deliberate mistakes: a model that does not catch them shows nothing |
//! | scenario | `scenario.rs` | which parts of the environment are on, and how long a run may become |
//! | protocol | `protocol.rs` | the parts together, as the checker wants them |
//! | report | `report.rs` | running the checker |
//!
//! Nothing in the model is forced to happen, except that time is the same for all. So every message may be late or lost, and
//! every process may pause between any two of its steps: it just does not take the next one. The checker tries every order.
//!
//! # What is left out, and why that loses nothing
//!
//! - **Other nodes.** Nodes share nothing but the database. A stale answer is one node's; other nodes' rows make a change wait
//!   longer and never shorter. A second process under the *same* id would do harm: that is a mutant.
//! - **Other credentials, and what an answer says.** An answer is the set of changes that it takes account of.
//! - **Other checks.** A check changes nothing, so one check, begun at any moment, finds what any of many would find. A check
//!   that is owed nothing cannot be stale, so it begins when some change has returned. A run ends when it is answered.
//! - **The clock of whoever changes something.** Only the difference of two clocks' rates matters; the node's clock gets all of
//!   it. It misses at most one tick of any `lease + 1`; a change waits `lease + 1` ticks. (Really: 10 % each, and 1.22 leases.)
//! - **Pauses** are steps not taken. Suspension is modelled only where a clock could stop with it.
//! - **Two copies of the database, not more**, and one promotion. Commits are on the standby before anybody sees them; the
//!   deposed primary answers reads, and commits that wait for no standby, for ever. A renewal that was sent to it waits for ever.
//! - **Acknowledgements in flight**: a late one says less than one sent now. One that a failover loses is one not sent.
//! - **Renewals also acknowledge**: that is a renewal and an acknowledgement.
//! - **A pruned journal**: a node behind it loads a snapshot, which says what the rows would have said.
//!
//! # What is not modelled
//!
//! An asynchronous replica (the promise does not hold there), a virtual machine whose clocks stop, two failovers, a failover
//! and a loss of commits in the same run, two losses, two nodes that publish the same loss anew, and the wall clock, which
//! concerns only when credentials expire. A change that neither the database nor the node knows after a loss is owed no longer. Bounds on the number of changes, renewals and ticks are
//! in `scenario.rs`: within them everything is tried, beyond them nothing is shown.

mod actions;
mod change;
mod check;
mod database;
mod environment;
mod journal;
pub mod mutants;
mod node;
mod property;
mod protocol;
pub mod report;
pub mod scenario;
mod state;
