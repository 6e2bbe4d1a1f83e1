//! The ready file: what a program needs to begin with the demo, written when all is ready.

use std::path::Path;

use domain::Secret;
use serde::Serialize;

use super::data::Made;
use crate::node::write_private;

/// The member names are a contract with whoever starts the demo from a program.
#[derive(Serialize)]
pub(super) struct Ready {
    pub(super) authority: String,
    pub(super) operator_token: String,
    pub(super) api_credential: String,
    pub(super) learning: Learning,
}

#[derive(Serialize)]
pub(super) struct Learning {
    pub(super) url: String,
    pub(super) token: String,
    pub(super) user_id: u32,
    pub(super) email: String,
    pub(super) password: String,
}

impl Ready {
    pub(super) fn new(authority: &str, learning: &str, made: &Made) -> Self {
        let Made { operator_token, api_credential, token, email, password } = made.clone();
        let learning = Learning { url: learning.to_owned(), token, user_id: 3, email, password };
        Self { authority: authority.to_owned(), operator_token, api_credential, learning }
    }

    /// Written beside and renamed: whoever sees the file sees all of it.
    pub(super) fn write(&self, file: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::other)?;
        write_private(file, &Secret::new(text))
    }
}
