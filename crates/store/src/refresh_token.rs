//! Refresh tokens and their families: kept by digest, rotated once.

use domain::authorization::Authorization;
use domain::credential::Digest;
use domain::id::{CredentialId, FamilyId, GrantId, PersonId, SessionId};
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    INSERT_REFRESH_FAMILY = "INSERT INTO refresh_family (id, client_grant, organisation_key, session, request, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    INSERT_REFRESH_TOKEN = "INSERT INTO refresh_token (digest, family, idle_until) VALUES ($1, $2, $3)";
    REFRESH_TOKEN = "SELECT t.idle_until, t.rotated_at, t.successor, f.id, f.client_grant, f.organisation_key, f.request, f.created_at,
        f.expires_at, f.ended_at, g.person, g.ended_at FROM refresh_token t JOIN refresh_family f ON f.id = t.family
        JOIN client_grant g ON g.id = f.client_grant WHERE t.digest = $1";
    // Whoever changes the row is the one that has rotated it.
    ROTATE_REFRESH_TOKEN = "UPDATE refresh_token SET rotated_at = $2, successor = $3 WHERE digest = $1 AND rotated_at IS NULL";
    TOUCH_REFRESH_TOKEN = "UPDATE refresh_token SET idle_until = $2 WHERE digest = $1 AND idle_until < $2";
    END_REFRESH_FAMILY = "UPDATE refresh_family SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
    END_REFRESH_FAMILIES_OF_SESSION = "UPDATE refresh_family SET ended_at = $2 WHERE session = $1 AND ended_at IS NULL";
    LIVE_REFRESH_FAMILIES_OF = "SELECT f.id, f.session FROM refresh_family f JOIN client_grant g ON g.id = f.client_grant
        WHERE g.person = $1 AND f.ended_at IS NULL AND f.expires_at > $2 ORDER BY f.id";
    DROP_OLD_REFRESH_TOKENS = "DELETE FROM refresh_token WHERE family IN (SELECT id FROM refresh_family WHERE expires_at <= $1)";
    DROP_OLD_REFRESH_FAMILIES = "DELETE FROM refresh_family WHERE expires_at <= $1";
}

/// A family of refresh tokens: all that come of one code, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshFamily {
    /// Its id.
    pub id: FamilyId,
    /// The grant that it hangs from.
    pub grant: GrantId,
    /// The client's organisation key.
    pub key: CredentialId,
    /// What was asked and consented to; its `session` stands in a column as well.
    pub request: Authorization,
    /// When it began.
    pub created_at: Timestamp,
    /// From this moment on none of its tokens is worth anything.
    pub expires_at: Timestamp,
}

/// A refresh token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// From this moment on it is worth nothing, unless it is used before.
    pub idle_until: Timestamp,
    /// When another one took its place, if one did.
    pub rotated_at: Option<Timestamp>,
    /// The one that took its place, sealed under a key that only its holder can make.
    pub successor: Option<Vec<u8>>,
    /// Its family.
    pub family: RefreshFamily,
    /// When the family was ended, if it was.
    pub ended_at: Option<Timestamp>,
    /// Who consented.
    pub person: PersonId,
    /// When the grant was ended, if it was.
    pub grant_ended_at: Option<Timestamp>,
}

impl Reader<'_> {
    /// The refresh token with this digest, whatever its state.
    pub async fn refresh_token(&mut self, digest: &Digest) -> Result<Option<RefreshToken>, StoreError> {
        let row = self.executor.row(&REFRESH_TOKEN, &params![digest]).await?;
        row.map(|mut row| {
            let (idle_until, rotated_at, successor) = (row.take()?, row.take()?, row.take()?);
            let family = RefreshFamily {
                id: row.take()?,
                grant: row.take()?,
                key: row.take()?,
                request: row.json()?,
                created_at: row.take()?,
                expires_at: row.take()?,
            };
            let (ended_at, person, grant_ended_at) = (row.take()?, row.take()?, row.take()?);
            Ok(RefreshToken { idle_until, rotated_at, successor, family, ended_at, person, grant_ended_at })
        })
        .transpose()
    }
}

impl Reader<'_> {
    /// The families of a person that are neither ended nor over, each with the session in which it was consented to.
    pub async fn live_refresh_families_of(
        &mut self,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Vec<(FamilyId, Option<SessionId>)>, StoreError> {
        let rows = self.executor.rows(&LIVE_REFRESH_FAMILIES_OF, &params![&person, now]).await?;
        rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
    }
}

impl Tx<'_> {
    /// Begins a family.
    pub async fn insert_refresh_family(&mut self, new: &RefreshFamily) -> Result<(), StoreError> {
        let RefreshFamily { id, grant, key, request, created_at, expires_at } = new;
        let session: Option<&SessionId> = request.session.as_ref();
        let text = serde_json::to_string(request).map_err(|_| StoreError::defect("an authorization cannot be written"))?;
        let params = params![id, grant, key, session, &text, *created_at, *expires_at];
        self.executor.execute(&INSERT_REFRESH_FAMILY, &params).await.map(drop)
    }

    /// Adds a token to a family.
    pub async fn insert_refresh_token(&mut self, digest: &Digest, family: FamilyId, idle_until: Timestamp) -> Result<(), StoreError> {
        self.executor.execute(&INSERT_REFRESH_TOKEN, &params![digest, &family, idle_until]).await.map(drop)
    }

    /// Says that another token takes the place of this one: of several that try, one is told that it may. `successor` is the other
    /// one, sealed.
    pub async fn rotate_refresh_token(&mut self, digest: &Digest, at: Timestamp, successor: &[u8]) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&ROTATE_REFRESH_TOKEN, &params![digest, at, successor]).await? > 0)
    }

    /// Ends a family; says whether it was there and not ended before.
    pub async fn end_refresh_family(&mut self, id: FamilyId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&END_REFRESH_FAMILY, &params![&id, at]).await? > 0)
    }

    /// Ends the families of a session; says how many.
    pub async fn end_refresh_families_of_session(&mut self, session: SessionId, at: Timestamp) -> Result<u64, StoreError> {
        self.executor.execute(&END_REFRESH_FAMILIES_OF_SESSION, &params![&session, at]).await
    }
}

impl Store {
    /// Writes until when a refresh token that does not rotate may be idle. Not journalled.
    pub async fn touch_refresh_token(&self, digest: Digest, idle_until: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| {
            Box::pin(async move { executor.execute(&TOUCH_REFRESH_TOKEN, &params![&digest, idle_until]).await.map(drop) })
        })
        .await
    }

    /// Forgets refresh tokens whose family was over at this moment. Not journalled.
    pub async fn drop_old_refresh_tokens(&self, before: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| {
            Box::pin(async move {
                executor.execute(&DROP_OLD_REFRESH_TOKENS, &params![before]).await?;
                executor.execute(&DROP_OLD_REFRESH_FAMILIES, &params![before]).await.map(drop)
            })
        })
        .await
    }
}
