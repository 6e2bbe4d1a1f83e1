//! `GET /connect/jwks`: the public keys with which what this server signs is verified (RFC 7517 section 5).

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};

use super::Connect;
use super::call::Call;
use super::error::{Code, ConnectError};

/// Answers with the keys; they may be kept for as long as a new one is published ahead of its use.
pub(super) async fn answer(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let document = connect.authority.jwks(call.edge.now).to_document().to_string();
    let seconds = connect.authority.jwks_lifetime().as_secs();
    let cache = HeaderValue::from_str(&format!("public, max-age={seconds}")).map_err(|_| Code::Internal)?;
    let mut response = Response::new(Body::from(document));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    response.headers_mut().insert(CACHE_CONTROL, cache);
    Ok(response)
}
