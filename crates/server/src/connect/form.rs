//! Parameters of OAuth requests: a form or a query, read strictly (RFC 6749 section 3.2, appendix B).

use std::borrow::Cow;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;

use super::error::{Code, ConnectError};

/// The longest form, in bytes: one with a signed request or assertion in it.
pub(super) const MAX_FORM_BYTES: usize = 64 * 1024;
/// The longest value of a parameter, in bytes; of most of them only the first 200 could ever be right.
const MAX_VALUE_BYTES: usize = 16 * 1024;
const MAX_PARAMETERS: usize = 60;
/// Parameters that may stand more than once (RFC 8707 section 2, RFC 8693 section 2.1).
const REPEATABLE: [&str; 2] = ["resource", "audience"];
/// Parameters whose value is a secret, or stands for one: none of them may stand in a URL.
const SECRET: [&str; 8] =
    ["client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "token", "subject_token", "device_code"];

/// Parameters, each with a value. An empty value is as none at all; what nobody asks for is ignored.
pub struct Form<'b> {
    parameters: Vec<(Cow<'b, str>, Cow<'b, str>)>,
}

impl<'b> Form<'b> {
    /// Reads the body of a `POST`. Its headers must say that it is a form, in UTF-8.
    pub fn read(headers: &HeaderMap, body: &'b [u8]) -> Result<Self, ConnectError> {
        if !is_form(headers) {
            return Err(ConnectError::new(Code::InvalidRequest).describe("the body must be application/x-www-form-urlencoded"));
        }
        if body.len() > MAX_FORM_BYTES {
            return Err(ConnectError::new(Code::TooLarge));
        }
        let text = std::str::from_utf8(body).map_err(|_| malformed())?;
        Self::decode(text)
    }

    /// Reads a query; `None` is none.
    pub fn of_query(query: Option<&'b str>) -> Result<Self, ConnectError> {
        Self::decode(query.unwrap_or_default())
    }

    fn decode(text: &'b str) -> Result<Self, ConnectError> {
        let mut parameters: Vec<(Cow<'b, str>, Cow<'b, str>)> = Vec::with_capacity(8);
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if value.len() > MAX_VALUE_BYTES || parameters.len() == MAX_PARAMETERS {
                return Err(ConnectError::new(Code::InvalidRequest).describe("a parameter is too long, or there are too many"));
            }
            let doubled = parameters.iter().any(|(known, _)| *known == name);
            if doubled && !REPEATABLE.contains(&&*name) {
                return Err(ConnectError::new(Code::InvalidRequest).describe("a parameter stands more than once"));
            }
            parameters.push((name, value));
        }
        Ok(Self { parameters })
    }

    /// The value of a parameter, unless it is absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| &**value).filter(|value| !value.is_empty())
    }

    /// The values of a parameter that may stand more than once.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.parameters.iter().filter(move |(known, value)| known == name && !value.is_empty()).map(|(_, value)| &**value)
    }

    /// The value of a parameter that must be there.
    pub fn required(&self, name: &'static str) -> Result<&str, ConnectError> {
        self.get(name).ok_or_else(|| ConnectError::new(Code::InvalidRequest).describe_owned(format!("the parameter {name} is missing")))
    }

    /// Each parameter with its value, in the order of the request; empty ones too.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// Refuses a URL with a secret in it, also where the secret would be ignored: it is in logs by now (RFC 6749 section 2.3.1).
pub(super) fn refuse_secrets(query: Option<&str>) -> Result<(), ConnectError> {
    let Some(query) = query else { return Ok(()) };
    let form = Form::of_query(Some(query))?;
    if form.iter().any(|(name, _)| SECRET.contains(&name)) {
        return Err(ConnectError::new(Code::InvalidRequest).describe("secrets and tokens belong into the body, never into the URL"));
    }
    Ok(())
}

pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(value) = value.to_str() else { return false };
    let (essence, parameters) = value.split_once(';').unwrap_or((value, ""));
    let is_utf8 = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        name.trim().eq_ignore_ascii_case("charset") && value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    };
    essence.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
        && (parameters.trim().is_empty() || parameters.split(';').all(is_utf8))
}

/// `+` is a space, `%XX` a byte; together they are UTF-8.
pub(super) fn decoded(text: &str) -> Result<Cow<'_, str>, ConnectError> {
    // Without leaving early: a loop that looks at every byte is several times as fast, and most values are plain.
    if !text.bytes().fold(false, |found, byte| found | matches!(byte, b'+' | b'%')) {
        return Ok(Cow::Borrowed(text));
    }
    let spaced = text.replace('+', " ");
    let broken = spaced.split('%').skip(1).any(|rest| !rest.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)));
    if broken {
        return Err(malformed());
    }
    let text = percent_decode_str(&spaced).decode_utf8().map_err(|_| malformed())?.into_owned();
    Ok(Cow::Owned(text))
}

fn malformed() -> ConnectError {
    ConnectError::new(Code::InvalidRequest).describe("the parameters are malformed")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(content_type: &str) -> HeaderMap {
        [(CONTENT_TYPE, HeaderValue::from_str(content_type).expect("a value"))].into_iter().collect()
    }

    fn read(body: &str) -> Option<Vec<(String, String)>> {
        let headers = headers("application/x-www-form-urlencoded");
        let form = Form::read(&headers, body.as_bytes()).ok()?;
        Some(form.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn forms_are_decoded_once() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read("a=1&b=x+y%2Bz&&c=&d"), Some(vec![pair("a", "1"), pair("b", "x y+z"), pair("c", ""), pair("d", "")]));
        assert_eq!(read("a=%2541"), Some(vec![pair("a", "%41")]));
        assert_eq!(read("a=%C3%A9"), Some(vec![pair("a", "é")]));
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff", "a=1&a=2", "a=1&%61=2", "scope=&scope=x", "a=%C3"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(read("resource=a&resource=b").map(|all| all.len()), Some(2));
        assert_eq!(read(&format!("a={}", "x".repeat(MAX_VALUE_BYTES + 1))), None);
        assert_eq!(
            read(&vec!["a"; MAX_PARAMETERS].iter().enumerate().map(|(n, a)| format!("{a}{n}=1")).collect::<Vec<_>>().join("&"))
                .map(|all| all.len()),
            Some(MAX_PARAMETERS)
        );
    }

    #[test]
    fn only_forms_in_utf_8_are_read() {
        for good in
            ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=UTF-8", "application/x-www-form-urlencoded;"]
        {
            assert!(is_form(&headers(good)), "{good}");
        }
        for bad in [
            "application/json",
            "multipart/form-data; boundary=x",
            "text/plain",
            "application/x-www-form-urlencoded; charset=utf-16",
            "application/x-www-form-urlencoded; x",
        ] {
            assert!(!is_form(&headers(bad)), "{bad}");
        }
        assert!(!is_form(&HeaderMap::new()));
    }

    #[test]
    fn empty_is_absent_and_secrets_are_no_part_of_urls() {
        let form = Form::of_query(Some("scope=&state=x")).ok();
        assert_eq!(form.as_ref().and_then(|form| form.get("scope")), None);
        assert_eq!(form.as_ref().and_then(|form| form.get("state")), Some("x"));
        assert!(refuse_secrets(Some("foo=bar")).is_ok());
        for bad in ["client_secret=x", "a=b&code=", "%74oken=x"] {
            assert!(refuse_secrets(Some(bad)).is_err(), "{bad}");
        }
    }
}
