//! The management API under `/api/v1`, the check for APIs among it, its OpenAPI document and the page to browse it.
//!
//! One table holds every route ([`routes::ROUTES`]); one function admits, reads and answers every call of it
//! ([`call::answer`]); the document is made of the same table. Rules are in `authority`.

mod announcement;
mod answer;
#[expect(clippy::module_inception, reason = "the concept is called API in every layer")]
mod api;
mod audit;
mod call;
mod caller;
mod credential;
mod cursor;
mod delegation;
mod error;
mod fence;
mod impact;
mod import;
mod invitation;
mod json;
mod membership;
mod node;
mod openapi;
mod operator;
mod organisation;
mod organisation_key;
mod organisation_key_request;
mod organisation_token;
mod organisation_token_import;
mod permission;
mod person;
mod personal_token;
mod query;
mod refusal;
mod routes;
mod server_key;
mod swagger;
mod usage;
mod verify;
mod verify_answer;
mod verify_proof;
mod whoami;
mod workspace;

use std::sync::Arc;

use authority::Authority;
use axum::Router;
use axum::extract::Request;
use axum::routing::{MethodFilter, MethodRouter};
use gateway::Trust;
use http::{HeaderName, HeaderValue};
use portals::work::WorkUnderWay;

use crate::edge::{Code, Problem, Stamp};

pub use caller::Who;
pub use openapi::document;
pub use query::Parameter;
pub use routes::{ROUTES, Route};

/// The version of this API's contract (semantic versioning), on every answer.
pub const VERSION: &str = "1.0.0";
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// What the routes need.
#[derive(Clone)]
pub struct ApiState {
    authority: Authority,
    trust: Trust,
    work: Vec<Arc<dyn WorkUnderWay>>,
}

impl ApiState {
    /// `trust` says whose word about callers is taken; `work` tells what is under way at APIs.
    pub fn new(authority: Authority, trust: Trust, work: Vec<Arc<dyn WorkUnderWay>>) -> Self {
        Self { authority, trust, work }
    }
}

/// Everything under `/api`, and the page under `/swagger`.
pub fn router(state: Arc<ApiState>) -> Router {
    let mut paths: Vec<(&str, MethodRouter)> = Vec::new();
    for route in ROUTES {
        let state = state.clone();
        let handler = move |request: Request| call::answer(state.clone(), route, request);
        let filter = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::GET);
        match paths.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, methods)) => *methods = std::mem::take(methods).on(filter, handler),
            None => paths.push((route.path, MethodRouter::new().on(filter, handler))),
        }
    }
    let api = paths.into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    let api = api
        .route("/api", unknown())
        .route("/api/", unknown())
        .route("/api/{*rest}", unknown())
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed));
    api.merge(swagger::router())
}

/// What is not in the table is not there: no redirect, no page, whatever the method.
fn unknown() -> MethodRouter {
    axum::routing::any(async || Problem::new(Code::NotFound))
}

/// The version on every answer below `/api`, also on those that no route gives.
pub fn version_stamp() -> Stamp {
    Stamp { below: "/api", name: API_VERSION, value: HeaderValue::from_static(VERSION) }
}
