//! DPoP proofs: whoever shows a token proves to hold the key that it is bound to (RFC 9449).

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use domain::Timestamp;
use serde_json::Value;

use crate::algorithm::Algorithm;
use crate::claims::{CLOCK_SKEW, ClaimSet};
use crate::jwk::{JwkRefusal, PublicKey};
use crate::jws::{Compact, JwsRefusal, TypeRule};
use crate::refusal::Refusal;
use crate::{base64url, htu};

/// How old a proof may be unless the caller says otherwise.
pub const LONGEST_AGE: Duration = Duration::from_secs(300);

const TYPE: TypeRule = TypeRule::exactly(&["dpop+jwt"]);

/// What a proof is judged by.
#[derive(Clone, Copy)]
pub struct Rules<'r> {
    /// The method of the request.
    pub method: &'r str,
    /// The URL of the request, as the public knows it; query and fragment do not count.
    pub url: &'r str,
    /// The algorithms that may be used.
    pub algorithms: &'r [Algorithm],
    /// The access token that is shown with it, at an API; at the token endpoint there is none.
    pub access_token: Option<&'r str>,
    /// The thumbprint of the key that the token, code or refresh token is bound to, if it is.
    pub key: Option<&'r str>,
    /// The nonces that count now; an empty list asks for none.
    pub nonces: &'r [&'r str],
    /// How old it may be.
    pub longest_age: Duration,
    /// The time.
    pub now: Timestamp,
}

/// A proof that is right. It counts once: the caller remembers `jti` of this key until `expires_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of its key: what tokens are bound to (`cnf.jkt`, `dpop_jkt`).
    pub key: String,
    /// Its own name.
    pub jti: String,
    /// From when on it would be refused as too old.
    pub expires_at: Timestamp,
}

/// Why a proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefusal {
    /// As every JWT may be.
    #[error(transparent)]
    Jwt(#[from] Refusal),
    /// The key that it brings along cannot be used.
    #[error(transparent)]
    Jwk(#[from] JwkRefusal),
    /// It is for another method.
    #[error("it is for another method")]
    Method,
    /// It is for another URL.
    #[error("it is for another URL")]
    Url,
    /// It is for another access token.
    #[error("it is for another access token")]
    AccessToken,
    /// The token is bound to another key.
    #[error("the token is bound to another key")]
    Key,
    /// A nonce is asked for and was not given, or is not one that counts now: `use_dpop_nonce` with a fresh one (section 8).
    #[error("it has not the nonce that is asked for")]
    Nonce,
}

impl ProofRefusal {
    /// What may be told; see [`Refusal::public`].
    pub const fn public(&self) -> &'static str {
        match self {
            Self::Jwt(Refusal::Jws(JwsRefusal::Signature)) => "its signature does not go with its jwk",
            Self::Jwt(cause) => cause.public(),
            Self::Jwk(JwkRefusal::Private) => "its jwk holds a private key: that key must not be used any more",
            Self::Jwk(_) => "its jwk is not accepted here",
            Self::Method => "its htm is not the method of the request",
            Self::Url => "its htu is not the URL of the request",
            Self::AccessToken => "its ath is not the digest of the access token",
            Self::Key => "the token is bound to another key",
            Self::Nonce => "it must have the nonce of the header DPoP-Nonce",
        }
    }
}

impl From<JwsRefusal> for ProofRefusal {
    fn from(cause: JwsRefusal) -> Self {
        Self::Jwt(Refusal::Jws(cause))
    }
}

/// Judges a proof by the list of RFC 9449 section 4.3. That there is one `DPoP` header only is for the caller.
pub fn verify(proof: &str, rules: &Rules<'_>) -> Result<Proof, ProofRefusal> {
    let compact = Compact::read(proof)?;
    let algorithm = compact.check(TYPE, rules.algorithms)?;
    let Some(Value::Object(jwk)) = compact.header.get("jwk") else { return Err(JwsRefusal::Header("jwk").into()) };
    let key = PublicKey::from_object(jwk)?;
    let verified = compact.verified(key, algorithm)?;
    let claims = ClaimSet::read(&verified.payload)?;
    let jti = claims.required("jti")?.to_owned();
    if claims.required("htm")? != rules.method {
        return Err(ProofRefusal::Method);
    }
    check_url(&claims, rules.url)?;
    let expires_at = check_age(&claims, rules)?;
    if let Some(token) = rules.access_token {
        let expected = base64url::encode(digest(&SHA256, token.as_bytes()).as_ref());
        if claims.required("ath")? != expected {
            return Err(ProofRefusal::AccessToken);
        }
    }
    let key = verified.key.thumbprint().to_owned();
    if rules.key.is_some_and(|bound| bound != key) {
        return Err(ProofRefusal::Key);
    }
    if !rules.nonces.is_empty() && !claims.text("nonce")?.is_some_and(|nonce| rules.nonces.contains(&nonce)) {
        return Err(ProofRefusal::Nonce);
    }
    Ok(Proof { key, jti, expires_at })
}

fn check_url(claims: &ClaimSet, url: &str) -> Result<(), ProofRefusal> {
    let Some(Value::String(said)) = claims.0.get("htu") else { return Err(Refusal::Missing("htu").into()) };
    match (htu::normal(said), htu::normal(url)) {
        (Some(said), Some(url)) if said == url => Ok(()),
        _ => Err(ProofRefusal::Url),
    }
}

/// When it will be too old, if it is not now.
fn check_age(claims: &ClaimSet, rules: &Rules<'_>) -> Result<Timestamp, Refusal> {
    let made_at = claims.time("iat")?.ok_or(Refusal::Missing("iat"))?;
    claims.check_not_ahead(rules.now)?;
    // A clock may be behind ours by as much as it may be ahead.
    let expires_at = made_at.saturating_add(rules.longest_age).saturating_add(CLOCK_SKEW);
    if claims.time("exp")?.is_some_and(|exp| exp <= rules.now) {
        return Err(Refusal::Expired);
    }
    if expires_at <= rules.now { Err(Refusal::TooOld) } else { Ok(expires_at) }
}
