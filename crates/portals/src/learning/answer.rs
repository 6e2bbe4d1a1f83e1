//! What the learning platform answers: documents, redirects, scripts, and failures with their exact bodies.

use axum::body::Body;
use domain::Digest;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, SET_COOKIE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::page;
use crate::database::Silent;
use crate::hosts::HostError;

/// A good answer.
pub(super) enum Answer {
    /// Data, as JSON or as a page that shows where the JSON is.
    Data(Value),
    /// A page.
    Page(String),
    /// Another place, and what to say there.
    Redirect { to: String, flash: Option<&'static str> },
    /// A script with something that is shown once.
    Script { status: StatusCode, text: String },
}

/// Why there is no good answer. Everything but [`Failure::Unavailable`] is a refusal.
#[derive(Debug, PartialEq)]
pub(super) enum Failure {
    /// A credential that does not count.
    BadCredential,
    /// Nobody is logged in, and the page needs it.
    LoginNeeded,
    /// Logged in, but not allowed; why, in words for the caller.
    Forbidden(&'static str),
    /// Cannot be read.
    BadRequest,
    /// No such thing.
    NotFound,
    /// Not offered in the format that was asked for.
    NotAcceptable,
    /// A longer body than is read.
    TooLarge,
    /// Addressed to a host that is not ours.
    Misdirected,
    /// Understood, and refused: errors by field.
    Unprocessable(Value),
    /// An outage: neither yes nor no.
    Unavailable,
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Unreadable => Self::BadRequest,
            HostError::NotOurs => Self::Misdirected,
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
        tracing::error!(%error, "the learning platform's database does not answer");
        Self::Unavailable
    }
}

/// How an answer is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `.json`, or `Accept: application/json`.
    Json,
    /// `.js`, or `Accept: text/javascript`.
    Script,
    /// A browser.
    Html,
    /// The caller takes anything: data as JSON, failures as for a browser.
    Any,
}

impl Format {
    /// Whether failures are answered for a program, not for a browser.
    pub(super) fn is_remote(self) -> bool {
        matches!(self, Self::Json | Self::Script)
    }
}

/// Makes the response of a good answer.
pub(super) fn good(answer: Answer, format: Format) -> Result<Response<Body>, Failure> {
    match answer {
        Answer::Data(_) if format == Format::Script => Err(Failure::NotAcceptable),
        Answer::Data(value) if format == Format::Html => Ok(html(page::data(&value))),
        Answer::Data(value) => Ok(cached(full(StatusCode::OK, "application/json; charset=utf-8", value.to_string()))),
        Answer::Page(text) => Ok(html(text)),
        Answer::Redirect { to, flash } => redirect(&to, flash),
        Answer::Script { status, text } => {
            let mut response = full(status, "text/javascript; charset=utf-8", text);
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
    }
}

/// Makes the response of a failure. `sign_in` is where a browser goes to log in.
pub(super) fn bad(failure: &Failure, format: Format, sign_in: &str) -> Response<Body> {
    const TEXT: &str = "text/plain; charset=utf-8";
    match failure {
        Failure::BadCredential => empty(StatusCode::UNAUTHORIZED),
        Failure::LoginNeeded if format.is_remote() => {
            full(StatusCode::UNAUTHORIZED, TEXT, "You are not authorized to view this page.".to_owned())
        }
        Failure::LoginNeeded => redirect(sign_in, None).unwrap_or_else(|_| empty(StatusCode::UNAUTHORIZED)),
        // Clients read the reason as JSON whatever they asked for.
        Failure::Forbidden(why) => json_status(StatusCode::FORBIDDEN, &json!({ "error": why })),
        Failure::BadRequest => full(StatusCode::BAD_REQUEST, TEXT, "Bad request".to_owned()),
        Failure::NotFound if format.is_remote() => json_status(StatusCode::NOT_FOUND, &json!({ "status": 404, "error": "Not Found" })),
        Failure::NotFound => full(StatusCode::NOT_FOUND, TEXT, "Not Found".to_owned()),
        Failure::NotAcceptable => empty(StatusCode::NOT_ACCEPTABLE),
        Failure::TooLarge => full(StatusCode::PAYLOAD_TOO_LARGE, TEXT, "Payload too large".to_owned()),
        Failure::Misdirected => full(StatusCode::MISDIRECTED_REQUEST, TEXT, "This host is not served here".to_owned()),
        Failure::Unprocessable(errors) => json_status(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "status": "failed", "errors": errors })),
        Failure::Unavailable => {
            let mut response = json_status(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": "Try again later." }));
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
            response
        }
    }
}

fn json_status(status: StatusCode, value: &Value) -> Response<Body> {
    full(status, "application/json; charset=utf-8", value.to_string())
}

fn html(text: String) -> Response<Body> {
    full(StatusCode::OK, "text/html; charset=utf-8", text)
}

/// Lets a client keep a document and ask whether it is still the same (RFC 9110 section 8.8.3).
fn cached(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=0, private, must-revalidate"));
    response
}

/// The weak entity tag of a body.
pub(super) fn entity_tag(body: &[u8]) -> HeaderValue {
    let digest = Digest::of(body);
    let hex: String = digest.as_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("W/\"{hex}\"")).unwrap_or(HeaderValue::from_static("W/\"0\""))
}

/// The answer to somebody who has this document already.
pub(super) fn not_modified(tag: HeaderValue) -> Response<Body> {
    let mut response = cached(empty(StatusCode::NOT_MODIFIED));
    response.headers_mut().insert(ETAG, tag);
    response
}

fn redirect(to: &str, flash: Option<&'static str>) -> Result<Response<Body>, Failure> {
    let mut response = empty(StatusCode::FOUND);
    response.headers_mut().insert(LOCATION, HeaderValue::from_str(to).map_err(|_| Failure::BadRequest)?);
    if let Some(flash) = flash {
        // Names one of a few fixed sentences, so that a forged cookie can say nothing of its own.
        let cookie = format!("flash={flash}; Max-Age=30; Path=/; HttpOnly; SameSite=Strict");
        response.headers_mut().insert(SET_COOKIE, HeaderValue::from_str(&cookie).map_err(|_| Failure::BadRequest)?);
    }
    Ok(response)
}

fn full(status: StatusCode, content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
