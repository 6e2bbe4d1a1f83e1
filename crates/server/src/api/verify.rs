//! `POST /api/v1/verify`: an API asks whether a credential may do something. From memory, with few allocations.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body as AxumBody;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use domain::Refusal;
use domain::api::Api;
use domain::path::canonical;
use domain::verify::Owner;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use utoipa::ToSchema;
use verifier::{Asked, Question};

use super::caller::{Who, authenticate};
use super::verify_answer::Writer;
use super::verify_proof::Dpop;
use super::{ApiState, json};
use crate::edge::{self, Code, Problem};

/// The most characters of a workspace's name.
const MAX_WORKSPACE: usize = 255;

/// What an API asks. Either a permission, or a method and a path, or neither: then only whose credential it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyRequest<'a> {
    /// The API's name. It may be left out; if given it is that of the API whose credential asks.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    api: Option<Text<'a>>,
    /// The value of the `Authorization` header that the API was sent; at most 4,096 bytes are looked at.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, write_only)]
    authorization: Option<Text<'a>>,
    /// The value of the `X-API-Key` header that the API was sent; at most 4,096 bytes are looked at.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, write_only)]
    api_key: Option<Text<'a>>,
    /// A permission of the API. Not together with `method` and `path`.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    permission: Option<Text<'a>>,
    /// The method of the request that the API was sent, in upper case. Together with `path`.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>)]
    method: Option<Text<'a>>,
    /// Its path, percent-encoded as it came; a query is ignored. What can be read in more than one way is refused with 400.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, max_length = 4096)]
    path: Option<Text<'a>>,
    /// The number of the workspace that is meant, at most 255 characters. Where the path names one it must be the same. The
    /// credential counts there if it is its own organisation's, or if a delegation to its organisation is open.
    #[serde(borrow, default)]
    #[schema(value_type = Option<String>, max_length = 255)]
    workspace: Option<Text<'a>>,
    /// From where the API was asked: an IP address, for the token's owner to see.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "192.0.2.1")]
    address: Option<IpAddr>,
    /// What the request proves beside an access token that is bound to a key (DPoP, RFC 9449 section 7).
    #[serde(borrow, default)]
    dpop: Option<Dpop<'a>>,
    /// How the API was asked. A credential that came over `http`, but from `address` `127.0.0.0/8` or `::1`, is refused
    /// (`insecure_transport`) and marked as exposed for its owner. Left out: nothing is said about it.
    #[serde(default)]
    scheme: Option<Scheme>,
}

/// How an API was asked.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Scheme)]
enum Scheme {
    /// Plainly.
    Http,
    /// Over TLS.
    Https,
}

