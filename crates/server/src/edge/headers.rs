//! The headers that every answer carries.

use domain::RequestId;
use http::HeaderMap;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, SERVER, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// Names the request on its answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Which headers the edge adds to a site's answers. One that an answer already has is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Headers {
    /// Those of Poort itself: not to be stored, framed, sniffed, scripted or told to others.
    Strict,
    /// `Request-Id` and `X-Content-Type-Options` only, for an API whose clients know its answers as they are.
    Plain,
}

/// A header of every answer to a request below one path, also of answers that the edge gives itself.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The path, without a slash at the end.
    pub below: &'static str,
    /// The header's name.
    pub name: HeaderName,
    /// Its value.
    pub value: HeaderValue,
}

impl Stamp {
    /// The header, if this path is below the stamp's.
    pub(super) fn of(&self, path: &str) -> Option<(HeaderName, HeaderValue)> {
        let rest = path.strip_prefix(self.below)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| (self.name.clone(), self.value.clone()))
    }
}

const STRICT: [(HeaderName, HeaderValue); 5] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, NOSNIFF),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// Two years, as the list that browsers ship asks for at least one.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

impl Headers {
    /// `pinned` says whether browsers are to come over HTTPS only from now on (RFC 6797).
    pub(super) fn add_to(self, headers: &mut HeaderMap, request_id: &RequestId, pinned: bool) {
        headers.reserve(8);
        headers.entry(REQUEST_ID).or_insert_with(|| id_value(request_id));
        match self {
            Self::Strict => {
                for (name, value) in STRICT {
                    headers.entry(name).or_insert(value);
                }
                headers.remove(SERVER);
                if pinned {
                    headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(HSTS);
                }
            }
            Self::Plain => {
                headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(NOSNIFF);
            }
        }
    }
}

/// A request's id as a header's value.
pub(super) fn id_value(id: &RequestId) -> HeaderValue {
    let mut buffer = [0; 36];
    // Hexadecimal digits and hyphens are always a value.
    HeaderValue::from_str(id.encode(&mut buffer)).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_for_its_path_only() {
        let stamp = Stamp { below: "/api", name: REQUEST_ID, value: NOSNIFF };
        for (path, is_stamped) in [("/api", true), ("/api/", true), ("/api/v1/x", true), ("/apis", false), ("/", false), ("/x/api", false)]
        {
            assert_eq!(stamp.of(path).is_some(), is_stamped, "{path}");
        }
    }

    #[test]
    fn what_an_answer_says_itself_is_left() {
        let id = RequestId::from_bytes([7; 16]);
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
        headers.insert(SERVER, HeaderValue::from_static("secret/1.0"));
        Headers::Strict.add_to(&mut headers, &id, false);
        assert_eq!(headers[CACHE_CONTROL], "max-age=60");
        assert_eq!(headers[REQUEST_ID], id.to_string().as_str());
        assert_eq!(headers[X_FRAME_OPTIONS], "DENY");
        assert!(!headers.contains_key(SERVER) && !headers.contains_key(STRICT_TRANSPORT_SECURITY));
        Headers::Strict.add_to(&mut headers, &id, true);
        assert!(headers.contains_key(STRICT_TRANSPORT_SECURITY));

        let mut plain = HeaderMap::new();
        Headers::Plain.add_to(&mut plain, &id, true);
        assert_eq!(plain.len(), 2);
    }
}
