//! CBOR (RFC 8949), as much of it as authenticators send: whole lengths, the shortest form of each, few levels (CTAP 2 section 8).

/// How deep arrays and maps may stand in each other.
const MAX_DEPTH: u8 = 8;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'b> {
    Int(i64),
    Bytes(&'b [u8]),
    Text(&'b str),
    Map(Map<'b>),
    /// One of those that nothing here asks for: an array, a tag, true, null.
    Other,
}

/// A map, in the order in which it was sent; a key stands in it once.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Map<'b>(Vec<(Value<'b>, Value<'b>)>);

impl<'b> Map<'b> {
    /// The value under a text.
    pub(super) fn text(&self, key: &str) -> Option<&Value<'b>> {
        self.0.iter().find(|(known, _)| *known == Value::Text(key)).map(|(_, value)| value)
    }

    /// The value under a number.
    pub(super) fn number(&self, key: i64) -> Option<&Value<'b>> {
        self.0.iter().find(|(known, _)| *known == Value::Int(key)).map(|(_, value)| value)
    }
}

/// The map that these bytes are, and nothing else.
pub(super) fn map(bytes: &[u8]) -> Option<Map<'_>> {
    match value(bytes, MAX_DEPTH)? {
        (Value::Map(map), []) => Some(map),
        _ => None,
    }
}

/// How long the value is that these bytes begin with.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    value(bytes, MAX_DEPTH).map(|(_, rest)| bytes.len() - rest.len())
}

fn value(bytes: &[u8], depth: u8) -> Option<(Value<'_>, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let (first, _) = bytes.split_first()?;
    if first >> 5 == 7 {
        return simple(bytes);
    }
    let (argument, rest) = argument(bytes)?;
    let number = i64::try_from(argument).ok();
    match first >> 5 {
        0 => Some((Value::Int(number?), rest)),
        1 => Some((Value::Int(-1 - number?), rest)),
        2 => {
            let (content, rest) = rest.split_at_checked(usize::try_from(argument).ok()?)?;
            Some((Value::Bytes(content), rest))
        }
        3 => {
            let (content, rest) = rest.split_at_checked(usize::try_from(argument).ok()?)?;
            Some((Value::Text(std::str::from_utf8(content).ok()?), rest))
        }
        4 => {
            let mut rest = rest;
            for _ in 0..argument {
                (_, rest) = value(rest, depth)?;
            }
            Some((Value::Other, rest))
        }
        5 => pairs(argument, rest, depth),
        _ => value(rest, depth).map(|(_, rest)| (Value::Other, rest)),
    }
}

fn pairs(count: u64, mut rest: &[u8], depth: u8) -> Option<(Value<'_>, &[u8])> {
    let mut map = Map::default();
    for _ in 0..count {
        let (key, after) = value(rest, depth)?;
        let (content, after) = value(after, depth)?;
        rest = after;
        if map.0.iter().any(|(known, _)| *known == key) {
            return None;
        }
        map.0.push((key, content));
    }
    Some((Value::Map(map), rest))
}

/// The number after the first three bits: in the shortest form, and never of unknown length (section 4.2.1).
fn argument(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, least) = match first & 31 {
        short @ 0..=23 => return Some((short.into(), rest)),
        24 => (1, 24),
        25 => (2, 1 << 8),
        26 => (4, 1 << 16),
        27 => (8, 1 << 32),
        _ => return None,
    };
    let (number, rest) = rest.split_at_checked(length)?;
    let number = number.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (number >= least).then_some((number, rest))
}

/// True, false, null, undefined and the numbers with a point.
fn simple(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let length = match first & 31 {
        20..=23 => 0,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    rest.split_at_checked(length).map(|(_, rest)| (Value::Other, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_one_form() {
        // RFC 8949 appendix A.
        let read = |bytes: &'static [u8]| value(bytes, 4);
        assert_eq!(read(&[0x18, 0x64]), Some((Value::Int(100), &[][..])));
        assert_eq!(read(&[0x39, 0x01, 0x00]), Some((Value::Int(-257), &[][..])));
        assert_eq!(read(&[0x44, 1, 2, 3, 4, 9]), Some((Value::Bytes(&[1, 2, 3, 4]), &[9][..])));
        assert_eq!(read(&[0x64, b'I', b'E', b'T', b'F']), Some((Value::Text("IETF"), &[][..])));
        assert_eq!(length(&[0x83, 0x01, 0x82, 0x02, 0x03, 0xf5, 0xff]), Some(6));
        let known = map(&[0xa2, 0x01, 0x02, 0x61, b'a', 0x20]).expect("a map");
        assert_eq!((known.number(1), known.text("a"), known.number(2)), (Some(&Value::Int(2)), Some(&Value::Int(-1)), None));
        for wrong in [
            &[][..],
            &[0x18, 0x17],                                           // 23 in two bytes
            &[0x19, 0x00, 0xff],                                     // 255 in three
            &[0x5f, 0x41, 0x00, 0xff],                               // of unknown length
            &[0x44, 1, 2, 3],                                        // cut off
            &[0x62, 0xff, 0xff],                                     // no UTF-8
            &[0xa2, 0x01, 0x02, 0x01, 0x03],                         // a key twice
            &[0x81, 0x81, 0x81, 0x81, 0x81],                         // too deep, and cut off
            &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], // of 2^64 - 1
        ] {
            assert_eq!(value(wrong, 4), None, "{wrong:?}");
        }
        assert_eq!(map(&[0xa0, 0x00]), None, "something follows");
    }
}
