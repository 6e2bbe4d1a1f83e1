//! What only the database knows, asked now and then so that a reading of the metrics never waits for it.

use std::sync::atomic::{AtomicI64, Ordering};

use store::{Page, Store, StoreError};

/// More nodes than anybody runs.
const MANY: u32 = 200;
const UNKNOWN: i64 = -1;

/// The last answers.
#[derive(Debug)]
pub(crate) struct Observed {
    live_nodes: AtomicI64,
    synchronous: AtomicI64,
}

impl Default for Observed {
    fn default() -> Self {
        Self { live_nodes: AtomicI64::new(UNKNOWN), synchronous: AtomicI64::new(UNKNOWN) }
    }
}

impl Observed {
    /// Asks; what cannot be had is unknown from here on.
    pub(crate) async fn look(&self, store: &Store) {
        let live = live_nodes(store).await.unwrap_or(UNKNOWN);
        self.live_nodes.store(live, Ordering::Relaxed);
        if !store.is_embedded() {
            let synchronous = commits_wait_for_a_replica(store).await.map_or(UNKNOWN, i64::from);
            self.synchronous.store(synchronous, Ordering::Relaxed);
        }
    }

    /// How many nodes changes wait for.
    pub(super) fn live_nodes(&self) -> Option<i64> {
        Some(self.live_nodes.load(Ordering::Relaxed)).filter(|live| *live != UNKNOWN)
    }

    /// 1 where commits wait for a replica, 0 where not; nothing for an embedded database.
    pub(super) fn synchronous(&self) -> Option<i64> {
        Some(self.synchronous.load(Ordering::Relaxed)).filter(|synchronous| *synchronous != UNKNOWN)
    }
}

async fn live_nodes(store: &Store) -> Result<i64, StoreError> {
    let nodes = store.read(|reader| Box::pin(async move { reader.nodes(Page::first(MANY)).await })).await?;
    Ok(nodes.iter().filter(|node| node.live).count() as i64)
}

async fn commits_wait_for_a_replica(store: &Store) -> Result<bool, StoreError> {
    if store.database_setting("synchronous_standby_names").await?.trim().is_empty() {
        return Ok(false);
    }
    let commit = store.database_setting("synchronous_commit").await?;
    Ok(matches!(commit.as_str(), "on" | "remote_apply"))
}
