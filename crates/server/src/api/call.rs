//! One call of a management route: admitted, read and answered the same way for every route.

use std::str::FromStr;
use std::sync::Arc;

use authority::{Authority, Caller, Context, IdempotencyKey};
use axum::RequestExt as _;
use axum::extract::{RawPathParams, Request};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use domain::{Digest, OrganisationId};
use http::header::IF_MATCH;
use http::{HeaderMap, Method};
use portals::work::WorkUnderWay;

use super::ApiState;
use super::answer::Answer;
use super::caller::{self, Who};
use super::json::{self, Body};
use super::query::{Parameter, Query, Window};
use super::routes::Route;
use crate::edge::{self, Code, Problem};

/// What a route's function is given besides the body.
pub(super) struct Call {
    /// Who calls, when, in which request.
    pub(super) context: Context,
    /// The query.
    pub(super) query: Query,
    state: Arc<ApiState>,
    /// The value of the path's only parameter.
    parameter: String,
    path: String,
    expected_revision: Option<i64>,
}

impl Call {
    /// The use cases.
    pub(super) fn authority(&self) -> &Authority {
        &self.state.authority
    }

    /// Tells what is under way at this API, if anything does.
    pub(super) fn work(&self, api: &str) -> Option<&dyn WorkUnderWay> {
        self.state.work.iter().find(|work| work.api() == api).map(AsRef::as_ref)
    }

    /// Who calls.
    pub(super) fn caller(&self) -> &Caller {
        &self.context.caller
    }

    /// The id in the path. What is no id names nothing, and is answered as what is not there.
    pub(super) fn id<T: FromStr>(&self) -> Result<T, Problem> {
        self.parameter.parse().map_err(|_| Problem::new(Code::NotFound))
    }

    /// The API's name in the path.
    pub(super) fn name(&self) -> Result<String, Problem> {
        if domain::permission::is_slug(&self.parameter) { Ok(self.parameter.clone()) } else { Err(Problem::new(Code::NotFound)) }
    }

    /// The organisation that a list is asked of; without a filter a person sees what may be seen by them, that of the own one.
    pub(super) fn organisation_or_own(&self) -> Result<Option<OrganisationId>, Problem> {
        let organisation = self.query.id(Parameter::Organisation)?;
        Ok(match self.caller() {
            Caller::Person(person) => Some(organisation.unwrap_or(person.organisation)),
            _ => organisation,
        })
    }

    /// The page that is asked for; its cursors are for this path, these filters and this caller.
    pub(super) fn page(&self) -> Result<Window, Problem> {
        let caller = match self.caller() {
            Caller::Person(person) => format!("{} {}", person.organisation, person.id),
            _ => "operator".to_owned(),
        };
        self.query.page(&format!("{}\n{caller}", self.path))
    }

    /// The revision that the caller has read, from `If-Match`.
    pub(super) fn expected_revision(&self) -> Option<i64> {
        self.expected_revision
    }
}

/// Answers a call of a route.
pub(super) async fn answer(state: Arc<ApiState>, route: &'static Route, request: Request) -> Response {
    match (route.handler)(state, route, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

/// Admits a call, reads its body, runs the route's function.
pub(super) async fn run<B, A, F, Fut>(
    state: Arc<ApiState>,
    route: &'static Route,
    request: Request,
    function: F,
) -> Result<Response, Problem>
where
    B: Body,
    A: Answer,
    F: FnOnce(Call, B) -> Fut,
    Fut: Future<Output = Result<A, Problem>>,
{
    let (call, headers, bytes) = open(state, route, request).await?;
    let body = json::body(&headers, &bytes)?;
    function(call, body).await?.into_response()
}

async fn open(state: Arc<ApiState>, route: &'static Route, mut request: Request) -> Result<(Call, HeaderMap, Bytes), Problem> {
    let edge: edge::Context = request.extract_parts().await?;
    let caller = match route.who {
        Who::Anyone => Caller::System,
        who => {
            let facts = caller::authenticate(state.authority.verifier(), request.headers(), edge.now, route.who)?;
            let caller = caller::admit(state.authority.verifier(), &facts, who)?;
            if let Who::Holder(_) = who {
                state.authority.admit_with_second_factor(&caller).await.map_err(caller::without_second_factor)?;
            }
            caller
        }
    };
    let parameters: Option<RawPathParams> = request.extract_parts().await.ok();
    let parameter = parameters.iter().flatten().next().map(|(_, value)| value.to_owned()).unwrap_or_default();
    let (parts, body) = request.into_parts();
    let query = Query::read(&parts.uri, route.query)?;
    let expected_revision = expected_revision(&parts.headers, route)?;
    let path = parts.uri.path().to_owned();
    let bytes = edge::body::read(body).await?;
    let idempotency = idempotency(&parts.headers, &parts.method, &path, &bytes)?;
    let address = gateway::caller_address(&parts.headers, edge.peer.ip(), &state.trust.proxies);
    let address = Some(address.to_canonical().to_string());
    let context = Context { caller, request: edge.request_id, now: edge.now, address, idempotency, reason: None };
    Ok((Call { context, query, state, parameter, path, expected_revision }, parts.headers, bytes))
}

/// Reads `If-Match` (RFC 9110 section 13.1.1): one strong entity tag, or `*`. Where a thing has no revision the header is
/// refused: whoever sends it counts on being protected by it.
fn expected_revision(headers: &HeaderMap, route: &Route) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim();
    if value == "*" {
        return Ok(None);
    }
    if !route.takes_if_match() {
        return Err(Problem::new(Code::InvalidParameter).error("If-Match", "this has no revision that could match"));
    }
    let tag = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match tag {
        // A tag that is not one of ours is that of another state.
        Some(tag) => Ok(Some(tag.parse().unwrap_or(-1))),
        None => Err(Problem::new(Code::InvalidParameter).error("If-Match", "must be one ETag in double quotes")),
    }
}

fn idempotency(headers: &HeaderMap, method: &Method, path: &str, body: &[u8]) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get("idempotency-key").filter(|_| method == Method::POST) else { return Ok(None) };
    let request = Digest::of(&[method.as_str().as_bytes(), b" ", path.as_bytes(), b"\n", body].concat());
    Ok(Some(IdempotencyKey::new(value.to_str().unwrap_or_default(), request)?))
}
