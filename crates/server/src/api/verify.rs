//! `POST /api/v1/verify`: an API asks whether a credential may do something. From memory, with few allocations.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body as AxumBody;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use domain::api::Api;
use domain::path::canonical;
use domain::verify::{Facts, Owner};
use domain::{DelegationId, Kind, Refusal, RequestId};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verifier::{Asked, Question};

use super::caller::{Who, authenticate};
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

/// The answer of a check: `allowed` with who and what, or not `allowed` with the reason.
#[derive(Serialize, ToSchema)]
#[schema(as = Verdict)]
pub(super) struct Verdict {
    /// Whether the credential may do what was asked.
    allowed: bool,
    /// The id of this check, for the explanation.
    #[schema(format = Uuid)]
    request_id: String,
    /// The credential; absent for an anonymous caller of a public route.
    #[schema(required = false)]
    credential: Option<CredentialName>,
    /// The public id of the client, of an organisation key and of an access token.
    #[schema(required = false)]
    client: Option<String>,
    /// For whom it acts.
    #[schema(required = false)]
    subject: Option<SubjectName>,
    /// In which organisation.
    #[schema(required = false, format = Uuid)]
    organisation: Option<String>,
    /// In which workspace: its number.
    #[schema(required = false)]
    workspace: Option<String>,
    /// What it may do on this API at this moment.
    #[schema(required = false)]
    permissions: Option<Vec<String>>,
    /// By which delegation, where the workspace is another organisation's.
    #[schema(required = false, format = Uuid)]
    delegation: Option<String>,
    /// When it stops by itself.
    #[schema(required = false, format = DateTime)]
    expires_at: Option<String>,
    /// Why not: `missing_credential`, `malformed_credential`, `unknown_credential`, `wrong_code`, `expired`, `revoked`,
    /// `suspended`, `owner_inactive`, `organisation_suspended`, `permission_missing`, `no_delegation`, `delegation_closed`,
    /// `delegation_paused`, `wrong_workspace` (there is none with this number, or it is closed), `wrong_api`,
    /// `proof_missing` or `insecure_transport`. For the API, not for its caller.
    #[schema(required = false)]
    reason: Option<String>,
    /// The status with which the API should answer its caller: 401 or 403.
    #[schema(required = false)]
    status: Option<u16>,
}

/// A credential's name.
#[derive(Serialize, ToSchema)]
#[schema(as = CredentialName)]
struct CredentialName {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// Its kind: `personal_token`, `organisation_token`, `organisation_key` or `access_token`.
    kind: String,
}

/// For whom a credential acts.
#[derive(Serialize, ToSchema)]
#[schema(as = SubjectName)]
struct SubjectName {
    /// `person` or `organisation`.
    r#type: String,
    /// The id.
    #[schema(format = Uuid)]
    id: String,
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
    let mut writer = Writer::new();
    match verdict {
        verifier::Verdict::Deny(denied) => writer.deny(&context.request_id, denied.refusal),
        verifier::Verdict::Anonymous { workspace } => {
            writer.allow(&context.request_id, None, workspace.as_deref());
            writer.permissions(api, 0);
        }
        verifier::Verdict::Allow(allowed) => {
            writer.allow(&context.request_id, Some(&allowed.facts), allowed.workspace.as_deref());
            writer.client(state, &allowed)?;
            writer.delegation(allowed.place.delegation());
            writer.permissions(&allowed.api, allowed.permissions);
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

/// Writes the answer as JSON. Ids and names of permissions need no escape; a workspace may.
struct Writer(Vec<u8>);

impl Writer {
    fn new() -> Self {
        Self(Vec::with_capacity(512))
    }

    fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn deny(&mut self, request: &RequestId, refusal: Refusal) {
        self.text("{\"allowed\":false,\"request_id\":\"");
        self.text(request.encode(&mut [0; 36]));
        self.text("\",\"reason\":\"");
        self.text(refusal.code());
        self.text(if refusal.status() == 401 { "\",\"status\":401" } else { "\",\"status\":403" });
    }

    fn allow(&mut self, request: &RequestId, facts: Option<&Facts>, workspace: Option<&str>) {
        self.text("{\"allowed\":true,\"request_id\":\"");
        self.text(request.encode(&mut [0; 36]));
        self.text("\"");
        if let Some(facts) = facts {
            self.text(",\"credential\":{\"id\":\"");
            self.text(facts.id.encode(&mut [0; 36]));
            self.text("\",\"kind\":\"");
            self.text(facts.kind.name());
            self.text("\"}");
            self.owner(&facts.owner);
            if let Some(end) = facts.not_after {
                self.text(",\"expires_at\":\"");
                self.text(&end.to_string());
                self.text("\"");
            }
        }
        if let Some(workspace) = workspace {
            self.text(",\"workspace\":");
            // Writing to memory cannot fail.
            let _ = serde_json::to_writer(&mut self.0, workspace);
        }
    }

    /// The public id of the client of an organisation key or access token.
    fn client(&mut self, state: &ApiState, allowed: &verifier::Allowed<'_>) -> Result<(), Problem> {
        let key = match (allowed.facts.kind, &allowed.access_token) {
            (Kind::OrganisationKey, _) => allowed.facts.id,
            (_, Some(token)) => token.key.id,
            _ => return Ok(()),
        };
        let known = state.authority.verifier().client_of(&key).map_err(|_| Problem::new(Code::Unavailable))?;
        if let Some(known) = known {
            self.text(",\"client\":");
            // One of another system may need escapes.
            let _ = serde_json::to_writer(&mut self.0, &known.client.definition.client_id);
        }
        Ok(())
    }

    fn delegation(&mut self, delegation: Option<DelegationId>) {
        if let Some(delegation) = delegation {
            self.text(",\"delegation\":\"");
            self.text(delegation.encode(&mut [0; 36]));
            self.text("\"");
        }
    }

    fn owner(&mut self, owner: &Owner) {
        let (mut subject, mut of) = ([0; 36], [0; 36]);
        let (kind, subject, organisation) = match owner {
            Owner::Member { person, organisation, .. } => ("person", person.encode(&mut subject), organisation.encode(&mut of)),
            Owner::Organisation { organisation, .. } => ("organisation", organisation.encode(&mut subject), organisation.encode(&mut of)),
            Owner::Api(_) | Owner::Operator => return,
        };
        for text in [",\"subject\":{\"type\":\"", kind, "\",\"id\":\"", subject, "\"},\"organisation\":\"", organisation, "\""] {
            self.text(text);
        }
    }

    fn permissions(&mut self, api: &Api, mask: u64) {
        self.text(",\"permissions\":[");
        for (place, name) in api.permission_names(mask).enumerate() {
            self.text(if place == 0 { "\"" } else { ",\"" });
            self.text(name);
            self.text("\"");
        }
        self.text("]");
    }

    fn end(mut self) -> Vec<u8> {
        self.text("}");
        self.0
    }
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
