//! The nodes that share the database.

use authority::NodeState;
use domain::{NodeId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Listed;
use super::call::Call;
use super::json::NoBody;
use crate::edge::Problem;

/// A running process of the server. Its times are those of its own clock.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Node {
    /// Its id: another one at each start.
    #[schema(value_type = String, format = Uuid)]
    id: NodeId,
    /// The machine and the port on which it runs.
    name: String,
    /// Whether changes wait for it: from its first lease until it leaves or vanishes.
    live: bool,
    /// Whether it is the one that answers this.
    answering: bool,
    /// How often it has renewed its lease.
    lease_number: i64,
    /// For how many milliseconds it may answer after a renewal.
    lease_milliseconds: u64,
    /// The last change of the journal that it has acknowledged: its index holds this one and all before it.
    acknowledged: i64,
    /// How many changes of the journal its index is not known to hold.
    lag: u64,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it renewed its lease last.
    #[schema(value_type = Option<String>, format = DateTime)]
    renewed_at: Option<Timestamp>,
}

impl From<NodeState> for Node {
    fn from(state: NodeState) -> Self {
        let NodeState { node, lag, answering } = state;
        let store::Node { id, name, lease_number, lease, live, acknowledged, started_at, renewed_at } = node;
        let lease_milliseconds = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        let acknowledged = acknowledged.0;
        Self { id, name, live, answering, lease_number, lease_milliseconds, acknowledged, lag, started_at, renewed_at }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<Node>, Problem> {
    let window = call.page()?;
    let nodes = call.authority().nodes(call.caller(), window.beyond()?).await?;
    Ok(window.page(nodes, |state| *state.node.id.as_bytes()).map(Node::from))
}
