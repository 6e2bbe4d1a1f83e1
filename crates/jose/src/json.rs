//! JSON objects, read strictly: a doubled member, at any depth, makes the whole unreadable (RFC 8725 section 3.10).

use domain::json::Strict;
use serde::de::DeserializeSeed as _;
use serde_json::{Map, Value};

/// How deep objects and lists may stand in each other.
const MAX_DEPTH: u8 = 16;

/// The object in these bytes, or nothing: not UTF-8, not JSON, not an object, a doubled member, too deep.
pub(crate) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict(MAX_DEPTH).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JWT-07.
    #[test]
    fn only_one_reading_is_read() {
        assert!(object(br#"{"a":1,"b":{"a":[null,true,-1,1.5,"x"]}}"#).is_some());
        let refused: &[&[u8]] = &[
            br#"{"a":1,"a":1}"#,
            br#"{"b":[{"a":1,"\u0061":2}]}"#,
            b"[]",
            b"1",
            b"",
            b"{} {}",
            b"{}\0",
            b"{\"a\":1e400}",
            b"{\"\xff\":1}",
        ];
        for text in refused {
            assert!(object(text).is_none(), "{}", String::from_utf8_lossy(text));
        }
        let nested = |depth: usize| format!("{}{}{}", "{\"a\":".repeat(depth), 1, "}".repeat(depth));
        assert!(object(nested(16).as_bytes()).is_some());
        assert!(object(nested(17).as_bytes()).is_none());
        assert!(object(nested(100_000).as_bytes()).is_none());
    }
}
