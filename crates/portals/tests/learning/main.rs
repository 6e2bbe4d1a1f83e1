//! The learning platform over real HTTP, checked by a real verifier.

#[path = "../common/mod.rs"]
mod common;
mod documents;
mod harness;
mod hostile;
mod refusals;
mod submissions;
mod tokens;
