//! Authorization requests that clients pushed (RFC 9126), each good for one authorization.

use domain::credential::Digest;
use domain::id::CredentialId;
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::{Row, params};

statements! {
    INSERT_PUSHED_REQUEST = "INSERT INTO pushed_request (digest, organisation_key, request, expires_at) VALUES ($1, $2, $3, $4)";
    PUSHED_REQUEST = "SELECT organisation_key, request FROM pushed_request WHERE digest = $1 AND expires_at > $2 AND used_at IS NULL";
    USE_PUSHED_REQUEST = "UPDATE pushed_request SET used_at = $2 WHERE digest = $1 AND used_at IS NULL";
    DROP_OLD_PUSHED_REQUESTS = "DELETE FROM pushed_request WHERE expires_at <= $1";
}

/// A pushed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRequest {
    /// The organisation key of the client that pushed it.
    pub key: CredentialId,
    /// Its parameters, in the words of the endpoint.
    pub request: String,
}

impl Reader<'_> {
    /// A pushed request that is neither used nor over.
    pub async fn pushed_request(&mut self, digest: &Digest, now: Timestamp) -> Result<Option<PushedRequest>, StoreError> {
        self.executor.row(&PUSHED_REQUEST, &params![digest, now]).await?.map(pushed_request).transpose()
    }
}

impl Tx<'_> {
    /// Uses a pushed request up; says whether it was not used before. One that was found in time may be used after its time: a
    /// person has signed in meanwhile.
    pub async fn use_pushed_request(&mut self, digest: &Digest, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&USE_PUSHED_REQUEST, &params![digest, at]).await? > 0)
    }
}

impl Store {
    /// Keeps a pushed request until this moment. Not journalled.
    pub async fn insert_pushed_request(&self, digest: Digest, new: PushedRequest, expires_at: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| {
            let new = new.clone();
            Box::pin(async move {
                let params = params![&digest, &new.key, &new.request, expires_at];
                executor.execute(&INSERT_PUSHED_REQUEST, &params).await.map(drop)
            })
        })
        .await
    }

    /// Forgets pushed requests whose time was over at this moment. Not journalled.
    pub async fn drop_old_pushed_requests(&self, before: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(async move { executor.execute(&DROP_OLD_PUSHED_REQUESTS, &params![before]).await.map(drop) }))
            .await
    }
}

fn pushed_request(mut row: Row) -> Result<PushedRequest, StoreError> {
    Ok(PushedRequest { key: row.take()?, request: row.take()? })
}
