//! Scopes: what a client asks for on the OAuth wire, and which permissions of which API that is (RFC 6749 section 3.3).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access_token::{ApiTag, Granted, MAX_AUDIENCES};
use crate::api::Api;
use crate::permission::Permission;
use crate::text::{InvalidText, Name};

/// The most scopes that one API may name.
pub const MAX_SCOPES_OF_API: usize = 64;
/// The longest list of scopes in one request, in bytes.
pub const MAX_REQUESTED_BYTES: usize = 2_000;

/// A scope of an API: a name for a set of its permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeDefinition {
    /// Its name on the wire, such as `api1`.
    pub name: ScopeName,
    /// What it lets one do, in plain words.
    pub title: Name,
    /// Its permissions; empty: all of the API's, now and later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
}

/// The name of a scope: 1 to 60 visible ASCII characters without `"` and `\` (RFC 6749 section 3.3), and no scope of OpenID Connect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeName(String);

impl ScopeName {
    /// Reads a name.
    pub fn new(text: &str) -> Result<Self, InvalidText> {
        let fits = (1..=60).contains(&text.len()) && text.bytes().all(is_scope_byte);
        if !fits {
            return Err(InvalidText::Form("must be 1 to 60 visible ASCII characters, none of them \" or \\"));
        }
        if Identity::named(text).is_some() {
            return Err(InvalidText::Form("is a scope of OpenID Connect"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ScopeName {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::new(&text)
    }
}

impl From<ScopeName> for String {
    fn from(name: ScopeName) -> Self {
        name.0
    }
}

fn is_scope_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

/// The scopes of OpenID Connect, and `offline_access`; a set of them is a byte in an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Identity {
    /// An ID token, and userinfo.
    Openid = 1,
    /// The person's name.
    Profile = 2,
    /// The person's mail address.
    Email = 4,
    /// A refresh token.
    OfflineAccess = 8,
}

impl Identity {
    /// Each with its name, in the order in which they are listed.
    pub const ALL: [(Self, &str); 4] =
        [(Self::Openid, "openid"), (Self::Profile, "profile"), (Self::Email, "email"), (Self::OfflineAccess, "offline_access")];

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(scope, _)| *scope)
    }

    /// Whether it is in this set.
    pub const fn is_in(self, set: u8) -> bool {
        set & self as u8 != 0
    }
}

/// What scopes mean: on each API, and about the person.
#[derive(Debug, Clone, Default)]
pub struct ScopeSet {
    /// Scopes of OpenID Connect, see [`Identity`].
    pub identity: u8,
    /// What is asked of which API.
    pub audiences: Vec<(Arc<Api>, Granted)>,
}

/// The scopes cannot be given (`invalid_scope`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// Too long, or with characters that no scope has.
    #[error("the scope is not a list of names")]
    Malformed,
    /// No API has a scope or a permission of that name.
    #[error("the scope is unknown")]
    Unknown,
    /// Scopes of too many APIs at once.
    #[error("the scopes are those of more than 4 APIs")]
    TooMany,
}

impl ScopeSet {
    /// Reads a list of scopes: each a scope of OpenID Connect, of one of the APIs, or the name of a permission.
    pub fn read(text: &str, apis: &[Arc<Api>]) -> Result<Self, InvalidScope> {
        if text.len() > MAX_REQUESTED_BYTES || text.bytes().any(|byte| byte != b' ' && !is_scope_byte(byte)) {
            return Err(InvalidScope::Malformed);
        }
        let mut set = Self::default();
        for name in text.split(' ').filter(|name| !name.is_empty()) {
            set.add(name, apis)?;
        }
        Ok(set)
    }

    fn add(&mut self, name: &str, apis: &[Arc<Api>]) -> Result<(), InvalidScope> {
        if let Some(identity) = Identity::named(name) {
            self.identity |= identity as u8;
            return Ok(());
        }
        let found = apis.iter().find_map(|api| {
            Some((api, api.scope_place(name).map(|place| (1 << place, 0)).or_else(|| api.permission_bit(name).map(|bit| (0, 1 << bit)))?))
        });
        let Some((api, (scopes, permissions))) = found else { return Err(InvalidScope::Unknown) };
        let full = self.audiences.len() == MAX_AUDIENCES;
        match self.audiences.iter_mut().find(|(known, _)| known.name() == api.name()) {
            Some((_, granted)) => {
                granted.scopes |= scopes;
                granted.permissions |= permissions;
            }
            None if full => return Err(InvalidScope::TooMany),
            None => {
                let granted = Granted { api: ApiTag::of(api.name()), scopes, permissions, vocabulary: api.vocabulary() };
                self.audiences.push((api.clone(), granted));
            }
        }
        Ok(())
    }

