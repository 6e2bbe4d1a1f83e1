//! A form on a page: what stands in its fields, and what is wrong with them.

use std::collections::BTreeSet;

use authority::Error;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::api::PermissionDefinition;
use domain::permission::Permission;

use super::failure;
use super::fields::Fields;
use super::visit::Visit;
use crate::language::Words;

/// 24 bytes are 192 bits, and 32 characters.
const NONCE_BYTES: usize = 24;

/// A form, as `form.html` draws it.
pub(crate) struct Form {
    /// What ties it to the browser.
    pub(crate) csrf: String,
    /// Its number, where what it asks for is done once.
    pub(crate) nonce: Option<String>,
    sent: Fields,
    usual: Vec<(&'static str, String)>,
    problems: Vec<(&'static str, String)>,
}

impl Form {
    /// The form with what was sent in it; a page that is opened has what its link gives, else what is usual.
    pub(crate) fn new(visit: &Visit, usual: &[(&'static str, &str)]) -> Self {
        let (sent, usual) = match &visit.form {
            Some(form) => (form.clone(), Vec::new()),
            None if visit.was_typed => (visit.query.clone(), Vec::new()),
            None => (visit.query.clone(), usual.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()),
        };
        Self { csrf: visit.browser.form_token(), nonce: None, sent, usual, problems: Vec::new() }
    }

    /// With a number: for a form whose answer shows a secret ([`Visit::once`]).
    pub(crate) fn once(mut self, visit: &Visit) -> Result<Self, Response> {
        let mut bytes = [0; NONCE_BYTES];
        visit.authority().entropy().fill(&mut bytes).map_err(|error| failure::outage(&visit.browser, &error.into()))?;
        self.nonce = Some(URL_SAFE_NO_PAD.encode(bytes));
        Ok(self)
    }

    /// What stands in a field.
    pub(crate) fn value(&self, name: &str) -> &str {
        let usual = || self.usual.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        self.sent.get(name).or_else(usual).unwrap_or_default()
    }

    /// Whether this value is the chosen one, or among those that are ticked.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        let usual = || self.usual.iter().any(|(known, usual)| *known == name && usual == value);
        self.sent.all(name).any(|ticked| ticked == value) || (self.sent.get(name).is_none() && usual())
    }

    /// The values that were ticked.
    pub(crate) fn ticked<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        self.sent.all(name)
    }

    /// The permissions that were ticked.
    pub(crate) fn permissions(&self) -> BTreeSet<Permission> {
        self.ticked("permission").filter_map(|name| Permission::new(name).ok()).collect()
    }

    /// Says what is wrong with a field.
    pub(crate) fn refuse(&mut self, name: &'static str, problem: impl Into<String>) {
        if self.problem(name).is_none() {
            self.problems.push((name, problem.into()));
        }
    }

    /// Takes what a field's text was read as; says so where it does not fit.
    pub(crate) fn take<T, E>(&mut self, name: &'static str, read: Result<T, E>, problem: impl Into<String>) -> Option<T> {
        read.map_err(|_| self.refuse(name, problem)).ok()
    }

    /// Says which fields a use case refuses: `known` holds its fields and codes, our field of each, and what to say. What is not
    /// among them is a page of its own.
    pub(crate) fn refused(&mut self, visit: &Visit, error: Error, known: &[(&str, &'static str, impl Words)]) -> Result<(), Response> {
        let names: Vec<&str> = match &error {
            Error::Invalid(problems) => problems.iter().map(|(field, _)| field.as_str()).collect(),
            Error::Conflict { code, .. } => vec![code],
            _ => Vec::new(),
        };
        let told: Vec<_> = known.iter().filter(|(name, ..)| names.contains(name)).collect();
        if told.is_empty() {
            return Err(visit.refused(&error));
        }
        for (_, field, problem) in told {
            self.refuse(field, visit.say(*problem));
        }
        Ok(())
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    /// What is wrong, in the order in which it was found.
    pub(crate) fn problems(&self) -> &[(&'static str, String)] {
        &self.problems
    }

    /// What is wrong with a field.
    pub(crate) fn problem(&self, name: &str) -> Option<&str> {
        self.problems.iter().find(|(known, _)| *known == name).map(|(_, problem)| problem.as_str())
    }

    /// The attributes that tie a field to its help and its problem.
    pub(crate) fn aria(&self, name: &str, has_help: bool) -> String {
        let (help, problem) = (format!("{name}-help"), format!("{name}-problem"));
        let is_wrong = self.problem(name).is_some();
        let told: Vec<&str> =
            [(has_help, &help), (is_wrong, &problem)].into_iter().filter(|(is, _)| *is).map(|(_, id)| id.as_str()).collect();
        let invalid = if is_wrong { " aria-invalid=\"true\"" } else { "" };
        if told.is_empty() { String::new() } else { format!("{invalid} aria-describedby=\"{}\"", told.join(" ")) }
    }
}

/// One of the values that a field can have.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// What is sent.
    pub(crate) value: String,
    /// What it means.
    pub(crate) label: String,
    /// More about it.
    pub(crate) help: String,
    /// Its name on the wire, never translated.
    pub(crate) code: String,
}

impl Choice {
    /// A value, and what it means.
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), help: String::new(), code: String::new() }
    }

    /// A permission of an API.
    pub(crate) fn permission(permission: &PermissionDefinition) -> Self {
        Self::new(permission.name.as_str(), permission.title.as_str()).code(permission.name.as_str())
    }

    /// With more about it.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// With its name on the wire.
    pub(crate) fn code(self, code: impl Into<String>) -> Self {
        Self { code: code.into(), ..self }
    }
}
