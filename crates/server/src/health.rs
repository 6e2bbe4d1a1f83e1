//! Liveness and readiness.

use axum::extract::State;
use axum::routing::get;
use http::StatusCode;

use crate::edge::{Code, Problem};
use crate::node::Node;

/// `/livez`: the process answers. `/readyz`: its lease holds and its database answers; otherwise 503.
pub(crate) fn router(node: Node) -> axum::Router {
    axum::Router::new().route("/livez", get(async || StatusCode::OK)).route("/readyz", get(ready)).with_state(node)
}

async fn ready(State(node): State<Node>) -> Result<StatusCode, Problem> {
    if node.is_ready().await { Ok(StatusCode::OK) } else { Err(Problem::new(Code::Unavailable)) }
}
