//! One connection: each request is inspected, answered by its site, and the answer is completed.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use gateway::Transport;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use http::{Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper::service::Service;
use tower::Service as _;

use super::body::{Bounded, Outgoing};
use super::ids::ConnectionIds;
use super::inspect::inspect;
use super::transport::Arrival;
use super::watch::{Phase, Watched};
use super::{BodyBounds, Code, Context, Edge, Head, Headers, Problem, Scheme, Sites};

/// The service of one connection.
pub(super) struct Connection {
    pub(super) edge: Arc<Edge>,
    pub(super) sites: Arc<Sites>,
    pub(super) ids: ConnectionIds,
    pub(super) peer: SocketAddr,
    pub(super) scheme: Scheme,
    pub(super) arrival: Arrival,
    pub(super) watched: Arc<Watched>,
}

impl Service<Request<Incoming>> for Connection {
    type Response = Response<Outgoing>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        self.watched.enter(Phase::Answering);
        let now = self.edge.clock.now();
        let mut context = Context { request_id: self.edge.ids.next(&self.ids, now), now, peer: self.peer, scheme: self.scheme };
        let site = self.sites.of(&request);
        let closes = self.edge.is_draining();
        let pinned = is_pinned(self.scheme, &request);
        let stamp = site.stamp.as_ref().and_then(|stamp| stamp.of(request.uri().path()));
        let mut finish = Finish { context, pinned, headers: site.headers, stamp, watched: self.watched.clone(), closes };
        let limits = &self.edge.limits;
        let bounds = site.body.unwrap_or(BodyBounds { bytes: limits.body_bytes, seconds: limits.body_seconds });
        if let Err(problem) = inspect(&request, bounds.bytes) {
            // What follows such a request on its connection may be anything.
            return Answering::Whole(Some(closing(finish.problem(&problem))));
        }
        let time = Duration::from_secs(bounds.seconds.into());
        let bound = |body| Body::new(Bounded::new(body, bounds.bytes, time));
        if self.edge.guard.refuses(self.arrival, &request) {
            return self.refuse(request.map(bound), finish);
        }
        if let Some(direct) = &site.direct {
            let head = Head { method: request.method(), uri: request.uri(), headers: request.headers() };
            match catch_unwind(AssertUnwindSafe(|| direct.answer(head, &context))) {
                Ok(Some(response)) => return Answering::Whole(Some(finish.whole(response))),
                Ok(None) => {}
                Err(_) => return Answering::Whole(Some(finish.panicked())),
            }
        }
        let (transport, refused) = self.edge.guard.of_request(self.arrival, self.peer.ip(), &request);
        context.scheme = if transport == Transport::Https { Scheme::Https } else { Scheme::Http };
        (finish.context, finish.pinned) = (context, is_pinned(context.scheme, &request));
        if refused {
            return self.refuse(request.map(bound), finish);
        }
        let mut request = request.map(bound);
        request.extensions_mut().insert(context);
        let mut router = site.router.clone();
        // A router is always ready. It is called within the future, so that its panics are caught as well.
        let future = async move { router.call(request).await };
        Answering::Routed { future: Box::pin(future), finish }
    }
}

impl Connection {
    /// Answers a request that came over plain HTTP and should not have.
    fn refuse(&self, request: Request<Body>, finish: Finish) -> Answering {
        let (edge, context, arrival) = (self.edge.clone(), finish.context, self.arrival);
        let future = async move { Ok(edge.guard.refuse(arrival, request, &context).await.into_response()) };
        Answering::Routed { future: Box::pin(future), finish }
    }
}

/// An answer on its way.
pub(super) enum Answering {
    Whole(Option<Response<Outgoing>>),
    Routed { future: Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>, finish: Finish },
}

impl Future for Answering {
    type Output = Result<Response<Outgoing>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            // Polled again after its end it stays pending: there is nothing left to give.
            Self::Whole(response) => response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response))),
            Self::Routed { future, finish } => match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(Ok(response))) => Poll::Ready(Ok(finish.routed(response))),
                Err(_) => Poll::Ready(Ok(finish.panicked())),
            },
        }
    }
}

/// What an answer still lacks.
pub(super) struct Finish {
    context: Context,
    /// Whether browsers are told to come over HTTPS only.
    pinned: bool,
    headers: Headers,
    stamp: Option<(HeaderName, HeaderValue)>,
    watched: Arc<Watched>,
    /// Whether this is the last answer of its connection.
    closes: bool,
}

impl Finish {
    fn whole(&self, response: Response<Bytes>) -> Response<Outgoing> {
        self.complete(response.map(|bytes| Outgoing::whole(bytes, self.watched.clone())))
    }

    fn problem(&self, problem: &Problem) -> Response<Outgoing> {
        self.whole(problem.response(problem.body(Some(&self.context.request_id))))
    }

    fn panicked(&self) -> Response<Outgoing> {
        tracing::error!(request_id = %self.context.request_id, "a handler panicked");
        self.problem(&Code::Internal.into())
    }

    fn routed(&self, mut response: Response<Body>) -> Response<Outgoing> {
        let problem = match response.extensions_mut().remove::<Problem>() {
            Some(problem) => Some(problem),
            // The router's own refusals (404, 405) have no body.
            None if self.headers == Headers::Strict && is_bare_error(&response) => Some(Problem::of_status(response.status())),
            None => None,
        };
        match problem {
            Some(problem) => {
                let body = problem.body(Some(&self.context.request_id));
                response.headers_mut().remove(CONTENT_LENGTH);
                if !response.headers().contains_key(CONTENT_TYPE) {
                    let (typed, ()) = problem.response(()).into_parts();
                    response.headers_mut().extend(typed.headers);
                }
                let response = self.complete(response.map(|_| Outgoing::whole(body, self.watched.clone())));
                // The rest of the body is not waited for.
                if matches!(problem.code(), Code::BodyTooLarge | Code::RequestTimeout | Code::InsecureTransport) {
                    closing(response)
                } else {
                    response
                }
            }
            None => self.complete(response.map(|body| Outgoing::streamed(body, self.watched.clone()))),
        }
    }

    fn complete(&self, mut response: Response<Outgoing>) -> Response<Outgoing> {
        self.headers.add_to(response.headers_mut(), &self.context.request_id, self.pinned);
        if let Some((name, value)) = &self.stamp {
            response.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        if self.closes { closing(response) } else { response }
    }
}

fn closing(mut response: Response<Outgoing>) -> Response<Outgoing> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Whether a browser is to come over HTTPS only. Not to `localhost`: it would want HTTPS of everything else that anybody ever
/// starts under that name.
fn is_pinned<B>(scheme: Scheme, request: &Request<B>) -> bool {
    if scheme == Scheme::Http {
        return false;
    }
    let host = request.headers().get(HOST).map_or(&b""[..], |value| value.as_bytes());
    let name = host.split(|byte| *byte == b':').next().unwrap_or_default();
    !name.eq_ignore_ascii_case(b"localhost")
}

fn is_bare_error(response: &Response<Body>) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && !response.headers().contains_key(CONTENT_TYPE)
        && response.body().size_hint().exact() == Some(0)
}
