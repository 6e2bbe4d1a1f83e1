//! Telling clients that a session has ended (OpenID Connect Back-Channel Logout 1.0).
//!
//! That a client is to be told is written with the ending itself, so that it is not forgotten, and sent later, by one node,
//! so that nobody waits for it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::authorization::Authorization;
use domain::scope::Identity;
use domain::{CredentialId, PersonId, RequestId, Secret, SessionId, Timestamp};
use jose::logout_token::{Logout, LogoutTokenClaims};
use store::{By, LogoutNotice, Outcome, StoreError, Tx};

use crate::id_token::{signing_algorithm, subject};
use crate::{Authority, Context, Error};

/// How long a logout token counts: two minutes at most, says section 4 of the security considerations.
const TOKEN_LIFE: Duration = Duration::from_secs(120);
/// After how many seconds it is tried once more, and how often: six times more, within some five hours.
const AGAIN_AFTER_SECONDS: [u64; 6] = [30, 120, 600, 1_800, 3_600, 10_800];
/// How long whoever has claimed the last try has for it.
const LAST_TRY_SECONDS: u64 = 60;

/// "Last used" is written a minute late at most: only after twice that a session that seems unused certainly was.
const SEEN_LATER: Duration = Duration::from_secs(120);
/// How many sessions that have run out are looked at in one turn; the rest in the next.
const RUN_OUT_AT_ONCE: u32 = 200;

/// A client that is to be told now, by whoever got this.
pub struct DueLogout {
    /// Where.
    pub uri: String,
    /// The client's public id.
    pub client_id: String,
    /// What it is told: `logout_token`.
    pub token: Secret<String>,
    notice: LogoutNotice,
}

/// What becomes of a notice that could not be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutUndone {
    /// It is tried once more.
    Again,
    /// It was the last try.
    GivenUp,
}

/// Remembers that a person has signed in to a client in a session: one that learns who they are.
pub(crate) async fn remember(tx: &mut Tx<'_>, authorization: &Authorization, key: CredentialId) -> Result<(), StoreError> {
    let is_told_who = authorization.scope.split(' ').any(|name| Identity::named(name) == Some(Identity::Openid));
    match authorization.session {
        Some(session) if is_told_who && tx.hold_session(session).await? => tx.insert_session_client(session, key).await,
        _ => Ok(()),
    }
}

/// Keeps for the clients of a session that it has ended, in the transaction that ends it.
pub(crate) async fn keep(tx: &mut Tx<'_>, by: &By, person: PersonId, session: SessionId) -> Result<(), StoreError> {
    for (key, client) in tx.clients_of_session(session).await? {
        if client.backchannel_logout_uri.is_some() {
            tx.insert_logout_notice(&LogoutNotice { session, key, person, ended_at: by.at, attempts: 0 }).await?;
        }
    }
    tx.drop_clients_of_session(session).await
}

impl Authority {
    /// Keeps for the clients of sessions that have run out by themselves that they are to be told. Nothing else ends with these: what was
    /// granted for longer than a session lasts goes on. `idle` is for how long one may be unused.
    pub async fn note_run_out_sessions(&self, now: Timestamp, idle: Duration) -> Result<(), Error> {
        let idle = idle + SEEN_LATER;
        let over =
            self.store.read(move |reader| Box::pin(async move { reader.sessions_run_out(now, idle, RUN_OUT_AT_ONCE).await })).await?;
        for (session, person) in &over {
            let (session, person) = (*session, *person);
            let context = Context::system(RequestId::generate(now, &*self.entropy)?, now);
            let noted = self.commit(&context, move |tx, by| {
                Box::pin(async move {
                    // Two nodes at the same time come one after the other, and the later one finds no client any more.
                    if tx.hold_session(session).await? {
                        keep(tx, by, person, session).await?;
                    }
                    Ok(Outcome::Kept(()))
                })
            });
            noted.await?;
        }
        if !over.is_empty() {
            self.logout_notices_wait.notify_one();
        }
        Ok(())
    }

    /// Returns when a session may have ended on this node since the last time.
    pub async fn logout_notices_wait(&self) {
        self.logout_notices_wait.notified().await;
    }

    /// The notices that are due at this moment, at most `limit`: on every node the same.
    pub async fn due_logout_notices(&self, now: Timestamp, limit: u32) -> Result<Vec<LogoutNotice>, Error> {
        Ok(self.store.read(move |reader| Box::pin(async move { reader.due_logout_notices(now, limit).await })).await?)
    }

    /// Takes a notice, so that no other node sends it meanwhile, and signs what the client is told, with a key of the algorithm of its
    /// ID tokens. Nothing, where another has taken it, or there is nobody to tell any more.
    pub async fn claim_logout_notice(&self, notice: LogoutNotice, issuer: &str, now: Timestamp) -> Result<Option<DueLogout>, Error> {
        let tries = usize::try_from(notice.attempts).unwrap_or(usize::MAX);
        if tries > AGAIN_AFTER_SECONDS.len() {
            // Whoever had the last try is gone.
            self.store.drop_logout_notice(notice).await?;
            self.meters.logouts_given_up.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(session = %notice.session, key = %notice.key, "a client was not told that a session has ended: given up");
            return Ok(None);
        }
        let after = AGAIN_AFTER_SECONDS.get(tries).copied().unwrap_or(LAST_TRY_SECONDS);
        if !self.store.claim_logout_notice(notice, now.saturating_add(Duration::from_secs(after))).await? {
            return Ok(None);
        }
        let notice = LogoutNotice { attempts: notice.attempts.saturating_add(1), ..notice };
        let key = self.store.read(move |reader| Box::pin(async move { reader.organisation_key(notice.key).await })).await?;
        let client = key.filter(|key| key.revoked_at.is_none()).map(|key| key.definition);
        let Some((client, uri)) = client.and_then(|client| client.backchannel_logout_uri.clone().map(|uri| (client, uri))) else {
            self.store.drop_logout_notice(notice).await?;
            return Ok(None);
        };
        let algorithm = signing_algorithm(client.id_token_algorithm);
        let context = Context::system(RequestId::generate(now, &*self.entropy)?, now);
        self.ensure_signing_key(&context, algorithm).await?;
        let logout = Logout {
            issuer: issuer.to_owned(),
            client_id: client.client_id.clone(),
            sub: subject(notice.person),
            sid: Some(notice.session.to_string()),
            jti: CredentialId::generate(now, &*self.entropy)?.to_string(),
            issued_at: now.into(),
            expires_at: now.saturating_add(TOKEN_LIFE).into(),
        };
        let token = Secret::new(self.sign(algorithm, &LogoutTokenClaims::from(logout))?);
        Ok(Some(DueLogout { uri, client_id: client.client_id, token, notice }))
    }

    /// The client was told.
    pub async fn logout_told(&self, due: &DueLogout) -> Result<(), Error> {
        self.meters.logouts_told.fetch_add(1, Ordering::Relaxed);
        Ok(self.store.drop_logout_notice(due.notice).await?)
    }

    /// The client could not be told. It is tried again some times, ever later.
    pub async fn logout_failed(&self, due: &DueLogout) -> Result<LogoutUndone, Error> {
        self.meters.logouts_failed.fetch_add(1, Ordering::Relaxed);
        if usize::try_from(due.notice.attempts).is_ok_and(|tries| tries <= AGAIN_AFTER_SECONDS.len()) {
            return Ok(LogoutUndone::Again);
        }
        self.store.drop_logout_notice(due.notice).await?;
        self.meters.logouts_given_up.fetch_add(1, Ordering::Relaxed);
        Ok(LogoutUndone::GivenUp)
    }
}
