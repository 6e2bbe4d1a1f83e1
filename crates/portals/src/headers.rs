//! The headers that every answer of a reference API has.

use domain::RequestId;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Writes them; an answer that says nothing about being kept is not kept.
pub(crate) fn finish(headers: &mut HeaderMap, request_id: RequestId, content_security_policy: &'static str) {
    let mut buffer = [0; 36];
    if let Ok(value) = HeaderValue::from_str(request_id.encode(&mut buffer)) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(content_security_policy));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
