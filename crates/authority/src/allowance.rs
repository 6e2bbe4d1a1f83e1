//! How often anybody may try to sign in, or let a request wait: numbers that slow guessing down and lock nobody out.
//!
//! Who guesses at an account uses up the allowance of the address and that of the account. A browser in which the person
//! signed in before has an allowance of its own (`crate::device`), so that the person gets in meanwhile. All of them come back
//! with time, by themselves, and are the same on every node.

use std::net::IpAddr;
use std::time::Duration;

use domain::text::Email;
use domain::{Digest, OrganisationId, PersonId, Timestamp};
use store::Charge;
use verifier::Client;

use crate::{Authority, Error};

/// Tries from one address, or one network of 64 bits: 30 at once, then one every 10 seconds.
const ADDRESS: (&str, u32, Duration) = ("sign in from", 30, Duration::from_secs(10));
/// Tries at one account from browsers that are new to it: 10 at once, then one a minute.
const ACCOUNT: (&str, u32, Duration) = ("sign in as", 10, Duration::from_secs(60));
/// Tries at one account from a browser in which it signed in before: 10 at once, then one a minute.
const DEVICE: (&str, u32, Duration) = ("sign in again with", 10, Duration::from_secs(60));
/// Requests from one address that wait for a person: 60 at once, then one every 2 seconds.
const WAITING: (&str, u32, Duration) = ("wait from", 60, Duration::from_secs(2));
/// Requests that public clients push from one address: 60 at once, then one every 2 seconds.
const PUSHED_FROM: (&str, u32, Duration) = ("push from", 60, Duration::from_secs(2));
/// Requests that a client which authenticates pushes, for all of its people: 600 at once, then ten a second.
const PUSHED_BY: (&str, u32, Duration) = ("push as", 600, Duration::from_millis(100));
/// Devices from one address that begin to wait for a person: 30 at once, then one every 5 seconds.
const DEVICES: (&str, u32, Duration) = ("begin device from", 30, Duration::from_secs(5));
/// User codes typed from one address: 30 at once, then one every 10 seconds.
const TYPED_FROM: (&str, u32, Duration) = ("type code from", 30, Duration::from_secs(10));
/// User codes typed by one person: 10 at once, then one a minute.
const TYPED_BY: (&str, u32, Duration) = ("type code as", 10, Duration::from_secs(60));
/// Codes of an app that are typed for one person in browsers that are new to them: 10 at once, then one every 5 minutes.
const CODE: (&str, u32, Duration) = ("second step as", 10, Duration::from_secs(300));
/// Codes typed in a browser in which the person signed in before.
const CODE_DEVICE: (&str, u32, Duration) = ("second step with", 10, Duration::from_secs(300));
/// Second steps from one address: 30 at once, then one every 10 seconds.
const SECOND_STEP_FROM: (&str, u32, Duration) = ("second step from", 30, Duration::from_secs(10));
/// Challenges for passkeys from one address: a page that is opened asks for one. 120 at once, then one a second.
const CHALLENGE: (&str, u32, Duration) = ("challenge from", 120, Duration::from_secs(1));
/// Clients that register themselves from one address: 20 at once, then one every 5 minutes.
const REGISTRATION: (&str, u32, Duration) = ("register clients from", 20, Duration::from_secs(300));
/// Letters that somebody without a session asks for from one address: 20 at once, then one a minute.
const LETTERS_FROM: (&str, u32, Duration) = ("ask for letters from", 20, Duration::from_secs(60));
/// Letters that anybody asks for to one account, whether or not it is there: 5 at once, then one every 10 minutes.
const LETTERS_TO: (&str, u32, Duration) = ("ask for letters to", 5, Duration::from_secs(600));
/// Invitations of one organisation: 100 at once, then one a minute.
const INVITATIONS: (&str, u32, Duration) = ("invite to", 100, Duration::from_secs(60));

impl Authority {
    /// Uses up the id of an assertion or a proof, on all nodes: of several that try, one is told that it is the first. `what` keeps
    /// different sorts of ids apart.
    pub async fn use_once(&self, what: &str, id: &str, expires_at: Timestamp) -> Result<bool, Error> {
        Ok(self.store.use_once(Digest::of(&[what.as_bytes(), &[0], id.as_bytes()].concat()), expires_at).await?)
    }

