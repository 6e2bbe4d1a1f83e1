//! How a credential is put on the wire: the one place where such headers are read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::credential::Kind;

/// The longest header value that is looked at, in bytes.
pub const MAX_HEADER_BYTES: usize = 4096;

/// A way to put a credential on the wire. An API lists those that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presentation {
    /// `Authorization: TEXT`, as the learning platform's clients send it.
    Bare,
    /// `Authorization: Bearer TEXT` (RFC 6750 section 2.1).
    Bearer,
    /// `Authorization: Token token="TEXT"`.
    Token,
    /// `Authorization: Basic base64(NAME:TEXT)` (RFC 7617).
    Basic,
    /// `X-API-Key: TEXT`.
    ApiKey,
    /// `Authorization: DPoP TEXT`, with a proof beside it (RFC 9449 section 7.1).
    Dpop,
}

impl Presentation {
    /// Whether a credential of this kind may be put on the wire so, wherever it is taken at all: an access token is a `Bearer` or
    /// `DPoP` token (RFC 6750 section 2, RFC 9449 section 7.1), a private key never is.
    pub const fn carries(self, kind: Kind) -> bool {
        match kind {
            Kind::AccessToken => matches!(self, Self::Bearer | Self::Dpop),
            Kind::OrganisationKey => matches!(self, Self::Basic | Self::ApiKey),
            _ => true,
        }
    }
}

/// A credential as it was presented.
#[derive(Clone, PartialEq, Eq)]
pub struct Presented<'h> {
    /// How.
    pub presentation: Presentation,
    /// The credential's text.
    pub text: std::borrow::Cow<'h, str>,
    /// The name before the colon; with `Basic` only.
    pub username: Option<String>,
}

impl std::fmt::Debug for Presented<'_> {
    /// Never the text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Presented({:?})", self.presentation)
    }
}

/// The header cannot be read as a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credential is not in a form that can be read")]
pub struct Malformed;

/// Reads what a request presents: the values of its `Authorization` and `X-API-Key` headers.
/// A blank value is no credential at all: clients without a token send one. Two credentials at once are malformed.
pub fn read<'h>(authorization: Option<&'h [u8]>, api_key: Option<&'h [u8]>) -> Result<Option<Presented<'h>>, Malformed> {
    let authorization = authorization.map(visible).transpose()?.filter(|value| !value.is_empty());
    let api_key = api_key.map(visible).transpose()?.filter(|value| !value.is_empty());
    match (authorization, api_key) {
        (None, None) => Ok(None),
        (Some(value), None) => read_authorization(value).map(Some),
        (None, Some(text)) if !text.contains([' ', ',']) => Ok(Some(plain(Presentation::ApiKey, text))),
        _ => Err(Malformed),
    }
}

fn read_authorization(value: &str) -> Result<Presented<'_>, Malformed> {
    let Some((scheme, rest)) = value.split_once(' ') else {
        return Ok(plain(Presentation::Bare, value));
    };
    // RFC 9110 section 11.4: 1*SP after the scheme; one value, so a comma would be a second credential.
    let rest = rest.trim_start_matches(' ');
    let presentation =
        [("bearer", Presentation::Bearer), ("token", Presentation::Token), ("basic", Presentation::Basic), ("dpop", Presentation::Dpop)]
            .into_iter()
            .find(|(name, _)| scheme.eq_ignore_ascii_case(name))
            .ok_or(Malformed)?
            .1;
    match presentation {
        Presentation::Basic => read_basic(rest),
        Presentation::Token => {
            let value = rest.strip_prefix("token=").ok_or(Malformed)?;
            let quoted = value.strip_prefix('"').map(|inner| inner.strip_suffix('"').ok_or(Malformed)).transpose()?;
            one_word(Presentation::Token, quoted.unwrap_or(value))
        }
        _ => one_word(presentation, rest),
    }
}

fn read_basic(encoded: &str) -> Result<Presented<'_>, Malformed> {
    let decoded = STANDARD.decode(encoded).map_err(|_| Malformed)?;
    let decoded = String::from_utf8(decoded).map_err(|_| Malformed)?;
    let (username, text) = decoded.split_once(':').ok_or(Malformed)?;
    if decoded.chars().any(char::is_control) || text.is_empty() {
        return Err(Malformed);
    }
    Ok(Presented { presentation: Presentation::Basic, text: text.to_owned().into(), username: Some(username.to_owned()) })
}

fn one_word(presentation: Presentation, text: &str) -> Result<Presented<'_>, Malformed> {
    let words = text.bytes().fold(false, |found, byte| found | matches!(byte, b' ' | b',' | b'"'));
    if text.is_empty() || words { Err(Malformed) } else { Ok(plain(presentation, text)) }
}

fn plain(presentation: Presentation, text: &str) -> Presented<'_> {
    Presented { presentation, text: text.into(), username: None }
}

/// The header's value as visible ASCII, without the white space around it.
fn visible(value: &[u8]) -> Result<&str, Malformed> {
    // Without leaving early: a loop that looks at every byte is several times as fast, and every request goes through it.
    if value.len() > MAX_HEADER_BYTES || !value.iter().fold(true, |fits, byte| fits & matches!(byte, b' '..=b'~' | b'\t')) {
        return Err(Malformed);
    }
    std::str::from_utf8(value.trim_ascii()).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(authorization: &str) -> Option<(Presentation, String)> {
        let presented = read(Some(authorization.as_bytes()), None).ok()??;
        Some((presented.presentation, presented.text.into_owned()))
    }

    #[test]
    fn every_presentation_is_read() {
        let cases = [
            ("abc", Presentation::Bare, "abc"),
            ("  abc  ", Presentation::Bare, "abc"),
            ("Bearer abc", Presentation::Bearer, "abc"),
            ("bearer  abc", Presentation::Bearer, "abc"),
            ("Token token=\"abc\"", Presentation::Token, "abc"),
            ("Token token=abc", Presentation::Token, "abc"),
            ("Basic dXNlcjphOmI=", Presentation::Basic, "a:b"),
        ];
        for (header, presentation, expected) in cases {
            assert_eq!(text(header), Some((presentation, expected.to_owned())), "{header}");
        }
        let key = read(None, Some(b"abc")).expect("readable").expect("present");
        assert_eq!((key.presentation, key.text.as_ref()), (Presentation::ApiKey, "abc"));
    }

    #[test]
    fn blank_is_no_credential() {
        assert_eq!(read(None, None), Ok(None));
        assert_eq!(read(Some(b""), Some(b"  ")), Ok(None));
    }

    #[test]
    fn anything_else_is_malformed() {
        let bad = [
            "Bearer a b",
            "Bearer a, Basic b",
            "Bearer a,b",
            "Digest x",
            "Basic !!!",
            "Basic dXNlcg==",
            "Basic YTo=",
            "Token abc",
            "Token token=\"abc",
            "Basic AAA6Yg==",
            "Basic dXNlcjphOmI",
            "a b",
        ];
        for header in bad {
            assert_eq!(read(Some(header.as_bytes()), None), Err(Malformed), "{header}");
        }
        assert_eq!(read(Some(b"abc"), Some(b"abc")), Err(Malformed));
        assert_eq!(read(Some(&[b'a'; MAX_HEADER_BYTES + 1]), None), Err(Malformed));
        assert_eq!(read(Some(b"a\xff"), None), Err(Malformed));
        assert_eq!(read(Some(b"a\x00"), None), Err(Malformed));
    }
}
