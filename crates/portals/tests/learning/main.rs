//! The learning platform over real HTTP, checked by a real verifier.

mod documents;
mod harness;
mod hostile;
mod refusals;
mod submissions;
mod tokens;
