//! Keys of known randomness, a known time, and tokens with headers of one's own choice.

use std::sync::Mutex;

use domain::Timestamp;
use domain::entropy::{Entropy, EntropyUnavailable};
use jose::{Algorithm, JwkSet, SigningKey};
use serde_json::Value;

/// Different bytes with each call, the same in each run.
struct Counting(Mutex<u8>);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        let mut next = self.0.lock().expect("not poisoned");
        for byte in buffer {
            *next = next.wrapping_mul(167).wrapping_add(13);
            *byte = *next;
        }
        Ok(())
    }
}

/// A key made of this seed.
pub(crate) fn key(algorithm: Algorithm, seed: u8) -> SigningKey {
    let pkcs8 = SigningKey::generate(algorithm, &Counting(Mutex::new(seed))).expect("a key");
    SigningKey::from_pkcs8(algorithm, pkcs8.expose()).expect("read")
}

pub(crate) fn es256(seed: u8) -> SigningKey {
    key(Algorithm::ES256, seed)
}

pub(crate) fn set(keys: &[&SigningKey]) -> JwkSet {
    JwkSet::new(keys.iter().map(|key| key.public().clone()))
}

pub(crate) const NOW_SECONDS: i64 = 1_900_000_000;
pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(NOW_SECONDS);

/// Signs these claims under this `typ`; an empty one is left out.
pub(crate) fn token(key: &SigningKey, typ: &str, claims: &Value) -> String {
    let typ = if typ.is_empty() { String::new() } else { format!(r#","typ":"{typ}""#) };
    let header = format!(r#"{{"alg":"{}","kid":"{}"{typ}}}"#, key.algorithm().name(), key.kid());
    key.compact(&header, claims.to_string().as_bytes()).expect("signed")
}

/// The claims with one of them changed, or left out where the value is null.
pub(crate) fn with(claims: &Value, name: &str, value: impl Into<Value>) -> Value {
    let (mut claims, value) = (claims.clone(), value.into());
    let object = claims.as_object_mut().expect("claims");
    if value.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value);
    }
    claims
}
