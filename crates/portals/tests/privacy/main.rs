//! The privacy API over real HTTP, checked by a real verifier.

mod access;
mod announcements;
#[path = "../common/mod.rs"]
mod common;
mod harness;
mod hostile;
mod limits;
mod pages;
mod records;
mod workspaces;
