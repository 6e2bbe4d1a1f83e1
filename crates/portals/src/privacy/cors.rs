//! Which pages in a browser may read answers (the CORS protocol of the Fetch standard): those of origins that a client has
//! registered, and never an answer to a private key, which has no place in a browser.

use axum::body::Body;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use verifier::Verifier;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// `X-API-Key` is not among them.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Content-Type, DPoP");
const RESPONSE_HEADERS: HeaderValue =
    HeaderValue::from_static("Deprecation, Link, Location, Request-Id, Retry-After, Sunset, WWW-Authenticate");
/// For how many seconds a browser need not ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Whether a page sends the request: programs name no origin.
pub(super) fn is_from_page(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN)
}

/// The origin of the page that sends the request, if it may read the answer.
pub(super) fn reader(verifier: &Verifier, headers: &HeaderMap) -> Option<HeaderValue> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
    let is_registered = origin.to_str().is_ok_and(|origin| verifier.knows_origin(origin));
    (is_registered && !names_private_key(headers)).then(|| origin.clone())
}

/// The answer to a browser that asks whether a page of a registered origin may send a request.
pub(super) fn preflight(method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
    if *method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    answer.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    Some(response)
}

/// Lets the page of this origin read an answer.
pub(super) fn let_read(answer: &mut HeaderMap, reader: Option<HeaderValue>) {
    answer.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = reader {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    }
}

fn names_private_key(headers: &HeaderMap) -> bool {
    let is_bearer = |value: &HeaderValue| {
        let scheme = value.as_bytes().split(|byte| *byte == b' ').next().unwrap_or_default();
        scheme.eq_ignore_ascii_case(b"bearer") || scheme.eq_ignore_ascii_case(b"dpop")
    };
    headers.contains_key(API_KEY) || headers.get_all(AUTHORIZATION).iter().any(|value| !is_bearer(value))
}
