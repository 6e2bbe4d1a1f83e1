//! Logout tokens (OpenID Connect Back-Channel Logout section 2.4).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::claims::NumericDate;
use crate::signing_key::Claims;

/// The event that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a logout token says. It never has a nonce: that would make it look like an ID token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogoutTokenClaims {
    iss: String,
    aud: String,
    iat: NumericDate,
    exp: NumericDate,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    events: BTreeMap<&'static str, Empty>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Empty {}

/// Who is told what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logout {
    /// The issuer.
    pub issuer: String,
    /// The client that is told.
    pub client_id: String,
    /// The person, as this client knows them.
    pub sub: String,
    /// The session that ended; all of the person's where none is named.
    pub sid: Option<String>,
    /// The token's own name, once only.
    pub jti: String,
    /// When it is made.
    pub issued_at: NumericDate,
    /// When it expires; two minutes later at most, says the standard.
    pub expires_at: NumericDate,
}

impl From<Logout> for LogoutTokenClaims {
    fn from(logout: Logout) -> Self {
        let Logout { issuer, client_id, sub, sid, jti, issued_at, expires_at } = logout;
        let events = BTreeMap::from([(EVENT, Empty {})]);
        Self { iss: issuer, aud: client_id, iat: issued_at, exp: expires_at, jti, sub: Some(sub), sid, events }
    }
}

impl Claims for LogoutTokenClaims {
    const TYPE: &'static str = "logout+jwt";
}
