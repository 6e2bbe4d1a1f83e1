//! JSON objects, read strictly: a doubled member, at any depth, makes the whole unreadable (RFC 8725 section 3.10).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
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

/// Reads a value in which so many levels may still follow.
struct Strict(u8);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Strict {
    fn below<E: Error>(&self) -> Result<u8, E> {
        self.0.checked_sub(1).ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Strict(below))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Strict(below))?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a doubled member"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
