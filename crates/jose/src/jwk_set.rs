//! A JWK set (RFC 7517 section 5): the keys that somebody's signatures are verified with.

use serde_json::{Value, json};

use crate::algorithm::Algorithm;
use crate::json;
use crate::jwk::{JwkRefusal, PublicKey};

/// The most keys that a set may have.
pub const MAX_KEYS: usize = 32;
/// The longest set that is read, in bytes.
const MAX_SET_BYTES: usize = 131_072;

/// Why a JWK set is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwkSetRefusal {
    /// Not an object with a list `keys` of objects, or a doubled member.
    #[error("the JWK set is malformed")]
    Malformed,
    /// Longer than 128 KiB, or more than 32 keys.
    #[error("the JWK set is too large")]
    TooLarge,
    /// A key that no set may have.
    #[error("key {index} of the set: {cause}")]
    Key {
        /// Which, from 0.
        index: usize,
        /// Why.
        cause: JwkRefusal,
    },
    /// Two keys have one `kid` and could verify the same signature.
    #[error("key {index} of the set has the kid and the algorithm of another")]
    Doubled {
        /// The second one, from 0.
        index: usize,
    },
    /// No key that can be used here.
    #[error("the JWK set has no key for signatures that is used here")]
    Empty,
}

/// The keys that one party signs with.
#[derive(Clone, Default)]
pub struct JwkSet {
    keys: Vec<PublicKey>,
}

impl JwkSet {
    /// A set of these keys.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// Reads a set. Keys of a kind that is not used here, and keys for encryption, are passed over (RFC 7517 section 5); a
    /// private, symmetric, weak or malformed key refuses the whole, and so does a set without a key that is left.
    pub fn parse(set: &[u8]) -> Result<Self, JwkSetRefusal> {
        if set.len() > MAX_SET_BYTES {
            return Err(JwkSetRefusal::TooLarge);
        }
        let set = json::object(set).ok_or(JwkSetRefusal::Malformed)?;
        let Some(Value::Array(members)) = set.get("keys") else { return Err(JwkSetRefusal::Malformed) };
        if members.len() > MAX_KEYS {
            return Err(JwkSetRefusal::TooLarge);
        }
        let mut keys: Vec<PublicKey> = Vec::with_capacity(members.len());
        for (index, member) in members.iter().enumerate() {
            let Value::Object(member) = member else { return Err(JwkSetRefusal::Malformed) };
            match PublicKey::from_object(member) {
                Ok(key) if keys.iter().any(|other| is_doubled(other, &key)) => return Err(JwkSetRefusal::Doubled { index }),
                Ok(key) => keys.push(key),
                Err(JwkRefusal::Unsupported | JwkRefusal::NotForSignatures) => {}
                Err(cause) => return Err(JwkSetRefusal::Key { index, cause }),
            }
        }
        if keys.is_empty() { Err(JwkSetRefusal::Empty) } else { Ok(Self { keys }) }
    }

    /// The keys.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// The set as a JSON document.
    pub fn to_document(&self) -> Value {
        json!({ "keys": self.keys.iter().map(PublicKey::to_jwk).collect::<Vec<_>>() })
    }

    /// The keys that a signature of this algorithm may be from: the named one, or all where none was named.
    pub(crate) fn fitting(&self, kid: Option<&str>, algorithm: Algorithm) -> Vec<&PublicKey> {
        self.keys.iter().filter(|key| key.is_for(algorithm) && (kid.is_none() || key.kid() == kid)).collect()
    }
}

/// One `kid` may stand for keys of different algorithms (RFC 7517 section 4.5), never for two of one.
fn is_doubled(one: &PublicKey, other: &PublicKey) -> bool {
    one.kid().is_some() && one.kid() == other.kid() && one.algorithms().any(|algorithm| other.is_for(algorithm))
}
