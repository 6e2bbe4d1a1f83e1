//! JSON bodies: one reading of each text, and all problems of a body told together.

use std::collections::BTreeSet;

use domain::json::Strict;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed as _, Deserializer};
use serde_json::{Map, Value};
use utoipa::PartialSchema;

use crate::edge::{Code, Problem};

/// The longest member name that is told back: what a caller sent is not echoed at length.
const MAX_TOLD_NAME: usize = 40;

/// The most problems that are told at once: work must not grow with what a caller sends.
const MAX_PROBLEMS: usize = 32;

/// What a request's body is read into.
pub(super) trait Body: DeserializeOwned + utoipa::ToSchema {
    /// What no body at all means, where it may be left out: a body without a member that it cannot do without.
    fn absent() -> Option<Self> {
        serde_json::from_value(Value::Object(Map::new())).ok()
    }
}

/// The body of a request that takes none; an empty object does no harm.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoBody {}

impl Body for NoBody {}

/// Reads the body of a request.
pub(super) fn body<T: Body>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty()
        && let Some(absent) = T::absent()
    {
        return Ok(absent);
    }
    require_json(headers)?;
    read(parse(bytes)?)
}

/// Refuses a body that does not say that it is JSON (RFC 8259; other character sets than UTF-8 do not exist).
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (media_type, parameters) = value.split_once(';').unwrap_or((value, ""));
    let utf8 = |parameter: &str| {
        let parameter = parameter.trim().to_ascii_lowercase();
        matches!(parameter.as_str(), "" | "charset=utf-8" | "charset=\"utf-8\"")
    };
    if media_type.trim().eq_ignore_ascii_case("application/json") && parameters.split(';').all(utf8) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType).detail("the body must be application/json"))
}

/// Reads JSON strictly: no member twice, nothing after the end, at most 127 levels deep.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    // The reader's own bound on the depth is the narrower one.
    let value = Strict(u8::MAX).deserialize(&mut reader);
    value.and_then(|value| reader.end().map(|()| value)).map_err(|error| malformed(&error))
}

/// The problem of a text that is not JSON: where it is wrong, never what stands there.
pub(super) fn malformed(error: &serde_json::Error) -> Problem {
    let what = if error.is_data() { "it is JSON of another form, or a member stands twice," } else { "it is not JSON" };
    Problem::new(Code::InvalidBody).detail(format!("{what} at line {} column {}", error.line(), error.column()))
}

/// Reads a value into a type; where that fails, tells every member that is wrong.
pub(super) fn read<T: DeserializeOwned + PartialSchema>(value: Value) -> Result<T, Problem> {
    let Value::Object(members) = value else {
        return Err(Problem::new(Code::InvalidBody).detail("the body must be a JSON object"));
    };
    match serde_json::from_value(Value::Object(members.clone())) {
        Ok(read) => Ok(read),
        Err(error) => Err(tell(&problems::<T>(members, &error))),
    }
}

/// The problem that lists these fields.
pub(super) fn tell(problems: &[(String, String)]) -> Problem {
    let start = Problem::new(Code::InvalidBody).detail("some members of the body are not valid");
    problems.iter().fold(start, |problem, (field, words)| problem.error(field, words))
}

/// All that is wrong with an object: each member is read alone, so that one problem does not hide the next.
pub(super) fn problems<T: DeserializeOwned + PartialSchema>(
    members: Map<String, Value>,
    error: &serde_json::Error,
) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for name in required::<T>() {
        if !members.contains_key(&name) {
            found.push((name, "is missing".to_owned()));
        }
    }
    for (name, value) in members {
        if found.len() >= MAX_PROBLEMS {
            break;
        }
        let alone = Value::Object(Map::from_iter([(name.clone(), value)]));
        let Err(error) = serde_path_to_error::deserialize::<_, T>(alone) else { continue };
        let (path, message) = (error.path().to_string(), error.inner().to_string());
        if message.starts_with("unknown field") {
            let place = if path.contains(['.', '[']) && !path.starts_with('.') { path } else { told_name(&name) };
            found.push((place, "there is no such member".to_owned()));
        } else if path != "." || !message.starts_with("missing field") {
            found.push((if path == "." { told_name(&name) } else { path }, words(&message)));
        }
    }
    if found.is_empty() {
        found.push(("body".to_owned(), words(&error.to_string())));
    }
    found
}

/// The members that a type cannot do without, as its schema has them.
fn required<T: PartialSchema>() -> BTreeSet<String> {
    let schema = serde_json::to_value(T::schema()).unwrap_or_default();
    let names = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    names.into_iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

/// The words for people, without the value that the message repeats: it may be a secret.
fn words(message: &str) -> String {
    if message.starts_with("UUID parsing failed") {
        return "must be an id".to_owned();
    }
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("must be {expected}"),
        None => message.to_owned(),
    }
}

fn told_name(name: &str) -> String {
    let plain = name.len() <= MAX_TOLD_NAME && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if plain { name.to_owned() } else { "(a name that is not told back)".to_owned() }
}

/// Tells a member that is `null` from one that is left out.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Thing {
        #[schema(value_type = String)]
        name: domain::text::Name,
        count: u32,
        inner: Option<Inner>,
    }

    #[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Inner {
        times: Vec<u8>,
    }

    #[test]
    fn all_problems_are_told_without_their_values() {
        let body = br#"{"count": "prtp_secret", "inner": {"times": [1, "x"], "z": 1}, "colour": 1}"#;
        let problem = read::<Thing>(parse(body).expect("JSON")).expect_err("invalid");
        let text = String::from_utf8(problem.body(None).to_vec()).expect("text");
        for part in ["\"name\"", "is missing", "\"count\"", "must be u32", "colour"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("secret"), "{text}");
    }

    #[test]
    fn a_text_has_one_reading() {
        let deep = "[".repeat(100_000);
        let bad: [&[u8]; 14] = [
            b"",
            b"{",
            b"{\"a\":1,\"a\":1}",
            b"{\"a\":{\"b\":1,\"b\":2}}",
            b"{} {}",
            b"{}x",
            b"{/* */}",
            b"{'a':1}",
            b"{\"a\":1e999}",
            b"{\"a\":NaN}",
            b"\xff\xfe{\0}\0",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\\ud800\"}",
            deep.as_bytes(),
        ];
        for text in bad {
            assert_eq!(parse(text).expect_err("refused").code(), Code::InvalidBody, "{:.20}", String::from_utf8_lossy(text));
        }
        assert!(parse(b"{\"__proto__\": 1, \"a\": [null, true, -1, 1.5, \"\\u00e9\"]}").is_ok());
    }

    #[test]
    fn only_json_in_utf8_is_taken() {
        let code = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, value.parse().expect("a value"));
            require_json(&headers).err().map(|problem| problem.code())
        };
        for good in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert_eq!(code(good), None, "{good}");
        }
        for bad in ["text/plain", "application/json; charset=utf-16", "application/jsonx", "multipart/form-data", "application/json; x=1"] {
            assert_eq!(code(bad), Some(Code::UnsupportedMediaType), "{bad}");
        }
        assert!(require_json(&HeaderMap::new()).is_err());
    }
}
