//! What a proxy sends: the URL that names the API, and the headers, read in one go.

use std::net::IpAddr;

use domain::{RequestId, Timestamp};
use http::{HeaderMap, Method};

use crate::network::TrustedPeers;
use crate::transport::Told;

/// Where forward-auth is asked.
const PREFIX: &str = "/forward-auth/";

/// A call of forward-auth, without its body, which nobody reads.
#[derive(Debug, Clone, Copy)]
pub struct Call<'r> {
    /// The call's own method.
    pub method: &'r Method,
    /// The call's own target, path and query.
    pub target: &'r str,
    /// The call's headers.
    pub headers: &'r HeaderMap,
    /// Who calls.
    pub peer: IpAddr,
    /// Whether the call itself came over TLS.
    pub tls: bool,
    /// When the call came.
    pub now: Timestamp,
    /// The call's own id.
    pub request_id: &'r RequestId,
}

/// The API that a path of ours asks about, and what follows its name: `/forward-auth/{api}` or
/// `/forward-auth/{api}/…`. None where the path is not one of forward-auth.
pub fn target(target: &str) -> Option<(&str, &str)> {
    let rest = target.strip_prefix(PREFIX)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (api, rest) = rest.split_at(end);
    // A query behind the API's name alone says nothing: a path that a proxy appends begins with a slash.
    Some((api, if rest.starts_with('/') { rest } else { "" }))
}

/// A header that counts only if it is there exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Single<'r> {
    /// It is not there.
    #[default]
    Absent,
    /// It is there once.
    Once(&'r [u8]),
    /// It is there more often.
    Repeated,
}

impl<'r> Single<'r> {
    fn add(&mut self, value: &'r [u8]) {
        *self = match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }
}

/// The headers of a call that mean something; all others are ignored, `X-Forwarded-Host`, `X-Forwarded-Prefix`, `X-Original-URL` (without the method's twin) and `X-Rewrite-URL` among them.
#[derive(Debug, Default)]
pub(crate) struct Read<'r> {
    pub(crate) authorization: Single<'r>,
    pub(crate) api_key: Single<'r>,
    pub(crate) dpop: Single<'r>,
    pub(crate) original_method: Single<'r>,
    pub(crate) original_uri: Single<'r>,
    pub(crate) forwarded_method: Single<'r>,
    pub(crate) forwarded_uri: Single<'r>,
    /// What the scheme of the original request is said to be.
    pub(crate) told: Told,
    has_forwarded_for: bool,
}

impl<'r> Read<'r> {
    pub(crate) fn of(headers: &'r HeaderMap) -> Self {
        let mut read = Self::default();
        for (name, value) in headers {
            let single = match name.as_str() {
                "authorization" => &mut read.authorization,
                "x-api-key" => &mut read.api_key,
                "dpop" => &mut read.dpop,
                "x-original-method" => &mut read.original_method,
                "x-original-uri" => &mut read.original_uri,
                "x-forwarded-method" => &mut read.forwarded_method,
                "x-forwarded-uri" => &mut read.forwarded_uri,
                "x-forwarded-for" => {
                    read.has_forwarded_for = true;
                    continue;
                }
                "x-forwarded-proto" => {
                    read.told.tell(value.as_bytes());
                    continue;
                }
                "forwarded" => {
                    read.told.tell_forwarded(value.as_bytes());
                    continue;
                }
                _ => continue,
            };
            single.add(value.as_bytes());
        }
        read
    }

    /// The caller's address.
    pub(crate) fn address(&self, call: &Call<'_>, trusted: &TrustedPeers) -> IpAddr {
        self.told_address(call, trusted).unwrap_or(call.peer)
    }

    /// The caller's address as the proxy tells it.
    pub(crate) fn told_address(&self, call: &Call<'_>, trusted: &TrustedPeers) -> Option<IpAddr> {
        self.has_forwarded_for.then(|| caller_address(call.headers, call.peer, trusted))
    }
}

/// The address of whoever called: the last hop of `X-Forwarded-For` that no trusted proxy is, or the peer where none
/// is told or the peer itself is not to be believed.
pub fn caller_address(headers: &HeaderMap, peer: IpAddr, trusted: &TrustedPeers) -> IpAddr {
    if !trusted.contains(peer) {
        return peer;
    }
    let values = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    let mut address = peer;
    for hop in hops.into_iter().rev() {
        let Some(hop) = hop_address(hop.trim()) else { break };
        address = hop;
        if !trusted.contains(hop) {
            break;
        }
    }
    address
}

/// An address, in brackets or with a port as some proxies write it.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let parsed = hop.parse::<IpAddr>().or_else(|_| hop.parse::<std::net::SocketAddr>().map(|hop| hop.ip()));
    parsed.or_else(|_| hop.trim_matches(['[', ']']).parse()).ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
pub(crate) fn call(headers: &HeaderMap) -> Call<'_> {
    static REQUEST_ID: RequestId = RequestId::from_bytes([1; 16]);
    let (peer, now) = (std::net::Ipv4Addr::LOCALHOST.into(), Timestamp::from_unix_seconds(0));
    Call { method: &Method::GET, target: "", headers, peer, tls: false, now, request_id: &REQUEST_ID }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn urls_name_an_api_and_perhaps_a_path() {
        for (url, expected) in [
            ("/forward-auth/learning", Some(("learning", ""))),
            ("/forward-auth/learning?x=/y", Some(("learning", ""))),
            ("/forward-auth/learning/", Some(("learning", "/"))),
            ("/forward-auth/learning/a/b?c", Some(("learning", "/a/b?c"))),
            ("/forward-auth/learning//a", Some(("learning", "//a"))),
            ("/forward-auth/", Some(("", ""))),
            ("/forward-auth", None),
            ("/forward-authx/a", None),
            ("/", None),
        ] {
            assert_eq!(target(url), expected, "{url}");
        }
    }

    #[test]
    fn the_last_hop_that_is_no_proxy_is_the_caller() {
        let trusted: TrustedPeers = TrustedPeers::parse(&["127.0.0.0/8", "10.0.0.0/8"]).expect("networks");
        for (values, expected) in [
            (&[][..], "127.0.0.1"),
            (&["192.0.2.1"], "192.0.2.1"),
            (&["198.51.100.9, 192.0.2.1, 10.0.0.1"], "192.0.2.1"),
            (&["198.51.100.9", "192.0.2.1"], "192.0.2.1"),
            (&["10.0.0.7"], "10.0.0.7"),
            (&["192.0.2.1, rubbish"], "127.0.0.1"),
            (&["[2001:db8::1]:443"], "2001:db8::1"),
            (&["192.0.2.1:1234"], "192.0.2.1"),
            (&["::ffff:192.0.2.1"], "192.0.2.1"),
            (&[""], "127.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("x-forwarded-for", HeaderValue::from_str(value).expect("a value"));
            }
            let call = call(&headers);
            assert_eq!(Read::of(&headers).address(&call, &trusted).to_string(), expected, "{values:?}");
        }
    }
}
