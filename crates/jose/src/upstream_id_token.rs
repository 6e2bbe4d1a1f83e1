//! ID tokens of other providers, with whom people sign in here (OpenID Connect Core section 3.1.3.7).

use std::time::Duration;

use domain::Timestamp;
use serde_json::Value;

use crate::algorithm::Algorithm;
use crate::claims::ClaimSet;
use crate::jwk_set::JwkSet;
use crate::jws::{self, TypeRule};
use crate::refusal::Refusal;

const TYPE: TypeRule = TypeRule::or_none(&["JWT"]);
/// It is looked at once, right after it was issued.
const LONGEST_LIFE: Duration = Duration::from_secs(2 * 86_400);
/// Section 2: `sub` is at most this long.
const MAX_SUBJECT_BYTES: usize = 255;

/// What an ID token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'e> {
    /// Who issued it.
    pub issuer: &'e str,
    /// Whom it is for: us, as the provider knows us.
    pub client_id: &'e str,
    /// What was sent along with the request.
    pub nonce: &'e str,
    /// The wall clock.
    pub now: Timestamp,
}

/// What an ID token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamIdToken {
    /// The provider's name for the account.
    pub subject: String,
    /// The mail address of the account, if it says one.
    pub email: Option<String>,
    /// Whether the provider has verified that address.
    pub email_verified: bool,
    /// When the person proved who they are, if it says so.
    pub auth_time: Option<Timestamp>,
}

/// Judges an ID token that the provider's token endpoint gave.
pub fn verify(token: &str, keys: &JwkSet, expected: Expected<'_>) -> Result<UpstreamIdToken, Refusal> {
    let verified = jws::verify(token, TYPE, &Algorithm::ALL, keys)?;
    let claims = ClaimSet::read(&verified.payload)?;
    if claims.required("iss")? != expected.issuer {
        return Err(Refusal::Issuer);
    }
    let (audience, azp) = (claims.audience()?, claims.text("azp")?);
    // Other audiences are not trusted, and one that was issued to somebody else is not for us (steps 3 to 5).
    if !audience.contains(expected.client_id) || audience.names().len() > 1 || azp.is_some_and(|azp| azp != expected.client_id) {
        return Err(Refusal::Audience);
    }
    claims.live_until(expected.now, LONGEST_LIFE)?;
    claims.time("iat")?.ok_or(Refusal::Missing("iat"))?;
    if claims.required("nonce")? != expected.nonce {
        return Err(Refusal::WrongForm("nonce"));
    }
    let subject = claims.required("sub")?;
    if subject.len() > MAX_SUBJECT_BYTES || !subject.is_ascii() {
        return Err(Refusal::WrongForm("sub"));
    }
    Ok(UpstreamIdToken {
        subject: subject.to_owned(),
        email: claims.text("email")?.map(str::to_owned),
        // A string `"true"` is not the boolean that section 5.1 asks for.
        email_verified: claims.0.get("email_verified") == Some(&Value::Bool(true)),
        auth_time: claims.time("auth_time")?,
    })
}
