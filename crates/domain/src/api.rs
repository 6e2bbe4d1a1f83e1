//! APIs as data: permissions, routes and accepted presentations of a protected resource server.

mod routes;
mod scopes;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::access_token::ApiTag;
use crate::client::SigningAlgorithm;
use crate::credential::Kind;
use crate::permission::{self, MAX_PERMISSIONS_OF_API, Permission, Permissions};
use crate::person::{Role, Roles};
use crate::presentation::Presentation;
use crate::scope::ScopeDefinition;
use crate::text::Name;

/// The most routes that one API may have.
pub const MAX_ROUTES_OF_API: usize = 1_000;
/// Methods that a route may name; `HEAD` follows `GET`.
pub const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// What an operator writes about an API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiDefinition {
    /// Its name in URLs and permissions: `a-z`, digits, hyphens.
    pub name: String,
    /// Its name for people.
    pub title: Name,
    /// How a credential may be presented to it.
    pub presentations: Vec<Presentation>,
    /// Which kinds of credential it takes.
    #[serde(default = "personal_tokens")]
    pub credentials: Vec<Kind>,
    /// Whether it takes credentials that were imported from another system.
    #[serde(default)]
    pub accepts_imported: bool,
    /// Prefixes that a path may have or not have, such as a language: `/nl`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional_prefixes: Vec<String>,
    /// Suffixes that a path may have or not have, such as a format: `.json`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub optional_suffixes: Vec<String>,
    /// Whether the letters' case in a path means nothing.
    #[serde(default)]
    pub ignores_case: bool,
    /// What it lets callers do.
    pub permissions: Vec<PermissionDefinition>,
    /// Names for sets of its permissions, for OAuth 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ScopeDefinition>,
    /// Its resource indicator (RFC 8707): an absolute URI without a fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// With which algorithm its access tokens are signed JWTs (RFC 9068); opaque ones unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_algorithm: Option<SigningAlgorithm>,
    /// Which request needs what. A request that no route covers is refused.
    #[serde(default)]
    pub routes: Vec<RouteDefinition>,
}

fn personal_tokens() -> Vec<Kind> {
    vec![Kind::PersonalToken]
}

/// One permission of an API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionDefinition {
    /// Its name; begins with the API's.
    pub name: Permission,
    /// What it lets one do, in plain words.
    pub title: Name,
    /// The roles that may hold it; empty: every member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
}

/// One route of an API: either public or in need of a permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteDefinition {
    /// One of [`METHODS`], upper case.
    pub method: String,
    /// The path, with parameters as `/courses/{id}`.
    pub path: String,
    /// The permission that it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<Permission>,
    /// Whether it needs no credential. One that is presented must be good all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public: bool,
    /// The path parameter that names the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// A problem of a definition: where, and what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidApi {
    /// The member of the definition, as `routes[3].path`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

/// An API, ready to decide with.
#[derive(Debug)]
pub struct Api {
    definition: ApiDefinition,
    router: matchit::Router<Vec<MethodRule>>,
    /// By the bits of a set of roles: the permissions that a member with these roles may hold.
    allowed_by_roles: [u64; SETS_OF_ROLES],
    /// The permissions of each scope.
    scopes: Box<[u64]>,
    tag: ApiTag,
    vocabulary: u32,
}

#[derive(Debug)]
struct MethodRule {
    method: &'static str,
    /// The route's place in the definition.
    place: usize,
    rule: Rule,
    workspace: Option<String>,
}

/// What a route asks of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing: an anonymous caller is let in.
    Public,
    /// The permission with this bit.
    Permission(u8),
}

/// The rule that covers a request, and the workspace that its path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched<'p> {
    /// What is asked.
    pub rule: Rule,
    /// The value of the path parameter that names the workspace.
    pub workspace: Option<Cow<'p, str>>,
}

