//! A public key, read from a JWK (RFC 7517, RFC 7518 section 6, RFC 8037) and prepared for verifying.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RsaPublicKeyComponents};
use serde_json::{Map, Value, json};

use crate::algorithm::Algorithm;
use crate::{base64url, json, weakness};

/// The members that hold secrets (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// The lengths of RSA moduli that are taken, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;
/// The longest `kid`, in bytes.
const MAX_KID_BYTES: usize = 256;

/// Why a JWK is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwkRefusal {
    /// Not an object, a doubled member, a member that is missing or has the wrong form.
    #[error("the JWK is malformed: {0}")]
    Malformed(&'static str),
    /// It holds a private or symmetric key. Whoever sent it has shown a secret.
    #[error("the JWK holds a private or symmetric key")]
    Private,
    /// A kind of key, a curve or an algorithm that is not used here.
    #[error("the JWK is of a kind that is not used here")]
    Unsupported,
    /// `use` or `key_ops` say that it is not for verifying signatures.
    #[error("the JWK is not for signatures")]
    NotForSignatures,
    /// `alg` names an algorithm that does not go with the kind of key.
    #[error("the JWK's algorithm does not go with its kind")]
    WrongAlgorithm,
    /// A key that does not protect: a short modulus, a small exponent, a point of small order, the mark of a broken generator.
    #[error("the JWK is weak: {0}")]
    Weak(&'static str),
}

/// A public key. Cloning it is cheap.
#[derive(Clone)]
pub struct PublicKey(Arc<Parts>);

struct Parts {
    kid: Option<String>,
    material: Material,
    thumbprint: String,
    /// For each algorithm that the key may be used with.
    prepared: Vec<(Algorithm, ParsedPublicKey)>,
}

/// The members that make the key (RFC 7638 section 3.2), as text.
enum Material {
    P256 { x: String, y: String },
    Ed25519 { x: String },
    Rsa { n: String, e: String },
}

impl PublicKey {
    /// Reads a JWK.
    pub fn from_jwk(jwk: &[u8]) -> Result<Self, JwkRefusal> {
        Self::from_object(&json::object(jwk).ok_or(JwkRefusal::Malformed("not a JSON object with distinct members"))?)
    }

    pub(crate) fn from_object(jwk: &Map<String, Value>) -> Result<Self, JwkRefusal> {
        let kind = text(jwk, "kty")?.ok_or(JwkRefusal::Malformed("kty"))?;
        if kind == "oct" || PRIVATE.iter().any(|member| jwk.contains_key(*member)) {
            return Err(JwkRefusal::Private);
        }
        check_use(jwk)?;
        let kid = text(jwk, "kid")?.map(str::to_owned);
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
            return Err(JwkRefusal::Malformed("kid"));
        }
        let material = material(kind, jwk)?;
        let algorithms = match text(jwk, "alg")? {
            None => material.algorithms().to_vec(),
            Some(name) => {
                let algorithm = Algorithm::parse(name).ok_or(JwkRefusal::Unsupported)?;
                if !material.algorithms().contains(&algorithm) {
                    return Err(JwkRefusal::WrongAlgorithm);
                }
                vec![algorithm]
            }
        };
        Self::prepare(kid, material, &algorithms)
    }

    /// The public half of a key of ours: its `kid` is its thumbprint.
    pub(crate) fn of_ours(algorithm: Algorithm, public: &[u8]) -> Result<Self, JwkRefusal> {
        let encode = base64url::encode;
        let material = match public {
            // Uncompressed (SEC 1 section 2.3.3).
            [4, point @ ..] if point.len() == 64 => Material::P256 { x: encode(&point[..32]), y: encode(&point[32..]) },
            point => Material::Ed25519 { x: encode(point) },
        };
        Self::prepare(Some(material.thumbprint()), material, &[algorithm])
    }

    /// The same of an RSA key: an `RSAPublicKey` in DER (RFC 8017 appendix A.1.1), as the library writes it.
    pub(crate) fn of_ours_rsa(algorithm: Algorithm, public: &[u8]) -> Result<Self, JwkRefusal> {
        let parts = der_content(0x30, public).and_then(|(sequence, _)| {
            let (n, rest) = der_content(0x02, sequence)?;
            Some((n, der_content(0x02, rest)?.0))
        });
        let (n, e) = parts.ok_or(JwkRefusal::Malformed("no RSAPublicKey"))?;
        let n = n.strip_prefix(&[0]).unwrap_or(n);
        let material = rsa_material(base64url::encode(n), base64url::encode(e), n, e)?;
        Self::prepare(Some(material.thumbprint()), material, &[algorithm])
    }

    fn prepare(kid: Option<String>, material: Material, algorithms: &[Algorithm]) -> Result<Self, JwkRefusal> {
        let prepare = |&algorithm| Ok((algorithm, material.parse(algorithm)?));
        let prepared = algorithms.iter().map(prepare).collect::<Result<_, JwkRefusal>>()?;
        let thumbprint = material.thumbprint();
        Ok(Self(Arc::new(Parts { kid, material, thumbprint, prepared })))
    }

    /// The name that whoever made the key gave it.
    pub fn kid(&self) -> Option<&str> {
        self.0.kid.as_deref()
    }

    /// The SHA-256 thumbprint of RFC 7638 in base64url: `jkt` of DPoP, and `kid` of our own keys.
    pub fn thumbprint(&self) -> &str {
        &self.0.thumbprint
    }

    /// Whether the key may verify signatures of this algorithm.
    pub fn is_for(&self, algorithm: Algorithm) -> bool {
        self.0.prepared.iter().any(|(prepared, _)| *prepared == algorithm)
    }

    /// The algorithms that the key may verify.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.0.prepared.iter().map(|(algorithm, _)| *algorithm)
    }

    /// The key as a JWK: public members, with `use`, `kid` and, where there is one, `alg`.
    pub fn to_jwk(&self) -> Value {
        let mut jwk = self.0.material.members();
        jwk["use"] = "sig".into();
        if let Some(kid) = &self.0.kid {
            jwk["kid"] = kid.as_str().into();
        }
        if let [(algorithm, _)] = self.0.prepared.as_slice() {
            jwk["alg"] = algorithm.name().into();
        }
        jwk
    }

    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let prepared = self.0.prepared.iter().find(|(prepared, _)| *prepared == algorithm);
        prepared.is_some_and(|(_, key)| key.verify_sig(message, signature).is_ok())
    }
}

