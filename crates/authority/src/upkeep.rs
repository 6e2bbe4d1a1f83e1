//! What goes on beside the requests: counted uses are written, kept answers forgotten.

use domain::Timestamp;
use store::UsageRow;

use crate::{Authority, Error};

/// The most uses that one write takes.
const BATCH: usize = 1_000;

impl Authority {
    /// Writes the uses that were counted since the last call. What cannot be written is counted on with the next.
    pub async fn flush_usage(&self) -> Result<(), Error> {
        let mut rows = Vec::new();
        self.verifier.drain_usage(&mut |usage| {
            rows.push(UsageRow {
                credential: usage.credential,
                last_used_at: usage.last_used_at,
                uses: usage.uses,
                address: usage.address.map(|address| address.to_string()),
            });
        });
        while !rows.is_empty() {
            let batch = rows.split_off(rows.len().saturating_sub(BATCH));
            self.store.flush_usage(batch).await?;
        }
        Ok(())
    }

    /// Forgets kept answers whose time is over.
    pub async fn forget_old_answers(&self, now: Timestamp) -> Result<u64, Error> {
        Ok(self.store.drop_old_answers(now).await?)
    }
}
