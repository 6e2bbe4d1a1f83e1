//! The API's own documentation: the OpenAPI document of an environment, and a page made of it, without scripts.

use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use serde_json::Value;

use super::Environment;
use crate::openapi::{self, Words};

/// Nothing is loaded and nothing runs.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const WORDS: Words = Words { lang: "nl", document: "Als OpenAPI", answers: "Antwoorden" };

/// The page at this path, if it is one that needs no credential.
pub(super) fn find(path: &str, environment: Environment, base: &str) -> Option<Response<Body>> {
    match path {
        // JSON is YAML too; clients of the portal know the second name.
        "/doc/openapi.json" | "/doc/openapi.yaml" => {
            Some(response("application/json; charset=utf-8", openapi(environment, base).to_string()))
        }
        "/" | "/doc" => Some(response("text/html; charset=utf-8", openapi::page(&openapi(environment, base), "/doc/openapi.json", &WORDS))),
        _ => None,
    }
}

/// The document that describes the API of an environment.
pub(super) fn openapi(environment: Environment, base: &str) -> Value {
    let mut document: Value = serde_json::from_str(include_str!("openapi.json")).unwrap_or_default();
    openapi::fill(&mut document, &[("{title}", environment.title()), ("{api}", environment.api()), ("{base}", base)]);
    document
}

fn response(content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
