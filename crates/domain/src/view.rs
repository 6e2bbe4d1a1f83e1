//! What operators look at of an organisation, who says why first.

use serde::{Deserialize, Serialize};

/// A part of what is an organisation's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewedPart {
    /// Its members.
    Members,
    /// The tokens of its members, and its own.
    Tokens,
    /// Its keys.
    Keys,
    /// Its workspaces, and the delegations that it gives and gets.
    Workspaces,
    /// Its audit log.
    Audit,
}

impl ViewedPart {
    /// All of them, in the order of pages.
    pub const ALL: [Self; 5] = [Self::Members, Self::Tokens, Self::Keys, Self::Workspaces, Self::Audit];

    /// Its name in rows, forms and the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Tokens => "tokens",
            Self::Keys => "keys",
            Self::Workspaces => "workspaces",
            Self::Audit => "audit",
        }
    }

    /// The part with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}
