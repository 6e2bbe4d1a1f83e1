//! Requests to other servers whose address somebody gave us: over HTTPS, bounded, never redirected, and to no address of an
//! inner network unless it was configured.
//!
//! A name is looked up once and the connection goes to what was found and checked, so that a name cannot mean one address
//! when it is checked and another when it is used (DNS rebinding).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gateway::{InvalidNetwork, Network};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;

const CONNECT: Duration = Duration::from_secs(3);
const TOTAL: Duration = Duration::from_secs(8);
/// The longest answer that is read.
const MAX_BYTES: usize = 256 * 1024;

/// All but the unreserved characters (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Networks in which nothing of the public Internet is (IANA special-purpose registries; RFC 6890, RFC 4291, RFC 6052).
const INNER: [&str; 27] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/127",
    // Addresses that carry an IPv4 address, which could be any.
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "2001::/32",
    "2002::/16",
    "100::/64",
    "2001:2::/48",
    "2001:db8::/32",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The URL is none that may be asked.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// The other server cannot be reached, or did not answer in time.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// It answered with another status than was hoped for.
    #[error("it answered with status {0}")]
    Status(u16),
    /// Its answer is too long, or not what was asked for.
    #[error("its answer cannot be read")]
    Unreadable,
}

/// Asks other servers. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    client: reqwest::Client,
    reach: Arc<Reach>,
}

/// What may be reached.
struct Reach {
    inner: Vec<Network>,
    allowed: Vec<Network>,
}

impl Reach {
    fn is_allowed(&self, address: IpAddr) -> bool {
        let within = |networks: &[Network]| networks.iter().any(|network| network.contains(address));
        within(&self.allowed) || !(within(&self.inner) || address.is_multicast() || address.is_unspecified())
    }
}

impl Outbound {
    /// `allowed` are the networks inside that may be reached all the same. Within this machine, plain HTTP is then taken too.
    pub fn new<T: AsRef<str>>(allowed: &[T]) -> Result<Self, InvalidNetwork> {
        let networks = |texts: &mut dyn Iterator<Item = &str>| texts.map(str::parse).collect::<Result<Vec<Network>, _>>();
        let (inner, allowed) = (networks(&mut INNER.into_iter())?, networks(&mut allowed.iter().map(AsRef::as_ref))?);
        let reach = Arc::new(Reach { inner, allowed });
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .dns_resolver(Arc::new(Checked(reach.clone())))
            .user_agent("poort")
            .build()
            .map_err(|_| InvalidNetwork(String::new()))?;
        Ok(Self { client, reach })
    }

    /// Reads a URL that may be asked.
    pub fn url(&self, text: &str) -> Result<Url, OutboundError> {
        let url = Url::parse(text).map_err(|_| OutboundError::NotAllowed("it is no URL"))?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(OutboundError::NotAllowed("the URL holds a user or a fragment"));
        }
        let host = url.host_str().unwrap_or_default();
        // Other ways to write an address, such as 0x7f.1 or 2130706433, are the address by now (URL Standard, host parsing).
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        if address.is_some_and(|address| !self.reach.is_allowed(address.to_canonical())) {
            return Err(OutboundError::NotAllowed("the URL leads into an inner network"));
        }
        let here = address.is_some_and(|address| address.is_loopback());
        match url.scheme() {
            "https" if !host.is_empty() => Ok(url),
            "http" if here => Ok(url),
            _ => Err(OutboundError::NotAllowed("the URL does not begin with https://")),
        }
    }

    /// Asks for a JSON document.
    pub async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, OutboundError> {
        json(&self.get_bytes(url).await?)
    }

    /// Asks for a document.
    pub async fn get_bytes(&self, url: &str) -> Result<Vec<u8>, OutboundError> {
        send(self.client.get(self.url(url)?).header("accept", "application/json")).await
    }

    /// Asks for a document that must say of itself that it is JSON, of whatever kind (RFC 6839 section 3.1): a JWK set of somebody else
    /// (RFC 7517 section 8.5).
    pub async fn get_json_bytes(&self, url: &str) -> Result<Vec<u8>, OutboundError> {
        let request = self.client.get(self.url(url)?).header("accept", "application/jwk-set+json, application/json");
        let answer = answered(request).await?;
        let content_type = answer.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
            return Err(OutboundError::Unreadable);
        }
        read(answer).await
    }

    /// The same with a bearer token.
    pub async fn get_with_token<T: DeserializeOwned>(&self, url: &str, token: &str) -> Result<T, OutboundError> {
        json(&send(self.client.get(self.url(url)?).bearer_auth(token).header("accept", "application/json")).await?)
    }

    /// Sends a form, with username and password if there are any; its answer is JSON.
    pub async fn post_form<T: DeserializeOwned>(
        &self,
        url: &str,
        form: &[(&str, &str)],
        login: Option<(&str, &str)>,
    ) -> Result<T, OutboundError> {
        let mut request = self.client.post(self.url(url)?).header("accept", "application/json");
        if let Some((username, password)) = login {
            // RFC 6749 section 2.3.1: both are encoded before.
            let escape = |text| utf8_percent_encode(text, RESERVED).to_string();
            request = request.basic_auth(escape(username), Some(escape(password)));
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(encoded(form));
        json(&send(request).await?)
    }

    /// Sends a form to whoever only says that they have it (200, or 204 where a framework says that there is no content).
    pub async fn tell(&self, url: &str, form: &[(&str, &str)]) -> Result<(), OutboundError> {
        let request = self.client.post(self.url(url)?).header("content-type", "application/x-www-form-urlencoded").body(encoded(form));
        match request.send().await.map_err(|error| unreachable(&error))?.status().as_u16() {
            200 | 204 => Ok(()),
            status => Err(OutboundError::Status(status)),
        }
    }
}

