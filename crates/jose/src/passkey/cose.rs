//! A passkey's public key (RFC 9052 section 7, RFC 9053), of the three kinds that authenticators have: ES256, EdDSA, RS256.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, VerificationAlgorithm,
};

use super::{PasskeyRefusal, cbor};
use crate::weakness;

/// The algorithms, as `alg` says them, in the order in which they are asked for.
pub const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

const KTY: i64 = 1;
const ALG: i64 = 3;

/// A key that verifies.
pub(super) struct PublicKey(ParsedPublicKey);

impl PublicKey {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PasskeyRefusal> {
        let map = cbor::map(bytes).ok_or(PasskeyRefusal::Malformed("key"))?;
        let number = |name| match map.number(name) {
            Some(cbor::Value::Int(number)) => Some(*number),
            _ => None,
        };
        let content = |name| match map.number(name) {
            Some(cbor::Value::Bytes(bytes)) => Some(*bytes),
            _ => None,
        };
        let coordinate = |name| content(name).and_then(|bytes| <&[u8; 32]>::try_from(bytes).ok());
        match (number(KTY), number(ALG), number(-1)) {
            (Some(2), Some(ES256), Some(1)) => {
                let (x, y) = coordinate(-2).zip(coordinate(-3)).ok_or(PasskeyRefusal::Unsupported)?;
                Self::parse(&ECDSA_P256_SHA256_ASN1, [&[4][..], x, y].concat())
            }
            (Some(1), Some(EDDSA), Some(6)) => {
                let x = coordinate(-2).filter(|x| !weakness::is_of_small_order(x)).ok_or(PasskeyRefusal::Unsupported)?;
                Self::parse(&ED25519, x.to_vec())
            }
            (Some(3), Some(RS256), None) => {
                let (n, e) = content(-1).zip(content(-2)).ok_or(PasskeyRefusal::Unsupported)?;
                if weakness::is_roca(n) {
                    return Err(PasskeyRefusal::Unsupported);
                }
                let parsed = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
                parsed.map(Self).map_err(|_| PasskeyRefusal::Unsupported)
            }
            _ => Err(PasskeyRefusal::Unsupported),
        }
    }

    fn parse(algorithm: &'static dyn VerificationAlgorithm, bytes: Vec<u8>) -> Result<Self, PasskeyRefusal> {
        ParsedPublicKey::new(algorithm, bytes).map(Self).map_err(|_| PasskeyRefusal::Unsupported)
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
