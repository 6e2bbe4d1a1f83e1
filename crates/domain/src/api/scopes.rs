//! The scopes of an API, and what was granted of it.

use std::collections::BTreeSet;

use super::{Api, ApiDefinition, InvalidApi};
use crate::access_token::{ApiTag, Granted};
use crate::scope::{MAX_SCOPES_OF_API, ScopeDefinition};

impl Api {
    /// The place of a scope in the definition.
    pub fn scope_place(&self, name: &str) -> Option<u8> {
        self.definition.scopes.iter().position(|scope| scope.name.as_str() == name).map(|place| place as u8)
    }

    /// How access tokens name it.
    pub fn tag(&self) -> ApiTag {
        self.tag
    }

    /// The check value of its lists of scopes and permissions. An access token that was issued under another one grants nothing: its
    /// client gets a new one.
    pub fn vocabulary(&self) -> u32 {
        self.vocabulary
    }

    /// The permissions that were granted.
    pub fn granted_mask(&self, granted: &Granted) -> u64 {
        if granted.vocabulary != self.vocabulary || granted.api != self.tag {
            return 0;
        }
        let of_scopes = self.scopes.iter().enumerate().filter(|(place, _)| granted.scopes >> place & 1 == 1);
        of_scopes.fold(granted.permissions, |mask, (_, scope)| mask | scope)
    }

    /// The names of the scopes and single permissions that were granted.
    pub fn granted_names(&self, granted: &Granted) -> impl Iterator<Item = &str> {
        let known = granted.vocabulary == self.vocabulary && granted.api == self.tag;
        let (scopes, permissions) = if known { (granted.scopes, granted.permissions) } else { (0, 0) };
        let named = self.definition.scopes.iter().enumerate().filter(move |(place, _)| scopes >> place & 1 == 1);
        named.map(|(_, scope)| scope.name.as_str()).chain(self.permission_names(permissions))
    }
}

/// Whether a text is a resource indicator (RFC 8707 section 2).
pub(super) fn is_resource(uri: &str) -> bool {
    let host = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"));
    uri.len() <= 400
        && host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        && uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

/// What is wrong with the scopes.
pub(super) fn check(definition: &ApiDefinition, problems: &mut Vec<InvalidApi>) {
    let mut wrong = |field: String, problem: &str| problems.push(InvalidApi { field, problem: problem.to_owned() });
    if definition.scopes.len() > MAX_SCOPES_OF_API {
        wrong("scopes".to_owned(), "must be 64 at most");
    }
    let mut names = BTreeSet::new();
    for (place, scope) in definition.scopes.iter().enumerate() {
        if !names.insert(scope.name.as_str()) {
            wrong(format!("scopes[{place}].name"), "stands twice");
        }
        if scope.permissions.iter().any(|name| !definition.permissions.iter().any(|known| known.name == *name)) {
            wrong(format!("scopes[{place}].permissions"), "must be among the API's permissions");
        }
    }
}

/// The permissions of a scope.
pub(super) fn mask(definition: &ApiDefinition, scope: &ScopeDefinition) -> u64 {
    if scope.permissions.is_empty() {
        return u64::MAX;
    }
    let named = definition.permissions.iter().enumerate().filter(|(_, known)| scope.permissions.contains(&known.name));
    named.fold(0, |mask, (bit, _)| mask | 1 << bit)
}

/// The check value of the lists of scopes and permissions.
pub(super) fn vocabulary(definition: &ApiDefinition) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    let scopes = definition.scopes.iter().map(|scope| scope.name.as_str());
    for name in scopes.chain(["\n"]).chain(definition.permissions.iter().map(|permission| permission.name.as_str())) {
        hasher.update(name.as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize()
}
