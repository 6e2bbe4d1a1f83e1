//! A private key of ours, prepared once so that signing is nothing but the signature.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use domain::Secret;
use domain::entropy::{Entropy, EntropyUnavailable};
use serde::Serialize;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::jwk::PublicKey;

/// The length of an RSA key that is made here. A signature must hold out for the life of a token only; a longer key makes each
/// three times as dear.
const RSA_SIZE: KeySize = KeySize::Rsa2048;
/// How an `ECPrivateKey` of 32 bytes begins (RFC 5915 section 3): a sequence of version 1 and the octets.
const EC_PRIVATE_KEY_START: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
/// And how it ends: the curve P-256. The public key is left out; it is computed.
const EC_PRIVATE_KEY_END: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// How many private keys of P-256 are drawn until one is in range. One is refused with a probability of 2^-32.
const DRAWS: usize = 4;

/// Why a key cannot be made, read or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// The bytes are no PKCS#8 private key of this algorithm.
    #[error("no private key of this algorithm")]
    NotAKey,
    /// Nothing is signed with this algorithm here.
    #[error("nothing is signed with this algorithm")]
    VerifiedOnly,
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyUnavailable),
    /// The library failed.
    #[error("the signature could not be made")]
    Failed,
}

/// What a token says, and of which type such a token is.
pub trait Claims: Serialize {
    /// The `typ` of its header.
    const TYPE: &'static str;
}

/// A private key, ready to sign. It shows nothing of itself but its public half.
pub struct SigningKey {
    algorithm: Algorithm,
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl SigningKey {
    /// Makes a private key, as PKCS#8. RSA keys take some tenths of a second and come from the library's own generator of
    /// randomness: it takes no other.
    pub fn generate(algorithm: Algorithm, entropy: &dyn Entropy) -> Result<Secret<Vec<u8>>, SigningError> {
        match algorithm {
            Algorithm::ES256 => generate_p256(entropy),
            Algorithm::EdDSA => {
                let mut seed = [0; 32];
                entropy.fill(&mut seed)?;
                let seed = Secret::new(seed);
                let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose()).map_err(|_| SigningError::Failed)?;
                Ok(Secret::new(pair.to_pkcs8().map_err(|_| SigningError::Failed)?.as_ref().to_vec()))
            }
            Algorithm::RS256 => {
                let pair = RsaKeyPair::generate(RSA_SIZE).map_err(|_| SigningError::Failed)?;
                Ok(Secret::new(pair.as_der().map_err(|_| SigningError::Failed)?.as_ref().to_vec()))
            }
            Algorithm::PS256 => Err(SigningError::VerifiedOnly),
        }
    }

    /// Reads a private key from PKCS#8 and prepares it.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, SigningError> {
        let refused = |_| SigningError::NotAKey;
        let (pair, public) = match algorithm {
            Algorithm::ES256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(refused)?;
                let public = PublicKey::of_ours(algorithm, pair.public_key().as_ref());
                (Pair::P256(pair), public)
            }
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(refused)?;
                let public = PublicKey::of_ours(algorithm, pair.public_key().as_ref());
                (Pair::Ed25519(pair), public)
            }
            Algorithm::RS256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(refused)?;
                let public = PublicKey::of_ours_rsa(algorithm, pair.public_key().as_ref());
                (Pair::Rsa(pair), public)
            }
            Algorithm::PS256 => return Err(SigningError::VerifiedOnly),
        };
        Ok(Self { algorithm, pair, public: public.map_err(|_| SigningError::NotAKey)? })
    }

    /// Its algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its name: the thumbprint of its public half.
    pub fn kid(&self) -> &str {
        self.public.thumbprint()
    }

    /// Its public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signed token that says this.
    pub fn sign<C: Claims>(&self, claims: &C) -> Result<String, SigningError> {
        let payload = serde_json::to_vec(claims).map_err(|_| SigningError::Failed)?;
        let header = format!(r#"{{"alg":"{}","typ":"{}","kid":"{}"}}"#, self.algorithm.name(), C::TYPE, self.kid());
        self.compact(&header, &payload)
    }

    /// Signs a payload under a header that the caller has written.
    pub fn compact(&self, header: &str, payload: &[u8]) -> Result<String, SigningError> {
        // A third more for base64url, and the longest signature that is made here.
        let mut token = String::with_capacity((header.len() + payload.len()) * 4 / 3 + 520);
        base64url::encode_to(header.as_bytes(), &mut token);
        token.push('.');
        base64url::encode_to(payload, &mut token);
        let failed = |_| SigningError::Failed;
        let random = SystemRandom::new();
        let message = token.as_bytes();
        let signature = match &self.pair {
            Pair::P256(pair) => base64url::encode(pair.sign(&random, message).map_err(failed)?.as_ref()),
            Pair::Ed25519(pair) => base64url::encode(pair.try_sign(message).map_err(failed)?.as_ref()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                base64url::encode(&signature)
            }
        };
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }
}

fn generate_p256(entropy: &dyn Entropy) -> Result<Secret<Vec<u8>>, SigningError> {
    for _ in 0..DRAWS {
        let mut scalar = [0; 32];
        entropy.fill(&mut scalar)?;
        let scalar = Secret::new(scalar);
        let der = Secret::new([&EC_PRIVATE_KEY_START[..], scalar.expose(), &EC_PRIVATE_KEY_END].concat());
        // Refused: 0, and the order of the curve or more.
        if let Ok(pair) = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der.expose()) {
            return Ok(Secret::new(pair.to_pkcs8v1().map_err(|_| SigningError::Failed)?.as_ref().to_vec()));
        }
    }
    Err(SigningError::Failed)
}
