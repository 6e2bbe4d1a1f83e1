//! One line of an import: what it must be before it is sent.

use domain::text::{Description, Email};
use domain::{Digest, PersonId, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// Why a line was not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reject {
    /// A stable name.
    pub(super) code: String,
    /// In words; never the line itself, which may hold what should not be there.
    pub(super) detail: String,
}

impl Reject {
    /// A reject with this name.
    pub(super) fn new(code: &str, detail: impl ToString) -> Self {
        Self { code: code.to_owned(), detail: detail.to_string() }
    }

    /// As the server told it.
    pub(super) fn of_server(reject: &Value) -> Self {
        let member = |name: &str| reject.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { code: member("code"), detail: member("detail") }
    }
}

/// What a digest must be.
pub(super) const DIGEST_FORM: &str = "SHA-256 as 64 hexadecimal digits or 44 characters of Base64";
/// What a time must be.
pub(super) const TIME_FORM: &str = "a time such as 2027-01-31T12:00:00Z";
/// What a set of permissions must be.
pub(super) const PERMISSIONS_FORM: &str = "\"all\" or a list of names";

const MEMBERS: [&str; 6] = ["person", "email", "description", "digest", "expires_at", "permissions"];

/// Reads a line into what the API takes; nothing for an empty one.
pub(super) fn read_line(bytes: &[u8]) -> Result<Option<Value>, Reject> {
    let Some(members) = object(bytes, &MEMBERS)? else { return Ok(None) };
    if members.contains_key("person") == members.contains_key("email") {
        return Err(Reject::new("invalid", "expected either person or email"));
    }
    let person: Option<PersonId> = member(&members, "person", "an id of 36 lower-case characters")?;
    let email: Option<Email> = member(&members, "email", "a mail address")?;
    let description: Description = needed(&members, "description", "3 to 255 visible characters")?;
    let digest: Digest = needed(&members, "digest", DIGEST_FORM)?;
    let expires_at: Option<Timestamp> = member(&members, "expires_at", TIME_FORM)?;
    let permissions: Option<Value> = member(&members, "permissions", PERMISSIONS_FORM)?;
    let all = [
        ("description", Some(json!(description))),
        ("digest", Some(json!(digest))),
        ("person", person.map(|id| json!(id))),
        ("email", email.map(|email| json!(email))),
        ("expires_at", expires_at.map(|at| json!(at))),
        ("permissions", permissions),
    ];
    Ok(Some(Map::from_iter(all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)))).into()))
}

/// The members of a line, all of them known; nothing for an empty line.
pub(super) fn object(bytes: &[u8], known: &[&str]) -> Result<Option<Map<String, Value>>, Reject> {
    if bytes.trim_ascii().is_empty() {
        return Ok(None);
    }
    // The parser's own words may repeat a piece of the line: only where it stopped is told.
    let json: Value =
        serde_json::from_slice(bytes).map_err(|error| Reject::new("not_json", format!("no JSON at column {}", error.column())))?;
    let Value::Object(members) = json else { return Err(Reject::new("not_json", "expected an object")) };
    if members.keys().any(|name| !known.contains(&name.as_str())) {
        return Err(Reject::new("unknown_member", format!("only these members are known: {}", known.join(", "))));
    }
    Ok(Some(members))
}

/// Reads a member by itself, so that the reject can name it without repeating its value.
pub(super) fn member<T: DeserializeOwned>(members: &Map<String, Value>, name: &str, expected: &str) -> Result<Option<T>, Reject> {
    let Some(value) = members.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    serde_json::from_value(value.clone()).map(Some).map_err(|_| Reject::new("invalid", format!("{name}: expected {expected}")))
}

/// The same of a member that must be there.
pub(super) fn needed<T: DeserializeOwned>(members: &Map<String, Value>, name: &str, expected: &str) -> Result<T, Reject> {
    member(members, name, expected)?.ok_or_else(|| Reject::new("invalid", format!("{name}: is missing")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "264c8c381bf16c982a4e59b0dd4c6f7808c51a05f64c35db42cc78a2a72875bb";

    #[test]
    fn a_good_line_is_sent_in_one_form() {
        let line = json!({"email": "student@example.org", "description": " laptop ", "digest": DIGEST.to_uppercase()}).to_string();
        let token = read_line(line.as_bytes()).expect("good").expect("a token");
        assert_eq!(token["description"], "laptop");
        assert_eq!(token["digest"], json!(Digest::parse(DIGEST).expect("a digest")));
        assert_eq!(read_line(b" \r"), Ok(None));
    }

    #[test]
    fn a_reject_does_not_repeat_the_line() {
        let secret = "a-very-secret-token";
        let bad = [
            secret.to_owned(),
            format!("\"{secret}\""),
            json!({"email": "a@b.nl", "description": "laptop", "digest": secret}).to_string(),
            json!({"email": "a@b.nl", "description": "laptop", "digest": DIGEST, secret: 1}).to_string(),
            json!({"email": "a@b.nl", "description": "laptop", "digest": DIGEST, "expires_at": secret}).to_string(),
            json!({"email": secret, "description": "laptop", "digest": DIGEST}).to_string(),
            json!({"description": secret, "digest": DIGEST}).to_string(),
            json!({"email": "a@b.nl", "digest": DIGEST}).to_string(),
            json!({"email": "a@b.nl", "person": "x", "description": secret, "digest": DIGEST}).to_string(),
        ];
        for line in bad {
            let reject = read_line(line.as_bytes()).expect_err(&line);
            assert!(!reject.detail.contains(secret) && !reject.code.is_empty(), "{reject:?}");
        }
    }
}
