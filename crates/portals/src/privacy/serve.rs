//! The one handler: host, path, check, answer, and the headers that every answer has.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use domain::{RequestId, Timestamp, path};
use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, Response, request};

use super::access::{self, Ask, Caller};
use super::answer::{self, Answer, Failure, Told};
use super::query::Query;
use super::route::{self, Found, Route};
use super::visit::Visit;
use super::{Served, cors, page};
use crate::headers;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const DPOP: HeaderName = HeaderName::from_static("dpop");

pub(super) async fn serve(State(served): State<Arc<Served>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let portal = &served.portal;
    let request_id = match parts.extensions.get::<RequestId>() {
        Some(known) => Ok(*known),
        None => RequestId::generate(portal.clock.now(), portal.entropy.as_ref()),
    };
    let known = request_id.is_ok();
    let request_id = request_id.unwrap_or(RequestId::from_bytes([0; 16]));
    let base = served.hosts.base(&parts.uri, &parts.headers);
    let metadata = base.ok().filter(|_| served.issuer.is_some()).map(|base| format!("{base}{}", page::METADATA));
    let reader = cors::reader(&served.verifier, &parts.headers);
    let preflight = reader.as_ref().and_then(|_| cors::preflight(&parts.method, &parts.headers));
    let answered = match (base, preflight) {
        _ if !known => Err(Failure::Unavailable),
        (Err(error), _) => Err(error.into()),
        (Ok(_), Some(preflight)) => Ok(Answer::Response(Box::new(preflight))),
        (Ok(base), None) => respond(&served, &parts, body, (base, request_id)).await,
    };
    let mut response = match answered {
        Ok(answer) => answer::good(answer),
        Err(failure) => answer::bad(&failure, &Told { request_id, metadata: metadata.as_deref() }),
    };
    headers::announce(response.headers_mut(), &served.verifier, access::API, (&parts.method, parts.uri.path()));
    cors::let_read(response.headers_mut(), reader);
    finish(response, request_id)
}

async fn respond(served: &Served, parts: &request::Parts, body: Body, (base, request_id): (&str, RequestId)) -> Result<Answer, Failure> {
    let path = path::canonical(parts.uri.path()).map_err(|_| Failure::BadRequest("This path can be read in more than one way."))?;
    if matches!(parts.method, Method::GET | Method::HEAD)
        && let Some(page) = page::find(&path, base, served.issuer.as_deref())
    {
        return Ok(Answer::Response(Box::new(page)));
    }
    let found = route::find(&parts.method, &path)?;
    let now = served.portal.clock.now();
    // As it was sent, without its query (RFC 9449 section 4.2).
    let uri = format!("{base}{}", parts.uri.path());
    let caller = check(served, parts, Target { path: &path, uri: &uri, found: &found, request_id, now })?;
    let Some(caller) = caller else { return served.portal.status().await };
    let visit = Visit::new(caller, Query::read(&parts.uri)?, (base, now), found.names);
    route::answer(&served.portal, found.route, visit, body).await
}

/// What a request is for.
struct Target<'t> {
    path: &'t str,
    uri: &'t str,
    found: &'t Found,
    request_id: RequestId,
    now: Timestamp,
}

fn check(served: &Served, parts: &request::Parts, target: Target<'_>) -> Result<Option<Caller>, Failure> {
    let Target { path, uri, found, request_id, now } = target;
    let ask = Ask {
        authorization: once(&parts.headers, &AUTHORIZATION)?,
        api_key: once(&parts.headers, &API_KEY)?,
        proof: once(&parts.headers, &DPOP)?.map(|proof| (proof, uri)),
        method: parts.method.as_str(),
        path,
        permission: found.permission,
        is_from_page: cors::is_from_page(&parts.headers),
        counts: !matches!(found.route, Route::Limits | Route::Status),
        address: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_canonical()),
        now,
        request_id,
    };
    access::check(&served.verifier, &served.portal.limits, &ask)
}

/// The value of a header that may stand once: two would be two credentials.
fn once<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h [u8]>, Failure> {
    let mut values = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Failure::BadCredential),
        (value, None) => Ok(value),
    }
}

fn finish(mut response: Response<Body>, request_id: RequestId) -> Response<Body> {
    headers::finish(response.headers_mut(), request_id, page::CONTENT_SECURITY_POLICY);
    response
}
