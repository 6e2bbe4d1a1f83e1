//! Request objects: the parameters of an authorization request, signed by the client (RFC 9101).

use std::time::Duration;

use domain::Timestamp;
use serde_json::Value;

use crate::algorithm::Algorithm;
use crate::claims::ClaimSet;
use crate::jwk_set::JwkSet;
use crate::jws::{self, TypeRule};
use crate::refusal::Refusal;

/// The longest that a request object may count, from now (FAPI 2.0 Message Signing section 5.3.1).
pub const LONGEST_LIFE: Duration = Duration::from_secs(3_600);

/// RFC 9101 section 4; OpenID Connect's are older and say `JWT` or nothing.
const TYPE: TypeRule = TypeRule::or_none(&["oauth-authz-req+jwt", "JWT"]);
/// The claims that are about the object itself and no parameters.
const OWN: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// What a request object is judged by.
#[derive(Clone, Copy)]
pub struct Rules<'r> {
    /// The client that it must be from.
    pub client_id: &'r str,
    /// The keys that the client has registered.
    pub keys: &'r JwkSet,
    /// The algorithms that the client may use.
    pub algorithms: &'r [Algorithm],
    /// Our issuer identifier, which must be among `aud`.
    pub issuer: &'r str,
    /// The time.
    pub now: Timestamp,
}

/// A request object that is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestObject {
    /// The parameters, `client_id` among them; lists (`resource`) as several of one name, objects (`claims`) as JSON.
    pub parameters: Vec<(String, String)>,
    /// Its own name, if it has one.
    pub jti: Option<String>,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Judges a request object. Only its parameters count then, not those beside it (RFC 9101 section 6.3).
pub fn verify(object: &str, rules: &Rules<'_>) -> Result<RequestObject, Refusal> {
    let verified = jws::verify(object, TYPE, rules.algorithms, rules.keys)?;
    let claims = ClaimSet::read(&verified.payload)?;
    // RFC 9101 section 4: no request within the request. Section 10.8: with `sub` it would do as a client assertion.
    for name in ["request", "request_uri", "sub"] {
        if claims.0.contains_key(name) {
            return Err(Refusal::Forbidden(name));
        }
    }
    if claims.required("client_id")? != rules.client_id {
        return Err(Refusal::Client);
    }
    if claims.required("iss")? != rules.client_id {
        return Err(Refusal::Issuer);
    }
    if !claims.audience()?.contains(rules.issuer) {
        return Err(Refusal::Audience);
    }
    let expires_at = claims.live_until(rules.now, LONGEST_LIFE)?;
    let jti = claims.text("jti")?.map(str::to_owned);
    let mut parameters = Vec::new();
    for (name, value) in claims.0.into_iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
        match value {
            Value::Array(values) => {
                for value in values {
                    parameters.push((name.clone(), parameter(value)?));
                }
            }
            value => parameters.push((name, parameter(value)?)),
        }
    }
    Ok(RequestObject { parameters, jti, expires_at })
}

/// A value as it would stand in a query.
fn parameter(value: Value) -> Result<String, Refusal> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(_) | Value::Bool(_) | Value::Object(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) => Err(Refusal::WrongForm("a request parameter")),
    }
}