impl Api {
    /// Checks a definition and makes it ready; all problems at once.
    pub fn new(definition: ApiDefinition) -> Result<Self, Vec<InvalidApi>> {
        let mut problems = Vec::new();
        let mut wrong = |field: String, problem: &str| problems.push(InvalidApi { field, problem: problem.to_owned() });
        if !permission::is_slug(&definition.name) {
            wrong("name".to_owned(), "must be 1 to 40 of a-z, 0-9 and hyphens, and begin with a letter");
        }
        if definition.presentations.is_empty() {
            wrong("presentations".to_owned(), "must name at least one");
        }
        if definition.presentations.contains(&Presentation::Dpop) {
            wrong("presentations".to_owned(), "takes dpop wherever it takes bearer: name bearer");
        }
        if definition.credentials.is_empty() {
            wrong("credentials".to_owned(), "must name at least one");
        }
        if definition.credentials.iter().any(|kind| !Kind::TAKEN_BY_APIS.contains(kind)) {
            wrong("credentials".to_owned(), "must be personal_token, organisation_token, organisation_key or access_token");
        }
        if definition.resource.as_deref().is_some_and(|resource| !scopes::is_resource(resource)) {
            wrong("resource".to_owned(), "must be an absolute URI without a fragment");
        }
        if definition.permissions.len() > MAX_PERMISSIONS_OF_API {
            wrong("permissions".to_owned(), "must be 64 at most");
        }
        if definition.routes.len() > MAX_ROUTES_OF_API {
            wrong("routes".to_owned(), "must be 1000 at most");
        }
        for (field, affixes, mark) in
            [("optional_prefixes", &definition.optional_prefixes, '/'), ("optional_suffixes", &definition.optional_suffixes, '.')]
        {
            for (place, affix) in affixes.iter().enumerate() {
                let fits = affix.strip_prefix(mark).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()));
                if !fits {
                    wrong(format!("{field}[{place}]"), "must be a mark (/ or .) and letters or digits");
                }
            }
        }
        let mut names = BTreeSet::new();
        for (place, permission) in definition.permissions.iter().enumerate() {
            if permission.name.api() != definition.name {
                wrong(format!("permissions[{place}].name"), "must begin with the API's name");
            }
            if !names.insert(&permission.name) {
                wrong(format!("permissions[{place}].name"), "stands twice");
            }
        }
        scopes::check(&definition, &mut problems);
        let router = routes::router(&definition, &mut problems);
        if problems.is_empty() {
            let allowed_by_roles = allowed_by_roles(&definition);
            let scopes = definition.scopes.iter().map(|scope| scopes::mask(&definition, scope)).collect();
            let (tag, vocabulary) = (ApiTag::of(&definition.name), scopes::vocabulary(&definition));
            Ok(Self { definition, router, allowed_by_roles, scopes, tag, vocabulary })
        } else {
            Err(problems)
        }
    }

    /// The definition.
    pub fn definition(&self) -> &ApiDefinition {
        &self.definition
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// The bit of a permission.
    pub fn permission_bit(&self, name: &str) -> Option<u8> {
        self.definition.permissions.iter().position(|permission| permission.name.as_str() == name).map(|bit| bit as u8)
    }

    /// The permissions of a mask, in the definition's order.
    pub fn permission_names(&self, mask: u64) -> impl Iterator<Item = &str> {
        let named = self.definition.permissions.iter().enumerate();
        named.filter(move |(bit, _)| mask >> bit & 1 == 1).map(|(_, permission)| permission.name.as_str())
    }

    /// The mask of those of the permissions that are this API's.
    pub fn mask(&self, permissions: &Permissions) -> u64 {
        match permissions {
            Permissions::All => u64::MAX,
            Permissions::Only(names) => {
                names.iter().filter_map(|name| self.permission_bit(name.as_str())).fold(0, |mask, bit| mask | 1 << bit)
            }
        }
    }

    /// The permissions that a member with these roles may hold.
    pub fn allowed_by_roles(&self, roles: Roles) -> u64 {
        self.allowed_by_roles[usize::from(roles.bits() & Roles::MASK)]
    }

    /// Whether a credential may be presented in this way. Who takes `Bearer` takes what is bound to a key, too.
    pub fn takes(&self, presentation: Presentation) -> bool {
        let presentation = if presentation == Presentation::Dpop { Presentation::Bearer } else { presentation };
        self.definition.presentations.contains(&presentation)
    }

    /// Whether it takes credentials of this kind.
    pub fn takes_kind(&self, kind: Kind) -> bool {
        self.definition.credentials.contains(&kind)
    }

    /// The rule that covers a request; `path` is in canonical form (see [`crate::path::canonical`]).
    pub fn rule<'p>(&self, method: &str, path: &'p str) -> Option<Matched<'p>> {
        let method = if method == "HEAD" { "GET" } else { method };
        if self.definition.ignores_case && path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let lower = path.to_ascii_lowercase();
            let (matched, _) = self.find(method, &lower)?;
            return Some(Matched { rule: matched.rule, workspace: matched.workspace.map(|workspace| workspace.into_owned().into()) });
        }
        self.find(method, path).map(|(matched, _)| matched)
    }

    /// The place in the definition of the route that covers a request; `path` is in canonical form.
    pub fn route_place(&self, method: &str, path: &str) -> Option<usize> {
        let method = if method == "HEAD" { "GET" } else { method };
        let found =
            if self.definition.ignores_case { self.find(method, &path.to_ascii_lowercase())?.1 } else { self.find(method, path)?.1 };
        Some(found)
    }

    #[inline]
    fn find<'p>(&self, method: &str, path: &'p str) -> Option<(Matched<'p>, usize)> {
        let without_prefix = self.definition.optional_prefixes.iter().find_map(|prefix| {
            let rest = path.strip_prefix(prefix.as_str())?;
            match rest {
                "" => Some("/"),
                rest if rest.starts_with('/') => Some(rest),
                _ => None,
            }
        });
        let path = without_prefix.unwrap_or(path);
        let without_suffix = self.definition.optional_suffixes.iter().find_map(|suffix| path.strip_suffix(suffix.as_str()));
        // A format suffix stands after a name: `/courses.json`, never `/.json`.
        let path = without_suffix.filter(|rest| !rest.is_empty() && !rest.ends_with('/')).unwrap_or(path);
        let found = self.router.at(path).ok()?;
        let rule = found.value.iter().find(|rule| rule.method == method)?;
        let workspace = rule.workspace.as_deref().and_then(|name| found.params.get(name)).map(Cow::Borrowed);
        Some((Matched { rule: rule.rule, workspace }, rule.place))
    }
}