    /// Whether it asks for nothing at all.
    pub fn is_empty(&self) -> bool {
        self.identity == 0 && self.audiences.is_empty()
    }

    /// The names, as the `scope` of an answer has them: the APIs' first, `offline_access` last.
    pub fn names(&self) -> Vec<&str> {
        let of_apis = self.audiences.iter().flat_map(|(api, granted)| api.granted_names(granted));
        let of_person = Identity::ALL.iter().filter(|(scope, _)| scope.is_in(self.identity)).map(|(_, name)| *name);
        let mut names: Vec<&str> = of_person.clone().filter(|name| *name != "offline_access").collect();
        names.extend(of_apis);
        names.extend(of_person.filter(|name| *name == "offline_access"));
        names
    }

    /// The `scope` of an answer.
    pub fn text(&self) -> String {
        self.names().join(" ")
    }

    /// Whether it asks for nothing that the other does not.
    pub fn is_within(&self, other: &Self) -> bool {
        self.identity & !other.identity == 0
            && self.audiences.iter().all(|(api, granted)| {
                let wider = other.audiences.iter().find(|(known, _)| known.name() == api.name());
                wider.is_some_and(|(_, wider)| {
                    granted.scopes & !wider.scopes == 0 && api.granted_mask(granted) & !api.granted_mask(wider) == 0
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ApiDefinition;

    fn apis() -> Vec<Arc<Api>> {
        let definition: ApiDefinition = serde_json::from_value(serde_json::json!({
            "name": "privacy", "title": "Privacy", "presentations": ["bearer"], "credentials": ["access_token"],
            "permissions": [{"name": "privacy:workspaces:read", "title": "Read"}, {"name": "privacy:workspaces:write", "title": "Write"}],
            "scopes": [{"name": "api1", "title": "All"}, {"name": "reading", "title": "Read", "permissions": ["privacy:workspaces:read"]}]
        }))
        .expect("a definition");
        vec![Arc::new(Api::new(definition).expect("valid"))]
    }

    #[test]
    fn scopes_and_permissions_are_read_and_written() {
        let apis = apis();
        let set = ScopeSet::read("offline_access api1 openid  api1", &apis).expect("known");
        assert_eq!(set.text(), "openid api1 offline_access");
        assert_eq!(apis[0].granted_mask(&set.audiences[0].1) & 0b11, 0b11);
        let read = ScopeSet::read("privacy:workspaces:read", &apis).expect("known");
        assert_eq!(read.text(), "privacy:workspaces:read");
        assert_eq!(apis[0].granted_mask(&read.audiences[0].1), 0b01);
        for (bad, expected) in [
            ("api2", InvalidScope::Unknown),
            ("API1", InvalidScope::Unknown),
            ("a\"b", InvalidScope::Malformed),
            ("é", InvalidScope::Malformed),
        ] {
            assert_eq!(ScopeSet::read(bad, &apis).err(), Some(expected), "{bad}");
        }
        assert!(ScopeSet::read("", &apis).expect("empty").is_empty());
    }

    #[test]
    fn a_narrower_set_is_within_a_wider_one() {
        let apis = apis();
        let read = |text| ScopeSet::read(text, &apis).expect("known");
        assert!(read("reading").is_within(&read("reading api1")));
        assert!(!read("reading").is_within(&read("api1")), "another scope than was granted");
        assert!(read("privacy:workspaces:read").is_within(&read("api1")));
        assert!(!read("api1").is_within(&read("privacy:workspaces:read")));
        assert!(!read("openid").is_within(&read("api1")));
    }

    #[test]
    fn a_token_of_other_lists_grants_nothing() {
        let api = &apis()[0];
        let granted = ScopeSet::read("api1", &apis()).expect("known").audiences[0].1;
        assert_eq!(api.granted_mask(&Granted { vocabulary: granted.vocabulary ^ 1, ..granted }), 0);
    }
}
