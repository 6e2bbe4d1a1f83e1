//! What the API answers: documents in JSON, and failures as problem details (RFC 9457).

use axum::body::Body;
use domain::RequestId;
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::limit::{Rule, Stop};
use crate::database::Silent;
use crate::hosts::HostError;

/// Seconds after which somebody may try again who met an outage.
const OUTAGE_SECONDS: u64 = 2;

/// A good answer.
pub(super) enum Answer {
    /// Data.
    Data(Value),
    /// Something was made: where it is.
    Created { location: String, data: Value },
    /// Done; there is nothing to say.
    Nothing,
    /// A response as it is.
    Response(Box<Response<Body>>),
}

/// Why there is no good answer. Everything but [`Failure::Unavailable`] is a refusal.
#[derive(Debug, PartialEq)]
pub(super) enum Failure {
    /// No credential.
    CredentialMissing,
    /// No credential that counts. One answer for all reasons, or one could find out by asking what exists.
    BadCredential,
    /// An access token that is bound to a key, without the proof of that key, or a proof without such a token.
    ProofMissing,
    /// A good credential, but not for this; why.
    Forbidden(&'static str),
    /// Cannot be read; why.
    BadRequest(&'static str),
    /// A parameter, or a member of the body, has no value that is taken; which, and why.
    Invalid(String, String),
    /// No such thing.
    NotFound,
    /// Another method; which are offered.
    WrongMethod(String),
    /// Not in this state of things; why.
    Conflict(&'static str),
    /// A longer body than is read.
    TooLarge,
    /// Addressed to a host that is not ours.
    Misdirected,
    /// Too many requests: which limit, and in how many seconds the next is let through.
    TooMany(Rule, u64),
    /// An outage: neither yes nor no.
    Unavailable,
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Unreadable => Self::BadRequest("The request must name one host."),
            HostError::NotOurs => Self::Misdirected,
        }
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Reached { rule, retry_after } => Self::TooMany(rule, retry_after),
            Stop::Full => Self::Unavailable,
        }
    }
}

impl From<Silent> for Failure {
    fn from(Silent: Silent) -> Self {
        Self::Unavailable
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        tracing::error!(%error, "the privacy API's database does not answer");
        Self::Unavailable
    }
}

/// What a failure's answer tells beside the failure.
pub(super) struct Told<'t> {
    pub(super) request_id: RequestId,
    /// Where the API says who gives credentials for it (RFC 9728), if anybody is known to.
    pub(super) metadata: Option<&'t str>,
}

/// Makes the response of a good answer.
pub(super) fn good(answer: Answer) -> Response<Body> {
    match answer {
        Answer::Data(value) => json_status(StatusCode::OK, &value),
        // The path of a resource is made of digits, hexadecimal digits and our own words: always a value.
        Answer::Created { location, data } => {
            let location = HeaderValue::from_str(&location).unwrap_or_else(|_| HeaderValue::from_static("/"));
            with(json_status(StatusCode::CREATED, &data), LOCATION, location)
        }
        Answer::Nothing => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NO_CONTENT;
            response
        }
        Answer::Response(response) => *response,
    }
}

/// Makes the response of a failure.
pub(super) fn bad(failure: &Failure, told: &Told<'_>) -> Response<Body> {
    let (status, detail) = words(failure);
    let mut body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
        "request_id": told.request_id.to_string(),
    });
    if let Failure::Invalid(name, problem) = failure {
        body["errors"] = json!({ name: [problem] });
    }
    let mut response = json_status(status, &body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json; charset=utf-8"));
    match failure {
        Failure::CredentialMissing => with(response, WWW_AUTHENTICATE, challenge(None, told.metadata)),
        Failure::BadCredential => with(response, WWW_AUTHENTICATE, challenge(Some("invalid_token"), told.metadata)),
        // RFC 9449 section 7.1.
        Failure::ProofMissing => {
            with(response, WWW_AUTHENTICATE, HeaderValue::from_static("DPoP error=\"invalid_token\", algs=\"ES256 EdDSA RS256 PS256\""))
        }
        Failure::Forbidden(_) => with(response, WWW_AUTHENTICATE, challenge(Some("insufficient_scope"), told.metadata)),
        Failure::WrongMethod(offered) => with(response, ALLOW, value(offered)),
        Failure::TooMany(_, seconds) => with(response, RETRY_AFTER, HeaderValue::from(*seconds)),
        Failure::Unavailable => with(response, RETRY_AFTER, HeaderValue::from(OUTAGE_SECONDS)),
        _ => response,
    }
}

/// RFC 6750 section 3: without an error where nothing was presented; RFC 9728 section 5.1: where to learn more.
fn challenge(error: Option<&str>, metadata: Option<&str>) -> HeaderValue {
    let error = error.map(|error| format!("error=\"{error}\""));
    let metadata = metadata.map(|url| format!("resource_metadata=\"{url}\""));
    let parameters: Vec<String> = error.into_iter().chain(metadata).collect();
    value(format!("Bearer {}", parameters.join(", ")).trim_end())
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}

fn words(failure: &Failure) -> (StatusCode, String) {
    let (status, detail) = match failure {
        Failure::CredentialMissing => (StatusCode::UNAUTHORIZED, "A credential is needed: Authorization: Bearer, Basic, or X-API-Key."),
        Failure::BadCredential => (StatusCode::UNAUTHORIZED, "The credential does not count."),
        Failure::ProofMissing => (StatusCode::UNAUTHORIZED, "The access token needs the proof of the key that it is bound to."),
        Failure::Forbidden(why) => (StatusCode::FORBIDDEN, *why),
        Failure::BadRequest(why) => (StatusCode::BAD_REQUEST, *why),
        Failure::Invalid(name, problem) => return (StatusCode::BAD_REQUEST, format!("{name} {problem}")),
        Failure::NotFound => (StatusCode::NOT_FOUND, "There is no such thing here."),
        Failure::WrongMethod(_) => (StatusCode::METHOD_NOT_ALLOWED, "This method is not offered here."),
        Failure::Conflict(why) => (StatusCode::CONFLICT, *why),
        Failure::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The request is too large."),
        Failure::Misdirected => (StatusCode::MISDIRECTED_REQUEST, "This host is not served here."),
        Failure::TooMany(rule, seconds) => {
            let Rule { requests, seconds: length, .. } = rule;
            let detail = format!("At most {requests} requests in {length} seconds. Try again in {seconds} seconds.");
            return (StatusCode::TOO_MANY_REQUESTS, detail);
        }
        Failure::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "This cannot be answered now. Try again later."),
    };
    (status, detail.to_owned())
}

fn json_status(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    with(response, CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))
}

fn with(mut response: Response<Body>, name: HeaderName, value: HeaderValue) -> Response<Body> {
    response.headers_mut().insert(name, value);
    response
}