/// Answers a question.
pub(super) async fn answer(state: Arc<ApiState>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let Some(context) = parts.extensions.get::<edge::Context>() else { return Err(Code::Internal.into()) };
    let facts = authenticate(state.authority.verifier(), &parts.headers, context.now, Who::Api)?;
    let Owner::Api(number) = facts.owner else {
        return Err(Problem::new(Code::Forbidden).detail("this needs an API credential"));
    };
    // An API credential is ended with its API.
    let api = state.authority.verifier().api_by_number(number).ok_or(Problem::new(Code::Unavailable))?;
    super::query::Query::read(&parts.uri, super::query::NONE)?;
    let mut bytes = edge::body::read(body).await?;
    if bytes.is_empty() {
        bytes = Bytes::from_static(b"{}");
    } else {
        json::require_json(&parts.headers)?;
    }
    // A list of the members' values would be read as well.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::new(Code::InvalidBody).detail("the body must be a JSON object"));
    }
    let asked: VerifyRequest<'_> = serde_json::from_slice(&bytes).map_err(|error| problem(&bytes, &error))?;
    let answer = verdict(&state, &api, &asked, context)?;
    let mut response = Response::new(AxumBody::from(answer));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn verdict(state: &ApiState, api: &Api, asked: &VerifyRequest<'_>, context: &edge::Context) -> Result<Vec<u8>, Problem> {
    if asked.api.as_ref().is_some_and(|name| name.as_str() != api.name()) {
        return Err(Problem::new(Code::WrongApi).detail("an API asks about its own name only"));
    }
    if asked.workspace.as_ref().is_some_and(|workspace| workspace.as_str().chars().count() > MAX_WORKSPACE) {
        return Err(invalid("workspace", "must be 255 characters at most"));
    }
    let path = asked.path.as_ref().map(|path| canonical(path.as_str())).transpose();
    let path = path.map_err(|problem| Problem::new(Code::AmbiguousPath).detail(problem.to_string()))?;
    if let (Some(method), Some(path), Some(workspace)) = (&asked.method, &path, &asked.workspace) {
        let named = api.rule(method.as_str(), path).and_then(|matched| matched.workspace);
        if named.is_some_and(|named| named != workspace.as_str()) {
            return Err(invalid("workspace", "is not the one that the path names"));
        }
    }
    let wanted = match (&asked.permission, &asked.method, &path) {
        (None, None, None) => Asked::Identity,
        (Some(permission), None, None) => Asked::Permission(permission.as_str()),
        (None, Some(method), Some(path)) => Asked::Request { method: method.as_str(), path },
        (None, ..) => return Err(invalid("path", "method and path stand together")),
        _ => return Err(invalid("permission", "cannot stand beside method and path")),
    };
    let question = Question {
        api: api.name(),
        authorization: asked.authorization.as_ref().map(|text| text.as_str().as_bytes()),
        api_key: asked.api_key.as_ref().map(|text| text.as_str().as_bytes()),
        proof: asked.dpop.as_ref().map(Dpop::proof),
        asked: wanted,
        workspace: asked.workspace.as_ref().map(Text::as_str),
        address: asked.address,
        now: context.now,
        request: context.request_id,
    };
    if asked.scheme == Some(Scheme::Http)
        && !asked.address.is_some_and(|address| state.trust.local.contains(address))
        && state.authority.verifier().expose(&question)
    {
        let mut writer = Writer::new();
        writer.deny(&context.request_id, Refusal::InsecureTransport);
        return Ok(writer.end());
    }
    let verdict = state.authority.verifier().check(&question).map_err(|_| Problem::new(Code::Unavailable))?;
    let request = asked.method.as_ref().map(Text::as_str).zip(path.as_deref());
    let mut writer = Writer::new();
    match verdict {
        verifier::Verdict::Deny(denied) => writer.deny(&context.request_id, denied.refusal),
        verifier::Verdict::Anonymous { workspace } => {
            writer.allow(&context.request_id, None, workspace.as_deref());
            writer.permissions(api, 0);
            writer.announced(state.authority.verifier().announced(api.name(), request));
        }
        verifier::Verdict::Allow(allowed) => {
            writer.allow(&context.request_id, Some(&allowed.facts), allowed.workspace.as_deref());
            writer.client(state, &allowed)?;
            writer.delegation(allowed.place.delegation());
            writer.permissions(&allowed.api, allowed.permissions);
            writer.announced(allowed.api.announced(request));
        }
    }
    Ok(writer.end())
}

fn invalid(field: &str, problem: &str) -> Problem {
    json::tell(&[(field.to_owned(), problem.to_owned())])
}

/// What is wrong with a body, told as for every other route; read again, because this is rare.
fn problem(bytes: &[u8], error: &serde_json::Error) -> Problem {
    match json::parse(bytes) {
        Err(problem) => problem,
        Ok(serde_json::Value::Object(members)) => json::tell(&json::problems::<OwnedRequest>(members, error)),
        Ok(_) => Problem::new(Code::InvalidBody).detail("the body must be a JSON object"),
    }
}

/// The same request without borrowed text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read into, to find what is wrong")]
struct OwnedRequest {
    api: Option<String>,
    authorization: Option<String>,
    api_key: Option<String>,
    permission: Option<String>,
    method: Option<String>,
    path: Option<String>,
    workspace: Option<String>,
    #[schema(value_type = Option<String>)]
    address: Option<IpAddr>,
    scheme: Option<Scheme>,
}

/// A text that borrows from the body where it has no escapes.
pub(super) struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}
