//! Metrics for Prometheus: one table of what there is, read from where it is counted when somebody asks.
//!
//! They are served on an address of their own (`metrics_listen`), never on the public one: they tell how many credentials
//! there are and which APIs. No id, name or secret is among them; labels are an API's name, a reason, an outcome.

mod document;
mod observed;
mod page;
mod process;
mod table;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use domain::Timestamp;
use domain::time::Boottime;
use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use verifier::Checks;

pub use document::document;
pub(crate) use observed::Observed;
use page::Format;
pub use page::Kind;
pub use table::METRICS;

use crate::edge::Edge;
use crate::node::Node;
use crate::progress::Reading;

/// Where the values are read.
#[derive(Clone)]
struct Source {
    node: Node,
    edge: Arc<Edge>,
    started_at: Timestamp,
}

/// What all values of one answer are read from.
struct Scrape<'s> {
    source: &'s Source,
    now: Boottime,
    progress: Reading,
    checks: Vec<Checks>,
}

/// `/metrics` of a node, and beside it `/livez` and `/readyz`.
pub fn router(node: &Node, edge: &Arc<Edge>) -> Router {
    let source = Source { node: node.clone(), edge: edge.clone(), started_at: node.authority.clock().now() };
    Router::new().route("/metrics", get(answer)).with_state(source).merge(crate::health::router(node.clone()))
}

async fn answer(State(source): State<Source>, headers: HeaderMap) -> Response {
    let format = Format::for_whom(headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default());
    let now = source.node.authority.clock().boottime();
    let checks = source.node.authority.verifier().checks();
    let scrape = Scrape { source: &source, now, progress: source.node.progress(), checks };
    let text = page::write(format, METRICS, &scrape);
    ([(CONTENT_TYPE, format.media_type())], text).into_response()
}
