//! What waits until a person has signed in or answered, bound to one browser.

use domain::credential::Digest;
use domain::id::InteractionId;
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::{Row, params};

statements! {
    INSERT_INTERACTION = "INSERT INTO interaction
        (id, visit, resume, request, client, leads_to, login_hint, sign_in_again, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    INTERACTION = "SELECT id, visit, resume, request, client, leads_to, login_hint, sign_in_again, created_at, expires_at
        FROM interaction WHERE id = $1 AND visit = $2 AND expires_at > $3";
    TAKE_INTERACTION = "DELETE FROM interaction WHERE id = $1 AND visit = $2 AND expires_at > $3";
    SHORTEN_INTERACTION = "UPDATE interaction SET expires_at = CASE WHEN expires_at < $4 THEN expires_at ELSE $4 END
        WHERE id = $1 AND visit = $2 AND expires_at > $3";
    DROP_OLD_INTERACTIONS = "DELETE FROM interaction WHERE expires_at <= $1";
}

/// What waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// Its id, in URLs.
    pub id: InteractionId,
    /// The digest of the cookie of the browser that it belongs to: no other may go on with it.
    pub visit: Digest,
    /// The path of the endpoint that goes on with it, to which `/` and the id are added.
    pub resume: String,
    /// What waits, in the words of that endpoint.
    pub request: String,
    /// The name of the program that waits, for the sign-in page.
    pub client: Option<String>,
    /// The origin, or the scheme and `:`, to which the browser is sent in the end: forms may lead there (CSP `form-action`).
    pub leads_to: Option<String>,
    /// Who is expected to sign in.
    pub login_hint: Option<String>,
    /// Whether whoever is signed in must sign in again.
    pub sign_in_again: bool,
    /// Since when it waits.
    pub created_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
}

impl Reader<'_> {
    /// What waits under this id for this browser.
    pub async fn interaction(&mut self, id: InteractionId, visit: &Digest, now: Timestamp) -> Result<Option<Interaction>, StoreError> {
        self.executor.row(&INTERACTION, &params![&id, visit, now]).await?.map(interaction).transpose()
    }
}

impl Tx<'_> {
    /// Takes away what waits; says whether it was there.
    pub async fn take_interaction(&mut self, id: InteractionId, visit: &Digest, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&TAKE_INTERACTION, &params![&id, visit, now]).await? > 0)
    }

    /// Lets what waits be over at this moment at the latest; says whether it still waits.
    pub async fn shorten_interaction(
        &mut self,
        id: InteractionId,
        visit: &Digest,
        (now, end): (Timestamp, Timestamp),
    ) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&SHORTEN_INTERACTION, &params![&id, visit, now, end]).await? > 0)
    }
}

impl Store {
    /// Lets something wait. Not journalled.
    pub async fn insert_interaction(&self, new: Interaction) -> Result<(), StoreError> {
        self.keep(move |executor| {
            let new = new.clone();
            Box::pin(async move {
                let params = params![
                    &new.id,
                    &new.visit,
                    &new.resume,
                    &new.request,
                    new.client.as_deref(),
                    new.leads_to.as_deref(),
                    new.login_hint.as_deref(),
                    new.sign_in_again,
                    new.created_at,
                    new.expires_at,
                ];
                executor.execute(&INSERT_INTERACTION, &params).await.map(drop)
            })
        })
        .await
    }

    /// Takes away what waits; whoever is told that it was there is the only one. Not journalled.
    pub async fn take_interaction(&self, id: InteractionId, visit: Digest, now: Timestamp) -> Result<bool, StoreError> {
        self.keep_giving(move |executor| {
            Box::pin(async move { Ok(executor.execute(&TAKE_INTERACTION, &params![&id, &visit, now]).await? > 0) })
        })
        .await
    }

    /// Forgets what has waited too long. Not journalled.
    pub async fn drop_old_interactions(&self, now: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(async move { executor.execute(&DROP_OLD_INTERACTIONS, &params![now]).await.map(drop) })).await
    }
}

fn interaction(mut row: Row) -> Result<Interaction, StoreError> {
    Ok(Interaction {
        id: row.take()?,
        visit: row.take()?,
        resume: row.take()?,
        request: row.take()?,
        client: row.take()?,
        leads_to: row.take()?,
        login_hint: row.take()?,
        sign_in_again: row.take()?,
        created_at: row.take()?,
        expires_at: row.take()?,
    })
}
