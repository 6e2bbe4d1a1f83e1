//! Which clients a person has signed in to in a session, and which of them are still to be told that it has ended.

use domain::client::ClientDefinition;
use domain::id::{CredentialId, PersonId, SessionId};
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    INSERT_SESSION_CLIENT = "INSERT INTO session_client (session, organisation_key) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    CLIENTS_OF_SESSION = "SELECT k.id, k.definition FROM session_client c JOIN organisation_key k ON k.id = c.organisation_key
        WHERE c.session = $1 AND k.revoked_at IS NULL ORDER BY k.id";
    DROP_CLIENTS_OF_SESSION = "DELETE FROM session_client WHERE session = $1";
    INSERT_LOGOUT_NOTICE = "INSERT INTO logout_notice (session, organisation_key, person, ended_at, attempts, next_at)
        VALUES ($1, $2, $3, $4, 0, $4) ON CONFLICT DO NOTHING";
    DUE_LOGOUT_NOTICES = "SELECT session, organisation_key, person, ended_at, attempts FROM logout_notice WHERE next_at <= $1
        ORDER BY next_at, session, organisation_key LIMIT $2";
    // Whoever changes the row is the one that sends.
    CLAIM_LOGOUT_NOTICE = "UPDATE logout_notice SET attempts = attempts + 1, next_at = $4
        WHERE session = $1 AND organisation_key = $2 AND attempts = $3";
    DROP_LOGOUT_NOTICE = "DELETE FROM logout_notice WHERE session = $1 AND organisation_key = $2";
}

/// A client that is still to be told that a session has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogoutNotice {
    /// The session.
    pub session: SessionId,
    /// The client's organisation key.
    pub key: CredentialId,
    /// Whose session it was.
    pub person: PersonId,
    /// When it ended.
    pub ended_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
}

impl Reader<'_> {
    /// The clients that a person has signed in to in a session, unless they are revoked.
    pub async fn clients_of_session(&mut self, session: SessionId) -> Result<Vec<(CredentialId, ClientDefinition)>, StoreError> {
        let rows = self.executor.rows(&CLIENTS_OF_SESSION, &params![&session]).await?;
        rows.into_iter().map(|mut row| Ok((row.take()?, row.json()?))).collect()
    }

    /// Notices that are to be sent at this moment, the longest due first; at most `limit`.
    pub async fn due_logout_notices(&mut self, now: Timestamp, limit: u32) -> Result<Vec<LogoutNotice>, StoreError> {
        let rows = self.executor.rows(&DUE_LOGOUT_NOTICES, &params![now, limit]).await?;
        rows.into_iter()
            .map(|mut row| {
                let (session, key, person, ended_at) = (row.take()?, row.take()?, row.take()?, row.take()?);
                Ok(LogoutNotice { session, key, person, ended_at, attempts: u32::try_from(row.take::<i64>()?).unwrap_or(u32::MAX) })
            })
            .collect()
    }
}

impl Tx<'_> {
    /// Remembers that a person has signed in to a client in a session, which must be there.
    pub async fn insert_session_client(&mut self, session: SessionId, key: CredentialId) -> Result<(), StoreError> {
        self.executor.execute(&INSERT_SESSION_CLIENT, &params![&session, &key]).await.map(drop)
    }

    /// Forgets which clients a person has signed in to in a session.
    pub async fn drop_clients_of_session(&mut self, session: SessionId) -> Result<(), StoreError> {
        self.executor.execute(&DROP_CLIENTS_OF_SESSION, &params![&session]).await.map(drop)
    }

    /// Keeps for a client that a session has ended: it is to be told from that moment on.
    pub async fn insert_logout_notice(&mut self, notice: &LogoutNotice) -> Result<(), StoreError> {
        let LogoutNotice { session, key, person, ended_at, .. } = notice;
        self.executor.execute(&INSERT_LOGOUT_NOTICE, &params![session, key, person, *ended_at]).await.map(drop)
    }
}

impl Store {
    /// Claims a notice until another moment, when whoever claimed it counts as gone: of several that try, one is told that it
    /// may send. Not journalled.
    pub async fn claim_logout_notice(&self, notice: LogoutNotice, until: Timestamp) -> Result<bool, StoreError> {
        self.keep_giving(move |executor| {
            Box::pin(async move {
                let LogoutNotice { session, key, attempts, .. } = notice;
                Ok(executor.execute(&CLAIM_LOGOUT_NOTICE, &params![&session, &key, attempts, until]).await? > 0)
            })
        })
        .await
    }

    /// Forgets a notice: the client was told, or never will be. Not journalled.
    pub async fn drop_logout_notice(&self, notice: LogoutNotice) -> Result<(), StoreError> {
        self.keep(move |executor| {
            Box::pin(async move { executor.execute(&DROP_LOGOUT_NOTICE, &params![&notice.session, &notice.key]).await.map(drop) })
        })
        .await
    }
}
