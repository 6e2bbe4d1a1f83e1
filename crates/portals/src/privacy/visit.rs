//! One request after its check: who is calling, for what, about which workspace.

use domain::Timestamp;

use super::access::{Caller, Place, number};
use super::answer::Failure;
use super::query::Query;

/// A checked request.
pub(super) struct Visit {
    pub(super) caller: Caller,
    pub(super) now: Timestamp,
    pub(super) query: Query,
    /// Scheme and host of the URLs in the answer.
    pub(super) base: String,
    names: Vec<(&'static str, String)>,
}

impl Visit {
    pub(super) fn new(caller: Caller, query: Query, (base, now): (&str, Timestamp), names: Vec<(&'static str, String)>) -> Self {
        Self { caller, now, query, base: base.to_owned(), names }
    }

    /// The workspace that the path names.
    pub(super) fn place(&self) -> Result<Place, Failure> {
        let workspace = self.text("workspaceId").and_then(number).ok_or(Failure::NotFound)?;
        // The check let it in; what the index says meanwhile may be something else.
        self.caller.reach.iter().find(|place| place.workspace == workspace).copied().ok_or(Failure::NotFound)
    }

    /// What the path names with a number. Other text names nothing.
    pub(super) fn number(&self) -> Result<i32, Failure> {
        self.text("id").and_then(number).ok_or(Failure::NotFound)
    }

    /// What the path names with a UUID, in lower case.
    pub(super) fn id(&self) -> Result<String, Failure> {
        self.text("id").map(str::to_ascii_lowercase).ok_or(Failure::NotFound)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.names.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}
