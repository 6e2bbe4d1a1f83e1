//! The OAuth 2 and OpenID Connect endpoints under `/connect` and `/.well-known`, and `/device`: HTTP only, the rules are in `authority`.
//!
//! One table holds every route ([`ROUTES`]); one function reads the request, answers browsers of other origins as the row says,
//! and makes an error of what went wrong ([`answer`]). Each endpoint is a file.

mod authorize;
mod call;
mod client;
mod client_keys;
mod cors;
mod device;
mod discovery;
mod dpop;
mod endsession;
mod error;
mod form;
mod introspect;
mod jwks;
mod par;
mod refusal;
mod register;
mod revocation;
mod token;
mod tries;
mod userinfo;

use std::pin::Pin;
use std::sync::Arc;

use authority::Authority;
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter};
use gateway::Trust;
use http::header::{CACHE_CONTROL, HeaderValue};
use http::{Method, StatusCode};

pub use call::Call;
pub use client::{Authenticated, authenticate};
pub use cors::Cors;
pub use error::{Code, ConnectError};
pub use form::Form;
pub use register::RegistrationRules;

use crate::console::Console;
use crate::edge;

/// What the endpoints need.
pub struct Connect {
    /// The use cases.
    pub authority: Authority,
    /// The pages that a person is shown meanwhile.
    pub console: Console,
    /// Whose word about callers is taken.
    pub trust: Trust,
    /// The issuer: the one URL under which this server is known, without a slash at the end.
    pub issuer: String,
    /// Who may register clients.
    pub registration: RegistrationRules,
    client_keys: client_keys::ClientKeys,
    tries: tries::Tries,
}

impl Connect {
    /// `issuer` is the configured public URL: never what a request says.
    pub fn new(authority: Authority, console: Console, trust: Trust, issuer: String, registration: RegistrationRules) -> Self {
        Self {
            authority,
            console,
            trust,
            issuer,
            registration,
            tries: tries::Tries::default(),
            client_keys: client_keys::ClientKeys::default(),
        }
    }

    /// The URL of an endpoint, as the public knows it.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

/// A row of the table.
pub struct Route {
    /// The method; `HEAD` follows `GET`, `OPTIONS` follows `cors`.
    pub method: Method,
    /// The path, with at most one parameter.
    pub path: &'static str,
    /// Which pages in browsers may read the answers.
    pub cors: Cors,
    /// How long answers may be kept.
    pub cache: Cache,
    /// Answers a request.
    handler: fn(Arc<Connect>, Call) -> Handling,
}

/// How long an answer may be kept by others, unless it says so itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// Not at all.
    Never,
    /// By anybody, for so many seconds.
    Seconds(u32),
}

/// An answer on its way.
pub type Handling = Pin<Box<dyn Future<Output = Result<Response, ConnectError>> + Send>>;

const fn row(method: Method, path: &'static str, (cors, cache): (Cors, Cache), handler: fn(Arc<Connect>, Call) -> Handling) -> Route {
    Route { method, path, cors, cache, handler }
}

/// For clients' pages in browsers, and never kept.
const CLIENTS: (Cors, Cache) = (Cors::Registered, Cache::Never);

/// For servers only.
const SERVERS: (Cors, Cache) = (Cors::Nobody, Cache::Never);
/// For everybody, and kept for as long as the endpoint says.
const PUBLIC: (Cors, Cache) = (Cors::Everybody, Cache::Never);
/// For the browsers of people only: no page of another origin may read it (RFC 9700 section 2.6).
const PEOPLE: (Cors, Cache) = (Cors::Nobody, Cache::Never);

/// For programs on servers and on people's machines; never kept.
const PROGRAMS: (Cors, Cache) = (Cors::Nobody, Cache::Never);

