//! The one handler: host, check, route, answer, and the headers that every answer has.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use domain::RequestId;
use http::header::{ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, request};

use super::address::Links;
use super::answer::{self, Answer, Failure, Format};
use super::parameters::Parameters;
use super::visit::{self, Target};
use super::{Shared, page, route};
use crate::headers;

/// The longest document that gets an entity tag; longer ones do not occur.
const MAX_TAGGED_BYTES: usize = 16 << 20;

pub(super) async fn serve(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let request_id = match parts.extensions.get::<RequestId>() {
        Some(known) => Ok(*known),
        None => RequestId::generate(shared.clock.now(), shared.entropy.as_ref()),
    };
    let Ok(request_id) = request_id else {
        return answer::bad(&Failure::Unavailable, Format::Json, "/");
    };
    let mut response = match respond(&shared, &parts, body, request_id).await {
        Ok(response) => response,
        Err((failure, format, sign_in)) => answer::bad(&failure, format, &sign_in),
    };
    headers::announce(response.headers_mut(), &shared.verifier, "learning", (&parts.method, parts.uri.path()));
    finish(response, request_id)
}

type Refused = (Failure, Format, String);

async fn respond(shared: &Shared, parts: &request::Parts, body: Body, request_id: RequestId) -> Result<Response<Body>, Refused> {
    let early = |failure| (failure, Format::Json, String::new());
    let base = shared.hosts.base(&parts.uri, &parts.headers).map_err(|error| early(error.into()))?;
    let target = Target::read(&parts.uri, &parts.headers).map_err(early)?;
    let locale = target.locale.unwrap_or(super::address::Locale::Nl);
    // The own profile is where people look for their tokens.
    let sign_in = match &shared.console {
        Some(console) if target.path == "/profile" => format!("{console}/{}/profile", locale.as_str()),
        _ => Links::new(base, locale).page("/sign_in"),
    };
    let answered = async {
        let (route, visit) = visit::check(shared, parts, base, &target, request_id).await?;
        let parameters = match parts.method == Method::POST {
            true => Parameters::read(&parts.headers, body).await?,
            false => Parameters::default(),
        };
        let answer = route::answer(shared, route, visit, parameters).await?;
        let taggable = matches!(answer, Answer::Data(_)) && matches!(parts.method, Method::GET | Method::HEAD);
        let response = answer::good(answer, target.format)?;
        if taggable { tag(response, &parts.headers).await } else { Ok(response) }
    };
    answered.await.map_err(|failure| (failure, target.format, sign_in))
}

/// Gives a document its entity tag, or says that the caller has it already.
async fn tag(response: Response<Body>, asked: &HeaderMap) -> Result<Response<Body>, Failure> {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_TAGGED_BYTES).await.map_err(|_| Failure::Unavailable)?;
    let tag = answer::entity_tag(&bytes);
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok()).flat_map(|tags| tags.split(','));
    // RFC 9110 section 13.1.2: compared weakly.
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let mine = tag.to_str().map(opaque).unwrap_or_default();
    if parts.status == StatusCode::OK && known.into_iter().any(|tag| tag.trim() == "*" || opaque(tag) == mine) {
        return Ok(answer::not_modified(tag));
    }
    parts.headers.insert(ETAG, tag);
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn finish(mut response: Response<Body>, request_id: RequestId) -> Response<Body> {
    headers::finish(response.headers_mut(), request_id, page::CONTENT_SECURITY_POLICY);
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept, Authorization, Cookie"));
    response
}
