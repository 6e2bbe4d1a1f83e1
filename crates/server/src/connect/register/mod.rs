//! `/connect/register`: clients that register themselves (RFC 7591), and manage their registration (RFC 7592).

mod metadata;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use authority::{Caller, Error};
use axum::body::Body;
use axum::response::Response;
use domain::organisation_key::OrganisationKey;
use domain::permission::{Permission, Permissions};
use domain::{Digest, Refusal, Secret};
use http::StatusCode;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, PRAGMA, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::error::{JSON, NO_STORE};
use super::{Call, Code, Connect, ConnectError};
use crate::config::Config;
use crate::node::StartError;
use metadata::Metadata;

const PATH: &str = "/connect/register";
/// The longest registration, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// The shortest initial access token, in bytes: 128 bits as hexadecimal digits.
const MIN_TOKEN_BYTES: usize = 32;
/// What only the server says (RFC 7592 section 2.2).
const OURS: [&str; 4] = ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"];

/// Who may register, and what those get.
#[derive(Debug, Clone)]
pub struct RegistrationRules {
    is_open: bool,
    initial_token: Option<Digest>,
    permissions: Permissions,
    unused_for: Duration,
}

impl RegistrationRules {
    /// As configured.
    pub fn of(config: &Config) -> Result<Self, StartError> {
        let names: Result<BTreeSet<Permission>, _> = config.registration_permissions.iter().map(|name| Permission::new(name)).collect();
        let permissions = Permissions::Only(names.map_err(|error| StartError::Configuration(error.to_string()))?);
        let initial_token = config.registration_token_file.as_deref().map(read_token).transpose()?;
        let unused_for = Duration::from_secs(u64::from(config.registration_unused_days) * 86_400);
        Ok(Self { is_open: config.registration_open, initial_token, permissions, unused_for })
    }

    /// Whether anybody can register at all: then the metadata say where.
    pub fn is_possible(&self) -> bool {
        self.is_open || self.initial_token.is_some()
    }
}

fn read_token(path: &Path) -> Result<Digest, StartError> {
    let text = std::fs::read_to_string(path).map_err(StartError::file(path))?;
    if text.trim().len() < MIN_TOKEN_BYTES {
        return Err(StartError::Configuration(format!("registration_token_file: must hold {MIN_TOKEN_BYTES} characters at least")));
    }
    Ok(Digest::of(text.trim().as_bytes()))
}

/// `POST`: a client registers.
pub(super) async fn register(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let rules = &connect.registration;
    if !rules.is_open {
        let token = bearer(&call.parts.headers)
            .ok_or_else(|| unknown_token("an initial access token is needed").because(Refusal::MissingCredential))?;
        if rules.initial_token.as_ref() != Some(&Digest::of(token.expose().as_bytes())) {
            return Err(unknown_token("the initial access token is not right"));
        }
    }
    let (_, metadata) = read(&call)?;
    let (client, contact) = metadata.client(rules.permissions.clone())?;
    if let Some(until) = connect.authority.count_registration(call.address, call.edge.now).await? {
        return Err(ConnectError::too_many(until, call.edge.now).describe("too many registrations: try later"));
    }
    let context = call.context(Caller::System);
    let registered = connect.authority.register_client(&context, client, contact, rules.unused_for).await.map_err(refused)?;
    let mut body = information(&connect, &registered.key, &registered.registration_token);
    if let (Some(secret), Some(members)) = (&registered.secret, body.as_object_mut()) {
        members.insert("client_secret".to_owned(), json!(secret.expose()));
    }
    Ok(answer(StatusCode::CREATED, &body))
}

/// `GET`: a client reads its registration.
pub(super) async fn show(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let token = bearer(&call.parts.headers).ok_or_else(|| unknown_token(NO_TOKEN).because(Refusal::MissingCredential))?;
    let key = connect.authority.registration(&call.parameter, &token).await?.ok_or_else(not_its_own)?;
    Ok(answer(StatusCode::OK, &information(&connect, &key, &token)))
}

