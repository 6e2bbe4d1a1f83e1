//! TrustedPeers of addresses: which peers are proxies that may be believed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network in CIDR form, `10.0.0.0/8` or `fd00::/8`; an address alone is the network of that one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

/// The text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?}: expected an address or a network such as 10.0.0.0/8, without bits beyond its length")]
pub struct InvalidNetwork(pub String);

impl Network {
    /// Whether the address lies in it. An IPv4 address in IPv6 clothing is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => same_prefix(base.to_bits().into(), address.to_bits().into(), self.bits, 32),
            (IpAddr::V6(base), IpAddr::V6(address)) => same_prefix(base.to_bits(), address.to_bits(), self.bits, 128),
            _ => false,
        }
    }
}

fn same_prefix(one: u128, other: u128, bits: u8, width: u8) -> bool {
    (one ^ other).checked_shr(u32::from(width - bits)).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        read(text).ok_or_else(|| InvalidNetwork(text.to_owned()))
    }
}

fn read(text: &str) -> Option<Network> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let base: IpAddr = address.parse().ok()?;
    let width = if base.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => width,
        Some(bits) if bits.len() <= 3 && bits.bytes().all(|digit| digit.is_ascii_digit()) => bits.parse().ok()?,
        Some(_) => return None,
    };
    let value = match base {
        IpAddr::V4(base) => base.to_bits().into(),
        IpAddr::V6(base) => base.to_bits(),
    };
    if bits > width {
        return None;
    }
    // `10.1.2.3/8` is more likely a slip than a wish for all of 10.0.0.0/8.
    let beyond = value << (128 - u32::from(width));
    if beyond.checked_shl(bits.into()).unwrap_or(0) != 0 { None } else { Some(Network { base, bits }) }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

/// The networks whose addresses are proxies that may be believed. The default is empty: nobody is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedPeers(Vec<Network>);

impl TrustedPeers {
    /// Reads a list of networks; the first that is none is the error.
    pub fn parse<T: AsRef<str>>(networks: &[T]) -> Result<Self, InvalidNetwork> {
        networks.iter().map(|network| network.as_ref().parse()).collect()
    }

    /// The addresses under which a machine reaches itself (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
    pub fn loopback() -> Self {
        let network = |base: IpAddr, bits| Network { base, bits };
        Self(vec![network(Ipv4Addr::new(127, 0, 0, 0).into(), 8), network(Ipv6Addr::LOCALHOST.into(), 128)])
    }

    /// Whether the address lies in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

impl FromIterator<Network> for TrustedPeers {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        for (network, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("::/0", "1.2.3.4", false),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe00::1", false),
            ("2001:db8::1", "2001:db8::1", true),
            ("2001:db8::1", "2001:db8::2", false),
        ] {
            let parsed: Network = network.parse().expect("a network");
            assert_eq!(parsed.contains(address.parse().expect("an address")), expected, "{network} {address}");
        }
        assert!(!TrustedPeers::default().contains("127.0.0.1".parse().expect("an address")));
    }

    #[test]
    fn anything_else_is_no_network() {
        for bad in ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.1/8", "::1/64", "::/129", "localhost", "10.0.0.0/8/8", "1.2.3"] {
            assert_eq!(bad.parse::<Network>(), Err(InvalidNetwork(bad.to_owned())), "{bad}");
        }
        assert_eq!("::/64".parse::<Network>().map(|network| network.to_string()), Ok("::/64".to_owned()));
    }
}
