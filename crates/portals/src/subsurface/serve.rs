//! The one handler: host, path, check, answer, and the headers that every answer has.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use domain::{RequestId, path};
use futures_util::StreamExt as _;
use http::header::{AUTHORIZATION, CONTENT_TYPE, EXPECT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, request};

use super::access::{self, Ask, Caller};
use super::answer::{self, Answer, Failure};
use super::visit::{self, Visit};
use super::{Served, page, route};
use crate::headers;

/// As much of a refused request's body as is still taken in: most clients read no answer before they have sent it.
const MAX_DRAINED_BYTES: usize = 1 << 20;

pub(super) async fn serve(State(served): State<Arc<Served>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let portal = &served.portal;
    let request_id = match parts.extensions.get::<RequestId>() {
        Some(known) => Ok(*known),
        None => RequestId::generate(portal.now(), portal.entropy()),
    };
    let Ok(request_id) = request_id else { return answer::bad(&Failure::Unavailable) };
    let mut body = body.into_data_stream();
    let answered = respond(&served, &parts, &mut body, request_id).await;
    let mut response = match answered {
        Ok(answer) => answer::good(answer),
        Err(failure) => {
            // RFC 9110 section 10.1.1: who waits to be asked for the body has not begun to send it.
            if !parts.headers.contains_key(EXPECT) {
                drain(&mut body).await;
            }
            answer::bad(&failure)
        }
    };
    let api = portal.environment().api();
    headers::announce(response.headers_mut(), &served.verifier, api, (&parts.method, parts.uri.path()));
    finish(response, request_id)
}

async fn respond(
    served: &Served,
    parts: &request::Parts,
    body: &mut axum::body::BodyDataStream,
    request_id: RequestId,
) -> Result<Answer, Failure> {
    let base = served.hosts.base(&parts.uri, &parts.headers)?;
    let path = path::canonical(parts.uri.path()).map_err(|_| Failure::BadRequest("Dit pad is dubbelzinnig.".to_owned()))?;
    if is_first_version(&path) {
        return Err(Failure::Gone);
    }
    if matches!(parts.method, Method::GET | Method::HEAD)
        && let Some(page) = page::find(&path, served.portal.environment(), base)
    {
        return Ok(Answer::Response(Box::new(page)));
    }
    let found = route::find(&parts.method, &path)?;
    let now = served.portal.now();
    let caller = check(served, parts, (&path, &found), (request_id, now))?;
    require_utf8(&parts.headers)?;
    let request = visit::Request { uri: &parts.uri, base, names: found.names, now, request_id };
    let visit = Visit::new(request, caller)?;
    let taken = std::mem::replace(body, Body::empty().into_data_stream());
    route::answer(&served.portal, found.route, visit, Body::from_stream(taken)).await
}

/// Whether a path is one of version 1, which had no version in it.
fn is_first_version(path: &str) -> bool {
    let version = |segment: &str| segment.strip_prefix('v').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    let first = path.strip_prefix("/api/").map(|rest| rest.split('/').next().unwrap_or_default());
    first.is_some_and(|first| first == "v1" || !version(first))
}

fn check(
    served: &Served,
    parts: &request::Parts,
    (path, found): (&str, &route::Found),
    (request_id, now): (RequestId, domain::Timestamp),
) -> Result<Caller, Failure> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    let authorization = values.next();
    if values.next().is_some() {
        return Err(Failure::BadCredential);
    }
    let api = served.portal.environment().api();
    let project = found.names.iter().find(|(name, _)| *name == "project").map(|(_, value)| value.as_str());
    let ask = Ask {
        api,
        authorization,
        method: parts.method.as_str(),
        path,
        permission: &format!("{api}:{}", found.permission),
        project,
        address: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_canonical()),
        now,
        request_id,
    };
    access::check(&served.verifier, &ask)
}

/// Refuses a body that says of itself that it is in another encoding (RFC 7303 section 3: the header wins).
fn require_utf8(headers: &HeaderMap) -> Result<(), Failure> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().map_err(|_| Failure::WrongMediaType)?.to_ascii_lowercase();
    let mut charsets = text.split(';').filter_map(|parameter| parameter.trim().strip_prefix("charset="));
    let fits = charsets.all(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii"));
    if fits { Ok(()) } else { Err(Failure::WrongMediaType) }
}

async fn drain(body: &mut axum::body::BodyDataStream) {
    let mut left = MAX_DRAINED_BYTES;
    while let Some(Ok(piece)) = body.next().await {
        match left.checked_sub(piece.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}

fn finish(mut response: Response<Body>, request_id: RequestId) -> Response<Body> {
    headers::finish(response.headers_mut(), request_id, page::CONTENT_SECURITY_POLICY);
    response
}