/// How many sets of roles there are.
const SETS_OF_ROLES: usize = Roles::MASK as usize + 1;

fn allowed_by_roles(definition: &ApiDefinition) -> [u64; SETS_OF_ROLES] {
    let mut allowed = [0; SETS_OF_ROLES];
    for (bits, mask) in allowed.iter_mut().enumerate() {
        let roles = Roles::from_bits(bits as u8);
        for (bit, permission) in definition.permissions.iter().enumerate() {
            if permission.roles.is_empty() || permission.roles.iter().any(|role| roles.has(*role)) {
                *mask |= 1 << bit;
            }
        }
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(json: serde_json::Value) -> ApiDefinition {
        serde_json::from_value(json).expect("a definition")
    }

    fn learning() -> serde_json::Value {
        serde_json::json!({
            "name": "learning", "title": "Learning", "presentations": ["bare"],
            "optional_prefixes": ["/nl", "/en"], "optional_suffixes": [".json"],
            "permissions": [
                {"name": "learning:courses:read", "title": "See courses"},
                {"name": "learning:courses:write", "title": "Change courses", "roles": ["owner"]}
            ],
            "routes": [
                {"method": "GET", "path": "/", "public": true},
                {"method": "GET", "path": "/courses/{id}", "permission": "learning:courses:read"},
                {"method": "PUT", "path": "/courses/{id}", "permission": "learning:courses:write"},
                {"method": "POST", "path": "/{project}/uploads", "permission": "learning:courses:write", "workspace": "project"}
            ]
        })
    }

    #[test]
    fn requests_meet_their_rules() {
        let api = Api::new(definition(learning())).expect("valid");
        let rule = |method, path| api.rule(method, path).map(|matched| matched.rule);
        assert_eq!(rule("GET", "/"), Some(Rule::Public));
        assert_eq!(rule("GET", "/nl"), Some(Rule::Public));
        assert_eq!(rule("HEAD", "/nl/courses/1.json"), Some(Rule::Permission(0)));
        assert_eq!(rule("PUT", "/courses/1"), Some(Rule::Permission(1)));
        assert_eq!(api.rule("POST", "/1255/uploads").and_then(|matched| matched.workspace).as_deref(), Some("1255"));
        for (method, path) in [("DELETE", "/courses/1"), ("GET", "/nlx"), ("GET", "/courses"), ("GET", "/COURSES/1"), ("get", "/")] {
            assert_eq!(rule(method, path), None, "{method} {path}");
        }
        assert_eq!(api.allowed_by_roles(Roles::NONE.with(Role::Member)), 0b01);
        assert_eq!(api.allowed_by_roles(Roles::NONE.with(Role::Owner)), 0b11);
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let mut bad = learning();
        bad["name"] = "Learning".into();
        bad["routes"][1]["permission"] = "other:thing:read".into();
        bad["routes"][2]["public"] = true.into();
        bad["routes"][3]["workspace"] = "nothing".into();
        bad["routes"][0]["path"] = "//".into();
        let problems = Api::new(definition(bad)).expect_err("invalid");
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        for field in
            ["name", "permissions[0].name", "routes[0].path", "routes[1].permission", "routes[2].permission", "routes[3].workspace"]
        {
            assert!(fields.contains(&field), "{field} in {fields:?}");
        }
    }
}
