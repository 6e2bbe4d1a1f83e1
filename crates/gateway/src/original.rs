//! The request that a proxy asks about: what it wrote, never what its caller wrote.

use std::borrow::Cow;

use domain::api::METHODS;
use domain::path::{Ambiguous, canonical};

use crate::call::{Call, Read, Single};

/// The request that is to be decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original<'r> {
    /// Its method, one of [`METHODS`].
    pub method: &'static str,
    /// Its path in canonical form.
    pub path: Cow<'r, str>,
}

/// The call names no request that can be decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoOriginal {
    /// Neither pair of headers is there whole and once.
    #[error("the proxy must send X-Original-Method and X-Original-URI, or X-Forwarded-Method and X-Forwarded-Uri, each once")]
    Missing,
    /// Both pairs of headers are there, and name different requests: one of them came from outside.
    #[error("X-Original-Method and X-Original-URI name another request than X-Forwarded-Method and X-Forwarded-Uri")]
    Contradictory,
    /// The method is none that a rule can name.
    #[error("the original method is not one of GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS")]
    UnknownMethod,
    /// The path can be read in more than one way.
    #[error(transparent)]
    Path(#[from] Ambiguous),
}

impl<'r> Original<'r> {
    /// Finds it. `appended` is the path that stands behind the API's name in the call's URL, as Envoy sends it:
    /// where there is one, it and the call's own method are the request, and no header is looked at.
    pub(crate) fn of(call: &Call<'r>, appended: &'r str, read: &Read<'r>) -> Result<Self, NoOriginal> {
        if !appended.is_empty() {
            return Self::new(call.method.as_str().as_bytes(), appended.as_bytes());
        }
        let pair = |method, uri| match (method, uri) {
            (Single::Once(method), Single::Once(uri)) => Some((method, uri)),
            _ => None,
        };
        let original = pair(read.original_method, read.original_uri);
        let forwarded = pair(read.forwarded_method, read.forwarded_uri);
        match (original, forwarded) {
            (None, None) => Err(NoOriginal::Missing),
            (Some(one), Some(other)) if one != other => Err(NoOriginal::Contradictory),
            (Some((method, uri)), _) | (None, Some((method, uri))) => Self::new(method, uri),
        }
    }

    fn new(method: &[u8], target: &'r [u8]) -> Result<Self, NoOriginal> {
        let method = METHODS.into_iter().find(|known| known.as_bytes() == method).ok_or(NoOriginal::UnknownMethod)?;
        let target = std::str::from_utf8(target).map_err(|_| Ambiguous("bytes that are not UTF-8"))?;
        Ok(Self { method, path: canonical(target)? })
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, Method};

    use super::*;

    fn find(method: Method, appended: &str, headers: &[(&str, &str)]) -> Result<(&'static str, String), NoOriginal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).expect("a name"), HeaderValue::from_str(value).expect("a value"));
        }
        let call = Call { method: &method, ..crate::call::call(&map) };
        Original::of(&call, appended, &Read::of(&map)).map(|original| (original.method, original.path.into_owned()))
    }

    const NGINX: [(&str, &str); 2] = [("X-Original-Method", "PUT"), ("X-Original-URI", "/a/b?c=d")];
    const CADDY: [(&str, &str); 2] = [("X-Forwarded-Method", "PUT"), ("X-Forwarded-Uri", "/a/b?c=d")];

    #[test]
    fn each_proxys_way_is_read() {
        let expected = Ok(("PUT", "/a/b".to_owned()));
        assert_eq!(find(Method::GET, "", &NGINX), expected);
        assert_eq!(find(Method::GET, "", &CADDY), expected);
        assert_eq!(find(Method::PUT, "/a/b?c=d", &[]), expected);
        assert_eq!(find(Method::GET, "", &[NGINX, CADDY].concat()), expected, "both, and they agree");
    }

    #[test]
    fn the_url_wins_over_what_a_caller_sends() {
        let spoofed =
            [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/public"), ("X-Original-Method", "GET"), ("X-Original-URI", "/")];
        assert_eq!(find(Method::DELETE, "/admin", &spoofed), Ok(("DELETE", "/admin".to_owned())));
    }

    #[test]
    fn a_pair_counts_only_whole_and_once() {
        assert_eq!(find(Method::GET, "", &[]), Err(NoOriginal::Missing));
        assert_eq!(find(Method::GET, "", &NGINX[1..]), Err(NoOriginal::Missing));
        assert_eq!(find(Method::GET, "", &[NGINX[0], CADDY[1]]), Err(NoOriginal::Missing));
        assert_eq!(find(Method::GET, "", &[NGINX[0], NGINX[1], NGINX[1]]), Err(NoOriginal::Missing));
        let others = [("Forwarded", "host=x"), ("X-Rewrite-URL", "/a"), ("X-Original-URL", "/a"), ("X-Original-Method", "GET")];
        assert_eq!(find(Method::GET, "", &others), Err(NoOriginal::Missing));
        assert_eq!(find(Method::GET, "", &[&NGINX[..], &CADDY[1..]].concat()), Ok(("PUT", "/a/b".to_owned())));
        let spoofed = [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/public")];
        assert_eq!(find(Method::GET, "", &[NGINX, spoofed].concat()), Err(NoOriginal::Contradictory));
    }

    #[test]
    fn what_no_rule_can_name_is_refused() {
        for method in ["get", "TRACE", "CONNECT", "PROPFIND", ""] {
            assert_eq!(find(Method::GET, "", &[("X-Original-Method", method), NGINX[1]]), Err(NoOriginal::UnknownMethod), "{method}");
        }
        for path in ["//admin", "/a/../admin", "/a;b", "http://x/a", "", "/%2e%2e/", "*"] {
            assert!(matches!(find(Method::GET, "", &[NGINX[0], ("X-Original-URI", path)]), Err(NoOriginal::Path(_))), "{path}");
        }
    }
}
