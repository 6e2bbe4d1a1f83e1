//! Which pages in browsers may read the answers (the fetch standard, section 3.2).

use axum::extract::Request;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, HeaderValue, ORIGIN, VARY,
};
use http::{HeaderMap, StatusCode};

use super::Connect;

/// Read by pages that renew their proofs (RFC 9449 section 8.2).
const EXPOSED: HeaderValue = HeaderValue::from_static("DPoP-Nonce, WWW-Authenticate, Request-Id");
/// `Authorization` is for userinfo; whoever sends a private key in it is refused.
const TAKEN: HeaderValue = HeaderValue::from_static("Authorization, Content-Type, DPoP");
/// Ten minutes: an origin that was taken away is refused by the answer itself.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("600");

/// Which pages may read the answers of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cors {
    /// None: what a browser goes to as a whole (RFC 9700 section 2.6), and what only servers ask.
    Nobody,
    /// Those of the origins that some client has registered.
    Registered,
    /// Everybody's: public documents.
    Everybody,
}

/// The origin of the page that asks, if one does.
pub(super) fn origin(request: &Request) -> Option<HeaderValue> {
    request.headers().get(ORIGIN).cloned()
}

/// Answers the question that a browser asks first.
pub(super) fn preflight(connect: &Connect, cors: Cors, methods: &str, request: &Request) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let origin = origin(request);
    admit(connect, cors, origin.as_ref(), &mut response);
    let headers = response.headers_mut();
    if headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        headers.remove(ACCESS_CONTROL_EXPOSE_HEADERS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, TAKEN);
        headers.insert(ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
        if let Ok(methods) = HeaderValue::from_str(methods) {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
    }
    response
}

/// Lets the page read an answer, if it may. No credentials of the browser are ever allowed with it.
pub(super) fn admit(connect: &Connect, cors: Cors, origin: Option<&HeaderValue>, response: &mut Response) {
    let refused = response.extensions_mut().remove::<NotForPages>().is_some();
    let headers = response.headers_mut();
    match cors {
        Cors::Nobody => {}
        Cors::Everybody => allow(headers, HeaderValue::from_static("*")),
        Cors::Registered => {
            headers.append(VARY, HeaderValue::from_static("Origin"));
            let registered = |origin: &&HeaderValue| {
                let verifier = connect.authority.verifier();
                origin.to_str().is_ok_and(|origin| verifier.knows_origin(origin))
            };
            if let Some(origin) = origin.filter(registered).filter(|_| !refused) {
                allow(headers, origin.clone());
            }
        }
    }
}

/// Marks an answer that no page may read, whatever its origin.
#[derive(Debug, Clone, Copy)]
pub(super) struct NotForPages;

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
