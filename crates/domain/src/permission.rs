//! Permissions: the unit of what a credential may do.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::InvalidText;

/// The most permissions that one API may have: a set of them is one 64-bit mask in the index.
pub const MAX_PERMISSIONS_OF_API: usize = 64;

/// The name of a permission, `api:thing:action`: three parts of `a-z`, digits and hyphens, each 1 to 40 long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Permission(String);

impl Permission {
    /// Reads a name.
    pub fn new(text: &str) -> Result<Self, InvalidText> {
        let fits = text.split(':').count() == 3 && text.split(':').all(is_slug);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidText::Form("must look like api:thing:action, in lower case")) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The API it belongs to.
    pub fn api(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }
}

/// Whether the text is 1 to 40 of `a-z`, `0-9` and `-`, begins with a letter and does not end with a hyphen.
pub fn is_slug(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

impl TryFrom<String> for Permission {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::new(&text)
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        permission.0
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a credential may do at most. What it may do at a moment is also bounded by its owner's roles.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permissions {
    /// All that its owner may do, now and later.
    All,
    /// These. An empty set means nothing at all.
    Only(BTreeSet<Permission>),
}

impl Permissions {
    /// Whether this set holds nothing that the other does not.
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All) => true,
            (Self::All, Self::Only(_)) => false,
            (Self::Only(inner), Self::Only(outer)) => inner.is_subset(outer),
        }
    }

    /// What both sets hold.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, both) | (both, Self::All) => both.clone(),
            (Self::Only(one), Self::Only(other)) => Self::Only(one.intersection(other).cloned().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_three_parts() {
        assert_eq!(Permission::new("learning:submissions:read").expect("a name").api(), "learning");
        for bad in ["", "*", "a:b", "a:b:c:d", "A:b:c", "a::c", "a:b:*", "a:b:c ", "-a:b:c", "a:b:c-"] {
            assert!(Permission::new(bad).is_err(), "{bad}");
        }
    }
}
