//! Answers that are signed: introspection (RFC 9701) and userinfo (OpenID Connect Core section 5.3.2).

use serde::Serialize;
use serde_json::{Map, Value};

use crate::claims::NumericDate;
use crate::signing_key::Claims;

/// A signed answer to an introspection (RFC 9701 section 5). `sub` and `exp` stand within `token_introspection` and nowhere
/// else, so that nobody takes the answer for an access token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IntrospectionClaims {
    /// The issuer.
    pub iss: String,
    /// The API that asked.
    pub aud: String,
    /// When it was answered.
    pub iat: NumericDate,
    /// The answer, as it would be in JSON.
    pub token_introspection: Map<String, Value>,
}

impl Claims for IntrospectionClaims {
    const TYPE: &'static str = "token-introspection+jwt";
}

/// A signed answer to a userinfo request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UserinfoClaims {
    /// The issuer.
    pub iss: String,
    /// The client.
    pub aud: String,
    /// The claims about the person, `sub` among them. `iss` and `aud` do not belong here.
    #[serde(flatten)]
    pub person: Map<String, Value>,
}

impl Claims for UserinfoClaims {
    const TYPE: &'static str = "JWT";
}
