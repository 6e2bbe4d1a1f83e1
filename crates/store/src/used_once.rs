//! What may be used once: the ids of client assertions and of proofs, until they are over by themselves.

use domain::credential::Digest;
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::value::params;

statements! {
    USE_ONCE = "INSERT INTO used_once (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
    DROP_USED_ONCE = "DELETE FROM used_once WHERE expires_at <= $1";
}

impl Store {
    /// Uses something up, on all nodes: of several that try, one is told that it was there to use. Remembered until `expires_at`.
    /// Not journalled.
    pub async fn use_once(&self, digest: Digest, expires_at: Timestamp) -> Result<bool, StoreError> {
        self.keep_giving(move |executor| Box::pin(async move { Ok(executor.execute(&USE_ONCE, &params![&digest, expires_at]).await? > 0) }))
            .await
    }

    /// Forgets what is over by itself. Not journalled.
    pub async fn drop_used_once(&self, now: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(async move { executor.execute(&DROP_USED_ONCE, &params![now]).await.map(drop) })).await
    }
}
