//! What goes on beside the requests: counted uses are written, kept answers forgotten.

use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

use domain::{CredentialId, Timestamp};
use store::UsageRow;
use verifier::Usage;

use crate::{Authority, Error};

/// The most uses that one write takes.
const BATCH: usize = 1_000;
const DAY: Duration = Duration::from_secs(86_400);
/// For how long it is told that a device code is over, rather than that there is none.
const HOUR: Duration = Duration::from_secs(3_600);

impl Authority {
    /// Writes uses that were counted, of `enough` credentials or a few more; later calls go on with the others, so that the
    /// work of a call is bounded however many are in use. What cannot be written is kept and counted on with the next.
    pub async fn flush_usage(&self, enough: usize) -> Result<(), Error> {
        let mut unwritten = std::mem::take(&mut *self.unwritten_usage.lock().unwrap_or_else(PoisonError::into_inner));
        self.verifier.drain_usage(enough.saturating_sub(unwritten.len()), &mut |usage| add(&mut unwritten, usage));
        let mut rows: Vec<UsageRow> = unwritten.into_values().collect();
        // Neighbours stand on the same pages: written together, each page is written once.
        rows.sort_unstable_by_key(|row| row.credential);
        let mut outcome: Result<(), Error> = Ok(());
        while outcome.is_ok() && !rows.is_empty() {
            let batch = rows.split_off(rows.len().saturating_sub(BATCH));
            if let Err(error) = self.store.flush_usage(batch.clone()).await {
                rows.extend(batch);
                outcome = Err(error.into());
            }
        }
        let kept = rows.into_iter().map(|row| (row.credential, row)).collect();
        *self.unwritten_usage.lock().unwrap_or_else(PoisonError::into_inner) = kept;
        outcome?;
        self.flush_exposures().await
    }

    /// Marks the secrets that came over plain HTTP, for their owners to see. What cannot be written stays noted.
    async fn flush_exposures(&self) -> Result<(), Error> {
        let noted = self.verifier.exposures();
        if noted.is_empty() {
            return Ok(());
        }
        self.store.flush_exposures(noted.iter().map(|exposure| (exposure.digest, exposure.at)).collect()).await?;
        self.verifier.exposures_written(&noted);
        tracing::warn!(count = noted.len(), "credentials came over plain HTTP: they are marked as exposed");
        Ok(())
    }

    /// Marks delegations whose time is over, and forgets counts of days long past. Neither changes what a check answers.
    pub async fn mark_ended_delegations(&self, now: Timestamp) -> Result<(), Error> {
        let marked = self.store.end_delegations_past_their_end(now).await?;
        if marked > 0 {
            tracing::info!(count = marked, "delegations have ended by their time");
        }
        Ok(self.store.drop_old_usage(now).await?)
    }

    /// Forgets what waited too long for a person, allowances that are there in full, and sessions whose time was over a day ago.
    pub async fn forget_old_sign_ins(&self, now: Timestamp) -> Result<(), Error> {
        self.store.drop_old_interactions(now).await?;
        self.store.drop_unspent_allowances(now).await?;
        Ok(self.store.drop_old_sessions(now.saturating_sub(DAY)).await?)
    }

    /// Forgets codes, refresh tokens, used ids and remembered endings that are over by themselves.
    pub async fn forget_old_grants(&self, now: Timestamp) -> Result<(), Error> {
        self.store.drop_used_once(now).await?;
        // A day more, so that a replay is still known for one and ends what came of the code.
        let day_ago = now.saturating_sub(DAY);
        self.store.drop_old_codes(day_ago).await?;
        self.store.drop_old_device_codes(now.saturating_sub(HOUR), day_ago).await?;
        self.store.drop_old_refresh_tokens(now).await?;
        Ok(self.store.drop_old_ended(now).await?)
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
