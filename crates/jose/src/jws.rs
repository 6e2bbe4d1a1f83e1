//! The compact form of a signed token (RFC 7515 section 7.1), verified by RFC 8725: the algorithms and the `typ` are the
//! verifier's choice, the key is one that it trusts.

use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::jwk::PublicKey;
use crate::jwk_set::JwkSet;
use crate::{base64url, json};

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16_384;

/// Why a token is no signed token of whom it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsRefusal {
    /// Longer than [`MAX_TOKEN_BYTES`].
    #[error("the token is longer than 16 KiB")]
    TooLong,
    /// Not three parts of base64url without padding.
    #[error("the token is not three parts of base64url")]
    Malformed,
    /// The header is no JSON object, has a doubled member, or one of the wrong form.
    #[error("the header is malformed: {0}")]
    Header(&'static str),
    /// `alg` is missing, unknown (`none` and all symmetric ones are), or not among those that may be used here.
    #[error("the algorithm is not one that may be used here")]
    Algorithm,
    /// `crit` names extensions; none is understood here (RFC 7515 section 4.1.11).
    #[error("the header asks for an extension that is not understood")]
    Critical,
    /// `typ` says that the token is something else.
    #[error("the token is of another type")]
    Type,
    /// No key of the set has this `kid` and algorithm.
    #[error("no key fits the kid and the algorithm")]
    UnknownKey,
    /// The token names no key, and more than one could be meant.
    #[error("the token names no key, and several could be meant")]
    AmbiguousKey,
    /// The signature is not of this key over this content.
    #[error("the signature is wrong")]
    Signature,
}

/// What `typ` must say (RFC 8725 section 3.11). The case does not count, nor does `application/` before it (RFC 7515 section 4.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeRule {
    /// What it may be.
    pub names: &'static [&'static str],
    /// Whether it may be missing: for tokens that are older than that advice.
    pub may_lack: bool,
}

impl TypeRule {
    /// Exactly one type.
    pub const fn exactly(names: &'static [&'static str]) -> Self {
        Self { names, may_lack: false }
    }

    /// One of these types, or none.
    pub const fn or_none(names: &'static [&'static str]) -> Self {
        Self { names, may_lack: true }
    }

    fn admits(&self, typ: Option<&str>) -> bool {
        let Some(typ) = typ else { return self.may_lack };
        let prefix = "application/";
        let bare = match typ.get(..prefix.len()) {
            Some(start) if start.eq_ignore_ascii_case(prefix) => &typ[prefix.len()..],
            _ => typ,
        };
        self.names.iter().any(|name| name.eq_ignore_ascii_case(bare))
    }
}

/// A token whose signature was verified.
#[derive(Clone)]
pub struct Verified {
    /// The key that fits.
    pub key: PublicKey,
    /// The algorithm that was used.
    pub algorithm: Algorithm,
    /// What was signed.
    pub payload: Vec<u8>,
}

/// Verifies a token of this type with a key of the set. What the payload says is for the caller to judge.
pub fn verify(token: &str, typ: TypeRule, algorithms: &[Algorithm], keys: &JwkSet) -> Result<Verified, JwsRefusal> {
    let compact = Compact::read(token)?;
    let algorithm = compact.check(typ, algorithms)?;
    let key = match keys.fitting(compact.text("kid")?, algorithm).as_slice() {
        [] => return Err(JwsRefusal::UnknownKey),
        [key] => (*key).clone(),
        _ => return Err(JwsRefusal::AmbiguousKey),
    };
    compact.verified(key, algorithm)
}

/// A token that was read and not yet verified.
pub(crate) struct Compact<'t> {
    signed: &'t str,
    /// The header.
    pub(crate) header: Map<String, Value>,
    /// The payload. Nobody vouches for it before [`Compact::verified`].
    pub(crate) payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'t> Compact<'t> {
    pub(crate) fn read(token: &'t str) -> Result<Self, JwsRefusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(JwsRefusal::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsRefusal::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsRefusal::Malformed)?;
        // A point more stands in the payload, where base64url has none.
        let [header, payload, signature] = [header, payload, signature].map(base64url::decode);
        let (Some(header), Some(payload), Some(signature)) = (header, payload, signature) else { return Err(JwsRefusal::Malformed) };
        let header = json::object(&header).ok_or(JwsRefusal::Header("not a JSON object with distinct members"))?;
        Ok(Self { signed, header, payload, signature })
    }

    /// What can be said before there is a key.
    pub(crate) fn check(&self, typ: TypeRule, algorithms: &[Algorithm]) -> Result<Algorithm, JwsRefusal> {
        let algorithm = self.text("alg")?.and_then(Algorithm::parse).ok_or(JwsRefusal::Algorithm)?;
        if !algorithms.contains(&algorithm) {
            return Err(JwsRefusal::Algorithm);
        }
        if self.header.contains_key("crit") {
            return Err(JwsRefusal::Critical);
        }
        if typ.admits(self.text("typ")?) { Ok(algorithm) } else { Err(JwsRefusal::Type) }
    }

    pub(crate) fn verified(self, key: PublicKey, algorithm: Algorithm) -> Result<Verified, JwsRefusal> {
        if key.verify(algorithm, self.signed.as_bytes(), &self.signature) {
            Ok(Verified { key, algorithm, payload: self.payload })
        } else {
            Err(JwsRefusal::Signature)
        }
    }

    fn text(&self, member: &'static str) -> Result<Option<&str>, JwsRefusal> {
        match self.header.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(JwsRefusal::Header(member)),
        }
    }
}
