//! SHA-256 of a credential's text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

/// SHA-256 of a credential's text: what is stored of it, and the key of the index.
///
/// A random secret of 178 bits needs no slow hash: it cannot be guessed. A digest imported from another
/// system is as strong as the text it was made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of this text.
    pub fn of(text: &[u8]) -> Self {
        Self(sha2::Sha256::digest(text).into())
    }

    /// The digest with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads an imported digest: 64 hexadecimal digits, or 44 characters of padded Base64.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        match text.len() {
            64 => {
                for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
                    *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
                }
                Some(Self(bytes))
            }
            44 => {
                let decoded = STANDARD.decode(text).ok()?;
                decoded.try_into().ok().map(Self)
            }
            _ => None,
        }
    }
}

fn hex_digit(character: u8) -> Option<u8> {
    (character as char).to_digit(16).map(|digit| digit as u8)
}

impl std::fmt::Debug for Digest {
    /// The first bytes only: enough to follow one in a log of a test, too little to look one up.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected a SHA-256 digest"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_imported_forms_are_the_same_bytes() {
        let digest = Digest::of(b"student");
        let hex: String = digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(Digest::parse(&hex), Some(digest));
        assert_eq!(Digest::parse(&hex.to_uppercase()), Some(digest));
        assert_eq!(Digest::parse(&STANDARD.encode(digest.as_bytes())), Some(digest));
        for bad in ["", "zz", &hex[1..], &format!("{}g", &hex[1..]), &"=".repeat(44), &"é".repeat(22)] {
            assert_eq!(Digest::parse(bad), None, "{bad}");
        }
    }
}