/// Every route.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    row(Method::GET,  "/connect/authorize",               PEOPLE, |connect, call| Box::pin(authorize::ask(connect, call))),
    row(Method::POST, "/connect/authorize",               PEOPLE, |connect, call| Box::pin(authorize::ask(connect, call))),
    row(Method::GET,  "/connect/authorize/{interaction}", PEOPLE, |connect, call| Box::pin(authorize::resume(connect, call))),
    row(Method::POST, "/connect/authorize/{interaction}", PEOPLE, |connect, call| Box::pin(authorize::decide(connect, call))),
    row(Method::POST, "/connect/token",      CLIENTS, |connect, call| Box::pin(token::answer(connect, call))),
    row(Method::POST, "/connect/deviceauthorization", CLIENTS, |connect, call| Box::pin(device::begin(connect, call))),
    // Short, because people type it.
    row(Method::GET,  "/device",             PEOPLE, |connect, call| Box::pin(device::show(connect, call))),
    row(Method::POST, "/device",             PEOPLE, |connect, call| Box::pin(device::typed(connect, call))),
    row(Method::GET,  "/en/device",          PEOPLE, |connect, call| Box::pin(device::in_language(connect, call))),
    row(Method::GET,  "/nl/device",          PEOPLE, |connect, call| Box::pin(device::in_language(connect, call))),
    row(Method::GET,  "/device/{interaction}", PEOPLE, |connect, call| Box::pin(device::resume(connect, call))),
    row(Method::POST, "/device/{interaction}", PEOPLE, |connect, call| Box::pin(device::decide(connect, call))),
    row(Method::POST, "/connect/register",   PROGRAMS, |connect, call| Box::pin(register::register(connect, call))),
    row(Method::GET,  "/connect/register/{client_id}", PROGRAMS, |connect, call| Box::pin(register::show(connect, call))),
    row(Method::PUT,  "/connect/register/{client_id}", PROGRAMS, |connect, call| Box::pin(register::replace(connect, call))),
    row(Method::DELETE, "/connect/register/{client_id}", PROGRAMS, |connect, call| Box::pin(register::remove(connect, call))),
    row(Method::POST, "/connect/introspect", SERVERS, |connect, call| Box::pin(introspect::answer(connect, call))),
    row(Method::POST, "/connect/revocation", CLIENTS, |connect, call| Box::pin(revocation::answer(connect, call))),
    row(Method::POST, "/connect/revoke",     CLIENTS, |connect, call| Box::pin(revocation::answer(connect, call))),
    row(Method::GET,  "/connect/jwks",       PUBLIC,  |connect, call| Box::pin(jwks::answer(connect, call))),
    // Where clients of IdentityServer look.
    row(Method::GET,  "/.well-known/openid-configuration/jwks", PUBLIC, |connect, call| Box::pin(jwks::answer(connect, call))),
    row(Method::POST, "/connect/par",                     CLIENTS, |connect, call| Box::pin(par::answer(connect, call))),
    row(Method::GET,  "/connect/userinfo",                CLIENTS, |connect, call| Box::pin(userinfo::answer(connect, call))),
    row(Method::POST, "/connect/userinfo",                CLIENTS, |connect, call| Box::pin(userinfo::answer(connect, call))),
    row(Method::GET,  "/connect/endsession",              PEOPLE, |connect, call| Box::pin(endsession::answer(connect, call))),
    row(Method::POST, "/connect/endsession",              PEOPLE, |connect, call| Box::pin(endsession::answer(connect, call))),
    row(Method::GET,  "/.well-known/openid-configuration",           PUBLIC, |connect, call| Box::pin(discovery::metadata(connect, call))),
    row(Method::GET,  "/.well-known/oauth-authorization-server",     PUBLIC, |connect, call| Box::pin(discovery::metadata(connect, call))),
    row(Method::GET,  "/.well-known/oauth-protected-resource",       PUBLIC, |connect, call| Box::pin(discovery::protected_resource(connect, call))),
    row(Method::GET,  "/.well-known/oauth-protected-resource/{*path}", PUBLIC, |connect, call| Box::pin(discovery::protected_resource(connect, call))),
];

/// The router of the table.
pub fn router(connect: Arc<Connect>) -> Router {
    let mut router = Router::new();
    let mut paths: Vec<&'static str> = ROUTES.iter().map(|route| route.path).collect();
    paths.dedup();
    for path in paths {
        let rows: Vec<&'static Route> = ROUTES.iter().filter(|route| route.path == path).collect();
        let mut methods = MethodRouter::new();
        let mut allowed: Vec<&str> = rows.iter().map(|route| route.method.as_str()).collect();
        if let Some(open) = rows.iter().find(|route| route.cors != Cors::Nobody).map(|route| route.cors) {
            let connect = connect.clone();
            let offered = allowed.join(", ");
            allowed.push("OPTIONS");
            methods = methods.options(move |request: Request| async move { cors::preflight(&connect, open, &offered, &request) });
        }
        let allowed = allowed.join(", ");
        for route in rows {
            let connect = connect.clone();
            let filter = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::GET);
            methods = methods.on(filter, move |request: Request| answer(connect.clone(), route, request));
        }
        let refuse = move || async move { error::method_not_allowed(&allowed).into_response() };
        router = router.route(path, methods.fallback(refuse));
    }
    router
}

/// Answers a request of a route.
async fn answer(connect: Arc<Connect>, route: &'static Route, request: Request) -> Response {
    let origin = cors::origin(&request);
    let edge: Option<edge::Context> = request.extensions().get().copied();
    let (address, answered) = match Call::open(&connect, route, request).await {
        Ok(call) => (Some(call.address), (route.handler)(connect.clone(), call).await),
        Err(error) => (None, Err(error)),
    };
    let mut response = match (answered, &edge) {
        (Ok(response), _) => response,
        (Err(error), Some(edge)) => error.answer(&connect.issuer, edge),
        (Err(error), None) => error.into_response(),
    };
    if let Some(edge) = edge {
        let address = address.unwrap_or(edge.peer.ip());
        refusal::tell(&connect, route, &refusal::Asked { edge, address }, &mut response);
    }
    if let (Cache::Seconds(seconds), StatusCode::OK) = (route.cache, response.status()) {
        let value = HeaderValue::from_str(&format!("public, max-age={seconds}")).unwrap_or(error::NO_STORE);
        response.headers_mut().entry(CACHE_CONTROL).or_insert(value);
    }
    cors::admit(&connect, route.cors, origin.as_ref(), &mut response);
    response
}
