//! What goes on beside the requests: what is over is marked or forgotten.

use std::time::Duration;

use domain::{Day, Timestamp};

use crate::{Authority, Error};

const WEEK: Duration = Duration::from_secs(7 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);
/// For how long it is told that a device code is over, rather than that there is none.
const HOUR: Duration = Duration::from_secs(3_600);

impl Authority {
    /// Marks the secrets that came over plain HTTP, for their owners to see. What cannot be written stays noted.
    pub(crate) async fn flush_exposures(&self) -> Result<(), Error> {
        let noted = self.verifier.exposures();
        if noted.is_empty() {
            return Ok(());
        }
        self.store.flush_exposures(noted.iter().map(|exposure| (exposure.digest, exposure.at)).collect()).await?;
        self.verifier.exposures_written(&noted);
        tracing::warn!(count = noted.len(), "credentials came over plain HTTP: they are marked as exposed");
        Ok(())
    }

    /// Marks delegations whose time is over. It does not change what a check answers.
    pub async fn mark_ended_delegations(&self, now: Timestamp) -> Result<(), Error> {
        let marked = self.store.end_delegations_past_their_end(now).await?;
        if marked > 0 {
            tracing::info!(count = marked, "delegations have ended by their time");
        }
        Ok(())
    }

    /// Forgets counts of days long past.
    pub async fn forget_old_usage(&self, now: Timestamp) -> Result<(), Error> {
        Ok(self.store.keep_usage_days(Day::of(now)).await?)
    }

    /// Forgets what waited too long for a person, allowances that are there in full, and sessions whose time was over a day ago.
    pub async fn forget_old_sign_ins(&self, now: Timestamp) -> Result<(), Error> {
        self.store.drop_old_interactions(now).await?;
        // A week more, so that whoever follows it late is told that its time is over, and an invitation can be sent once more.
        self.store.drop_old_mail_links(now.saturating_sub(WEEK)).await?;
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
