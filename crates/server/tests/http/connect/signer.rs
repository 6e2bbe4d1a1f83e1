//! Keys of clients, and what is signed with them.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A key with its name. Two of them are never the same.
pub(super) struct Signer {
    pair: Pair,
    algorithm: &'static str,
    kid: Option<String>,
}

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl Signer {
    /// A key for `ES256`, `EdDSA`, `PS256` or `RS256`.
    pub(super) fn new(algorithm: &'static str) -> Self {
        let pair = match algorithm {
            "ES256" => Pair::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")),
            "EdDSA" => Pair::Ed25519(Ed25519KeyPair::generate().expect("a key")),
            _ => Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")),
        };
        Self { pair, algorithm, kid: None }
    }

    pub(super) fn es256() -> Self {
        Self::new("ES256")
    }

    /// The same with a name.
    #[must_use]
    pub(super) fn named(self, kid: &str) -> Self {
        Self { kid: Some(kid.to_owned()), ..self }
    }

    /// The same key for another algorithm of its kind.
    #[must_use]
    pub(super) fn with_algorithm(self, algorithm: &'static str) -> Self {
        Self { algorithm, ..self }
    }

    /// The public half, with its name if it has one.
    pub(super) fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::P256(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..])})
            }
            Pair::Ed25519(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())}),
            Pair::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key");
                let read = jose::SigningKey::from_pkcs8(jose::Algorithm::RS256, der.as_ref()).expect("a key").public().to_jwk();
                json!({"kty": "RSA", "n": read["n"], "e": read["e"]})
            }
        };
        if let Some(kid) = &self.kid {
            jwk["kid"] = kid.as_str().into();
        }
        jwk
    }

    /// RFC 7638.
    pub(super) fn thumbprint(&self) -> String {
        jose::PublicKey::from_jwk(self.jwk().to_string().as_bytes()).expect("a key").thumbprint().to_owned()
    }

    /// Its header: algorithm and name, with these members.
    pub(super) fn header(&self, members: Value) -> Value {
        let mut header = members;
        header["alg"] = self.algorithm.into();
        if let Some(kid) = &self.kid {
            header["kid"] = kid.as_str().into();
        }
        header
    }

    /// Signs these claims under its header with these members.
    pub(super) fn sign(&self, members: Value, claims: &Value) -> String {
        self.sign_under(&self.header(members), claims)
    }

    /// Signs under a header of one's own choice.
    pub(super) fn sign_under(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let (random, message) = (SystemRandom::new(), signed.as_bytes());
        let signature = match &self.pair {
            Pair::P256(pair) => pair.sign(&random, message).expect("signed").as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let padding =
                    if self.algorithm == "RS256" { &RSA_PKCS1_SHA256 } else { &RSA_PSS_SHA256 as &dyn aws_lc_rs::signature::RsaEncoding };
                pair.sign(padding, &random, message, &mut signature).expect("signed");
                signature
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The claims with one of them changed, or taken out where the value is null.
pub(super) fn with(claims: &Value, name: &str, value: impl Into<Value>) -> Value {
    let (mut claims, value) = (claims.clone(), value.into());
    let members = claims.as_object_mut().expect("members");
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
    claims
}
