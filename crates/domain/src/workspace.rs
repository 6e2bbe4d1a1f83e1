//! Workspaces: the parts of an organisation that access can be limited to.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{OrganisationId, WorkspaceId};
use crate::text::{InvalidText, Name};
use crate::time::Timestamp;

/// A part of an organisation; a project of the Bronhouderportaal, a workspace of a privacy platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Whose it is; never another's later.
    pub organisation: OrganisationId,
    /// What paths call it, unique in the installation; never changed and never given to another workspace.
    pub number: WorkspaceNumber,
    /// Its name for people.
    pub name: Name,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when nothing works in it any more, if so.
    pub closed_at: Option<Timestamp>,
    /// Raised by every change; the value of its `ETag`.
    pub revision: i64,
}

/// What paths call a workspace: 1 to 40 of `a-z`, digits and inner hyphens, such as `1255`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkspaceNumber(String);

impl WorkspaceNumber {
    /// Reads a number.
    pub fn new(text: &str) -> Result<Self, InvalidText> {
        let fits = (1..=40).contains(&text.len())
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidText::Form("must be 1 to 40 of a-z, 0-9 and inner hyphens, such as 1255")) }
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WorkspaceNumber {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::new(&text)
    }
}

impl From<WorkspaceNumber> for String {
    fn from(number: WorkspaceNumber) -> Self {
        number.0
    }
}

impl fmt::Display for WorkspaceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_segment_of_a_path() {
        for good in ["1255", "0", "noord-2026"] {
            assert!(WorkspaceNumber::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-1", "1-", "A", "1/2", "1 2", "..", "é", &"1".repeat(41)] {
            assert!(WorkspaceNumber::new(bad).is_err(), "{bad}");
        }
    }
}
