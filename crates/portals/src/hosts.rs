//! The hosts that a reference API serves: which of them a request is for, and the base of the URLs in its answer.

use http::{HeaderMap, Uri, header};

/// A URL that is not a scheme and a host: `http://127.0.0.1:8401`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a base URL such as http://127.0.0.1:8401: {0}")]
pub struct InvalidBaseUrl(pub String);

/// Why a request is for no host of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostError {
    /// It names none, or several.
    Unreadable,
    /// It names another one.
    NotOurs,
}

/// The hosts that are served, each with the base of the URLs that are given out under it.
#[derive(Debug, Clone)]
pub(crate) struct Hosts(Vec<Host>);

#[derive(Debug, Clone)]
struct Host {
    /// As it stands in `Host`: lower case, without the scheme's own port.
    authority: String,
    /// The port that may stand in `Host` and says nothing.
    default_port: &'static str,
    base: String,
}

impl Hosts {
    pub(crate) fn new<S: AsRef<str>>(base_urls: impl IntoIterator<Item = S>) -> Result<Self, InvalidBaseUrl> {
        base_urls
            .into_iter()
            .map(|url| Host::new(url.as_ref()).ok_or_else(|| InvalidBaseUrl(url.as_ref().to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The base of the URLs in the answer: never made from what the caller sent, only chosen by it.
    pub(crate) fn base(&self, uri: &Uri, headers: &HeaderMap) -> Result<&str, HostError> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let named = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Some(host.to_str().map_err(|_| HostError::Unreadable)?),
            (None, None) => None,
            _ => return Err(HostError::Unreadable),
        };
        // RFC 9112 section 3.2.2: an absolute-form target wins over the field, which must still be there.
        let asked = uri.authority().map(http::uri::Authority::as_str).or(named).ok_or(HostError::Unreadable)?;
        let asked = asked.to_ascii_lowercase();
        let found = self.0.iter().find(|host| host.authority == asked || asked.strip_suffix(host.default_port) == Some(&host.authority));
        found.map(|host| host.base.as_str()).ok_or(HostError::NotOurs)
    }
}

impl Host {
    fn new(url: &str) -> Option<Self> {
        let url = url.strip_suffix('/').unwrap_or(url);
        let (scheme, authority) = url.split_once("://")?;
        let default_port = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => return None,
        };
        let parsed: http::uri::Authority = authority.parse().ok()?;
        if parsed.as_str() != authority || authority.contains('@') || authority.contains('/') {
            return None;
        }
        let authority = authority.to_ascii_lowercase();
        let authority = authority.strip_suffix(default_port).unwrap_or(&authority).to_owned();
        Some(Self { base: format!("{scheme}://{authority}"), default_port, authority })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn ask(target: &str, hosts: &[&str]) -> Result<String, HostError> {
        let served = Hosts::new(["http://127.0.0.1:8401", "https://dodona.be/"]).expect("base URLs");
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_bytes(host.as_bytes()).expect("a value"));
        }
        served.base(&target.parse().expect("a target"), &headers).map(str::to_owned)
    }

    #[test]
    fn urls_come_from_listed_hosts_only() {
        assert_eq!(ask("/", &["127.0.0.1:8401"]).as_deref(), Ok("http://127.0.0.1:8401"));
        assert_eq!(ask("/", &["DODONA.be"]).as_deref(), Ok("https://dodona.be"));
        assert_eq!(ask("/", &["dodona.be:443"]).as_deref(), Ok("https://dodona.be"));
        assert_eq!(ask("http://dodona.be/x", &["127.0.0.1:8401"]).as_deref(), Ok("https://dodona.be"));
        assert_eq!(ask("http://evil.example/x", &["dodona.be"]), Err(HostError::NotOurs));
        for bad in
            ["evil.example", "dodona.be:80", "127.0.0.1", "127.0.0.1:84011", "dodona.be.", "", "dodona.be@evil.example", "dodona.be, x"]
        {
            assert_eq!(ask("/", &[bad]), Err(HostError::NotOurs), "{bad}");
        }
        assert_eq!(ask("/", &[]), Err(HostError::Unreadable));
        assert_eq!(ask("/", &["dodona.be", "dodona.be"]), Err(HostError::Unreadable));
    }

    #[test]
    fn a_base_url_is_a_scheme_and_a_host() {
        for bad in ["", "dodona.be", "ftp://x", "http://", "http://a/b", "http://u@h", "http://a b"] {
            assert!(Hosts::new([bad]).is_err(), "{bad}");
        }
    }
}
