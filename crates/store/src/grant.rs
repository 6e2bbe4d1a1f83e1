//! Grants, and what was ended of what hangs from them.

use domain::grant::Grant;
use domain::id::{CredentialId, GrantId, MembershipId, PersonId};
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::executor::Executor;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT id, person, membership, organisation, organisation_key, scopes, created_at, updated_at, ended_at FROM client_grant "
    };
}

statements! {
    INSERT_GRANT = "INSERT INTO client_grant (id, person, membership, organisation, organisation_key, scopes, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    GRANT = concat!(columns!(), "WHERE id = $1");
    LIVE_GRANT = concat!(columns!(), "WHERE membership = $1 AND organisation_key = $2 AND ended_at IS NULL");
    GRANTS_OF_PERSON = concat!(columns!(), "WHERE person = $1 AND ended_at IS NULL AND id > $2 ORDER BY id LIMIT $3");
    LIVE_GRANTS_OF_KEY = "SELECT id FROM client_grant WHERE organisation_key = $1 AND ended_at IS NULL ORDER BY id";
    LIVE_GRANTS_OF_MEMBERSHIP = "SELECT id FROM client_grant WHERE membership = $1 AND ended_at IS NULL ORDER BY id";
    UPDATE_GRANT = "UPDATE client_grant SET scopes = $2, updated_at = $3 WHERE id = $1 AND ended_at IS NULL";
    END_GRANT = "UPDATE client_grant SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
    KEEP_ENDED = "INSERT INTO ended_access (id, until) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    IS_KEPT_ENDED = "SELECT id FROM ended_access WHERE id = $1";
    DROP_OLD_ENDED = "DELETE FROM ended_access WHERE until <= $1";
}

impl Reader<'_> {
    /// A grant, ended or not.
    pub async fn grant(&mut self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.executor.row(&GRANT, &params![&id]).await?.map(grant).transpose()
    }

    /// What somebody has authorised a client to do as this member, unless it is ended.
    pub async fn live_grant(&mut self, membership: MembershipId, key: CredentialId) -> Result<Option<Grant>, StoreError> {
        self.executor.row(&LIVE_GRANT, &params![&membership, &key]).await?.map(grant).transpose()
    }

    /// A person's grants that are not ended, a part at a time.
    pub async fn grants_of(&mut self, person: PersonId, page: Page) -> Result<Vec<Grant>, StoreError> {
        let rows = self.executor.rows(&GRANTS_OF_PERSON, &params![&person, page.start(), page.limit]).await?;
        rows.into_iter().map(grant).collect()
    }

    /// The grants of a client that are not ended.
    pub async fn live_grants_of_key(&mut self, key: CredentialId) -> Result<Vec<GrantId>, StoreError> {
        ids(self.executor.rows(&LIVE_GRANTS_OF_KEY, &params![&key]).await?)
    }

    /// The grants through a membership that are not ended.
    pub async fn live_grants_of_membership(&mut self, membership: MembershipId) -> Result<Vec<GrantId>, StoreError> {
        ids(self.executor.rows(&LIVE_GRANTS_OF_MEMBERSHIP, &params![&membership]).await?)
    }
}

impl Reader<'_> {
    /// Whether an access token, a family or a session was ended, as far back as its access tokens could still be alive.
    pub async fn is_kept_ended(&mut self, id: &[u8; 16]) -> Result<bool, StoreError> {
        Ok(self.executor.row(&IS_KEPT_ENDED, &params![id]).await?.is_some())
    }
}

impl Tx<'_> {
    /// Makes a grant. Conflicts: `client_grant_live`, `id`, `parent`.
    pub async fn insert_grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        let scopes = scopes_text(grant)?;
        let Grant { id, person, membership, organisation, key, created_at, updated_at, .. } = grant;
        let params = params![id, person, membership, organisation, key, &scopes, *created_at, *updated_at];
        self.executor.execute(&INSERT_GRANT, &params).await.map(drop)
    }

    /// Writes the scopes of a grant that is not ended; says whether there was one.
    pub async fn update_grant(&mut self, grant: &Grant) -> Result<bool, StoreError> {
        let scopes = scopes_text(grant)?;
        Ok(self.executor.execute(&UPDATE_GRANT, &params![&grant.id, &scopes, grant.updated_at]).await? > 0)
    }

    /// Ends a grant; says whether it was not ended before.
    pub async fn end_grant(&mut self, id: GrantId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&END_GRANT, &params![&id, at]).await? > 0)
    }

    /// Remembers the end of an access token, a family or a session until the last access token of it is over by itself. Says
    /// whether it was not remembered before.
    pub async fn keep_ended(&mut self, id: &[u8; 16], until: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&KEEP_ENDED, &params![id, until]).await? > 0)
    }
}

/// Forgets what was ended and is over by itself.
pub(crate) async fn drop_old_ended(executor: &mut Executor<'_>, now: Timestamp) -> Result<(), StoreError> {
    executor.execute(&DROP_OLD_ENDED, &params![now]).await.map(drop)
}

fn ids(rows: Vec<Row>) -> Result<Vec<GrantId>, StoreError> {
    rows.into_iter().map(|mut row| row.take()).collect()
}

fn scopes_text(grant: &Grant) -> Result<String, StoreError> {
    serde_json::to_string(&grant.scopes).map_err(|_| StoreError::defect("scopes cannot be written"))
}

fn grant(mut row: Row) -> Result<Grant, StoreError> {
    Ok(Grant {
        id: row.take()?,
        person: row.take()?,
        membership: row.take()?,
        organisation: row.take()?,
        key: row.take()?,
        scopes: row.json()?,
        created_at: row.take()?,
        updated_at: row.take()?,
        ended_at: row.take()?,
    })
}
