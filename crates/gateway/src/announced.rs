//! What an API's owner has announced, as headers for the proxy to put on the API's answer.

use std::sync::Arc;

use domain::announcement::Announced;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Writes them, where there are any.
#[inline]
pub(crate) fn write(announced: Option<Arc<Announced>>, answer: &mut HeaderMap) {
    if let Some(announced) = announced {
        for (name, value) in announced.headers() {
            // A moment, a date, or a link of visible ASCII.
            if let Ok(value) = HeaderValue::from_str(value) {
                answer.insert(HeaderName::from_static(name), value);
            }
        }
    }
}
