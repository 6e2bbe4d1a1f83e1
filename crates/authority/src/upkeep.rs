//! What goes on beside the requests: counted uses are written, kept answers forgotten.

use std::collections::HashMap;
use std::sync::PoisonError;

use domain::{CredentialId, Timestamp};
use store::UsageRow;
use verifier::Usage;

use crate::{Authority, Error};

/// The most uses that one write takes.
const BATCH: usize = 1_000;

impl Authority {
    /// Writes the uses that were counted since the last call. What cannot be written is kept and counted on with the next.
    pub async fn flush_usage(&self) -> Result<(), Error> {
        let mut unwritten = std::mem::take(&mut *self.unwritten_usage.lock().unwrap_or_else(PoisonError::into_inner));
        self.verifier.drain_usage(&mut |usage| add(&mut unwritten, usage));
        let mut rows: Vec<UsageRow> = unwritten.into_values().collect();
        let mut outcome = Ok(());
        while outcome.is_ok() && !rows.is_empty() {
            let batch = rows.split_off(rows.len().saturating_sub(BATCH));
            if let Err(error) = self.store.flush_usage(batch.clone()).await {
                rows.extend(batch);
                outcome = Err(error.into());
            }
        }
        let kept = rows.into_iter().map(|row| (row.credential, row)).collect();
        *self.unwritten_usage.lock().unwrap_or_else(PoisonError::into_inner) = kept;
        outcome
    }

    /// Forgets kept answers whose time is over.
    pub async fn forget_old_answers(&self, now: Timestamp) -> Result<(), Error> {
        Ok(self.store.drop_old_answers(now).await?)
    }
}

fn add(unwritten: &mut HashMap<CredentialId, UsageRow>, usage: Usage) {
    let Usage { credential, last_used_at, uses, address } = usage;
    let row = unwritten.entry(credential).or_insert(UsageRow { credential, last_used_at, uses: 0, address: None });
    row.last_used_at = row.last_used_at.max(last_used_at);
    row.uses = row.uses.saturating_add(uses);
    row.address = address.map(|address| address.to_string()).or(row.address.take());
}
