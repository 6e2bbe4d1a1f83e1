//! Sessions of people in browsers.

use std::time::Duration;

use domain::credential::Digest;
use domain::id::{PersonId, SessionId};
use domain::session::{Method, Session};
use domain::text::Email;
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT s.id, s.person, s.created_at, s.auth_time, s.method, s.last_seen_at, s.expires_at, s.address, s.user_agent FROM session s "
    };
}

statements! {
    SIGN_IN_FACTS = "SELECT id, password_hash FROM person WHERE email_folded = $1 AND suspended_at IS NULL AND erased_at IS NULL";
    INSERT_SESSION = "INSERT INTO session (id, digest, person, created_at, auth_time, method, last_seen_at, expires_at, address, user_agent)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    // The secret is another one after each signing in, so that none that was known before it counts.
    RENEW_SESSION = "UPDATE session SET digest = $2, auth_time = $3, method = $4, last_seen_at = $5, expires_at = $6, address = $7,
        user_agent = $8 WHERE id = $1 AND ended_at IS NULL";
    // Whoever is suspended or erased has none.
    SESSION = concat!(columns!(), "JOIN person p ON p.id = s.person WHERE s.digest = $1 AND s.ended_at IS NULL AND s.expires_at > $2
        AND s.last_seen_at > $3 AND p.suspended_at IS NULL AND p.erased_at IS NULL");
    SESSIONS_OF = concat!(columns!(), "WHERE s.person = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3
        ORDER BY s.last_seen_at DESC, s.id");
    UNENDED_SESSIONS = "SELECT id FROM session WHERE person = $1 AND ended_at IS NULL ORDER BY id";
    // It changes nothing: whoever ends the session at the same time waits for the transaction, or makes it find none.
    HOLD_SESSION = "UPDATE session SET last_seen_at = last_seen_at WHERE id = $1 AND ended_at IS NULL";
    RUN_OUT = "SELECT id, person FROM session WHERE ended_at IS NULL AND (expires_at <= $1 OR last_seen_at <= $2)
        AND id IN (SELECT session FROM session_client) ORDER BY id LIMIT $3";
    PERSON_OF_SESSION = "SELECT person FROM session WHERE id = $1";
    PERSON_OF_SECRET = "SELECT person FROM session WHERE digest = $1";
    END_SESSION = "UPDATE session SET ended_at = $3 WHERE id = $1 AND person = $2 AND ended_at IS NULL";
    TOUCH_SESSION = "UPDATE session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2 AND ended_at IS NULL";
    ERASE_CLIENTS_OF_SESSIONS = "DELETE FROM session_client WHERE session IN (SELECT id FROM session WHERE person = $1)";
    ERASE_SESSIONS = "DELETE FROM session WHERE person = $1";
    DROP_OLD_CLIENTS_OF_SESSIONS = "DELETE FROM session_client WHERE session IN (SELECT id FROM session WHERE expires_at <= $1)";
    DROP_OLD_SESSIONS = "DELETE FROM session WHERE expires_at <= $1";
}

/// A session that begins, or is renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// The digest of its cookie's secret.
    pub digest: Digest,
}

/// What a sign-in needs of a person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInFacts {
    /// Who.
    pub person: PersonId,
    /// The hash of their password, if they have one.
    pub password_hash: Option<String>,
}

