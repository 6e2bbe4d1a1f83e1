//! Access tokens: what they say, sealed, so that issuing one writes nothing; and opened again at a check.
//!
//! ```text
//! opaque   prta_ + base62( mark of the key | nonce | AES-256-GCM-SIV(what it says) ) + checksum
//! JWT      RFC 9068; what it says is once more in the claim `poort`, sealed in the same way
//! ```
//! The cipher keeps its promises under a repeated nonce, so that random ones do for as many tokens as will ever be issued
//! under one key (RFC 8452 section 9).

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access_token::{AccessToken, MAX_BYTES};
use domain::client::Profile;
use domain::credential::format::read_sealed;
use domain::{CredentialId, Digest, Secret};
use jose::access_token::AccessTokenClaims;
use jose::{Algorithm, Claims, JwkSet, TypeRule};
use serde::{Deserialize, Serialize};
use store::KeyState;
use store::sealing::SealingError;
use verifier::{AccessTokens, Proof, Proving};

use crate::error::Outage;
use crate::server_key::OpenKey;
use crate::{Authority, Error, KeyRing, Purpose};

/// How many bytes name the key.
const MARK_BYTES: usize = 4;
const TAG_BYTES: usize = 16;
/// The longest sealed token.
const MAX_SEALED: usize = MARK_BYTES + NONCE_LEN + MAX_BYTES + TAG_BYTES;
/// What tells this use of the cipher from others.
const LABEL: &[u8] = b"poort access token 1";

/// The keys that access tokens are sealed under, and those that sign JWTs, ready for use.
#[derive(Default)]
pub(crate) struct AccessKeys {
    sealing: Vec<SealingKey>,
    signed: JwkSet,
}

struct SealingKey {
    mark: [u8; MARK_BYTES],
    cipher: LessSafeKey,
    is_active: bool,
}

impl AccessKeys {
    /// Prepares what is open; `signed` are the keys whose JWTs are taken.
    pub(crate) fn prepare(open: &[Arc<OpenKey>], signed: JwkSet) -> Result<Self, SealingError> {
        let rows: Vec<&Arc<OpenKey>> = open.iter().filter(|row| row.purpose == Purpose::AccessTokens.name()).collect();
        let newest = rows.iter().filter(|row| row.state == KeyState::Active).max_by_key(|row| row.activated_at).map(|row| &row.id);
        let prepare = |row: &&Arc<OpenKey>| {
            let key = UnboundKey::new(&AES_256_GCM_SIV, row.plain()).map_err(|_| SealingError::Broken)?;
            Ok(SealingKey { mark: mark(&row.id), cipher: LessSafeKey::new(key), is_active: newest == Some(&row.id) })
        };
        Ok(Self { sealing: rows.iter().map(prepare).collect::<Result<_, SealingError>>()?, signed })
    }

    /// Seals a token into the buffer. Gives how many bytes that are: a multiple of 8.
    fn seal(&self, token: &AccessToken, nonce: [u8; NONCE_LEN], sealed: &mut [u8; MAX_SEALED]) -> Option<usize> {
        let key = self.sealing.iter().find(|key| key.is_active)?;
        let mut plain = [0; MAX_BYTES];
        let length = token.write(&mut plain);
        let (head, rest) = sealed.split_at_mut(MARK_BYTES + NONCE_LEN);
        head[..MARK_BYTES].copy_from_slice(&key.mark);
        head[MARK_BYTES..].copy_from_slice(&nonce);
        let (body, rest) = rest.split_at_mut(length);
        body.copy_from_slice(&plain[..length]);
        let tag = key.cipher.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(LABEL), body).ok()?;
        rest[..TAG_BYTES].copy_from_slice(tag.as_ref());
        Some(MARK_BYTES + NONCE_LEN + length + TAG_BYTES)
    }

    /// Opens what was sealed; the buffer is used up.
    fn open(&self, sealed: &mut [u8]) -> Option<AccessToken> {
        let (mark, rest) = sealed.split_first_chunk_mut::<MARK_BYTES>()?;
        let (nonce, body) = rest.split_first_chunk_mut::<NONCE_LEN>()?;
        // Marks are short: two keys may have the same one.
        let keys = self.sealing.iter().filter(|key| key.mark == *mark);
        for key in keys {
            let mut copy = [0; MAX_BYTES + TAG_BYTES];
            let copy = copy.get_mut(..body.len())?;
            copy.copy_from_slice(body);
            let nonce = Nonce::assume_unique_for_key(*nonce);
            if let Ok(plain) = key.cipher.open_in_place(nonce, Aad::from(LABEL), copy) {
                return AccessToken::read(plain);
            }
        }
        None
    }
}

/// How tokens name the key that they are sealed under.
fn mark(id: &str) -> [u8; MARK_BYTES] {
    let digest = Digest::of(id.as_bytes());
    let mut mark = [0; MARK_BYTES];
    mark.copy_from_slice(&digest.as_bytes()[..MARK_BYTES]);
    mark
}

impl AccessTokens for KeyRing {
    fn open(&self, text: &str) -> Option<AccessToken> {
        let keys = self.access.load();
        let mut buffer = [0; MAX_SEALED];
        if text.starts_with("eyJ") {
            let verified = jose::verify(text, TypeRule::exactly(&[JwtClaims::TYPE]), &Algorithm::ALL, &keys.signed).ok()?;
            let claims: Own<'_> = serde_json::from_slice(&verified.payload).ok()?;
            let length = URL_SAFE_NO_PAD.decode_slice(claims.poort, &mut buffer).ok()?;
            return keys.open(&mut buffer[..length]);
        }
        let length = read_sealed(text, &mut buffer)?;
        keys.open(&mut buffer[..length])
    }

