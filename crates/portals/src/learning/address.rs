//! Addresses: which host a request is for, and the absolute URLs that answers hold.

use http::{HeaderMap, Uri, header};

use super::answer::Failure;

/// A language of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locale {
    /// Dutch.
    Nl,
    /// English.
    En,
}

impl Locale {
    pub(super) fn read(text: &str) -> Option<Self> {
        [Self::Nl, Self::En].into_iter().find(|locale| locale.as_str() == text)
    }

    pub(super) fn as_str(self) -> &'static str {
        self.pick("nl", "en")
    }

    pub(super) fn pick<T>(self, nl: T, en: T) -> T {
        match self {
            Self::Nl => nl,
            Self::En => en,
        }
    }
}

/// A URL that is not a scheme and a host: `http://127.0.0.1:8401`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a base URL such as http://127.0.0.1:8401: {0}")]
pub struct InvalidBaseUrl(pub String);

/// The hosts that are served, each with the base of the URLs that are given out under it.
#[derive(Debug, Clone)]
pub(super) struct Hosts(Vec<Host>);

#[derive(Debug, Clone)]
struct Host {
    /// As it stands in `Host`: lower case, without the scheme's own port.
    authority: String,
    /// The port that may stand in `Host` and says nothing.
    default_port: &'static str,
    base: String,
}

impl Hosts {
    pub(super) fn new<S: AsRef<str>>(base_urls: impl IntoIterator<Item = S>) -> Result<Self, InvalidBaseUrl> {
        base_urls
            .into_iter()
            .map(|url| Host::new(url.as_ref()).ok_or_else(|| InvalidBaseUrl(url.as_ref().to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The base of the URLs in the answer: never made from what the caller sent, only chosen by it.
    pub(super) fn base(&self, uri: &Uri, headers: &HeaderMap) -> Result<&str, Failure> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let named = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Some(host.to_str().map_err(|_| Failure::BadRequest)?),
            (None, None) => None,
            _ => return Err(Failure::BadRequest),
        };
        // RFC 9112 section 3.2.2: an absolute-form target wins over the field, which must still be there.
        let asked = uri.authority().map(http::uri::Authority::as_str).or(named).ok_or(Failure::BadRequest)?;
        let asked = asked.to_ascii_lowercase();
        let found = self.0.iter().find(|host| host.authority == asked || asked.strip_suffix(host.default_port) == Some(&host.authority));
        found.map(|host| host.base.as_str()).ok_or(Failure::Misdirected)
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

/// Makes the URLs of one answer: absolute, always with the language, `.json` where they are for programs.
#[derive(Debug, Clone)]
pub(super) struct Links {
    /// Scheme, host and language, without a slash at the end.
    root: String,
}

impl Links {
    pub(super) fn new(base: &str, locale: Locale) -> Self {
        Self { root: format!("{base}/{}", locale.as_str()) }
    }

    /// A document's URL; `path` begins with a slash.
    pub(super) fn json(&self, path: &str) -> String {
        format!("{}{path}.json", self.root)
    }

    /// A page's URL.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}{path}/", self.root)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn ask(target: &str, hosts: &[&str]) -> Result<String, Failure> {
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
        assert_eq!(ask("http://evil.example/x", &["dodona.be"]), Err(Failure::Misdirected));
        for bad in
            ["evil.example", "dodona.be:80", "127.0.0.1", "127.0.0.1:84011", "dodona.be.", "", "dodona.be@evil.example", "dodona.be, x"]
        {
            assert_eq!(ask("/", &[bad]), Err(Failure::Misdirected), "{bad}");
        }
        assert_eq!(ask("/", &[]), Err(Failure::BadRequest));
        assert_eq!(ask("/", &["dodona.be", "dodona.be"]), Err(Failure::BadRequest));
    }

    #[test]
    fn a_base_url_is_a_scheme_and_a_host() {
        for bad in ["", "dodona.be", "ftp://x", "http://", "http://a/b", "http://u@h", "http://a b"] {
            assert!(Hosts::new([bad]).is_err(), "{bad}");
        }
    }
}
