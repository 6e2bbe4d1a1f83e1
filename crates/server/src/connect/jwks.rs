//! `GET /connect/jwks`: the public keys with which what this server signs is verified (RFC 7517 section 5).

use std::sync::Arc;

use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderValue};

use super::call::Call;
use super::error::ConnectError;
use super::{Connect, discovery};

/// Answers with the keys; they may be kept for as long as a new one is published ahead of its use.
pub(super) async fn answer(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let document = connect.authority.jwks(call.edge.now).to_document();
    let seconds = u32::try_from(connect.authority.jwks_lifetime().as_secs()).unwrap_or(u32::MAX);
    let mut response = discovery::answer(&call.parts.headers, &document, seconds);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json"));
    Ok(response)
}
