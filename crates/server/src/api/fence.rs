//! The fence after a restore: whether one stands, and what is confirmed.

use domain::fence::Scope;
use domain::{Fence, OrganisationId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Done, Nothing, Shown};
use super::call::Call;
use super::json::{Body, NoBody};
use crate::edge::{Code, Problem};

/// Whether what was in a restored backup is refused.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Fence)]
pub(super) struct FenceState {
    /// Whether a fence stands: then every credential that was in the backup is refused as suspended, but for what is confirmed.
    fenced: bool,
    /// When the backup was restored.
    #[schema(value_type = Option<String>, format = DateTime)]
    restored_at: Option<Timestamp>,
    /// When the backup was made.
    #[schema(value_type = Option<String>, format = DateTime)]
    backup_at: Option<Timestamp>,
    /// The last change in the backup.
    backup_sequence: Option<i64>,
    /// The organisations whose credentials work again.
    #[schema(value_type = Vec<String>)]
    organisations: Vec<OrganisationId>,
    /// The APIs whose own credentials work again.
    apis: Vec<String>,
}

/// What is confirmed to be right as it was restored: an organisation, an API, or without either everything.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    /// The credentials of this organisation's members.
    #[schema(value_type = Option<String>, format = Uuid)]
    organisation: Option<OrganisationId>,
    /// The credentials with which this API asks.
    api: Option<String>,
}

impl Body for Confirmation {
    /// Everything is confirmed by saying so, never by saying nothing.
    fn absent() -> Option<Self> {
        None
    }
}

impl From<Fence> for FenceState {
    fn from(fence: Fence) -> Self {
        let mut state = Self {
            fenced: true,
            restored_at: Some(fence.raised_at),
            backup_at: Some(fence.backup_at),
            backup_sequence: Some(fence.backup.0),
            ..Self::default()
        };
        for scope in fence.confirmed {
            match scope {
                Scope::Organisation { organisation } => state.organisations.push(organisation),
                Scope::Api { api } => state.apis.push(api),
                Scope::Everything => {}
            }
        }
        state
    }
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<FenceState>, Problem> {
    let fence = call.authority().fence(call.caller()).await?;
    Ok(Shown { value: fence.map(FenceState::from).unwrap_or_default(), revision: None })
}

pub(super) async fn confirm(call: Call, body: Confirmation) -> Result<Done<Nothing>, Problem> {
    let scope = match (body.organisation, body.api) {
        (None, None) => Scope::Everything,
        (Some(organisation), None) => Scope::Organisation { organisation },
        (None, Some(api)) => Scope::Api { api },
        (Some(_), Some(_)) => return Err(Problem::new(Code::InvalidBody).detail("name an organisation or an API, not both")),
    };
    Ok(Done::nothing(call.authority().confirm_restore(&call.context, scope).await?))
}
