//! What needs no credential: the OpenAPI document, a page made of it, and who gives credentials for this API.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use serde_json::{Value, json};

use crate::openapi::{self, Words};

/// Nothing is loaded and nothing runs.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Where this API says who gives credentials for it (RFC 9728 section 3).
pub(super) const METADATA: &str = "/.well-known/oauth-protected-resource";
const DOCUMENT: &str = "/swagger/v1/swagger.json";
const WORDS: Words = Words { lang: "en", document: "As OpenAPI", answers: "Answers" };

/// The paths of these pages, as the API's definition names them.
#[cfg(test)]
pub(super) const PATHS: [&str; 5] = ["/", "/swagger", "/swagger/index.html", DOCUMENT, METADATA];

/// The page at this path, in any case, if it is one that needs no credential; `issuer` gives access tokens for the API.
pub(super) fn find(path: &str, base: &str, issuer: Option<&str>) -> Option<Response<Body>> {
    match path.to_ascii_lowercase().as_str() {
        DOCUMENT => Some(response("application/json; charset=utf-8", openapi(base).to_string())),
        "/" | "/swagger" | "/swagger/index.html" => {
            Some(response("text/html; charset=utf-8", openapi::page(&openapi(base), DOCUMENT, &WORDS)))
        }
        METADATA => issuer.map(|issuer| response("application/json; charset=utf-8", metadata(base, issuer).to_string())),
        _ => None,
    }
}

/// The document that describes the API.
pub(super) fn openapi(base: &str) -> Value {
    let mut document: Value = serde_json::from_str(include_str!("openapi.json")).unwrap_or_default();
    openapi::fill(&mut document, &[("{base}", base)]);
    document
}

/// RFC 9728 section 2.
fn metadata(base: &str, issuer: &str) -> Value {
    json!({
        "resource": base,
        "resource_name": "Dastra API",
        "authorization_servers": [issuer],
        "scopes_supported": ["api1"],
        "bearer_methods_supported": ["header"],
        "resource_documentation": format!("{base}/swagger/index.html"),
    })
}

fn response(content_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
