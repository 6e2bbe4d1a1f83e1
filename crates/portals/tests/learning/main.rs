//! The learning platform over real HTTP, checked by a real verifier.

mod announcements;
#[path = "../common/mod.rs"]
mod common;
mod documents;
mod harness;
mod hostile;
mod refusals;
mod submissions;
mod tokens;
