//! Texts that clients give: names, labels, descriptions, bounded and without control characters.

use serde_json::{Map, Value};

use super::answer::Failure;

/// The longest name of a file, in characters.
pub(super) const FILENAME_LETTERS: usize = 255;
/// The longest label or reference.
pub(super) const NAME_LETTERS: usize = 100;
/// The longest description or reason.
pub(super) const DESCRIPTION_LETTERS: usize = 2_000;
/// The most labels of a delivery.
const MAX_LABELS: usize = 20;

/// Reads texts.
pub(super) struct Text;

impl Text {
    /// A text that may be absent; blank is absent.
    pub(super) fn optional(name: &str, text: Option<&str>, letters: usize) -> Result<Option<String>, Failure> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        if text.chars().count() > letters || text.chars().any(|letter| letter.is_control() && letter != '\n') {
            return Err(Failure::BadRequest(format!("{name} mag ten hoogste {letters} tekens hebben en geen besturingstekens.")));
        }
        Ok(Some(text.to_owned()))
    }

    /// What a body changes a text to: absent for no change, `null` or blank for none.
    pub(super) fn change(body: &Map<String, Value>, name: &str, letters: usize) -> Result<Option<Option<String>>, Failure> {
        match body.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::String(text)) => Self::optional(name, Some(text), letters).map(Some),
            Some(_) => Err(Failure::BadRequest(format!("{name} moet tekst zijn."))),
        }
    }

    /// Labels, each once, in their order.
    pub(super) fn labels<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Vec<String>, Failure> {
        let mut labels = Vec::new();
        for text in texts.into_iter().flat_map(|text| text.split(',')) {
            if let Some(label) = Self::optional("labels", Some(text), NAME_LETTERS)?.filter(|label| !labels.contains(label)) {
                labels.push(label);
            }
        }
        if labels.len() > MAX_LABELS {
            return Err(Failure::BadRequest(format!("Er mogen ten hoogste {MAX_LABELS} labels zijn.")));
        }
        Ok(labels)
    }

    /// As [`Text::labels`], from a member of a body that is a list of them.
    pub(super) fn label_list(value: &Value) -> Result<Vec<String>, Failure> {
        let wrong = || Failure::BadRequest("labels moet een lijst van teksten zijn.".to_owned());
        let texts = value.as_array().ok_or_else(wrong)?.iter().map(|label| label.as_str().ok_or_else(wrong));
        Self::labels(texts.collect::<Result<Vec<_>, _>>()?)
    }
}

/// Refuses a body with members that mean nothing here: a mistyped one would change nothing in silence.
pub(super) fn only(body: &Map<String, Value>, known: &[&str]) -> Result<(), Failure> {
    match body.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(_) => Err(Failure::BadRequest(format!("Alleen deze gegevens zijn toegestaan: {}.", known.join(", ")))),
    }
}
