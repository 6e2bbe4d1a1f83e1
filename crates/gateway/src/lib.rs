//! Forward-auth: what a proxy asks about a request, and the answer that it acts upon. Pure functions, no I/O.

mod announced;
mod call;
mod decide;
mod granted;
mod network;
mod original;
mod transport;

pub use call::{Call, caller_address, target};
pub use decide::{Refused, challenges, decide};
pub use granted::{Granted, HEADERS, Subject};
pub use network::{InvalidNetwork, Network, TrustedPeers};
pub use original::{NoOriginal, Original};
pub use transport::{Transport, Trust};
