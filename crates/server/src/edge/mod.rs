//! The edge: serves HTTP/1.1 around a router, and lets only well-formed, bounded requests through to it.
//!
//! Every answer carries a `Request-Id` and the headers of [`Headers`], problems are RFC 9457 documents, and a handler
//! that panics is a 500 with nothing but that id.

pub mod body;
mod connection;
pub mod forward_auth;
mod headers;
mod ids;
mod inspect;
mod listen;
pub mod problem;
mod tls;
mod transport;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRequestParts;
use bytes::Bytes;
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::time::Clock;
use domain::{RequestId, Timestamp};
use http::{HeaderMap, Method, Response, Uri};

pub use headers::{Headers, REQUEST_ID, Stamp};
pub use inspect::host;
pub use problem::{Code, Problem};
pub use tls::{Certificates, TlsError, read as read_certificates};
pub use transport::Guard;

/// What the edge knows of a request; in the request's extensions, and an extractor.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// The request's name, on its answer, in the journal and in the log.
    pub request_id: RequestId,
    /// When it came, on the wall clock: the one reading for all that it does.
    pub now: Timestamp,
    /// Who is at the other end of the connection.
    pub peer: SocketAddr,
    /// How the request came from its caller: as the connection says, or a trusted proxy.
    pub scheme: Scheme,
}

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plainly.
    Http,
    /// Over TLS that ends here, or at a trusted proxy.
    Https,
}

impl<S: Sync> FromRequestParts<S> for Context {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().copied().ok_or_else(|| Code::Internal.into())
    }
}

/// Bounds of one listener.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most connections at a time. Above it the one that is idle for longest is dropped, or the new one.
    pub connections: usize,
    /// Most bytes of a request's line and headers; above it the answer is 431. At least 8 192.
    pub header_bytes: usize,
    /// Seconds in which the headers must be there, from the first byte of them.
    pub header_seconds: u32,
    /// Most bytes of a request's body; above it the answer is 413.
    pub body_bytes: u64,
    /// Seconds in which the body must be there.
    pub body_seconds: u32,
    /// Seconds for which a connection may be silent between two requests.
    pub idle_seconds: u32,
    /// Seconds for which the other side may not read its answer.
    pub write_seconds: u32,
    /// Milliseconds that running requests have to finish once the server stops.
    pub stop_milliseconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8_192,
            header_bytes: 64 * 1024,
            header_seconds: 10,
            body_bytes: 1024 * 1024,
            body_seconds: 30,
            // Longer than the 60 s for which nginx and the 55 s for which others keep one: the client closes first.
            idle_seconds: 75,
            write_seconds: 30,
            stop_milliseconds: 1_500,
        }
    }
}

/// A request without its body.
#[derive(Debug, Clone, Copy)]
pub struct Head<'r> {
    /// The method.
    pub method: &'r Method,
    /// The target.
    pub uri: &'r Uri,
    /// The headers.
    pub headers: &'r HeaderMap,
}

/// Answers some requests at once: without the router, without waiting and without reading a body.
pub trait Direct: Send + Sync {
    /// The answer, or none if the router is to answer.
    fn answer(&self, head: Head<'_>, context: &Context) -> Option<Response<Bytes>>;
}

/// What is served under a host name.
#[derive(Clone)]
pub struct Site {
    /// Asked before the router.
    pub direct: Option<Arc<dyn Direct>>,
    /// Answers everything else.
    pub router: axum::Router,
    /// Which headers are added to its answers.
    pub headers: Headers,
    /// A header for some of its answers.
    pub stamp: Option<Stamp>,
    /// What its requests' bodies are bounded by, where those of the listener do not fit it.
    pub body: Option<BodyBounds>,
}

/// What a request's body is bounded by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyBounds {
    /// Most bytes; above it the answer is 413.
    pub bytes: u64,
    /// Seconds in which it must be there.
    pub seconds: u32,
}

impl Site {
    /// A site with Poort's own headers and nothing before the router.
    pub fn new(router: axum::Router) -> Self {
        Self { direct: None, router, headers: Headers::Strict, stamp: None, body: None }
    }
}

/// The sites of one listener.
#[derive(Clone)]
pub struct Sites {
    main: Site,
    named: Vec<(String, Site)>,
}

impl Sites {
    /// One site for every host name.
    pub fn one(main: Site) -> Self {
        Self { main, named: Vec::new() }
    }

    /// Serves another site under this host name, which is in lower case and without a port.
    #[must_use]
    pub fn named(mut self, host: &str, site: Site) -> Self {
        self.named.push((host.to_owned(), site));
        self
    }

    fn of<B>(&self, request: &http::Request<B>) -> &Site {
        if self.named.is_empty() {
            return &self.main;
        }
        let host = host(request);
        self.named.iter().find(|(name, _)| *name == host).map_or(&self.main, |(_, site)| site)
    }
}

/// Serves sites on listeners.
pub struct Edge {
    clock: Arc<dyn Clock>,
    ids: ids::Ids,
    limits: Limits,
    guard: Guard,
    draining: AtomicBool,
    connections: watch::Connections,
}

impl Edge {
    /// An edge that reads this clock. Entropy is drawn once. `guard` refuses credentials that come over plain HTTP, on all
    /// its listeners.
    pub fn new(clock: Arc<dyn Clock>, entropy: &dyn Entropy, limits: Limits, guard: Guard) -> Result<Arc<Self>, EntropyUnavailable> {
        Ok(Arc::new(Self {
            clock,
            ids: ids::Ids::new(entropy)?,
            limits,
            guard,
            draining: AtomicBool::new(false),
            connections: watch::Connections::default(),
        }))
    }

    /// From here on every answer says that its connection closes (RFC 9112 section 9.6), so that clients that keep
    /// connections take their next request elsewhere; everything is still answered.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// How many connections there are on all listeners.
    pub fn connections(&self) -> u64 {
        self.connections.open()
    }

    /// How many connections were refused since the start because there were too many.
    pub fn refused_connections(&self) -> u64 {
        self.connections.refused()
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
