//! What the portal answers: documents in JSON, and failures whose bodies are JSON too, since clients parse them unseen.

use axum::body::Body;
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::database::Silent;
use crate::hosts::HostError;

/// A good answer.
pub(super) enum Answer {
    /// Data.
    Data(Value),
    /// Something was made, or was there already: where it is.
    Created { location: String, data: Value },
    /// A response as it is.
    Response(Box<Response<Body>>),
}

/// Why there is no good answer. Everything but [`Failure::Unavailable`] and [`Failure::Busy`] is a refusal.
#[derive(Debug, PartialEq)]
pub(super) enum Failure {
    /// No credential that counts. One answer for all reasons, or one could find out by asking what exists.
    BadCredential,
    /// A good credential, but not for this; why.
    Forbidden(String),
    /// Cannot be read; why.
    BadRequest(String),
    /// No such thing; which.
    NotFound(String),
    /// Another method; which are offered.
    WrongMethod(&'static str),
    /// Not now, because of how far things are; why.
    Conflict(String),
    /// A path of version 1.
    Gone,
    /// A longer body than is read.
    TooLarge,
    /// A body in an encoding that is not read.
    WrongMediaType,
    /// Addressed to a host that is not ours.
    Misdirected,
    /// Understood, and refused; why.
    Unprocessable(String),
    /// Too much at a time: try again.
    Busy,
    /// An outage: neither yes nor no.
    Unavailable,
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Unreadable => Self::BadRequest("De host van dit verzoek kan niet gelezen worden.".to_owned()),
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
        tracing::error!(%error, "the subsurface portal's database does not answer");
        Self::Unavailable
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "the subsurface portal's documents cannot be reached");
        Self::Unavailable
    }
}

/// Makes the response of a good answer.
pub(super) fn good(answer: Answer) -> Response<Body> {
    match answer {
        Answer::Data(value) => json_status(StatusCode::OK, &value),
        Answer::Created { location, data } => match HeaderValue::from_str(&location) {
            Ok(location) => with(json_status(StatusCode::CREATED, &data), LOCATION, location),
            Err(_) => bad(&Failure::Unavailable),
        },
        Answer::Response(response) => *response,
    }
}

/// Makes the response of a failure: the same bytes for the same failure.
pub(super) fn bad(failure: &Failure) -> Response<Body> {
    let (status, message) = words(failure);
    let mut body = json!({
        "status": status.as_u16(),
        "error": status.canonical_reason().unwrap_or_default(),
        "message": message,
    });
    if *failure == Failure::Gone {
        body["since"] = "2024-03-01".into();
        body["successor"] = "/api/v2".into();
    }
    let response = json_status(status, &body);
    match failure {
        // RFC 7617: the username and the code are in UTF-8.
        Failure::BadCredential => {
            with(response, WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Bronhouderportaal BRO\", charset=\"UTF-8\""))
        }
        Failure::WrongMethod(offered) => with(response, ALLOW, HeaderValue::from_static(offered)),
        Failure::Busy | Failure::Unavailable => with(response, RETRY_AFTER, HeaderValue::from_static("2")),
        _ => response,
    }
}

fn words(failure: &Failure) -> (StatusCode, &str) {
    match failure {
        Failure::BadCredential => (StatusCode::UNAUTHORIZED, "Gebruikersnaam en wachtwoord van een geldig token zijn nodig."),
        Failure::Forbidden(why) => (StatusCode::FORBIDDEN, why),
        Failure::BadRequest(why) => (StatusCode::BAD_REQUEST, why),
        Failure::NotFound(what) => (StatusCode::NOT_FOUND, what),
        Failure::WrongMethod(_) => (StatusCode::METHOD_NOT_ALLOWED, "Deze methode bestaat hier niet."),
        Failure::Conflict(why) => (StatusCode::CONFLICT, why),
        Failure::Gone => (StatusCode::GONE, "Versie 1 van deze API bestaat sinds 1 maart 2024 niet meer. Gebruik versie 2 onder /api/v2."),
        Failure::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Dit verzoek is te groot."),
        Failure::WrongMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "De inhoud moet in UTF-8 zijn."),
        Failure::Misdirected => (StatusCode::MISDIRECTED_REQUEST, "Deze host wordt hier niet bediend."),
        Failure::Unprocessable(why) => (StatusCode::UNPROCESSABLE_ENTITY, why),
        Failure::Busy | Failure::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Probeer het later opnieuw."),
    }
}

fn json_status(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    with(response, CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))
}

fn with(mut response: Response<Body>, name: http::HeaderName, value: HeaderValue) -> Response<Body> {
    response.headers_mut().insert(name, value);
    response
}

/// Something that is not there, or is somebody else's.
pub(super) fn missing(what: &str, id: impl std::fmt::Display) -> Failure {
    Failure::NotFound(format!("{what} {id} bestaat niet."))
}
