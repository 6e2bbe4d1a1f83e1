//! What this server is and can do, for programs: RFC 8414, OpenID Connect Discovery, RFC 9728, and the public keys.
//!
//! Every endpoint is in the document because it is in the table of routes, and only then.

use std::sync::Arc;

use authority::authorize::{Prompt, ResponseMode};
use axum::body::Body;
use axum::response::Response;
use domain::Digest;
use domain::api::Api;
use domain::client::{ClientAuthentication, GrantType, SigningAlgorithm};
use domain::scope::Identity;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HOST, HeaderValue, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use jose::Algorithm;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::error::ConnectError;
use super::{Connect, ROUTES};

/// Where each endpoint's URL stands in the document.
const ENDPOINTS: [(&str, &str); 11] = [
    ("authorization_endpoint", "/connect/authorize"),
    ("token_endpoint", "/connect/token"),
    ("jwks_uri", "/.well-known/openid-configuration/jwks"),
    ("pushed_authorization_request_endpoint", "/connect/par"),
    ("device_authorization_endpoint", "/connect/deviceauthorization"),
    ("introspection_endpoint", "/connect/introspect"),
    ("revocation_endpoint", "/connect/revocation"),
    ("userinfo_endpoint", "/connect/userinfo"),
    ("end_session_endpoint", "/connect/endsession"),
    ("registration_endpoint", "/connect/register"),
    ("check_session_iframe", "/connect/checksession"),
];
/// A week, as the Dutch government's profile recommends (NL GOV Assurance profile for OAuth 2.0 section 3.1.5); with its `ETag` a
/// program can ask sooner.
pub(super) const KEPT_SECONDS: u32 = 7 * 86_400;

/// `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`: one document.
pub(super) async fn metadata(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let mut document = Map::new();
    document.insert("issuer".to_owned(), json!(connect.issuer));
    for (name, path) in ENDPOINTS {
        if has_route(path) && (path != "/connect/register" || connect.registration.is_possible()) {
            document.insert(name.to_owned(), json!(connect.url(path)));
        }
    }
    let Value::Object(abilities) = abilities(&connect) else { return Err(super::Code::Internal.into()) };
    document.extend(abilities);
    Ok(answer(&call.parts.headers, &Value::Object(document), KEPT_SECONDS))
}

fn has_route(path: &str) -> bool {
    ROUTES.iter().any(|route| route.path == path)
}

fn abilities(connect: &Connect) -> Value {
    let names = |algorithms: &[Algorithm]| algorithms.iter().map(|algorithm| algorithm.name()).collect::<Vec<_>>();
    let signed: Vec<&str> = SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
    let mut methods: Vec<&str> = ClientAuthentication::ALL.iter().map(|method| method.name()).collect();
    let authenticated = methods.clone();
    methods.push("none");
    let grants: Vec<&str> = GrantType::ALL.iter().filter(|grant| is_offered(**grant)).map(|grant| grant.name()).collect();
    let modes: Vec<&str> = ResponseMode::ALL.iter().map(|(_, name)| *name).collect();
    json!({
        "response_types_supported": ["code"],
        "response_modes_supported": modes,
        "grant_types_supported": grants,
        "scopes_supported": scopes(&connect.authority.verifier().apis()),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": signed,
        "userinfo_signing_alg_values_supported": signed,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": names(&Algorithm::ALL),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": names(&Algorithm::ALL),
        "introspection_endpoint_auth_methods_supported": authenticated,
        "introspection_endpoint_auth_signing_alg_values_supported": names(&Algorithm::ALL),
        "introspection_signing_alg_values_supported": signed,
        "code_challenge_methods_supported": ["S256"],
        "request_object_signing_alg_values_supported": names(&Algorithm::ALL),
        "dpop_signing_alg_values_supported": names(&Algorithm::ALL),
        "request_parameter_supported": true,
        "request_uri_parameter_supported": false,
        "require_pushed_authorization_requests": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "claims_parameter_supported": false,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "sid", "name", "email", "email_verified"],
        "acr_values_supported": ["1", "2"],
        "prompt_values_supported": Prompt::ALL,
        "ui_locales_supported": ["en", "nl"],
    })
}

/// Whether tokens can be asked with it: the device flow needs its endpoint.
fn is_offered(grant: GrantType) -> bool {
    grant != GrantType::DeviceCode || has_route("/connect/deviceauthorization")
}

/// Scopes of OpenID Connect, then those of the APIs; `offline_access` last.
fn scopes(apis: &[Arc<Api>]) -> Vec<String> {
    let of_person = Identity::ALL.iter().map(|(_, name)| (*name).to_owned());
    let (last, first): (Vec<String>, Vec<String>) = of_person.partition(|name| name == "offline_access");
    let of_apis = apis.iter().filter(|api| api.takes_kind(domain::Kind::AccessToken)).flat_map(|api| api.definition().scopes.clone());
    first.into_iter().chain(of_apis.map(|scope| scope.name.into())).chain(last).collect()
}

/// `/.well-known/oauth-protected-resource` and below: an API that has this resource identifier, at this server's own name or at the
/// name that was asked, which only chooses among the APIs that are there (RFC 9728 section 3).
pub(super) async fn protected_resource(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let path = if call.parameter.is_empty() { String::new() } else { format!("/{}", call.parameter) };
    let host = call.parts.headers.get(HOST).and_then(|host| host.to_str().ok()).map(|host| format!("https://{host}"));
    let bases = [Some(connect.issuer.clone()), host];
    let wanted: Vec<String> = bases.into_iter().flatten().map(|base| format!("{base}{path}")).collect();
    let is_wanted = |resource: &str| {
        wanted.iter().any(|wanted| wanted == resource || path.is_empty() && resource.strip_suffix('/') == Some(wanted.as_str()))
    };
    let apis = connect.authority.verifier().apis();
    let found = apis.iter().find(|api| api.definition().resource.as_deref().is_some_and(is_wanted));
    let Some(api) = found else { return Ok(not_found()) };
    let definition = api.definition();
    let scopes: Vec<&str> = definition.scopes.iter().map(|scope| scope.name.as_str()).collect();
    let mut document = json!({
        "resource": definition.resource,
        "authorization_servers": [connect.issuer],
        "bearer_methods_supported": ["header"],
        "resource_name": definition.title.as_str(),
        "dpop_signing_alg_values_supported": Algorithm::ALL.map(Algorithm::name),
    });
    if let (false, Some(members)) = (scopes.is_empty(), document.as_object_mut()) {
        members.insert("scopes_supported".to_owned(), json!(scopes));
    }
    Ok(answer(&call.parts.headers, &document, KEPT_SECONDS))
}

fn not_found() -> Response {
    use axum::response::IntoResponse as _;
    crate::edge::Problem::of_status(StatusCode::NOT_FOUND).into_response()
}

/// A document with its digest: whoever has it already gets 304 (RFC 9110 section 13.1.2).
pub(super) fn answer(headers: &HeaderMap, document: &Value, kept_seconds: u32) -> Response {
    let body = document.to_string();
    let tag: String = Digest::of(body.as_bytes()).as_bytes()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let is_known = known.map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*");
    let mut response = Response::new(if is_known { Body::empty() } else { Body::from(body) });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let value = |text: String| HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("no-cache"));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ETAG, value(tag));
    headers.insert(CACHE_CONTROL, value(format!("public, max-age={kept_seconds}")));
    response
}
