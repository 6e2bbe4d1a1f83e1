//! The subsurface delivery API over real HTTP, checked by a real verifier.

mod announcements;
mod client;
#[path = "../common/mod.rs"]
mod common;
mod deliveries;
mod documents;
mod harness;
mod hostile;
mod lists;
mod refusals;
mod steps;
