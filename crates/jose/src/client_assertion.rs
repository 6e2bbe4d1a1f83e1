//! Client assertions: a client proves who it is with a signature (RFC 7521, RFC 7523 and its successor rfc7523bis).

use std::time::Duration;

use domain::Timestamp;

use crate::algorithm::Algorithm;
use crate::claims::{Audience, ClaimSet};
use crate::jwk_set::JwkSet;
use crate::jws::{self, Compact, TypeRule};
use crate::refusal::Refusal;

/// What `client_assertion_type` says (RFC 7523 section 2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest that an assertion may count, from now. Its `jti` must be remembered for as long.
pub const LONGEST_LIFE: Duration = Duration::from_secs(3_600);

/// The type is new in rfc7523bis; clients that do not know it leave it out, or say `JWT`.
const TYPE: TypeRule = TypeRule::or_none(&["client-authentication+jwt", "JWT"]);

/// What an assertion is judged by.
#[derive(Clone, Copy)]
pub struct Rules<'r> {
    /// The client that it must be from.
    pub client_id: &'r str,
    /// The keys that the client has registered.
    pub keys: &'r JwkSet,
    /// The algorithms that the client may use.
    pub algorithms: &'r [Algorithm],
    /// Our issuer identifier: what `aud` must be, as one string (rfc7523bis section 3).
    pub issuer: &'r str,
    /// The URL of the token endpoint, where `aud` may be that too, and where `iat` must be there: under the profile `nlgov` only.
    pub token_endpoint: Option<&'r str>,
    /// The time.
    pub now: Timestamp,
}

/// An assertion that is right. It counts once: the caller remembers `jti` of this client until `expires_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAssertion {
    /// Its own name.
    pub jti: String,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The thumbprint of the key that it was signed with.
    pub key: String,
}

/// Who the assertion says that it is from, to find the client by where the request does not name it. Nobody vouches for it.
pub fn claimed_client(assertion: &str) -> Option<String> {
    let claims = ClaimSet::read(&Compact::read(assertion).ok()?.payload).ok()?;
    claims.text("sub").ok()?.map(str::to_owned)
}

/// Judges an assertion.
pub fn verify(assertion: &str, rules: &Rules<'_>) -> Result<ClientAssertion, Refusal> {
    let verified = jws::verify(assertion, TYPE, rules.algorithms, rules.keys)?;
    let claims = ClaimSet::read(&verified.payload)?;
    if claims.required("iss")? != rules.client_id {
        return Err(Refusal::Issuer);
    }
    if claims.required("sub")? != rules.client_id {
        return Err(Refusal::Subject);
    }
    // A list, even of one, is refused: an assertion for several servers could be shown to the others by one of them.
    match claims.audience()? {
        Audience::One(audience) if audience == rules.issuer || Some(audience.as_str()) == rules.token_endpoint => {}
        _ => return Err(Refusal::Audience),
    }
    if rules.token_endpoint.is_some() && claims.time("iat")?.is_none() {
        // NL GOV Assurance profile for OAuth 2.0 section 2.3.3.
        return Err(Refusal::Missing("iat"));
    }
    let expires_at = claims.live_until(rules.now, LONGEST_LIFE)?;
    let jti = claims.required("jti")?.to_owned();
    Ok(ClientAssertion { jti, expires_at, key: verified.key.thumbprint().to_owned() })
}
