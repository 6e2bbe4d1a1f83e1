//! The check: may this credential do this? Answered from memory, without a lock, an allocation or a database.
//!
//! # The index is complete
//! It holds every live credential, not a cache of some: "not found" is an answer. It is filled once from a snapshot
//! ([`Verifier::loader`]) and then follows the journal, event by event ([`Verifier::apply`]). A check may use it only
//! while the node holds its lease; without one the answer is [`Unavailable`], neither allow nor deny.
//!
//! # The way of a check ([`Verifier::check`])
//! ```text
//! clock < lease?  then  header -> text -> checksum -> SHA-256
//!   table of that hash      4 bytes a cell: slot and 7 bits of the hash                       (memory line 1)
//!   entry in that slot      64 bytes: digest (all of it compared), id, end, state, parent     (memory line 2)
//!   counters of that slot   16 bytes: uses, last use, address; fetched beside the entry
//!   membership of the entry 32 bytes: person, organisation, roles                             (memory line 3)
//!   person active? organisation active? mask of the entry's permissions on this API?          (small, in cache)
//! domain::verify::decide    decides; if it allows, the use is counted
//! cells of what is counted  16 bytes each: refusals, work in workspaces, used permissions; of what is in use only (`counts`)
//! ```
//! An organisation token's entry leads to the row of its username instead, and that to its organisation and API. Where
//! a request names a workspace, two more tables are asked: workspaces by number, and, for another organisation's,
//! delegations by workspace, organisation and API; each delegation leads to the one that it passes on (`places`).
//!
//! Parents are looked up, never copied: ending one ends all below it in one step. A slot is a number, so a step
//! from one to the next costs no hashing.
//!
//! # How a change appears at once
//! All words are atomics. One writer, behind a mutex that no check takes, makes a counter odd, writes, and makes it
//! even; a check that began at another count, or at an odd one, reads again (`epoch`). So an event that touches
//! several entries is seen whole or not at all, and a mixture of two states can allow nothing. What changes its
//! shape, the tables and the catalogue of APIs, is one snapshot behind one pointer (`index::Snapshot`).
//!
//! # What does not grow without bound
//! A revoked credential stays as a tombstone, so that "revoked" and "unknown" are told apart, for a stated time and
//! up to a stated number; old secrets of rotations go the same way ([`Verifier::sweep`]). A token that expired stays
//! until it is revoked, because its end can be moved. Sets of permissions are kept once each and counted.
//!
//! # Limits
//! 33 million secrets, people, memberships, delegations and sets of permissions; 4 million organisations and workspaces. What does not fit is
//! not indexed, thus refused, and counted in [`Anomalies`]. A personal token costs 91 to 97 bytes, all in; a delegation 64 and
//! its places in the tables.

mod access;
mod apply;
mod arena;
mod catalogue;
mod check;
mod client_writer;
mod clients;
mod counts;
mod credential;
mod delegations;
mod epoch;
mod exposure;
mod fence;
mod index;
mod lease;
mod loader;
mod own;
mod places;
mod refusals;
mod register;
mod seconds;
mod sets;
mod table;
mod tally;
#[cfg(test)]
mod tests;
mod usage;
mod verifier;
mod writer;

pub use access::{AccessTokens, KnownClient, Looked, Opener, PrivateKeyUse, Proof, Proving};
pub use catalogue::ApiGuard;
pub use check::{Allowed, Asked, Denied, Question, Verdict};
pub use clients::Client;
pub use counts::{Checked, Counted};
pub use delegations::{DelegationRecord, WorkspaceRecord};
pub use exposure::Exposure;
pub use lease::Lease;
pub use loader::{Loader, MembershipRecord, OrganisationTokenRecord, TokenRecord};
pub use places::Reached;
pub use refusals::PlainRequest;
pub use tally::Checks;
pub use usage::{Usage, network};
pub use verifier::{Anomalies, Applied, Gap, Settings, Unavailable, Verifier};
