//! Values that go into statements and come out of them: text, 64-bit integers, bytes and null.

use domain::credential::Digest;
use domain::id::{
    AnnouncementId, CredentialId, DelegationId, FamilyId, GrantId, InteractionId, LetterId, MailLinkId, MembershipId, NodeId,
    OrganisationId, PasskeyId, PersonId, RequestId, SessionId, ViewId, WorkspaceId,
};
use domain::time::Timestamp;

use crate::error::StoreError;

/// A value that goes into a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Param<'p> {
    Null,
    Int(i64),
    Text(&'p str),
    Bytes(&'p [u8]),
}

/// A value that comes out of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl<'p> From<&'p Value> for Param<'p> {
    fn from(value: &'p Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int(number) => Self::Int(*number),
            Value::Text(text) => Self::Text(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u32> for Param<'_> {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

impl From<Timestamp> for Param<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.unix_microseconds())
    }
}

impl<'p> From<&'p str> for Param<'p> {
    fn from(value: &'p str) -> Self {
        Self::Text(value)
    }
}

impl<'p> From<&'p String> for Param<'p> {
    fn from(value: &'p String) -> Self {
        Self::Text(value)
    }
}

impl<'p> From<&'p [u8]> for Param<'p> {
    fn from(value: &'p [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'p, const N: usize> From<&'p [u8; N]> for Param<'p> {
    fn from(value: &'p [u8; N]) -> Self {
        Self::Bytes(value)
    }
}

impl<'p> From<&'p Vec<u8>> for Param<'p> {
    fn from(value: &'p Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<'p> From<&'p Digest> for Param<'p> {
    fn from(value: &'p Digest) -> Self {
        Self::Bytes(value.as_bytes())
    }
}

impl<'p, T> From<Option<T>> for Param<'p>
where
    Param<'p>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

macro_rules! ids {
    ($($name:ident)*) => {$(
        impl<'p> From<&'p $name> for Param<'p> {
            fn from(value: &'p $name) -> Self {
                Self::Bytes(value.as_bytes())
            }
        }

        impl FromValue for $name {
            fn from_value(value: Value) -> Option<Self> {
                <[u8; 16]>::from_value(value).map(Self::from_bytes)
            }
        }
    )*};
}

ids! { AnnouncementId LetterId MailLinkId OrganisationId PersonId MembershipId WorkspaceId DelegationId CredentialId GrantId SessionId FamilyId InteractionId PasskeyId RequestId NodeId ViewId }

/// A list of parameters, from anything that goes into a statement.
macro_rules! params {
    ($($value:expr),* $(,)?) => { [$($crate::value::Param::from($value)),*] };
}
pub(crate) use params;

/// What can be read from a value.
pub(crate) trait FromValue: Sized {
    /// Absent where the value is of another kind or shape.
    fn from_value(value: Value) -> Option<Self>;
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Int(value) = value { Some(value) } else { None }
    }
}

impl FromValue for u64 {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(|value| value != 0)
    }
}

impl FromValue for Timestamp {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self::from_unix_microseconds)
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Text(value) = value { Some(value) } else { None }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Option<Self> {
        if let Value::Bytes(value) = value { Some(value) } else { None }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value) -> Option<Self> {
        Vec::from_value(value)?.try_into().ok()
    }
}

impl FromValue for Digest {
    fn from_value(value: Value) -> Option<Self> {
        <[u8; 32]>::from_value(value).map(Self::from_bytes)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// A row that came out of a statement, read from left to right.
#[derive(Debug)]
pub(crate) struct Row {
    statement: &'static str,
    values: std::vec::IntoIter<Value>,
}

impl Row {
    pub(crate) fn new(statement: &'static str, values: Vec<Value>) -> Self {
        Self { statement, values: values.into_iter() }
    }

    /// The next column.
    pub(crate) fn take<T: FromValue>(&mut self) -> Result<T, StoreError> {
        self.values.next().and_then(T::from_value).ok_or_else(|| StoreError::corrupt(self.statement))
    }

    /// The next column, through a reader of its text.
    pub(crate) fn parse<T, E>(&mut self, read: impl FnOnce(&str) -> Result<T, E>) -> Result<T, StoreError> {
        let text: String = self.take()?;
        read(&text).map_err(|_| StoreError::corrupt(self.statement))
    }

    /// The next column, read as JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        self.parse(|text| serde_json::from_str(text))
    }

    /// The next column, through a reader of its text, or nothing.
    pub(crate) fn parse_optional<T, E>(&mut self, read: impl FnOnce(&str) -> Result<T, E>) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self.take()?;
        text.map(|text| read(&text)).transpose().map_err(|_| StoreError::corrupt(self.statement))
    }
}
