//! The mark of a browser in which somebody signed in before: it gives an own allowance of tries, and nothing else.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Secret, Timestamp};

use crate::error::Outage;
use crate::{Authority, Error, OpenKey, Purpose};

/// For how long a browser is known.
const KNOWN_SECONDS: i64 = 365 * 86_400;
const LABEL: &[u8] = b"poort known browser 1";
const NONCE_BYTES: usize = 16;

impl Authority {
    /// A new mark for this account: the id of the server key, a number drawn once, the moment, and what proves them.
    pub(crate) fn mark_device(&self, account: &str, now: Timestamp) -> Result<Secret<String>, Error> {
        let mut nonce = [0; NONCE_BYTES];
        self.entropy.fill(&mut nonce)?;
        let key = self.keys.active(Purpose::Sealing).ok_or(Error::Unavailable(Outage::Internal("no key to mark with")))?;
        let at = now.unix_seconds();
        let tag = hmac::sign(&derived(&key), &content(account, &nonce, at));
        let (nonce, tag) = (URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(tag));
        Ok(Secret::new(format!("{}.{nonce}.{at}.{tag}", key.id)))
    }

    /// The number of a mark that was made for this account, if it is one and not too old.
    pub(crate) fn known_device(&self, mark: &Secret<String>, account: &str, now: Timestamp) -> Option<Vec<u8>> {
        let mut parts = mark.expose().split('.');
        let (id, nonce, at, tag) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (nonce, tag) = (URL_SAFE_NO_PAD.decode(nonce).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        let at: i64 = at.parse().ok()?;
        let key = self.keys.get(id)?;
        hmac::verify(&derived(&key), &content(account, &nonce, at), &tag).ok()?;
        (parts.next().is_none() && nonce.len() == NONCE_BYTES && now.unix_seconds() - at <= KNOWN_SECONDS).then_some(nonce)
    }
}

/// What signs marks signs nothing else.
fn derived(key: &OpenKey) -> hmac::Key {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.plain()), LABEL);
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

fn content(account: &str, nonce: &[u8], at: i64) -> Vec<u8> {
    [nonce, &at.to_be_bytes(), account.as_bytes()].concat()
}
