//! What every request must satisfy before anything else looks at it.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderValue};
use http::{Method, Request};

use super::problem::{Code, Problem};

/// Checks the target, the host and the headers that may stand once.
///
/// Bare hyper lets all of these through: a request whose host or length two readers see differently is how one
/// caller's request is taken for another's (RFC 9112 section 3.2: 400).
pub(super) fn inspect<B>(request: &Request<B>, body_bytes: u64) -> Result<(), Problem> {
    let (mut hosts, mut authorizations, mut api_keys, mut lengths, mut idempotency_keys) = (0, 0, 0, 0, 0);
    for (name, value) in request.headers() {
        let count = match name.as_str() {
            "host" => {
                check_host(value)?;
                &mut hosts
            }
            "authorization" => &mut authorizations,
            "x-api-key" => &mut api_keys,
            "content-length" => {
                check_length(value, body_bytes)?;
                &mut lengths
            }
            "idempotency-key" => &mut idempotency_keys,
            "content-encoding" => {
                check_encoding(value)?;
                continue;
            }
            _ => continue,
        };
        *count += 1;
    }
    if hosts != 1 {
        let detail = if hosts == 0 { "there is no Host header" } else { "the Host header stands twice" };
        return Err(Problem::new(Code::InvalidHost).detail(detail));
    }
    let once = [
        (authorizations, AUTHORIZATION.as_str()),
        (api_keys, "x-api-key"),
        (lengths, CONTENT_LENGTH.as_str()),
        (idempotency_keys, "idempotency-key"),
    ];
    for (count, name) in once {
        if count > 1 {
            return Err(Problem::new(Code::DuplicateHeader).detail(name));
        }
    }
    check_target(request)
}

/// The host that the request is for, in lower case without port and final dot: the target's where it has one,
/// else the header's (RFC 9112 section 3.2.2).
pub fn host<B>(request: &Request<B>) -> String {
    let header = || request.headers().get(HOST).and_then(|value| value.to_str().ok());
    let authority = request.uri().authority().map(http::uri::Authority::as_str).or_else(header).unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        // Within brackets a colon belongs to the address.
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    };
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

fn check_host(value: &HeaderValue) -> Result<(), Problem> {
    if is_host(value.as_bytes()) { Ok(()) } else { Err(Problem::new(Code::InvalidHost).detail("the Host header is not one host name")) }
}

fn check_length(value: &HeaderValue, limit: u64) -> Result<(), Problem> {
    let length = value.to_str().ok().and_then(|text| text.parse::<u64>().ok());
    match length {
        Some(length) if length <= limit => Ok(()),
        Some(_) => Err(Problem::new(Code::BodyTooLarge).member("limit_bytes", limit)),
        None => Err(Problem::new(Code::BadRequest).detail("the Content-Length header is not a number")),
    }
}

fn check_encoding(value: &HeaderValue) -> Result<(), Problem> {
    if value.as_bytes().eq_ignore_ascii_case(b"identity") { Ok(()) } else { Err(Problem::new(Code::UnsupportedEncoding)) }
}

fn check_target<B>(request: &Request<B>) -> Result<(), Problem> {
    if request.method() == Method::CONNECT {
        return Err(Problem::new(Code::MethodNotAllowed).detail("this is no proxy"));
    }
    match request.uri().authority() {
        Some(authority) if !is_host(authority.as_str().as_bytes()) => {
            Err(Problem::new(Code::InvalidHost).detail("the target's host is not one host name"))
        }
        _ => Ok(()),
    }
}

/// `uri-host [":" port]` (RFC 9110 section 7.2) with the characters that names and addresses have in practice:
/// no user, no path, no list, no percent-encoding.
fn is_host(value: &[u8]) -> bool {
    let (host, port) = match value.strip_prefix(b"[") {
        Some(rest) => {
            let Some(end) = rest.iter().position(|byte| *byte == b']') else { return false };
            if end == 0 || !rest[..end].iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')) {
                return false;
            }
            (&rest[..end], &rest[end + 1..])
        }
        None => value.split_at(value.iter().position(|byte| *byte == b':').unwrap_or(value.len())),
    };
    let port_fits = match port {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    port_fits && !host.is_empty() && host.len() <= 253 && host.iter().all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str, headers: &[(&str, &[u8])]) -> Request<()> {
        let mut request = Request::builder().uri(target);
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value).expect("a value"));
        }
        request.body(()).expect("a request")
    }

    fn code(target: &str, headers: &[(&str, &[u8])]) -> Option<Code> {
        inspect(&request(target, headers), 1_000).err().map(|problem| problem.code())
    }

    #[test]
    fn a_request_names_one_host() {
        for good in ["poort.dev", "localhost:8400", "127.0.0.1", "[::1]:8400", "[::ffff:1.2.3.4]", "a_b.example.", "xn--caf-dma.example:"] {
            assert_eq!(code("/", &[("host", good.as_bytes())]), None, "{good}");
        }
        for bad in
            ["", "user@host", "host/path", "a,b", "a b", "[::1", "[]", "[::1]x", "a:b", "a:123456", ":80", "a?b", "a\\b", "%61", "a#b"]
        {
            assert_eq!(code("/", &[("host", bad.as_bytes())]), Some(Code::InvalidHost), "{bad}");
        }
        assert_eq!(code("/", &[("host", b"caf\xe9")]), Some(Code::InvalidHost));
        assert_eq!(code("/", &[]), Some(Code::InvalidHost));
        assert_eq!(code("/", &[("host", b"a"), ("host", b"a")]), Some(Code::InvalidHost));
        assert_eq!(code("http://user@b/", &[("host", b"a")]), Some(Code::InvalidHost));
        assert_eq!(code("http://b/", &[("host", b"a")]), None);
    }

    #[test]
    fn the_targets_host_wins() {
        for (target, header, expected) in
            [("/", "A.Example.:80", "a.example"), ("http://B:1/", "a", "b"), ("/", "[::1]:80", "[::1]"), ("/", "[::1]", "[::1]")]
        {
            assert_eq!(host(&request(target, &[("host", header.as_bytes())])), expected);
        }
    }

    #[test]
    fn some_headers_stand_once() {
        let host: (&str, &[u8]) = ("host", b"a");
        for name in ["authorization", "x-api-key", "content-length", "idempotency-key"] {
            assert_eq!(code("/", &[host, (name, b"1"), (name, b"1")]), Some(Code::DuplicateHeader), "{name}");
            assert_eq!(code("/", &[host, (name, b"1")]), None, "{name}");
        }
        assert_eq!(code("/", &[host, ("accept", b"a"), ("accept", b"b\xff")]), None);
        assert_eq!(code("/", &[host, ("content-length", b"1001")]), Some(Code::BodyTooLarge));
        assert_eq!(code("/", &[host, ("content-length", b"5,5")]), Some(Code::BadRequest));
        assert_eq!(code("/", &[host, ("content-encoding", b"gzip")]), Some(Code::UnsupportedEncoding));
        assert_eq!(code("/", &[host, ("content-encoding", b"identity")]), None);
    }
}
