//! Authorizations: what a client asked and a person consented to, as it is kept with a code and with the refresh tokens that come of it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::id::SessionId;
use crate::time::Timestamp;

/// How long a code can be redeemed unless configured otherwise, in seconds (RFC 9700 asks for a short time).
pub const CODE_SECONDS: u32 = 60;

/// What a client asked and a person consented to. No secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// The redirect URI as it was sent; absent where the request named none. Then it is not asked for at the token endpoint either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// The scopes that were consented to, with spaces between.
    pub scope: String,
    /// The resources that were asked for and consented to (RFC 8707 section 2.1); empty: none was named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// For the ID token (OpenID Connect Core section 3.1.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The challenge of RFC 7636, always of the method `S256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<String>,
    /// The thumbprint of the key that the tokens are bound to (RFC 9449 section 10).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "thumbprint")]
    pub key_thumbprint: Option<[u8; 32]>,
    /// The session that the person consented in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// When the person proved who they are. Never changed by a refresh (RFC 9068 section 2.2.1).
    pub auth_time: Timestamp,
    /// How well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which means (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
}

/// What a device asked for that has no browser, and from where: for the person who is to answer. No secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// The scopes, with spaces between.
    pub scope: String,
    /// The resources (RFC 8707 section 2.1); empty: none was named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// The thumbprint of the key that it proved when it asked: only with this key it gets anything.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "thumbprint")]
    pub key_thumbprint: Option<[u8; 32]>,
    /// From which address it came.
    pub address: IpAddr,
    /// What it calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// As base64url (RFC 7638 section 3), the form that `jkt` has everywhere.
mod thumbprint {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Option<[u8; 32]>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(bytes) => serializer.serialize_some(&URL_SAFE_NO_PAD.encode(bytes)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[u8; 32]>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(D::Error::custom)?;
        bytes.try_into().map(Some).map_err(|_| D::Error::custom("a thumbprint has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_as_json_and_read_back() {
        let full = Authorization {
            redirect_uri: Some("https://app.example/cb".to_owned()),
            scope: "openid api1".to_owned(),
            resources: vec!["https://api.example/".to_owned()],
            nonce: Some("n".to_owned()),
            code_challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()),
            key_thumbprint: Some([7; 32]),
            session: Some(SessionId::from_bytes([1; 16])),
            auth_time: Timestamp::from_unix_seconds(1_000),
            acr: Some("urn:example".to_owned()),
            amr: vec!["pwd".to_owned()],
        };
        let text = serde_json::to_string(&full).expect("JSON");
        assert!(text.contains(r#""key_thumbprint":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc""#), "{text}");
        assert_eq!(serde_json::from_str::<Authorization>(&text).expect("read"), full);
        let least = r#"{"scope":"api1","auth_time":"1970-01-01T00:16:40Z"}"#;
        let read: Authorization = serde_json::from_str(least).expect("read");
        assert_eq!((read.key_thumbprint, read.auth_time), (None, full.auth_time));
        assert_eq!(serde_json::to_string(&read).expect("JSON"), least);
        assert!(serde_json::from_str::<Authorization>(r#"{"scope":"","auth_time":"1970-01-01T00:16:40Z","key_thumbprint":"Bw"}"#).is_err());
    }
}