    fn prove(&self, proof: &Proof<'_>, about: &Proving<'_>) -> Option<[u8; 32]> {
        let rules = jose::dpop::Rules {
            method: proof.method,
            url: proof.uri,
            algorithms: if about.profile == Profile::Fapi2 { &Algorithm::FAPI } else { &Algorithm::ALL },
            access_token: Some(about.text),
            key: None,
            nonces: &[],
            longest_age: jose::dpop::LONGEST_AGE,
            now: about.now,
        };
        let proven = jose::dpop::verify(std::str::from_utf8(proof.value).ok()?, &rules).ok()?;
        URL_SAFE_NO_PAD.decode(proven.key).ok()?.try_into().ok()
    }
}

/// What a JWT access token says: what the standard asks for, and for Poort itself what an opaque one says.
#[derive(Serialize)]
struct JwtClaims {
    #[serde(flatten)]
    claims: AccessTokenClaims,
    poort: String,
}

impl Claims for JwtClaims {
    const TYPE: &'static str = "at+jwt";
}

/// The one claim that Poort itself reads.
#[derive(Deserialize)]
struct Own<'c> {
    #[serde(borrow)]
    poort: &'c str,
}

/// How a token of ours that was opened calls itself: a JWT in its `jti`, another by its serial.
pub(crate) fn name(text: &str, serial: &CredentialId) -> String {
    #[derive(Deserialize)]
    struct Named {
        jti: String,
    }
    let payload = text.strip_prefix("eyJ").and_then(|rest| URL_SAFE_NO_PAD.decode(rest.split('.').nth(1)?).ok());
    let named: Option<Named> = payload.and_then(|payload| serde_json::from_slice(&payload).ok());
    named.map_or_else(|| serial.to_string(), |named| named.jti)
}

impl Authority {
    /// The text of an opaque access token. Writes nothing, and touches no database.
    pub fn seal_access_token(&self, token: &AccessToken) -> Result<Secret<String>, Error> {
        let mut sealed = [0; MAX_SEALED];
        let length = self.seal(token, &mut sealed)?;
        Ok(self.installation.write_sealed(&sealed[..length]))
    }

    /// The text of a JWT access token (RFC 9068) for an API that wants one. Writes nothing, and touches no database.
    pub fn sign_access_token(&self, token: &AccessToken, claims: AccessTokenClaims, algorithm: Algorithm) -> Result<Secret<String>, Error> {
        let mut sealed = [0; MAX_SEALED];
        let length = self.seal(token, &mut sealed)?;
        let poort = URL_SAFE_NO_PAD.encode(&sealed[..length]);
        self.sign(algorithm, &JwtClaims { claims, poort }).map(Secret::new)
    }

    fn seal(&self, token: &AccessToken, sealed: &mut [u8; MAX_SEALED]) -> Result<usize, Error> {
        let mut nonce = [0; NONCE_LEN];
        self.entropy.fill(&mut nonce)?;
        let keys = self.keys.access.load();
        keys.seal(token, nonce, sealed).ok_or(Error::Unavailable(Outage::Internal("no key to seal access tokens with")))
    }
}

#[cfg(test)]
mod tests {
    use domain::access_token::{Few, Parent};
    use domain::credential::Installation;
    use domain::{CredentialId, Timestamp};

    use super::*;

    fn keys() -> AccessKeys {
        let key = |bytes: [u8; 32], is_active| SealingKey {
            mark: mark("one"),
            cipher: LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, &bytes).expect("a key")),
            is_active,
        };
        // The same mark on purpose.
        AccessKeys { sealing: vec![key([1; 32], false), key([2; 32], true)], signed: JwkSet::default() }
    }

    fn token() -> AccessToken {
        let id = |byte| CredentialId::from_bytes([byte; 16]);
        AccessToken {
            serial: id(1),
            issued_at: Timestamp::from_unix_seconds(1_800_000_000),
            expires_at: Timestamp::from_unix_seconds(1_800_003_600),
            key: Parent { id: id(2), generation: 0 },
            secret: Some(id(3)),
            grant: None,
            subject: None,
            exchanged: Few::EMPTY,
            exchanged_secrets: Few::EMPTY,
            session: None,
            family: None,
            key_thumbprint: None,
            identity: 0,
            audiences: Few::EMPTY,
            actors: Few::EMPTY,
        }
    }

    #[test]
    fn what_is_sealed_is_opened_and_nothing_else() {
        let (keys, mut sealed) = (keys(), [0; MAX_SEALED]);
        let length = keys.seal(&token(), [7; NONCE_LEN], &mut sealed).expect("sealed");
        let text = Installation::new("prt").expect("a prefix").write_sealed(&sealed[..length]);
        let mut buffer = [0; MAX_SEALED];
        assert_eq!(read_sealed(text.expose(), &mut buffer), Some(length));
        assert_eq!(keys.open(&mut buffer[..length]), Some(token()));
        for place in 0..length {
            let mut changed = sealed[..length].to_vec();
            changed[place] ^= 1;
            assert_eq!(keys.open(&mut changed), None, "byte {place}");
        }
        for short in 0..length {
            assert_eq!(keys.open(&mut sealed[..short].to_vec()), None, "{short} bytes");
        }
    }
}