/// `application/x-www-form-urlencoded` (URL Standard).
pub(crate) fn encoded(form: &[(&str, &str)]) -> String {
    let escape = |text| utf8_percent_encode(text, RESERVED);
    form.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

async fn send(request: RequestBuilder) -> Result<Vec<u8>, OutboundError> {
    read(answered(request).await?).await
}

async fn answered(request: RequestBuilder) -> Result<Response, OutboundError> {
    let answer = request.send().await.map_err(|error| unreachable(&error))?;
    let status = answer.status().as_u16();
    if status == 200 { Ok(answer) } else { Err(OutboundError::Status(status)) }
}

async fn read(mut answer: Response) -> Result<Vec<u8>, OutboundError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(&error))? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            return Err(OutboundError::Unreadable);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The cause without the URL, in which a secret may be.
fn unreachable(error: &reqwest::Error) -> OutboundError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    OutboundError::Unreachable(if error.is_timeout() { "it took too long".to_owned() } else { cause.to_string() })
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, OutboundError> {
    serde_json::from_slice(bytes).map_err(|_| OutboundError::Unreadable)
}

/// Looks names up and leaves out the addresses that may not be reached.
struct Checked(Arc<Reach>);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| reach.is_allowed(address.ip().to_canonical())).collect();
            if allowed.is_empty() {
                return Err(std::io::Error::other("the name leads into an inner network, or nowhere").into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_addresses_are_not_asked_however_they_are_written() {
        let outbound = Outbound::new::<&str>(&[]).expect("networks");
        for bad in [
            "http://127.0.0.1:8400/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://10.0.0.1/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://0x7f.1/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[fd00::1]/",
            "https://0.0.0.0/",
            "https://[::]/",
            "file:///etc/passwd",
            "gopher://example.org/",
            "http://example.org/",
            "https://user:secret@example.org/",
            "https://",
            "/path",
        ] {
            assert!(outbound.url(bad).is_err(), "{bad}");
        }
        for good in ["https://accounts.example.org/.well-known/openid-configuration", "https://192.0.3.1:8443/", "https://[2a00::1]/"] {
            assert!(outbound.url(good).is_ok(), "{good}");
        }
        let here = Outbound::new(&["127.0.0.1"]).expect("networks");
        assert!(here.url("http://127.0.0.1:1/").is_ok() && here.url("http://127.0.0.2:1/").is_err());
        assert!(here.url("http://localhost/").is_err(), "a name could be another address");
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_asked() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let outbound = Outbound::new::<&str>(&[]).expect("networks");
        let asked = outbound.get_bytes(&format!("https://localhost:{port}/")).await;
        assert!(matches!(&asked, Err(OutboundError::Unreachable(cause)) if cause.contains("inner network")), "{asked:?}");
        let nobody = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(nobody.is_err(), "nobody may have connected");
    }

    #[test]
    fn forms_are_encoded() {
        assert_eq!(encoded(&[("a b", "c&d=é")]), "a%20b=c%26d%3D%C3%A9");
    }
}
