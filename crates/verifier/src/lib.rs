//! The check: a complete index of all live credentials in memory, read without locks.

mod apply;
mod arena;
mod catalogue;
mod check;
mod credential;
mod epoch;
mod index;
mod lease;
mod loader;
mod register;
mod seconds;
mod sets;
mod table;
mod usage;
mod verifier;
mod writer;

pub use catalogue::ApiGuard;
pub use check::{Allowed, Asked, Denied, Question, Verdict};
pub use lease::Lease;
pub use loader::{Loader, MembershipRecord, TokenRecord};
pub use usage::Usage;
pub use verifier::{Anomalies, Applied, Gap, Settings, Unavailable, Verifier};
