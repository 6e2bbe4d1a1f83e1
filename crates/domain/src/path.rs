//! The one canonical form of a request's path: what the rules see is what the upstream serves, or nothing is decided.

use std::borrow::Cow;

/// The longest path that is looked at, in bytes, the query not counted.
pub const MAX_PATH_BYTES: usize = 4096;

/// The path can be read in more than one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the path is ambiguous: {0}")]
pub struct Ambiguous(pub &'static str);

/// The canonical form of a request target in origin form: without its query, percent-decoded once, without a slash
/// at the end. Whatever servers are known to read in different ways is refused: empty and dot segments, encoded
/// separators, `;` parameters, backslashes, control characters, double encoding, bytes that are not UTF-8.
pub fn canonical(target: &str) -> Result<Cow<'_, str>, Ambiguous> {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    if path.len() > MAX_PATH_BYTES {
        return Err(Ambiguous("too long"));
    }
    if !path.starts_with('/') {
        return Err(Ambiguous("it does not begin with a slash"));
    }
    let mut encoded = false;
    for byte in path.bytes() {
        match byte {
            b'%' => encoded = true,
            b'\\' | b';' | b'#' => return Err(Ambiguous("backslash, semicolon or hash")),
            b'!'..=b'~' => {}
            _ => return Err(Ambiguous("a character that must be percent-encoded")),
        }
    }
    let path = if encoded { Cow::Owned(decode(path)?) } else { Cow::Borrowed(path) };
    if path.len() > 1 {
        let inner = path.strip_suffix('/').unwrap_or(&path);
        if inner[1..].split('/').any(|segment| matches!(segment, "" | "." | "..")) || inner.is_empty() {
            return Err(Ambiguous("an empty or dot segment"));
        }
    }
    Ok(match path {
        Cow::Borrowed(path) if path.len() > 1 => Cow::Borrowed(path.strip_suffix('/').unwrap_or(path)),
        Cow::Owned(mut path) => {
            if path.len() > 1 && path.ends_with('/') {
                path.pop();
            }
            Cow::Owned(path)
        }
        borrowed => borrowed,
    })
}

fn decode(path: &str) -> Result<String, Ambiguous> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|byte| (byte as char).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(Ambiguous("a broken percent-encoding"));
        };
        match (high * 16 + low) as u8 {
            b'/' | b'\\' | b'%' | b';' | b'?' | b'#' => return Err(Ambiguous("an encoded separator")),
            0..=0x1f | 0x7f => return Err(Ambiguous("an encoded control character")),
            byte => decoded.push(byte),
        }
    }
    String::from_utf8(decoded).map_err(|_| Ambiguous("bytes that are not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form() {
        for (target, expected) in [
            ("/", "/"),
            ("/courses", "/courses"),
            ("/courses/", "/courses"),
            ("/courses/?page=2&x=/../", "/courses"),
            ("/%63ourses/%C3%A9", "/courses/é"),
            ("/ADMIN", "/ADMIN"),
            ("/a%20b/", "/a b"),
            ("/...", "/..."),
        ] {
            assert_eq!(canonical(target).as_deref(), Ok(expected), "{target}");
        }
    }

    #[test]
    fn ambiguous_paths_are_refused() {
        for target in [
            "",
            "courses",
            "http://x/",
            "*",
            "//admin",
            "//",
            "/a//b",
            "/./admin",
            "/admin/.",
            "/admin/..",
            "/public/../admin",
            "/public/..;/admin",
            "/public/%2e%2e/admin",
            "/public%2f..%2fadmin",
            "/%252e%252e",
            "/admin;x=1",
            "/admin%00",
            "/admin%0a",
            "\\admin",
            "/\\admin",
            "/%5cadmin",
            "/%c0%af",
            "/%ff",
            "/admin#x",
            "/%",
            "/%4",
            "/%zz",
            "/é",
            "/a b",
            "/a\u{7f}",
            "/a%3bx",
            "/a%3f",
        ] {
            assert!(canonical(target).is_err(), "{target}");
        }
        assert!(canonical(&format!("/{}", "a".repeat(MAX_PATH_BYTES))).is_err());
    }
}
