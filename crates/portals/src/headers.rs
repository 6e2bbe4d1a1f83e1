//! The headers that every answer of a reference API has.

use domain::RequestId;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method};
use verifier::Verifier;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Writes what the API's owner has announced for answers to a request; `path` as it came.
pub(crate) fn announce(headers: &mut HeaderMap, verifier: &Verifier, api: &str, (method, path): (&Method, &str)) {
    let path = domain::path::canonical(path);
    let announced = verifier.announced(api, path.as_ref().ok().map(|path| (method.as_str(), path.as_ref())));
    for (name, value) in announced.iter().flat_map(|announced| announced.headers()) {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
}

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