impl Material {
    const fn algorithms(&self) -> &'static [Algorithm] {
        match self {
            Self::P256 { .. } => &[Algorithm::ES256],
            Self::Ed25519 { .. } => &[Algorithm::EdDSA],
            Self::Rsa { .. } => &[Algorithm::RS256, Algorithm::PS256],
        }
    }

    fn members(&self) -> Value {
        match self {
            Self::P256 { x, y } => json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }),
            Self::Ed25519 { x } => json!({ "kty": "OKP", "crv": "Ed25519", "x": x }),
            Self::Rsa { n, e } => json!({ "kty": "RSA", "n": n, "e": e }),
        }
    }

    /// RFC 7638 section 3: the members in the order of their names, without white space.
    fn thumbprint(&self) -> String {
        let canonical = match self {
            Self::P256 { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        };
        base64url::encode(digest(&SHA256, canonical.as_bytes()).as_ref())
    }

    fn parse(&self, algorithm: Algorithm) -> Result<ParsedPublicKey, JwkRefusal> {
        let decode = |text: &str| base64url::decode(text).unwrap_or_default();
        match self {
            Self::P256 { x, y } => {
                let point = [&[4][..], &decode(x), &decode(y)].concat();
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| JwkRefusal::Malformed("no point of the curve"))
            }
            Self::Ed25519 { x } => ParsedPublicKey::new(&ED25519, decode(x)).map_err(|_| JwkRefusal::Malformed("no point of the curve")),
            Self::Rsa { n, e } => {
                let parameters = algorithm.rsa_parameters().ok_or(JwkRefusal::WrongAlgorithm)?;
                let components = RsaPublicKeyComponents { n: decode(n), e: decode(e) };
                components.to_parsed_public_key(parameters).map_err(|_| JwkRefusal::Malformed("no RSA key"))
            }
        }
    }
}

