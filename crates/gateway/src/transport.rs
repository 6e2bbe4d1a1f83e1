//! How a request came from its caller: protected, within this machine, or over plain HTTP, which anybody on the way can read.

use std::net::IpAddr;

use http::HeaderMap;

use crate::call::caller_address;
use crate::network::TrustedPeers;

/// Whose word is taken about where requests come from, and where plain HTTP is no danger.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The proxies whose word about a request is taken.
    pub proxies: TrustedPeers,
    /// From where plain HTTP may come: this machine.
    pub local: TrustedPeers,
    /// Whether plain HTTP of which no proxy tells anything may come from everywhere: TLS ends at something that does not tell.
    pub plain_http_anywhere: bool,
}

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Over TLS.
    Https,
    /// Plainly, and nobody could read it on the way; or nobody knows better and it was configured so.
    Local,
    /// Plainly, from another machine: a credential in it is to be refused.
    Plain,
}

impl Trust {
    /// Believes these proxies, and that nobody reads what goes from 127.0.0.0/8 or ::1 to itself.
    pub fn new(proxies: TrustedPeers) -> Self {
        let local = TrustedPeers::loopback();
        Self { proxies, local, plain_http_anywhere: false }
    }

    /// How it came by its connection alone.
    pub fn of_connection(&self, peer: IpAddr, tls: bool) -> Transport {
        match tls {
            true => Transport::Https,
            false if self.plain_http_anywhere || self.local.contains(peer) => Transport::Local,
            false => Transport::Plain,
        }
    }

    /// How it came, where a trusted proxy may have told.
    pub fn of_request(&self, peer: IpAddr, tls: bool, headers: &HeaderMap) -> Transport {
        if !self.proxies.contains(peer) {
            return self.of_connection(peer, tls);
        }
        let values = headers.get_all("x-forwarded-proto").iter().map(|value| (Told::tell as fn(&mut Told, &[u8]), value));
        let forwarded = headers.get_all("forwarded").iter().map(|value| (Told::tell_forwarded as fn(&mut Told, &[u8]), value));
        let mut told = Told::default();
        for (tell, value) in values.chain(forwarded) {
            tell(&mut told, value.as_bytes());
        }
        self.as_told(told, peer, tls, || headers.contains_key("x-forwarded-for").then(|| caller_address(headers, peer, &self.proxies)))
    }

    /// The same of what a trusted proxy told; `caller` is the address that it told, if any.
    pub(crate) fn as_told(&self, told: Told, peer: IpAddr, tls: bool, caller: impl FnOnce() -> Option<IpAddr>) -> Transport {
        match told.0 {
            None => self.of_connection(peer, tls),
            Some(true) => Transport::Https,
            Some(false) if caller().is_some_and(|caller| self.local.contains(caller)) => Transport::Local,
            Some(false) => Transport::Plain,
        }
    }
}

/// What proxies told of the scheme: nothing, or whether all that was told is a scheme over TLS. Who sends one header through a
/// proxy that writes the other can only make it worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Told(Option<bool>);

impl Told {
    /// A value of `X-Forwarded-Proto`.
    pub(crate) fn tell(&mut self, value: &[u8]) {
        value.split(|byte| *byte == b',').for_each(|scheme| self.tell_scheme(scheme.trim_ascii()));
    }

    /// A value of `Forwarded` (RFC 7239 section 5.4).
    pub(crate) fn tell_forwarded(&mut self, value: &[u8]) {
        for pair in value.split(|byte| matches!(byte, b',' | b';')) {
            let pair = pair.trim_ascii();
            if let Some((name, scheme)) = pair.split_at_checked(6)
                && name.eq_ignore_ascii_case(b"proto=")
            {
                self.tell_scheme(scheme.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(scheme));
            }
        }
    }

