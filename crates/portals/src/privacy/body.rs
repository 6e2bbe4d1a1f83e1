//! What a request's body says: one JSON object, of which every member means something.

use axum::body::{Body, to_bytes};
use serde_json::{Map, Value};

use super::answer::Failure;

/// The longest body that is read, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// The members of a body that are not read yet.
pub(super) struct Members(Map<String, Value>);

impl Members {
    /// Reads a body whole, whatever the client calls its type.
    pub(super) async fn read(body: Body) -> Result<Self, Failure> {
        let bytes = to_bytes(body, MAX_BYTES).await.map_err(|_| Failure::TooLarge)?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            _ => Err(Failure::BadRequest("The body must be one JSON object.")),
        }
    }

    /// A text: absent for no word about it, `null` or blank for none.
    pub(super) fn text(&mut self, name: &str, letters: usize) -> Result<Option<Option<String>>, Failure> {
        let text = match self.0.remove(name) {
            None => return Ok(None),
            Some(Value::Null) => return Ok(Some(None)),
            Some(Value::String(text)) => text,
            Some(_) => return Err(invalid(name, "must be text.")),
        };
        let text = text.trim();
        if text.chars().count() > letters || text.chars().any(|letter| letter.is_control() && letter != '\n') {
            return Err(invalid(name, format!("must be {letters} characters at most, without control characters.")));
        }
        Ok(Some(Some(text.to_owned()).filter(|text| !text.is_empty())))
    }

    /// A text that cannot be taken away: absent for no word about it.
    pub(super) fn needed(&mut self, name: &str, letters: usize) -> Result<Option<String>, Failure> {
        match self.text(name, letters)? {
            Some(None) => Err(invalid(name, "must not be empty.")),
            Some(text) => Ok(text),
            None => Ok(None),
        }
    }

    /// A number: absent for no word about it, `null` for none.
    pub(super) fn number(&mut self, name: &str, least: i64, most: i64) -> Result<Option<Option<i64>>, Failure> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(value) => {
                let number = value.as_i64().filter(|number| (least..=most).contains(number));
                number.map(|number| Some(Some(number))).ok_or_else(|| invalid(name, format!("must be a number from {least} to {most}.")))
            }
        }
    }

    /// A value out of a few.
    pub(super) fn choice(&mut self, name: &str, known: &[&'static str]) -> Result<Option<&'static str>, Failure> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let found = known.iter().find(|known| value.as_str() == Some(known)).copied();
        found.map(Some).ok_or_else(|| invalid(name, format!("must be one of: {}.", known.join(", "))))
    }

    /// Refuses members that mean nothing here, but for those that a client sends back as it got them: a mistyped one would
    /// change nothing in silence.
    pub(super) fn end(self, ignored: &[&str]) -> Result<(), Failure> {
        match self.0.keys().find(|name| !ignored.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(invalid(&name.chars().take(100).collect::<String>(), "is not a member that is known here.")),
        }
    }
}

/// The failure of a member.
pub(super) fn invalid(name: &str, problem: impl Into<String>) -> Failure {
    Failure::Invalid(name.to_owned(), problem.into())
}
