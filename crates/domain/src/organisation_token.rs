//! Organisation tokens: username and code with which an organisation's own software delivers.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use unicode_normalization::UnicodeNormalization as _;

use crate::credential::Digest;
use crate::id::{CredentialId, OrganisationId};
use crate::permission::Permissions;
use crate::text::{Description, InvalidText, Name};
use crate::time::Timestamp;

/// The most live organisation tokens that one organisation may have.
pub const MAX_TOKENS_OF_ORGANISATION: u64 = 500;

/// An organisation token as its organisation sees it in a list: everything but the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationToken {
    /// Its id; rotation keeps it.
    pub id: CredentialId,
    /// Whose it is. It works for this organisation only: in its own workspaces, and where a delegation is open.
    pub organisation: OrganisationId,
    /// The API that it is for; every other one does not know it.
    pub api: String,
    /// Its username, unique among the API's live organisation tokens; rotation keeps it.
    pub username: Username,
    /// What it is for, in its organisation's words.
    pub description: Description,
    /// What it may do at most.
    pub permissions: Permissions,
    /// The first characters of its code; absent for an imported one, whose code was never seen.
    pub prefix: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops to work by itself, if ever.
    pub expires_at: Option<Timestamp>,
    /// Since when it is paused, if so.
    pub suspended_at: Option<Timestamp>,
    /// Since when it is ended, if so.
    pub revoked_at: Option<Timestamp>,
    /// The end of the overlap in which the code before the last rotation still works.
    pub old_secret_ends_at: Option<Timestamp>,
    /// When it was last used, give or take the flush interval.
    pub last_used_at: Option<Timestamp>,
    /// From where it was last used; the /64 network of an IPv6 address.
    pub last_used_from: Option<String>,
    /// How often it was used, give or take the flush interval.
    pub uses: u64,
    /// Since when its present code is known to have come over plain HTTP, where anybody could read it; a rotation ends that.
    pub exposed_at: Option<Timestamp>,
    /// Raised by every change; the value of its `ETag`.
    pub revision: i64,
}

/// The name of an organisation token on the wire. Opaque, compared exactly; never with a colon (RFC 7617 section 2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    /// Reads the username of a new token: 3 to 40 of `a-z`, digits and hyphens.
    pub fn new(text: &str) -> Result<Self, InvalidText> {
        let fits =
            (3..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidText::Form("must be 3 to 40 of a-z, 0-9 and hyphens")) }
    }

    /// The username that is proposed for an organisation's token with this number: `peilwerk-01`.
    pub fn proposed(organisation: &Name, number: u64) -> Self {
        let plain: String = organisation.as_str().nfkd().filter(char::is_ascii).map(|letter| letter.to_ascii_lowercase()).collect();
        let words = plain.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut name = words.collect::<Vec<_>>().join("-");
        name.truncate(30);
        let name = name.trim_end_matches('-');
        let name = if name.is_empty() { "organisation" } else { name };
        Self(format!("{name}-{number:02}").chars().take(40).collect())
    }

    /// Reads a username that another system gave: 1 to 100 visible ASCII characters, no colon.
    pub fn imported(text: &str) -> Result<Self, InvalidText> {
        let fits = (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidText::Form("must be 1 to 100 visible ASCII characters without a colon")) }
    }

    /// The username.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Username {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::imported(&text)
    }
}

impl From<Username> for String {
    fn from(username: Username) -> Self {
        username.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is stored of an organisation token's secret, and the key of the index: `code` is the digest of the code alone.
///
/// It binds the halves and the API: a code works with its own username only, and on its own API only. It is made
/// of the code's digest, so that a digest from another system can be imported.
pub fn bound(code: &Digest, api: &str, username: &str) -> Digest {
    let hash = sha2::Sha256::new().chain_update(code.as_bytes()).chain_update(api).chain_update([0]).chain_update(username);
    Digest::from_bytes(hash.finalize().into())
}

/// The name under which the index knows that an API has a username, to tell a wrong code from an unknown username.
pub fn username_key(api: &str, username: &str) -> [u8; 16] {
    let hash: [u8; 32] = sha2::Sha256::new().chain_update(api).chain_update([0]).chain_update(username).finalize().into();
    let mut key = [0; 16];
    key.copy_from_slice(&hash[..16]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_have_no_colon() {
        assert!(Username::new("peilwerk-veld-01").is_ok());
        assert!(Username::new("a|b").is_err());
        for good in ["0dce6fc98256|123456789|1234", "a"] {
            assert!(Username::imported(good).is_ok(), "{good}");
        }
        for bad in ["", "a:b", "a b", "é", "a\0", &"x".repeat(101)] {
            assert!(Username::imported(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_username_is_proposed_from_the_organisations_name() {
        let proposed = |name: &str, number| Username::proposed(&Name::new(name).expect("a name"), number).to_string();
        assert_eq!(proposed("Peilwerk", 1), "peilwerk-01");
        assert_eq!(proposed("Zoë & Zn. B.V.", 12), "zoe-zn-b-v-12");
        assert_eq!(proposed("数据", 3), "organisation-03");
        for name in ["-", "A very long name of an organisation indeed", "é"] {
            let name = proposed(name, u64::from(u32::MAX) / 2);
            assert!(Username::new(&name).is_ok(), "{name}");
        }
    }

    #[test]
    fn neither_half_nor_api_can_be_exchanged() {
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let all = [
            bound(&one, "subsurface", "a"),
            bound(&other, "subsurface", "a"),
            bound(&one, "subsurface", "b"),
            bound(&one, "subsurface-demo", "a"),
            bound(&one, "subsurfacea", ""),
            one,
        ];
        for (place, digest) in all.iter().enumerate() {
            assert!(!all[..place].contains(digest), "{place}");
        }
    }
}
