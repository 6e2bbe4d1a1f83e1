//! JWT access tokens (RFC 9068): what ours say, and how one that is shown again is judged.

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::algorithm::Algorithm;
use crate::claims::{Actor, Audience, Confirmation, NumericDate};
use crate::json;
use crate::jwk_set::JwkSet;
use crate::jws::{self, TypeRule};
use crate::refusal::Refusal;
use crate::signing_key::Claims;

/// RFC 9068 section 4: nothing but an access token says this.
const TYPE: TypeRule = TypeRule::exactly(&["at+jwt"]);

/// What an access token says (RFC 9068 section 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// The issuer.
    pub iss: String,
    /// The person, or the client where it acts for itself.
    pub sub: String,
    /// The APIs that it is for.
    pub aud: Audience,
    /// The client that it was issued to.
    pub client_id: String,
    /// The same once more, under the name that the Dutch government's profile asks for.
    pub azp: String,
    /// When it was issued.
    pub iat: NumericDate,
    /// When it expires.
    pub exp: NumericDate,
    /// Its own name, once only.
    pub jti: String,
    /// The granted permissions, with spaces between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// When the person proved who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<NumericDate>,
    /// How well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which means.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The key that it is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Who acts for the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
}

impl Claims for AccessTokenClaims {
    const TYPE: &'static str = "at+jwt";
}

/// Judges a JWT access token of ours: type, signature, issuer, time. Whether it was ended, and whether whom it is shown to is
/// among [`AccessTokenClaims::aud`], is for the caller.
pub fn verify(token: &str, keys: &JwkSet, issuer: &str, now: Timestamp) -> Result<AccessTokenClaims, Refusal> {
    let verified = jws::verify(token, TYPE, &Algorithm::ALL, keys)?;
    let object = json::object(&verified.payload).ok_or(Refusal::NotClaims)?;
    let claims: AccessTokenClaims = serde_json::from_value(object.into()).map_err(|_| Refusal::NotClaims)?;
    if claims.iss != issuer {
        return Err(Refusal::Issuer);
    }
    if Timestamp::from(claims.exp) <= now { Err(Refusal::Expired) } else { Ok(claims) }
}
