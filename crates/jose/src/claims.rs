//! What claims are made of (RFC 7519 section 4.1, RFC 7800, RFC 8693), and how those of others are read.

use std::time::Duration;

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json;
use crate::refusal::Refusal;

/// How far ahead of our clock another's may be. FAPI 2.0 (section 5.3.2.1) asks that 10 s are taken and 60 s are not.
pub const CLOCK_SKEW: Duration = Duration::from_secs(30);
/// The longest identifier that is read out of somebody else's token, in bytes: `jti`, `sub`, `nonce`.
pub const MAX_TEXT_BYTES: usize = 512;
/// The last second of the year 9999; later ones are no times.
const LAST_SECOND: i64 = 253_402_300_799;

/// Whole seconds since 1970 (RFC 7519 section 2, NumericDate). A moment is rounded down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NumericDate(pub i64);

impl From<Timestamp> for NumericDate {
    fn from(moment: Timestamp) -> Self {
        Self(moment.unix_seconds())
    }
}

impl From<NumericDate> for Timestamp {
    fn from(date: NumericDate) -> Self {
        Self::from_unix_seconds(date.0)
    }
}

/// Whom a token is for: a string where it is one (RFC 7519 section 4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// An audience of these, as a string if it is one.
    pub fn of(mut names: Vec<String>) -> Self {
        match names.len() {
            1 => Self::One(names.swap_remove(0)),
            _ => Self::Several(names),
        }
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }

    /// Whether this is among them, character by character.
    pub fn contains(&self, name: &str) -> bool {
        self.names().iter().any(|one| one == name)
    }
}

/// Which key whoever shows the token must hold (RFC 7800 section 3, RFC 9449 section 6.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The thumbprint of the DPoP key.
    pub jkt: String,
}

/// Who acts for the subject (RFC 8693 section 4.1): the present one outside, those before within.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub sub: String,
    /// For whom that one acts in turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Actor>>,
}

/// The claims of a token of somebody else.
pub(crate) struct ClaimSet(pub(crate) Map<String, Value>);

impl ClaimSet {
    pub(crate) fn read(payload: &[u8]) -> Result<Self, Refusal> {
        json::object(payload).map(Self).ok_or(Refusal::NotClaims)
    }

    /// A string, if the claim is there; not empty, and not longer than an identifier is.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() && text.len() <= MAX_TEXT_BYTES => Ok(Some(text)),
            Some(_) => Err(Refusal::WrongForm(name)),
        }
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.text(name)?.ok_or(Refusal::Missing(name))
    }

    /// A time in whole seconds. Fractions, strings, negative numbers and years beyond 9999 are no times here.
    pub(crate) fn time(&self, name: &'static str) -> Result<Option<Timestamp>, Refusal> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let seconds = value.as_i64().filter(|seconds| (0..=LAST_SECOND).contains(seconds));
        seconds.map(|seconds| Some(Timestamp::from_unix_seconds(seconds))).ok_or(Refusal::WrongForm(name))
    }

    /// Whom it is for; never an empty list.
    pub(crate) fn audience(&self) -> Result<Audience, Refusal> {
        let wrong = || Refusal::WrongForm("aud");
        match self.0.get("aud") {
            None => Err(Refusal::Missing("aud")),
            Some(Value::String(name)) => Ok(Audience::One(name.clone())),
            Some(Value::Array(names)) if !names.is_empty() => {
                let names: Option<Vec<String>> = names.iter().map(|name| name.as_str().map(str::to_owned)).collect();
                names.map(Audience::Several).ok_or_else(wrong)
            }
            Some(_) => Err(wrong()),
        }
    }

    /// When it expires: after now, and not later than `longest` from now.
    pub(crate) fn live_until(&self, now: Timestamp, longest: Duration) -> Result<Timestamp, Refusal> {
        let expires_at = self.time("exp")?.ok_or(Refusal::Missing("exp"))?;
        if expires_at <= now {
            return Err(Refusal::Expired);
        }
        if expires_at > now.saturating_add(longest).saturating_add(CLOCK_SKEW) {
            return Err(Refusal::TooLongLived);
        }
        self.check_not_ahead(now)?;
        Ok(expires_at)
    }

    /// `nbf` and `iat`, if they are there, are not later than another's clock may be ahead.
    pub(crate) fn check_not_ahead(&self, now: Timestamp) -> Result<(), Refusal> {
        for name in ["nbf", "iat"] {
            if self.time(name)?.is_some_and(|at| at > now.saturating_add(CLOCK_SKEW)) {
                return Err(Refusal::Ahead(name));
            }
        }
        Ok(())
    }
}
