//! Text that people write: bounded, visible, compared without regard to case.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Fewer or more characters than allowed, white space at both ends not counted.
    #[error("must be {min} to {max} characters long")]
    Length {
        /// Fewest characters.
        min: usize,
        /// Most characters.
        max: usize,
    },
    /// A control character, or one that reverses the direction of what follows.
    #[error("must not hold control characters")]
    Control,
    /// Not of the form that this field has.
    #[error("{0}")]
    Form(&'static str),
}

/// A line of text within bounds: trimmed, in Unicode form NFC, without control characters.
pub fn line(text: &str, min: usize, max: usize) -> Result<String, InvalidText> {
    // Bounded before it is normalised: work must not grow with what a caller sends.
    if text.len() > max * 4 + 256 {
        return Err(InvalidText::Length { min, max });
    }
    let line: String = text.trim().nfc().collect();
    if line.chars().any(is_control) {
        return Err(InvalidText::Control);
    }
    let length = line.chars().count();
    if length < min || length > max { Err(InvalidText::Length { min, max }) } else { Ok(line) }
}

/// Several lines of text within bounds: trimmed, in Unicode form NFC, with `\n` between them and no other control character.
pub fn lines(text: &str, min: usize, max: usize) -> Result<String, InvalidText> {
    // Bounded before it is normalised, as a line is; a line may end in two characters.
    if text.len() > max * 5 + 256 {
        return Err(InvalidText::Length { min, max });
    }
    let lines: String = text.replace("\r\n", "\n").trim().nfc().collect();
    if lines.chars().any(|character| is_control(character) && character != '\n') {
        return Err(InvalidText::Control);
    }
    let length = lines.chars().count();
    if length < min || length > max { Err(InvalidText::Length { min, max }) } else { Ok(lines) }
}

/// The form in which two texts are compared without regard to case (SQLite's `lower()` knows ASCII only).
pub fn fold(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

fn is_control(character: char) -> bool {
    // U+202A…E and U+2066…9 turn the direction of writing: a name could show as another one.
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

macro_rules! lines {
    ($($(#[$doc:meta])* $name:ident: $min:literal..=$max:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads it, trimmed and in Unicode form NFC.
            pub fn new(text: &str) -> Result<Self, InvalidText> {
                line(text, $min, $max).map(Self)
            }

            /// As shown.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// As compared.
            pub fn folded(&self) -> String {
                fold(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidText;
            fn try_from(text: String) -> Result<Self, InvalidText> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(line: $name) -> Self {
                line.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

lines! {
    /// What a credential is for, in its owner's words: 3 to 255 characters.
    Description: 3..=255;
    /// The name of an organisation or a person: 1 to 200 characters.
    Name: 1..=200;
    /// Why something was done, for others to read: 1 to 500 characters.
    Reason: 1..=500;
    /// What somebody wants to remember about a thing: 1 to 500 characters.
    Note: 1..=500;
}

/// A mail address: one `@`, a dotted ASCII domain, at most 254 characters; stored as given, compared folded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Reads an address. Quoted local parts, comments and lists of addresses are refused.
    pub fn new(text: &str) -> Result<Self, InvalidText> {
        const FORM: InvalidText = InvalidText::Form("must be one mail address such as name@example.org");
        let text = line(text, 3, 254)?;
        let (local, host) = text.split_once('@').ok_or(FORM)?;
        let local_fits =
            (1..=64).contains(&local.len()) && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        let label_fits = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let host_fits = host == "localhost" || (host.contains('.') && host.split('.').all(label_fits));
        if local_fits && host_fits { Ok(Self(text)) } else { Err(FORM) }
    }

    /// As given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As compared: ASCII letters in lower case, nothing else folded, so that two people never become one.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::new(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_have_bounds_and_no_controls() {
        assert_eq!(Description::new("  laptop ").map(String::from), Ok("laptop".into()));
        for bad in ["", "ab", "  ab  ", "a\0bc", "a\nbc", "evil\u{202e}txt", &"x".repeat(256), &"x".repeat(1 << 20)] {
            assert!(Description::new(bad).is_err(), "{bad:.20}");
        }
        assert!(Description::new(&"é".repeat(255)).is_ok());
        assert!(Description::new("<script>alert(1)</script>").is_ok(), "markup is text: pages escape it");
    }

    #[test]
    fn case_is_folded_beyond_ascii() {
        assert_eq!(fold("ÉCOLE Straße"), fold("école straße"));
        assert_eq!(fold("ﬁle"), fold("FILE"));
        assert_ne!(fold("file"), fold("fi1e"));
    }

    #[test]
    fn mail_addresses_are_one_address() {
        for good in ["a@b.nl", "An.Other+x@sub.example.org", "student@localhost", "zoë@example.org"] {
            assert!(Email::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "a@b", "a@@b.nl", "a@b.nl,c@d.nl", "\"a b\"@c.nl", "a@b.nl>", "a@-b.nl", "a@b..nl", "a\0@b.nl", "a@é.nl"] {
            assert!(Email::new(bad).is_err(), "{bad}");
        }
    }
}
