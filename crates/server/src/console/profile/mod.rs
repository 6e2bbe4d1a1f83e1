//! Everybody's own page: details, where one is signed in, and the apps that have access.

pub(super) mod apps;
pub(super) mod details;
pub(super) mod sessions;
mod texts;
