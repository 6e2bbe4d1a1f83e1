//! Which scopes a client asks for, and may ask for.

use std::sync::Arc;

use domain::Kind;
use domain::access_token::MAX_AUDIENCES;
use domain::api::Api;
use domain::client::{ClientDefinition, GrantType};
use domain::scope::{Identity, InvalidScope, ScopeSet};

/// Whether access tokens are worth anything at the API.
pub(super) fn takes_access_tokens(api: &Api) -> bool {
    api.takes_kind(Kind::AccessToken)
}

/// What is asked for: the scopes that are named, or the client's own where none is (RFC 6749 section 3.3), of the resources that are
/// named. Each must be one that the client can have something of. A client that takes no refresh tokens gets none.
pub(crate) fn asked(
    definition: &ClientDefinition,
    named: Option<&str>,
    resources: &[String],
    apis: &[Arc<Api>],
) -> Result<ScopeSet, &'static str> {
    let apis: Vec<Arc<Api>> = apis.iter().filter(|api| takes_access_tokens(api)).cloned().collect();
    let text = match named {
        Some(named) => named.to_owned(),
        None => own(definition, resources, &apis),
    };
    let mut set = ScopeSet::read(&text, &apis).map_err(|error| match error {
        InvalidScope::Malformed => "scope is not a list of names",
        InvalidScope::Unknown => "scope names something unknown",
        InvalidScope::TooMany => "scope names more than 4 APIs",
    })?;
    for name in text.split(' ').filter(|name| !name.is_empty()) {
        let single = ScopeSet::read(name, &apis).map_err(|_| "scope names something unknown")?;
        let fruitless = single.audiences.iter().any(|(api, granted)| api.granted_mask(granted) & api.mask(&definition.permissions) == 0);
        if fruitless {
            return Err("scope names something that this client may not have");
        }
    }
    if !definition.may(GrantType::RefreshToken) {
        set.identity &= !(Identity::OfflineAccess as u8);
    }
    if set.is_empty() { Err("scope is missing") } else { Ok(set) }
}

/// The scopes that a client gets where it names none: its default ones, or all those of APIs that it can have something of.
fn own(definition: &ClientDefinition, resources: &[String], apis: &[Arc<Api>]) -> String {
    if !definition.default_scopes.is_empty() {
        return definition.default_scopes.join(" ");
    }
    let is_meant =
        |api: &&Arc<Api>| resources.is_empty() || api.definition().resource.as_ref().is_some_and(|resource| resources.contains(resource));
    let names = apis.iter().filter(is_meant).map(|api| names_of(api, definition)).filter(|names| !names.is_empty());
    names.take(MAX_AUDIENCES).collect::<Vec<_>>().join(" ")
}

fn names_of(api: &Api, definition: &ClientDefinition) -> String {
    let mask = api.mask(&definition.permissions);
    let permits = |scope: &domain::scope::ScopeDefinition| {
        scope.permissions.is_empty() && mask != 0
            || scope.permissions.iter().any(|permission| api.permission_bit(permission.as_str()).is_some_and(|bit| mask >> bit & 1 == 1))
    };
    let scopes: Vec<&str> = api.definition().scopes.iter().filter(|scope| permits(scope)).map(|scope| scope.name.as_str()).collect();
    if scopes.is_empty() { api.permission_names(mask).collect::<Vec<_>>().join(" ") } else { scopes.join(" ") }
}