/// `PUT`: a client puts another registration in the place of its own.
pub(super) async fn replace(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let token = bearer(&call.parts.headers).ok_or_else(|| unknown_token(NO_TOKEN).because(Refusal::MissingCredential))?;
    connect.authority.registration(&call.parameter, &token).await?.ok_or_else(not_its_own)?;
    let (body, metadata) = read(&call)?;
    if OURS.iter().any(|name| body.get(name).is_some()) {
        return Err(wrong("the registration holds what only this server says"));
    }
    if metadata.client_id.as_ref() != Some(&call.parameter) {
        return Err(wrong("client_id must be that of the client"));
    }
    if let Some(secret) = body.get("client_secret") {
        let known = connect.authority.verifier().client(&call.parameter)?.ok_or_else(not_its_own)?;
        let verifier = connect.authority.verifier();
        let used = verifier.authenticate_client(&known.client, secret.as_str().unwrap_or_default(), call.edge.now)?;
        used.map_err(|_| wrong("client_secret is not that of the client"))?;
    }
    let (definition, contact) = metadata.client(connect.registration.permissions.clone())?;
    let context = call.context(Caller::System);
    let replaced = connect.authority.replace_registration(&context, (&call.parameter, &token), definition, contact).await;
    let key = replaced.map_err(refused)?.ok_or_else(not_its_own)?;
    Ok(answer(StatusCode::OK, &information(&connect, &key, &token)))
}

/// `DELETE`: a client ends itself, and all that came of it.
pub(super) async fn remove(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let token = bearer(&call.parts.headers).ok_or_else(|| unknown_token(NO_TOKEN).because(Refusal::MissingCredential))?;
    let context = call.context(Caller::System);
    connect.authority.unregister(&context, &call.parameter, &token).await?.ok_or_else(not_its_own)?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    Ok(response)
}

/// The body as it came, and what is read of it.
fn read(call: &Call) -> Result<(Value, Metadata), ConnectError> {
    let types = call.parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = types.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(wrong("the body must be application/json"));
    }
    if call.body.len() > MAX_BYTES {
        return Err(Code::TooLarge.into());
    }
    // Read as what it must be first, so that no member stands twice.
    let metadata = serde_json::from_slice(&call.body).map_err(|_| wrong("the body is no registration in JSON"))?;
    let body = serde_json::from_slice(&call.body).map_err(|_| wrong("the body is no registration in JSON"))?;
    Ok((body, metadata))
}

/// RFC 7592 section 3. The secret is not in it: it was shown once.
fn information(connect: &Connect, key: &OrganisationKey, token: &Secret<String>) -> Value {
    let mut body = metadata::registered(key);
    let uri = connect.url(&format!("{PATH}/{}", key.definition.client_id));
    if let Some(members) = body.as_object_mut() {
        members.insert("registration_client_uri".to_owned(), json!(uri));
        members.insert("registration_access_token".to_owned(), json!(token.expose()));
        if !key.private_keys.is_empty() {
            members.insert("client_secret_expires_at".to_owned(), json!(0));
        }
    }
    body
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// The token of RFC 6750 section 2.1; in no other place.
fn bearer(headers: &HeaderMap) -> Option<Secret<String>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim().to_owned()))
}

/// What a use case says of a client, in the words of RFC 7591 section 3.2.2.
fn refused(error: Error) -> ConnectError {
    match error {
        Error::Invalid(problems) => {
            let is_uri = problems.iter().any(|(field, _)| field.starts_with("redirect_uris"));
            let words: Vec<String> = problems.iter().map(|(field, problem)| format!("{field}: {problem}")).collect();
            let code = if is_uri { Code::InvalidRedirectUri } else { Code::InvalidClientMetadata };
            ConnectError::new(code).describe_owned(words.join("; "))
        }
        other => other.into(),
    }
}

const NO_TOKEN: &str = "the registration access token is missing";

fn not_its_own() -> ConnectError {
    unknown_token("the client is unknown, or the registration access token is not its own")
}

fn unknown_token(words: &'static str) -> ConnectError {
    let challenge = HeaderValue::from_static("Bearer realm=\"poort\", error=\"invalid_token\"");
    ConnectError::new(Code::InvalidToken).describe(words).header(WWW_AUTHENTICATE, challenge)
}

fn wrong(words: &'static str) -> ConnectError {
    ConnectError::new(Code::InvalidClientMetadata).describe(words)
}
