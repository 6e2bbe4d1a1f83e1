//! ID tokens (OpenID Connect Core section 2).

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use serde::Serialize;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::claims::{Audience, NumericDate};
use crate::signing_key::Claims;

/// What an ID token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdTokenClaims {
    /// The issuer.
    pub iss: String,
    /// The person, as this client knows them.
    pub sub: String,
    /// The client.
    pub aud: Audience,
    /// The client once more.
    pub azp: String,
    /// When it was issued.
    pub iat: NumericDate,
    /// When it expires.
    pub exp: NumericDate,
    /// Before which it does not count; the Dutch government's profile asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<NumericDate>,
    /// Its own name; the Dutch government's profile asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// What the client sent along.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// When the person proved who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<NumericDate>,
    /// How well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which means.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// What binds the access token to it: [`at_hash`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

impl Claims for IdTokenClaims {
    const TYPE: &'static str = "JWT";
}

/// The left half of the digest of an access token (OpenID Connect Core section 3.1.3.6), with the digest of the algorithm that the
/// ID token is signed with: Ed25519's own is SHA-512.
pub fn at_hash(access_token: &str, algorithm: Algorithm) -> String {
    let own = if algorithm == Algorithm::EdDSA { &SHA512 } else { &SHA256 };
    let digest = digest(own, access_token.as_bytes());
    base64url::encode(&digest.as_ref()[..digest.as_ref().len() / 2])
}