/// The content of the DER value of this tag at the start, and what follows it.
fn der_content(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der.strip_prefix(&[tag])? {
        [short @ 0..=0x7f, rest @ ..] => (usize::from(*short), rest),
        [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

fn material(kind: &str, jwk: &Map<String, Value>) -> Result<Material, JwkRefusal> {
    match kind {
        "EC" => {
            if required(jwk, "crv")? != "P-256" {
                return Err(JwkRefusal::Unsupported);
            }
            let [x, y] = [coordinate(jwk, "x")?, coordinate(jwk, "y")?].map(|bytes| base64url::encode(&bytes));
            Ok(Material::P256 { x, y })
        }
        "OKP" => {
            if required(jwk, "crv")? != "Ed25519" {
                return Err(JwkRefusal::Unsupported);
            }
            let x = coordinate(jwk, "x")?;
            if weakness::is_of_small_order(&x) {
                return Err(JwkRefusal::Weak("a point of small order"));
            }
            Ok(Material::Ed25519 { x: base64url::encode(&x) })
        }
        "RSA" => {
            let (n, e) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
            rsa_material(required(jwk, "n")?.to_owned(), required(jwk, "e")?.to_owned(), &n, &e)
        }
        _ => Err(JwkRefusal::Unsupported),
    }
}

fn rsa_material(n_text: String, e_text: String, n: &[u8], e: &[u8]) -> Result<Material, JwkRefusal> {
    // RFC 7518 section 6.3.1.1: no octet more than the value needs, or one key would have two thumbprints.
    let (Some(first @ 1..), Some(1..)) = (n.first(), e.first()) else { return Err(JwkRefusal::Malformed("n or e")) };
    let bits = n.len() * 8 - first.leading_zeros() as usize;
    if !RSA_BITS.contains(&bits) {
        return Err(JwkRefusal::Weak("an RSA modulus has 2048 to 8192 bits"));
    }
    // FIPS 186-5 appendix A.1.1: odd, more than 2^16; aws-lc takes 33 bits at most.
    let exponent = e.iter().fold(0_u64, |value, &byte| value.saturating_mul(256).saturating_add(byte.into()));
    if exponent < 65_537 || exponent % 2 == 0 || exponent >> 33 != 0 {
        return Err(JwkRefusal::Weak("an RSA exponent is odd, 65537 or more and of 33 bits at most"));
    }
    if n.last().is_some_and(|last| last % 2 == 0) || weakness::is_roca(n) {
        return Err(JwkRefusal::Weak("the RSA modulus was made by a broken generator"));
    }
    Ok(Material::Rsa { n: n_text, e: e_text })
}

/// RFC 7517 sections 4.2 and 4.3.
fn check_use(jwk: &Map<String, Value>) -> Result<(), JwkRefusal> {
    if text(jwk, "use")?.is_some_and(|intended| intended != "sig") {
        return Err(JwkRefusal::NotForSignatures);
    }
    match jwk.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if operations.iter().any(|operation| operation == "verify") => Ok(()),
        Some(Value::Array(_)) => Err(JwkRefusal::NotForSignatures),
        Some(_) => Err(JwkRefusal::Malformed("key_ops")),
    }
}

fn text<'j>(jwk: &'j Map<String, Value>, member: &'static str) -> Result<Option<&'j str>, JwkRefusal> {
    match jwk.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwkRefusal::Malformed(member)),
    }
}

fn required<'j>(jwk: &'j Map<String, Value>, member: &'static str) -> Result<&'j str, JwkRefusal> {
    text(jwk, member)?.ok_or(JwkRefusal::Malformed(member))
}

fn bytes(jwk: &Map<String, Value>, member: &'static str) -> Result<Vec<u8>, JwkRefusal> {
    base64url::decode(required(jwk, member)?).ok_or(JwkRefusal::Malformed(member))
}

/// RFC 7518 section 6.2.1.2, RFC 8037 section 2: always the full length.
fn coordinate(jwk: &Map<String, Value>, member: &'static str) -> Result<[u8; 32], JwkRefusal> {
    bytes(jwk, member)?.try_into().map_err(|_| JwkRefusal::Malformed(member))
}
