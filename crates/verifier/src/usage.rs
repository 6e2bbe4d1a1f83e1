//! When, how often and from where credentials are used: counted by the checks, drained every few seconds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use domain::{CredentialId, Timestamp};

use crate::seconds;

/// Of a credential, what happened since the last drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Which. While the old secret of a rotated token still works, a token may come twice in one drain.
    pub credential: CredentialId,
    /// The last time that a check let it pass, in whole seconds.
    pub last_used_at: Timestamp,
    /// How often a check let it pass; stops counting at 2³¹ in one drain.
    pub uses: u32,
    /// From where, the last time that it was known: an IPv4 address, or the /64 network of an IPv6 address.
    pub address: Option<IpAddr>,
}

/// The counters of a slot: 16 bytes.
#[derive(Default)]
pub(crate) struct Used {
    uses: AtomicU32,
    last: AtomicU32,
    address: AtomicU64,
}

/// The network ::/64, of the loopback address, as a word; 0 says "none".
const ZERO_NETWORK: u64 = 2 << 32;
/// Marks an IPv4 address. As a network this is 0:1::/64, in a block that is set aside (RFC 4291 section 2.4).
const IPV4: u64 = 1 << 32;

impl Used {
    /// Counts one use. Gives whether it is the first since the last drain. A check that counts in a slot just while
    /// that is given to another credential would count for that one; a slot is given away only when its credential
    /// has been ended for as long as tombstones last.
    #[inline]
    pub(crate) fn count(&self, now: Timestamp, address: Option<IpAddr>) -> bool {
        if let Some(address) = address {
            self.address.store(pack(address), Ordering::Relaxed);
        }
        self.last.store(seconds::pack(now), Ordering::Relaxed);
        // A counter that nobody drains must not begin anew at zero.
        self.uses.load(Ordering::Relaxed) < 1 << 31 && self.uses.fetch_add(1, Ordering::SeqCst) == 0
    }

    /// Takes what was counted.
    pub(crate) fn take(&self) -> Option<(u32, Timestamp, Option<IpAddr>)> {
        if self.uses.load(Ordering::SeqCst) == 0 {
            return None;
        }
        let uses = self.uses.swap(0, Ordering::SeqCst);
        let last = seconds::unpack(self.last.load(Ordering::Relaxed))?;
        Some((uses, last, unpack(self.address.load(Ordering::Relaxed))))
    }

    /// Brings it into the cache while other lines are waited for.
    #[inline(always)]
    pub(crate) fn touch(&self) -> u32 {
        self.uses.load(Ordering::Relaxed)
    }

    /// Makes it that of an unused slot.
    pub(crate) fn clear(&self) {
        self.address.store(0, Ordering::Relaxed);
        self.uses.store(0, Ordering::SeqCst);
    }
}

/// An address as far as it may be kept: an IPv4 address, or the /64 network of an IPv6 address.
pub fn network(address: IpAddr) -> IpAddr {
    unpack(pack(address)).unwrap_or(address)
}

fn pack(address: IpAddr) -> u64 {
    match address.to_canonical() {
        IpAddr::V4(address) => IPV4 | u64::from(address.to_bits()),
        IpAddr::V6(address) => match (address.to_bits() >> 64) as u64 {
            0 => ZERO_NETWORK,
            network => network,
        },
    }
}

fn unpack(word: u64) -> Option<IpAddr> {
    match word {
        0 => None,
        ZERO_NETWORK => Some(Ipv6Addr::UNSPECIFIED.into()),
        word if word >> 32 == 1 => Some(Ipv4Addr::from_bits(word as u32).into()),
        word => Some(Ipv6Addr::from_bits(u128::from(word) << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_as_far_as_they_may_be() {
        let cases = [
            ("192.0.2.7", "192.0.2.7"),
            ("0.0.0.0", "0.0.0.0"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("::1", "::"),
        ];
        for (given, kept) in cases {
            let given: IpAddr = given.parse().expect("an address");
            assert_eq!(unpack(pack(given)).map(|address| address.to_string()).as_deref(), Some(kept), "{given}");
        }
        assert_eq!(unpack(0), None);
    }
}