impl Reader<'_> {
    /// The person with this mail address, unless suspended or erased: one reading, whether or not there is one.
    pub async fn sign_in_facts(&mut self, email: &Email) -> Result<Option<SignInFacts>, StoreError> {
        let row = self.executor.row(&SIGN_IN_FACTS, &params![&email.folded()]).await?;
        row.map(|mut row| Ok(SignInFacts { person: row.take()?, password_hash: row.take()? })).transpose()
    }

    /// The live session with this secret; one that was not used for `idle` is over.
    pub async fn session(&mut self, digest: &Digest, now: Timestamp, idle: Duration) -> Result<Option<Session>, StoreError> {
        self.executor.row(&SESSION, &params![digest, now, now.saturating_sub(idle)]).await?.map(session).transpose()
    }

    /// A person's live sessions, the last used first.
    pub async fn sessions_of(&mut self, person: PersonId, now: Timestamp, idle: Duration) -> Result<Vec<Session>, StoreError> {
        let rows = self.executor.rows(&SESSIONS_OF, &params![&person, now, now.saturating_sub(idle)]).await?;
        rows.into_iter().map(session).collect()
    }

    /// A person's sessions that nobody has ended, those whose time is over among them.
    pub async fn unended_sessions_of(&mut self, person: PersonId) -> Result<Vec<SessionId>, StoreError> {
        let rows = self.executor.rows(&UNENDED_SESSIONS, &params![&person]).await?;
        rows.into_iter().map(|mut row| row.take()).collect()
    }

    /// Sessions whose time was over at `now`, or that were not used for `idle`, with clients that are not told yet; with their people.
    pub async fn sessions_run_out(&mut self, now: Timestamp, idle: Duration, limit: u32) -> Result<Vec<(SessionId, PersonId)>, StoreError> {
        let rows = self.executor.rows(&RUN_OUT, &params![now, now.saturating_sub(idle), i64::from(limit)]).await?;
        rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
    }

    /// Whose session it is, or was.
    pub async fn person_of_session(&mut self, id: SessionId) -> Result<Option<PersonId>, StoreError> {
        self.executor.row(&PERSON_OF_SESSION, &params![&id]).await?.map(|mut row| row.take()).transpose()
    }

    /// The same by the digest of its secret.
    pub async fn person_of_secret(&mut self, digest: &Digest) -> Result<Option<PersonId>, StoreError> {
        self.executor.row(&PERSON_OF_SECRET, &params![digest]).await?.map(|mut row| row.take()).transpose()
    }
}

impl Tx<'_> {
    /// Begins a session. Conflict: `id`.
    pub async fn insert_session(&mut self, new: &NewSession) -> Result<(), StoreError> {
        let NewSession { session, digest } = new;
        let params = params![
            &session.id,
            digest,
            &session.person,
            session.created_at,
            session.auth_time,
            session.method.name(),
            session.last_seen_at,
            session.expires_at,
            session.address.as_deref(),
            session.user_agent.as_deref(),
        ];
        self.executor.execute(&INSERT_SESSION, &params).await.map(drop)
    }

    /// Gives a session another secret, after its person has signed in again; says whether it is there.
    pub async fn renew_session(&mut self, new: &NewSession) -> Result<bool, StoreError> {
        let NewSession { session, digest } = new;
        let params = params![
            &session.id,
            digest,
            session.auth_time,
            session.method.name(),
            session.last_seen_at,
            session.expires_at,
            session.address.as_deref(),
            session.user_agent.as_deref(),
        ];
        Ok(self.executor.execute(&RENEW_SESSION, &params).await? > 0)
    }

    /// Keeps a session from being ended until this transaction is; says whether it is there and was not ended before.
    pub async fn hold_session(&mut self, id: SessionId) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&HOLD_SESSION, &params![&id]).await? > 0)
    }

    /// Ends a session of this person; says whether it was live.
    pub async fn end_session(&mut self, id: SessionId, person: PersonId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&END_SESSION, &params![&id, &person, at]).await? > 0)
    }

    /// Forgets all sessions of a person.
    pub(crate) async fn erase_sessions(&mut self, person: PersonId) -> Result<(), StoreError> {
        self.executor.execute(&ERASE_CLIENTS_OF_SESSIONS, &params![&person]).await?;
        self.executor.execute(&ERASE_SESSIONS, &params![&person]).await.map(drop)
    }
}

impl Store {
    /// Writes when a session was last used. Not journalled.
    pub async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| Box::pin(async move { executor.execute(&TOUCH_SESSION, &params![&id, at]).await.map(drop) })).await
    }

    /// Forgets sessions whose time was over at this moment. Not journalled.
    pub async fn drop_old_sessions(&self, before: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| {
            Box::pin(async move {
                executor.execute(&DROP_OLD_CLIENTS_OF_SESSIONS, &params![before]).await?;
                executor.execute(&DROP_OLD_SESSIONS, &params![before]).await.map(drop)
            })
        })
        .await
    }
}

fn session(mut row: Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.take()?,
        person: row.take()?,
        created_at: row.take()?,
        auth_time: row.take()?,
        method: row.parse(|text| Method::named(text).ok_or(()))?,
        last_seen_at: row.take()?,
        expires_at: row.take()?,
        address: row.take()?,
        user_agent: row.take()?,
    })
}
