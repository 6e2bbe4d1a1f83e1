//! Credentials that come over plain HTTP: refused here, before any surface sees them, never redirected, and noted for their owners.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use gateway::{Transport, Trust};
use http::header::{AUTHORIZATION, COOKIE, EXPECT};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::BodyExt as _;
use verifier::{PlainRequest, Verifier};

use super::{Code, Context, Problem};
use crate::language::Language;

/// As much of a refused request's body as is looked into for credentials.
const SEARCHED_BYTES: usize = 64 * 1024;
const EXPOSED: &str = "this request came over plain HTTP, so anybody on the way could read it: send it over HTTPS, and replace the \
    credential that was in it";
const MISDIRECTED: &str = "this port takes HTTPS only, and this request came over plain HTTP: begin the address with https://, and replace \
    any credential that was in it, as anybody on the way could read it";
/// Pages whose address is a secret, without the language.
const SECRET_PATHS: [&str; 4] = ["/set-up/", "/verify/", "/new-password/", "/invitation/"];

/// Knows what may come over plain HTTP, and notes what may not and did. Every request to every listener passes it.
pub struct Guard {
    verifier: Arc<Verifier>,
    trust: Trust,
}

/// How a connection came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    transport: Transport,
    /// Whether what the other end tells about its callers is believed.
    is_proxy: bool,
    /// Whether plain HTTP came to a port that is for TLS.
    misdirected: bool,
}

impl Guard {
    /// Notes exposed credentials with this verifier.
    pub const fn new(verifier: Arc<Verifier>, trust: Trust) -> Self {
        Self { verifier, trust }
    }

    /// A connection, before its first request.
    pub(super) fn arrival(&self, peer: IpAddr, tls: bool, misdirected: bool) -> Arrival {
        Arrival { transport: self.trust.of_connection(peer, tls), is_proxy: self.trust.proxies.contains(peer), misdirected }
    }

    /// Whether to refuse a request before anything looks at it. What a proxy asks about its callers is left to whoever answers
    /// proxies ([`Guard::of_request`]).
    pub(super) fn refuses<B>(&self, arrival: Arrival, request: &Request<B>) -> bool {
        arrival.misdirected || (arrival.transport == Transport::Plain && !arrival.is_proxy && self.is_confidential(request))
    }

    /// How a request came, and whether to refuse it, where a proxy may have told.
    pub(super) fn of_request<B>(&self, arrival: Arrival, peer: IpAddr, request: &Request<B>) -> (Transport, bool) {
        if !arrival.is_proxy {
            return (arrival.transport, false);
        }
        let transport = self.trust.of_request(peer, arrival.transport == Transport::Https, request.headers());
        (transport, transport == Transport::Plain && self.is_confidential(request))
    }

    /// The answer to a request that is refused. What was in it is noted, unless it never left this machine.
    pub(super) async fn refuse(&self, arrival: Arrival, request: Request<Body>, context: &Context) -> Problem {
        let left = !arrival.misdirected || !self.trust.local.contains(context.peer.ip());
        self.note(request, context, left).await;
        if arrival.misdirected { problem().detail(MISDIRECTED) } else { problem() }
    }

    /// Tells that it was refused, and what was in it if that left this machine. Waits for the beginning of the body, unless its
    /// sender waits to be asked for it (RFC 9110 section 10.1.1): a secret that has not been sent is not asked for.
    async fn note(&self, request: Request<Body>, context: &Context, left: bool) {
        let (parts, mut body) = request.into_parts();
        let path = if self.has_secret(&parts.uri) { "" } else { parts.uri.path() };
        let address = gateway::caller_address(&parts.headers, context.peer.ip(), &self.trust.proxies);
        let plain = PlainRequest { request: context.request_id, now: context.now, address, asked: (parts.method.as_str(), path) };
        if !left {
            return self.verifier.tell_plain(&plain, None);
        }
        let value = |name: &str| parts.headers.get(name).map(HeaderValue::as_bytes);
        let presented = self.verifier.expose_presented(value(AUTHORIZATION.as_str()), value("x-api-key"), context.now);
        let in_address = self.verifier.expose_all_in(parts.uri.to_string().as_bytes(), context.now);
        let mut searched = Vec::new();
        while !parts.headers.contains_key(EXPECT) && searched.len() < SEARCHED_BYTES {
            let Some(Ok(frame)) = body.frame().await else { break };
            searched.extend(frame.data_ref().into_iter().flatten().take(SEARCHED_BYTES));
        }
        let in_body = self.verifier.expose_all_in(&searched, context.now);
        self.verifier.tell_plain(&plain, presented.or(in_address).or(in_body));
    }

    /// Whether a request holds what others must not read. Whoever changes something, signs in or asks about a credential has
    /// put a secret somewhere into it; a page or a document is read without one.
    fn is_confidential<B>(&self, request: &Request<B>) -> bool {
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        changes || has_credential(request.headers()) || self.has_secret(request.uri())
    }

    fn has_secret(&self, uri: &Uri) -> bool {
        let target = uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        let target = Language::of_path(target).map_or(target, |(_, path)| path);
        SECRET_PATHS.iter().any(|path| target.starts_with(path)) || self.verifier.is_credential_in(target.as_bytes())
    }
}

/// What is answered.
pub(super) fn problem() -> Problem {
    Problem::new(Code::InsecureTransport).detail(EXPOSED)
}

/// Blank headers hold no credential: clients without one send them. A cookie that is for HTTPS only was not sent by a browser.
fn has_credential(headers: &HeaderMap) -> bool {
    let is_filled = |name: &str| headers.get_all(name).iter().any(|value| !value.as_bytes().trim_ascii().is_empty());
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut names = cookies.map(str::trim_start);
    is_filled(AUTHORIZATION.as_str())
        || is_filled("x-api-key")
        || is_filled("dpop")
        || names.any(|name| name.starts_with("__Host-") || name.starts_with("__Secure-"))
}