    /// What one try to sign in costs: with a known browser only that one's.
    pub(crate) fn charges(address: Option<IpAddr>, account: &str, device: Option<&[u8]>) -> Vec<Charge> {
        match device {
            Some(device) => vec![charge(DEVICE, device)],
            None => {
                address.map(|address| charge(ADDRESS, &network(address))).into_iter().chain([charge(ACCOUNT, account.as_bytes())]).collect()
            }
        }
    }

    /// Counts one try at a provider of accounts, or one request that waits; says when there is another one, where there is none now.
    pub async fn count_waiting(&self, address: Option<IpAddr>, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        let Some(address) = address else { return Ok(None) };
        Ok(self.store.spend(vec![charge(WAITING, &network(address))], now).await?)
    }
}

/// What keeping one pushed request of this client costs: whoever does not authenticate pays for the address.
pub(crate) fn pushing(client: &Client, address: IpAddr) -> Charge {
    if client.definition.is_confidential() { charge(PUSHED_BY, client.id.as_bytes()) } else { charge(PUSHED_FROM, &network(address)) }
}

/// What typing one code of an app costs: a guesser has three codes in a million, and uses up the account's allowance, not that of a
/// browser that the person has.
pub(crate) fn second_step(address: Option<IpAddr>, person: PersonId, device: Option<&[u8]>) -> Vec<Charge> {
    match device {
        Some(device) => vec![charge(CODE_DEVICE, device)],
        // The person's first: where that is used up, nothing of the address is, with which a recovery code can still be tried.
        None => [charge(CODE, person.as_bytes())].into_iter().chain(recovery(address)).collect(),
    }
}

/// What a try with a recovery code or a passkey costs: nothing of the account's, so that nobody is locked out by others.
pub(crate) fn recovery(address: Option<IpAddr>) -> Vec<Charge> {
    address.map(|address| charge(SECOND_STEP_FROM, &network(address))).into_iter().collect()
}

/// What a challenge for a passkey costs.
pub(crate) fn challenge(address: Option<IpAddr>) -> Vec<Charge> {
    address.map(|address| charge(CHALLENGE, &network(address))).into_iter().collect()
}

/// What one device that begins from this address costs.
pub(crate) fn device(address: IpAddr) -> Charge {
    charge(DEVICES, &network(address))
}

/// What typing one user code costs this person at this address.
pub(crate) fn typing(address: IpAddr, person: PersonId) -> Vec<Charge> {
    vec![charge(TYPED_FROM, &network(address)), charge(TYPED_BY, person.as_bytes())]
}

/// What one registration of a client from this address costs.
pub(crate) fn registration(address: IpAddr) -> Charge {
    charge(REGISTRATION, &network(address))
}

/// What asking for a letter to this account costs from this address.
pub(crate) fn asking(address: Option<IpAddr>, email: &Email) -> Vec<Charge> {
    let from = address.map(|address| charge(LETTERS_FROM, &network(address)));
    from.into_iter().chain([charge(LETTERS_TO, email.folded().as_bytes())]).collect()
}

/// What one invitation costs this organisation.
pub(crate) fn invitation(organisation: OrganisationId) -> Charge {
    charge(INVITATIONS, organisation.as_bytes())
}

fn charge((what, burst, interval): (&str, u32, Duration), whose: &[u8]) -> Charge {
    Charge { name: Digest::of(&[what.as_bytes(), &[0], whose].concat()), burst, interval }
}

/// What counts as one address: whoever has one of a network of 64 bits has all of them (RFC 4291 section 2.5.4).
pub fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_a_network_share_an_allowance() {
        let of = |text: &str| Authority::charges(Some(text.parse().expect("an address")), "a@b.nl", None)[0];
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn a_known_browser_pays_with_its_own_allowance_only() {
        let address = "192.0.2.1".parse().ok();
        assert_eq!(Authority::charges(address, "a@b.nl", Some(b"x")).len(), 1);
        assert_eq!(Authority::charges(address, "a@b.nl", None).len(), 2);
    }
}
