//! Which scopes a client gets: those of its key, of the APIs that take access tokens, narrowed to what was asked.

use std::sync::Arc;

use domain::access_token::{Granted, MAX_AUDIENCES};
use domain::api::Api;
use domain::authorization::Authorization;
use domain::client::ClientDefinition;
use domain::scope::{InvalidScope, ScopeSet};
use domain::verify::Owner;
use domain::{ClientRefusal, Kind};

/// The APIs that tokens can be for: those that take access tokens, and of them the ones that are named as resources. A resource that
/// no API has is refused; strings are compared exactly (RFC 8707 section 2).
pub(crate) fn meant(apis: Vec<Arc<Api>>, resources: &[String]) -> Result<Vec<Arc<Api>>, ClientRefusal> {
    let mut apis = apis;
    apis.retain(|api| api.takes_kind(Kind::AccessToken));
    if resources.is_empty() {
        return Ok(apis);
    }
    let is_resource = |api: &Arc<Api>, resource: &String| api.definition().resource.as_ref() == Some(resource);
    if !resources.iter().all(|resource| apis.iter().any(|api| is_resource(api, resource))) {
        return Err(ClientRefusal::ResourceWrong);
    }
    apis.retain(|api| resources.iter().any(|resource| is_resource(api, resource)));
    Ok(apis)
}

/// How tokens name an API for others: by its resource, or else by its name.
pub(crate) fn audience(api: &Api) -> &str {
    api.definition().resource.as_deref().unwrap_or(api.name())
}

/// What is asked for by name. All of it must be something that the key can have.
pub(super) fn named(text: &str, definition: &ClientDefinition, apis: &[Arc<Api>]) -> Result<ScopeSet, ClientRefusal> {
    let set = ScopeSet::read(text, apis).map_err(|_: InvalidScope| ClientRefusal::ScopeWrong)?;
    let single = |scopes, permissions, granted: &Granted| Granted { scopes, permissions, ..*granted };
    let fruitless = set.audiences.iter().any(|(api, granted)| {
        let mask = api.mask(&definition.permissions);
        let scopes = bits(granted.scopes).map(|bit| single(bit, 0, granted));
        let mut each = scopes.chain(bits(granted.permissions).map(|bit| single(0, bit, granted)));
        each.any(|one| api.granted_mask(&one) & mask == 0)
    });
    if fruitless { Err(ClientRefusal::ScopeWrong) } else { Ok(set) }
}

/// Everything that the key can have, of 4 APIs at most.
pub(super) fn all(definition: &ClientDefinition, apis: &[Arc<Api>]) -> ScopeSet {
    let audiences = apis.iter().filter_map(|api| {
        let mask = api.mask(&definition.permissions);
        let granted = Granted { api: api.tag(), scopes: 0, permissions: 0, vocabulary: api.vocabulary() };
        let of_scope = |place: &usize| api.granted_mask(&Granted { scopes: 1 << place, ..granted }) & mask != 0;
        let scopes = (0..api.definition().scopes.len()).filter(of_scope).fold(0, |scopes, place| scopes | 1 << place);
        let known = (0..api.definition().permissions.len()).fold(0u64, |known, bit| known | 1 << bit);
        let permissions = if scopes == 0 { mask & known } else { 0 };
        (scopes | permissions != 0).then(|| (api.clone(), Granted { scopes, permissions, ..granted }))
    });
    ScopeSet { identity: 0, audiences: audiences.take(MAX_AUDIENCES).collect() }
}

/// What was consented to, as far as there still is such a thing and its person may do any of it.
pub(super) fn consented(text: &str, apis: &[Arc<Api>], owner: &Owner) -> ScopeSet {
    let mut set = ScopeSet::default();
    for name in text.split(' ') {
        let Ok(one) = ScopeSet::read(name, apis) else { continue };
        let fruitless = one.audiences.iter().any(|(api, granted)| api.granted_mask(granted) & allowed(api, owner) == 0);
        if !fruitless {
            add(&mut set, one);
        }
    }
    set
}

fn allowed(api: &Api, owner: &Owner) -> u64 {
    match owner {
        Owner::Member { roles, .. } => api.allowed_by_roles(*roles),
        _ => u64::MAX,
    }
}

fn add(set: &mut ScopeSet, one: ScopeSet) {
    set.identity |= one.identity;
    for (api, granted) in one.audiences {
        let full = set.audiences.len() == MAX_AUDIENCES;
        match set.audiences.iter_mut().find(|(known, _)| known.name() == api.name()) {
            Some((_, known)) => {
                known.scopes |= granted.scopes;
                known.permissions |= granted.permissions;
            }
            None if full => {}
            None => set.audiences.push((api, granted)),
        }
    }
}

fn bits(set: u64) -> impl Iterator<Item = u64> {
    (0..u64::BITS).map(|place| 1 << place).filter(move |bit| set & bit != 0)
}

/// The APIs that a consent covers and that are asked for now: a subset of what was granted (RFC 8707 section 2.2). Where the consent
/// named no resources, it covers the APIs of its scopes.
pub(super) fn granted(apis: Vec<Arc<Api>>, authorization: &Authorization, resources: &[String]) -> Result<Vec<Arc<Api>>, ClientRefusal> {
    if authorization.resources.is_empty() {
        let apis = meant(apis, resources)?;
        let of_scopes = |api: &Arc<Api>| {
            let one = std::slice::from_ref(api);
            authorization.scope.split(' ').any(|name| ScopeSet::read(name, one).is_ok_and(|set| !set.audiences.is_empty()))
        };
        let covered = resources.is_empty() || apis.iter().all(of_scopes);
        return if covered { Ok(apis) } else { Err(ClientRefusal::ResourceWrong) };
    }
    if resources.iter().any(|resource| !authorization.resources.contains(resource)) {
        return Err(ClientRefusal::ResourceWrong);
    }
    meant(apis, if resources.is_empty() { &authorization.resources } else { resources })
}

/// Less than was granted, for one access token.
pub(super) fn narrowed(text: &str, apis: &[Arc<Api>], granted: &ScopeSet) -> Result<ScopeSet, ClientRefusal> {
    let set = ScopeSet::read(text, apis).map_err(|_: InvalidScope| ClientRefusal::ScopeWrong)?;
    if !set.is_empty() && set.is_within(granted) { Ok(set) } else { Err(ClientRefusal::ScopeWrong) }
}