    fn tell_scheme(&mut self, scheme: &[u8]) {
        if !scheme.is_empty() {
            // Of a WebSocket's first request some proxies say so.
            let protected = scheme.eq_ignore_ascii_case(b"https") || scheme.eq_ignore_ascii_case(b"wss");
            self.0 = Some(self.0.unwrap_or(true) && protected);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn trust() -> Trust {
        Trust::new(TrustedPeers::parse(&["127.0.0.0/8", "10.0.0.0/8"]).expect("networks"))
    }

    fn transport(trust: &Trust, peer: &str, tls: bool, headers: &[(&str, &str)]) -> Transport {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).expect("a name"), HeaderValue::from_str(value).expect("a value"));
        }
        trust.of_request(peer.parse().expect("an address"), tls, &map)
    }

    #[test]
    fn without_a_proxys_word_the_connection_says_it() {
        use Transport::{Https, Local, Plain};
        for (peer, tls, expected) in [
            ("192.0.2.7", false, Plain),
            ("192.0.2.7", true, Https),
            ("127.0.0.1", false, Local),
            ("127.9.9.9", true, Https),
            ("::1", false, Local),
            ("::ffff:127.0.0.1", false, Local),
            ("::ffff:192.0.2.7", false, Plain),
            ("10.0.0.5", false, Plain),
        ] {
            assert_eq!(transport(&trust(), peer, tls, &[]), expected, "{peer} {tls}");
            assert_eq!(trust().of_connection(peer.parse().expect("an address"), tls), expected, "{peer} {tls}");
        }
        let anywhere = Trust { plain_http_anywhere: true, ..trust() };
        assert_eq!(transport(&anywhere, "192.0.2.7", false, &[]), Local);
        assert_eq!(transport(&anywhere, "10.0.0.5", false, &[("x-forwarded-proto", "http")]), Plain, "it is told, and it is so");
    }

    #[test]
    fn nobody_but_a_trusted_proxy_is_believed() {
        for headers in [[("x-forwarded-proto", "https")], [("forwarded", "for=127.0.0.1;proto=https")]] {
            assert_eq!(transport(&trust(), "192.0.2.7", false, &headers), Transport::Plain, "{headers:?}");
            assert_eq!(transport(&trust(), "10.0.0.5", false, &headers), Transport::Https, "{headers:?}");
        }
        assert_eq!(transport(&trust(), "192.0.2.7", true, &[("x-forwarded-proto", "http")]), Transport::Https);
    }

    #[test]
    fn what_proxies_tell_counts_if_all_of_it_is_https() {
        use Transport::{Https, Plain};
        for (headers, expected) in [
            (&[("x-forwarded-proto", "HTTPS")][..], Https),
            (&[("x-forwarded-proto", "wss")], Https),
            (&[("x-forwarded-proto", "https, https")], Https),
            (&[("x-forwarded-proto", "https, http")], Plain),
            (&[("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")], Plain),
            (&[("x-forwarded-proto", "javascript")], Plain),
            (&[("x-forwarded-proto", "http"), ("forwarded", "proto=https")], Plain),
            (&[("x-forwarded-proto", "https"), ("forwarded", "for=a;Proto=\"http\", for=b")], Plain),
            (&[("forwarded", "for=\"[2001:db8::1]:1\" ; proto=\"https\"")], Https),
            // Nothing of the scheme: the connection says it, and it is plain.
            (&[("forwarded", "for=127.0.0.1")], Plain),
            (&[("x-forwarded-proto", "")], Plain),
        ] {
            assert_eq!(transport(&trust(), "10.0.0.5", false, headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn a_caller_on_the_proxys_own_machine_is_local() {
        let told = |address| [("x-forwarded-proto", "http"), ("x-forwarded-for", address)];
        assert_eq!(transport(&trust(), "127.0.0.1", false, &told("127.0.0.1")), Transport::Local);
        assert_eq!(transport(&trust(), "127.0.0.1", false, &told("192.0.2.7")), Transport::Plain);
        assert_eq!(transport(&trust(), "127.0.0.1", false, &told("127.0.0.1, 192.0.2.7")), Transport::Plain);
        assert_eq!(transport(&trust(), "127.0.0.1", false, &told("192.0.2.7, 127.0.0.1")), Transport::Plain);
        assert_eq!(transport(&trust(), "127.0.0.1", false, &[("x-forwarded-proto", "http")]), Transport::Plain, "from where is not told");
    }
}
