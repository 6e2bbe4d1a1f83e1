//! Server keys: what there are, and how one is replaced. Never the keys themselves.

use authority::Purpose;
use domain::{RequestId, Timestamp};
use serde::{Deserialize, Serialize};
use store::KeyState;
use utoipa::ToSchema;

use super::answer::{Done, Listed};
use super::call::Call;
use super::json::{Body, NoBody};
use crate::edge::Problem;

/// A key with which the server seals or signs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ServerKey {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// What it is for.
    purpose: String,
    /// Its algorithm.
    algorithm: String,
    /// `published`: every node learns to read with it, and others to verify with it; `active`: new things are made with it; `retired`:
    /// it only reads; `ended`: it is destroyed.
    #[schema(value_type = String)]
    state: KeyState,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Since when it makes new things.
    #[schema(value_type = Option<String>, format = DateTime)]
    activated_at: Option<Timestamp>,
    /// Since when it only reads.
    #[schema(value_type = Option<String>, format = DateTime)]
    retired_at: Option<Timestamp>,
    /// The `kid` of what it signs; null where it signs nothing.
    kid: Option<String>,
}

/// Which key gets a successor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyRotation {
    /// What it is for: `sealing`, `signing_es256`, `signing_eddsa` or `signing_rs256`.
    #[schema(value_type = String)]
    purpose: Purpose,
    /// Whether a key for signing signs from the answer on. Left out: no, it is in the JWK set for some time first.
    #[serde(default)]
    at_once: bool,
}

impl Body for KeyRotation {}

impl From<authority::ServerKey> for ServerKey {
    fn from(key: authority::ServerKey) -> Self {
        let authority::ServerKey { id, purpose, algorithm, state, created_at, activated_at, retired_at, kid } = key;
        Self { id, purpose, algorithm, state, created_at, activated_at, retired_at, kid }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<ServerKey>, Problem> {
    let keys = call.authority().server_keys(call.caller()).await?;
    Ok(Listed { items: keys.into_iter().map(ServerKey::from).collect(), next_cursor: None })
}

pub(super) async fn rotate(call: Call, body: KeyRotation) -> Result<Done<ServerKey>, Problem> {
    Ok(Done::of(call.authority().replace_server_key(&call.context, body.purpose, body.at_once).await?, ServerKey::from))
}

pub(super) async fn end(call: Call, _: NoBody) -> Result<Done<ServerKey>, Problem> {
    let id = call.id::<RequestId>()?.to_string();
    Ok(Done::of(call.authority().end_signing_key(&call.context, id).await?, ServerKey::from))
}
