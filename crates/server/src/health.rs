//! Liveness and readiness.

use axum::extract::State;
use axum::routing::get;
use http::StatusCode;

use crate::edge::{Code, Problem};
use crate::node::{Node, NotReady};

/// `/livez`: the process answers; one that does not should be started anew. `/readyz`: requests should be sent here;
/// otherwise 503, with the reason.
pub(crate) fn router(node: Node) -> axum::Router {
    axum::Router::new().route("/livez", get(async || StatusCode::OK)).route("/readyz", get(ready)).with_state(node)
}

async fn ready(State(node): State<Node>) -> Result<StatusCode, Problem> {
    let why = match node.readiness().await {
        Ok(()) => return Ok(StatusCode::OK),
        Err(NotReady::Draining) => "this server is about to stop",
        Err(NotReady::NoLease) => "this node has no lease",
        Err(NotReady::Database) => "the database does not answer",
    };
    Err(Problem::new(Code::Unavailable).detail(why))
}
