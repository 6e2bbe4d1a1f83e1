//! Sealing what is kept for a while, under keys that are made when they are needed: AES-256-GCM, HKDF-SHA-256 (RFC 5869).

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

use crate::{KeyRing, OpenKey};

/// What a sealed text is sealed with besides its key: never twice with the same one.
pub(crate) type NonceBytes = [u8; NONCE_LEN];

/// A cipher under a derived key. `None` from any of its functions: it could not be done, or what is sealed is not for this key.
pub(crate) struct Cipher(LessSafeKey);

impl Cipher {
    /// Under the key that `salt`, `secret` and `info` make.
    pub(crate) fn derive(salt: &[u8], secret: &[u8], info: &[u8]) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
        secret.expand(&[info], hkdf::HKDF_SHA256).ok()?.fill(&mut *bytes).ok()?;
        Some(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*bytes).ok()?)))
    }

    /// The nonce, then the ciphertext with its tag. No copy of the plain text is left behind.
    pub(crate) fn seal(&self, nonce: NonceBytes, authenticated: &[u8], mut plain: Zeroizing<Vec<u8>>) -> Option<Vec<u8>> {
        let unique = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(unique, Aad::from(authenticated), &mut plain).ok()?;
        Some([&nonce, plain.as_slice(), tag.as_ref()].concat())
    }

    /// What [`Self::seal`] made.
    pub(crate) fn open(&self, authenticated: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, ciphertext) = sealed.split_first_chunk()?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let length = self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(authenticated), &mut buffer).ok()?.len();
        buffer.truncate(length);
        Some(buffer)
    }
}

/// What was sealed, behind the id of the server key that it takes: the length of the id, then the id.
pub(crate) fn labelled(server: &OpenKey, sealed: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(server.id.len()).ok()?;
    Some([&[length], server.id.as_bytes(), sealed].concat())
}

/// The server key that it takes, and what was sealed.
pub(crate) fn unlabelled<'s>(keys: &KeyRing, labelled: &'s [u8]) -> Option<(Arc<OpenKey>, &'s [u8])> {
    let (length, rest) = labelled.split_first()?;
    let (id, sealed) = rest.split_at_checked(usize::from(*length))?;
    Some((keys.get(std::str::from_utf8(id).ok()?)?, sealed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_with_all_that_it_was_sealed_with() {
        let cipher = |salt: &[u8], secret: &[u8], info: &[u8]| Cipher::derive(salt, secret, info).expect("a key");
        let sealed = cipher(b"salt", b"secret", b"info").seal([7; NONCE_LEN], b"about", Zeroizing::new(b"text".to_vec())).expect("sealed");
        assert_eq!(sealed.len(), NONCE_LEN + 4 + AES_256_GCM.tag_len());
        assert_eq!(sealed[..NONCE_LEN], [7; NONCE_LEN]);
        let opened = |cipher: Cipher, about: &[u8], sealed: &[u8]| cipher.open(about, sealed).map(|plain| plain.to_vec());
        assert_eq!(opened(cipher(b"salt", b"secret", b"info"), b"about", &sealed).as_deref(), Some(&b"text"[..]));
        assert_eq!(opened(cipher(b"salt", b"secret", b"info"), b"other", &sealed), None);
        assert_eq!(opened(cipher(b"other", b"secret", b"info"), b"about", &sealed), None);
        assert_eq!(opened(cipher(b"salt", b"other", b"info"), b"about", &sealed), None);
        assert_eq!(opened(cipher(b"salt", b"secret", b"other"), b"about", &sealed), None);
        assert_eq!(opened(cipher(b"salt", b"secret", b"info"), b"about", &sealed[..20]), None);
        assert_eq!(opened(cipher(b"salt", b"secret", b"info"), b"about", &[]), None);
    }
}
