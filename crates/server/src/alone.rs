//! Commands that change the database under the servers' feet: none of them may run.

use std::time::Duration;

use store::{Page, Store};

use crate::node::StartError;

/// What is waited beside the longest lease.
const MARGIN: Duration = Duration::from_millis(250);

/// Refuses while any node uses the database; waits for those that vanished until they certainly answer no more.
pub(crate) async fn nobody_else(store: &Store) -> Result<(), StartError> {
    if store.is_embedded() {
        // Whoever has opened it has its lock.
        return Ok(());
    }
    let seen = store.live_nodes().await?;
    let Some(longest) = seen.iter().map(|node| node.lease).max() else { return Ok(()) };
    tokio::time::sleep(longest.saturating_mul(11) / 9 + MARGIN).await;
    for node in &seen {
        store.lapse_node(node).await?;
    }
    if store.live_nodes().await?.is_empty() {
        return Ok(());
    }
    let names = store.read(|reader| Box::pin(async move { reader.nodes(Page::first(200)).await })).await?;
    let names: Vec<String> = names.into_iter().filter(|node| node.live).map(|node| node.name).collect();
    Err(StartError::Configuration(format!("stop the servers first: {}", names.join(", "))))
}
