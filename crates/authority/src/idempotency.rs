//! Asking again safely: the answer of a change is kept for a short time, sealed under the caller's own key and the server's.

use std::sync::Arc;
use std::time::Duration;

use domain::entropy::Entropy;
use domain::{Digest, Sequence, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::KeptAnswer;
use zeroize::Zeroizing;

use crate::cipher::{self, Cipher, NonceBytes};
use crate::error::Outage;
use crate::{Caller, Error, KeyRing, OpenKey, Purpose};

/// The fewest characters of a key: 22 of 64 are 132 bits.
const MIN_KEY_CHARACTERS: usize = 22;
const MAX_KEY_CHARACTERS: usize = 255;

/// The value of an `Idempotency-Key` header together with what was asked under it.
#[derive(Clone)]
pub struct IdempotencyKey {
    key: Zeroizing<String>,
    request: Digest,
    once: bool,
}

impl IdempotencyKey {
    /// The number of a form that makes a secret: what it asks for is done once. Whoever sends it again within a week is refused
    /// ([`ALREADY_DONE`]), and nothing of the answer is kept: it was shown, and cannot be shown again.
    pub fn once(number: &str) -> Result<Self, Error> {
        Ok(Self { once: true, ..Self::new(number, Digest::of(b"once"))? })
    }

    /// Takes a key of 22 to 255 visible ASCII characters; `request` is the digest of method, path and body.
    pub fn new(key: &str, request: Digest) -> Result<Self, Error> {
        let fits = (MIN_KEY_CHARACTERS..=MAX_KEY_CHARACTERS).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            return Err(Error::invalid("Idempotency-Key", "must be 22 to 255 visible ASCII characters, at least 128 bits of them random"));
        }
        Ok(Self { key: Zeroizing::new(key.to_owned()), request, once: false })
    }

    /// Binds it to the caller: two callers with one key do not meet.
    pub(crate) fn bind(&self, caller: &Caller, entropy: &dyn Entropy, keys: &Arc<KeyRing>) -> Result<BoundKey, Error> {
        let mut nonce = NonceBytes::default();
        entropy.fill(&mut nonce)?;
        let name = [caller.name().as_slice(), self.key.as_bytes()].concat();
        Ok(BoundKey { digest: Digest::of(&name), request: self.request, key: self.key.clone(), keys: keys.clone(), nonce, once: self.once })
    }
}

/// A key with everything that sealing needs, drawn before the transaction.
#[derive(Clone)]
pub(crate) struct BoundKey {
    pub(crate) digest: Digest,
    pub(crate) request: Digest,
    key: Zeroizing<String>,
    keys: Arc<KeyRing>,
    nonce: NonceBytes,
    once: bool,
}

/// What a form is refused with that was sent before.
pub const ALREADY_DONE: &str = "already_done";
/// For how long it is known that it was.
const ONCE_FOR: Duration = Duration::from_secs(7 * 86_400);

const BROKEN: Error = Error::Unavailable(Outage::Internal("a kept answer cannot be opened"));

impl BoundKey {
    /// Seals an answer and its place in the journal.
    pub(crate) fn seal<T: Kept>(&self, value: &T, sequence: Sequence) -> Result<Vec<u8>, Error> {
        if self.once {
            return Ok(Vec::new());
        }
        let kept = value.keep().ok_or(Error::Unavailable(Outage::Internal("an answer cannot be kept")))?;
        let plain = Zeroizing::new([sequence.0.to_be_bytes().as_slice(), &kept].concat());
        let server = self.keys.active(Purpose::Sealing).ok_or(Error::Unavailable(Outage::Internal("no key to seal with")))?;
        let sealed = self.cipher(&server).and_then(|cipher| cipher.seal(self.nonce, self.request.as_bytes(), plain));
        sealed.and_then(|sealed| cipher::labelled(&server, &sealed)).ok_or(Error::Unavailable(Outage::Internal("sealing failed")))
    }

    /// From when on the answer counts as kept, where it is given at this moment: what is done once is known for longer.
    pub(crate) fn kept_at(&self, at: Timestamp) -> Timestamp {
        if self.once { at.saturating_add(ONCE_FOR.saturating_sub(store::KEPT_FOR)) } else { at }
    }

    /// Opens a kept answer; another request under the same key is refused.
    pub(crate) fn open<T: Kept>(&self, kept: &KeptAnswer) -> Result<(T, Sequence), Error> {
        if self.once {
            return Err(Error::Conflict { code: ALREADY_DONE, detail: "this form was sent before" });
        }
        if kept.request_digest != self.request {
            return Err(Error::KeyReused);
        }
        let (server, sealed) = cipher::unlabelled(&self.keys, &kept.sealed).ok_or(BROKEN)?;
        let plain = self.cipher(&server).and_then(|cipher| cipher.open(self.request.as_bytes(), sealed)).ok_or(BROKEN)?;
        let (sequence, value) = plain.split_first_chunk().ok_or(BROKEN)?;
        Ok((T::restore(value).ok_or(BROKEN)?, Sequence(i64::from_be_bytes(*sequence))))
    }

    /// The cipher under a key that it takes both to make: the caller's, which is nowhere kept, and the server's.
    fn cipher(&self, server: &OpenKey) -> Option<Cipher> {
        Cipher::derive(server.plain(), self.key.as_bytes(), b"poort idempotent answer")
    }
}

/// An answer that can be kept, sealed, for a repeated request.
pub(crate) trait Kept: Sized {
    /// As bytes.
    fn keep(&self) -> Option<Zeroizing<Vec<u8>>>;
    /// From bytes.
    fn restore(bytes: &[u8]) -> Option<Self>;
}

/// Answers that hold no secret are kept as JSON.
pub(crate) trait Plain: Serialize + DeserializeOwned {}

impl<T: Plain> Kept for T {
    fn keep(&self) -> Option<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(self).ok().map(Zeroizing::new)
    }

    fn restore(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

macro_rules! plain {
    ($($type:ty),* $(,)?) => { $(impl Plain for $type {})* };
}

plain!(
    domain::announcement::Announcement,
    (),
    bool,
    u64,
    domain::organisation::Organisation,
    domain::organisation_key::OrganisationKey,
    domain::person::Person,
    domain::person::Membership,
    Vec<crate::Invitation>,
    domain::personal_token::PersonalToken,
    domain::workspace::Workspace,
    domain::organisation_token::OrganisationToken,
    domain::api::ApiDefinition,
    crate::DelegationView,
    crate::delegation::Closed,
    crate::ImportReport,
    crate::ServerKey,
    crate::session::Begin,
    crate::authorize::Committed,
    Option<domain::PersonId>,
    Option<bool>,
);
