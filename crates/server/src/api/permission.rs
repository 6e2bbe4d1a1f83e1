//! Sets of permissions on the wire: `"all"`, or a list of names.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use authority::RequestedPermissions;
use domain::permission::{Permission, Permissions};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The most permissions of one credential.
const MAX_PERMISSIONS: usize = 512;
const PERMISSION_PATTERN: &str = "^[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*){2}$";

/// What a token may do at most: `"all"` that its owner may do, or a list of permissions; an empty one means nothing at all.
#[derive(Debug, Clone)]
pub(super) struct PermissionSet(pub(super) Permissions);

/// What a key is to be allowed at most: `"all"`, or a list of permissions and of names of scopes.
#[derive(Debug, Clone)]
pub(super) struct PermissionWish(pub(super) RequestedPermissions);

impl Serialize for PermissionSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Permissions::All => serializer.serialize_str("all"),
            Permissions::Only(names) => serializer.collect_seq(names),
        }
    }
}

impl<'de> Deserialize<'de> for PermissionSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = deserializer.deserialize_any(SetVisitor::<Permission>(PhantomData))?;
        Ok(Self(names.map_or(Permissions::All, |names| Permissions::Only(names.into_iter().collect()))))
    }
}

impl<'de> Deserialize<'de> for PermissionWish {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = deserializer.deserialize_any(SetVisitor::<String>(PhantomData))?;
        Ok(Self(names.map_or(RequestedPermissions::All, RequestedPermissions::Named)))
    }
}

/// Reads `"all"` as nothing, and a list as its names.
struct SetVisitor<N>(PhantomData<N>);

impl<'de, N: Deserialize<'de>> Visitor<'de> for SetVisitor<N> {
    type Value = Option<Vec<N>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"all\" or a list of at most {MAX_PERMISSIONS} permissions")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text == "all" { Ok(None) } else { Err(E::invalid_type(serde::de::Unexpected::Other("text"), &self)) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = seq.next_element::<N>()? {
            names.push(name);
            if names.len() > MAX_PERMISSIONS {
                return Err(serde::de::Error::invalid_length(names.len(), &self));
            }
        }
        Ok(Some(names))
    }
}

fn all_or(name: impl Into<Object>, description: &str) -> RefOr<Schema> {
    let all = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["all"]));
    let list = ArrayBuilder::new().items(name.into()).max_items(Some(MAX_PERMISSIONS));
    OneOfBuilder::new().item(all).item(list).description(Some(description)).into()
}

impl PartialSchema for PermissionSet {
    fn schema() -> RefOr<Schema> {
        let name = ObjectBuilder::new().schema_type(Type::String).pattern(Some(PERMISSION_PATTERN));
        all_or(
            name,
            "What a token may do at most: `\"all\"` that its owner may do, or a list of permissions; an empty one means nothing at all.",
        )
    }
}

impl ToSchema for PermissionSet {
    fn name() -> Cow<'static, str> {
        "Permissions".into()
    }
}

impl PartialSchema for PermissionWish {
    fn schema() -> RefOr<Schema> {
        let name = ObjectBuilder::new().schema_type(Type::String).max_length(Some(130)).examples([json!("api1")]);
        all_or(
            name,
            "What a key is to be allowed at most: `\"all\"` that APIs let organisation keys do, or a list of permissions and of names of scopes; a scope stands for the permissions that it has at this moment.",
        )
    }
}

impl ToSchema for PermissionWish {
    fn name() -> Cow<'static, str> {
        "PermissionsOrScopes".into()
    }
}
