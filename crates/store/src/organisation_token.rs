//! Organisation tokens.

use domain::credential::Digest;
use domain::event::SecretState;
use domain::id::{CredentialId, OrganisationId};
use domain::organisation_token::{OrganisationToken, Username, username_key};
use domain::text::Description;
use domain::time::Timestamp;

use crate::error::{StoreError, conflict};
use crate::permissions;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT t.id, t.organisation, t.api, t.username, t.description, t.permissions, t.prefix, t.created_at,
         t.expires_at, t.suspended_at, t.revoked_at, o.not_after, u.last_used_at, u.last_used_from, u.uses,
         e.exposed_at, t.revision
         FROM organisation_token t LEFT JOIN overlap_secret o ON o.token = t.id LEFT JOIN credential_usage u ON u.credential = t.id
         LEFT JOIN credential_exposure e ON e.digest = t.digest "
    };
}

// A secret is one credential's, of whatever kind (see personal_token.rs).
macro_rules! unless_known {
    ($digest:literal) => {
        concat!(
            " NOT EXISTS (SELECT 1 FROM personal_token WHERE digest = ",
            $digest,
            ") AND NOT EXISTS (SELECT 1 FROM overlap_secret WHERE digest = ",
            $digest,
            ") AND NOT EXISTS (SELECT 1 FROM api_credential WHERE digest = ",
            $digest,
            ") AND NOT EXISTS (SELECT 1 FROM operator_token WHERE digest = ",
            $digest,
            ") AND NOT EXISTS (SELECT 1 FROM private_key WHERE digest = ",
            $digest,
            ")"
        )
    };
}

statements! {
    INSERT_ORGANISATION_TOKEN = concat!("INSERT INTO organisation_token (id, organisation, digest, expires_at, permissions, imported,
            suspended_at, revoked_at, api, username_key, username, description, prefix, created_at, revision)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 WHERE", unless_known!("$3"));
    ORGANISATION_TOKEN = concat!(columns!(), "WHERE t.id = $1");
    ORGANISATION_TOKENS = concat!(columns!(), "WHERE t.revoked_at IS NULL AND t.id > $1 ORDER BY t.id LIMIT $2");
    ORGANISATION_TOKENS_OF = concat!(columns!(),
        "WHERE t.organisation = $1 AND t.revoked_at IS NULL AND t.id > $2 ORDER BY t.id LIMIT $3");
    ORGANISATION_TOKEN_NAMED = "SELECT id FROM organisation_token WHERE api = $1 AND username = $2 AND revoked_at IS NULL";
    ORGANISATION_TOKEN_SECRET = "SELECT digest, expires_at FROM organisation_token WHERE id = $1";
    COUNT_LIVE_ORGANISATION_TOKENS = "SELECT count(*) FROM organisation_token WHERE organisation = $1 AND revoked_at IS NULL";
    COUNT_ORGANISATION_TOKENS_EVER = "SELECT count(*) FROM organisation_token WHERE organisation = $1 AND api = $2";
    API_HAS_ORGANISATION_TOKENS = "SELECT id FROM organisation_token WHERE api = $1 AND revoked_at IS NULL LIMIT 1";
    UPDATE_ORGANISATION_TOKEN = "UPDATE organisation_token SET description = $3, permissions = $4, expires_at = $5, revision = $6
        WHERE id = $1 AND revision = $2 AND revoked_at IS NULL";
    REPLACE_ORGANISATION_TOKEN_SECRET = concat!("UPDATE organisation_token SET digest = $2, prefix = $3, revision = revision + 1
        WHERE id = $1 AND revoked_at IS NULL AND", unless_known!("$2"));
    SUSPEND_ORGANISATION_TOKEN = "UPDATE organisation_token SET suspended_at = $2, revision = revision + 1
        WHERE id = $1 AND suspended_at IS NULL AND revoked_at IS NULL";
    RESUME_ORGANISATION_TOKEN = "UPDATE organisation_token SET suspended_at = NULL, revision = revision + 1
        WHERE id = $1 AND suspended_at IS NOT NULL AND revoked_at IS NULL";
    REVOKE_ORGANISATION_TOKEN = "UPDATE organisation_token SET revoked_at = $2, revision = revision + 1
        WHERE id = $1 AND revoked_at IS NULL";
}

/// An organisation token that is made or imported.
#[derive(Debug, Clone, Copy)]
pub struct NewOrganisationToken<'t> {
    /// The token.
    pub token: &'t OrganisationToken,
    /// What its code, API and username are bound to (see [`domain::organisation_token::bound`]).
    pub digest: Digest,
    /// Whether it comes from another system.
    pub imported: bool,
}

impl Reader<'_> {
    /// An organisation token, revoked or not.
    pub async fn organisation_token(&mut self, id: CredentialId) -> Result<Option<OrganisationToken>, StoreError> {
        self.executor.row(&ORGANISATION_TOKEN, &params![&id]).await?.map(token).transpose()
    }

    /// The secrets of an organisation token: the current one, then the one before the last rotation, if it is kept.
    pub async fn organisation_token_secrets(&mut self, id: CredentialId) -> Result<Vec<SecretState>, StoreError> {
        let current = self.executor.row(&ORGANISATION_TOKEN_SECRET, &params![&id]).await?;
        let current = current.map(|mut row| Ok::<_, StoreError>(SecretState { digest: row.take()?, not_after: row.take()? }));
        let overlap = self.overlap_secret(id).await?;
        Ok(current.transpose()?.into_iter().chain(overlap).collect())
    }

    /// Organisation tokens that are not revoked, of one organisation or all, a part at a time.
    pub async fn organisation_tokens(
        &mut self,
        page: Page,
        organisation: Option<OrganisationId>,
    ) -> Result<Vec<OrganisationToken>, StoreError> {
        let rows = match organisation {
            None => self.executor.rows(&ORGANISATION_TOKENS, &params![page.start(), page.limit]).await?,
            Some(id) => self.executor.rows(&ORGANISATION_TOKENS_OF, &params![&id, page.start(), page.limit]).await?,
        };
        rows.into_iter().map(token).collect()
    }

    /// The token of this API, not revoked, that has this username.
    pub async fn organisation_token_named(&mut self, api: &str, username: &Username) -> Result<Option<CredentialId>, StoreError> {
        let row = self.executor.row(&ORGANISATION_TOKEN_NAMED, &params![api, username.as_str()]).await?;
        row.map(|mut row| row.take()).transpose()
    }

    /// How many tokens of an organisation are not revoked.
    pub async fn count_live_organisation_tokens(&mut self, organisation: OrganisationId) -> Result<u64, StoreError> {
        let row = self.executor.row(&COUNT_LIVE_ORGANISATION_TOKENS, &params![&organisation]).await?;
        row.map_or(Ok(0), |mut row| row.take())
    }

    /// How many tokens an organisation has or had for an API: the number that the next one's proposed username begins at.
    pub async fn count_organisation_tokens_ever(&mut self, organisation: OrganisationId, api: &str) -> Result<u64, StoreError> {
        let row = self.executor.row(&COUNT_ORGANISATION_TOKENS_EVER, &params![&organisation, api]).await?;
        row.map_or(Ok(0), |mut row| row.take())
    }

    /// Whether any organisation token for this API is not revoked.
    pub async fn api_has_organisation_tokens(&mut self, api: &str) -> Result<bool, StoreError> {
        self.executor.exists(&API_HAS_ORGANISATION_TOKENS, &params![api]).await
    }
}

impl Tx<'_> {
    /// Makes an organisation token; usage and overlap are not looked at.
    /// Conflicts: `organisation_token_username`, `secret_digest`, `id`, `parent`.
    pub async fn insert_organisation_token(&mut self, new: &NewOrganisationToken<'_>) -> Result<(), StoreError> {
        let NewOrganisationToken { token, digest, imported } = new;
        let (permissions, key) = (permissions::text(&token.permissions)?, username_key(&token.api, token.username.as_str()));
        let params = params![
            &token.id,
            &token.organisation,
            digest,
            token.expires_at,
            permissions.as_ref(),
            *imported,
            token.suspended_at,
            token.revoked_at,
            &token.api,
            &key,
            token.username.as_str(),
            token.description.as_str(),
            token.prefix.as_deref(),
            token.created_at,
            token.revision,
        ];
        match self.executor.execute(&INSERT_ORGANISATION_TOKEN, &params).await? {
            0 => Err(StoreError::Conflict(conflict::SECRET_DIGEST)),
            _ => Ok(()),
        }
    }

    /// Writes description, permissions, expiry and revision of an organisation token that still has the expected revision
    /// and is not revoked; says whether it did.
    pub async fn update_organisation_token(&mut self, token: &OrganisationToken, expected_revision: i64) -> Result<bool, StoreError> {
        let permissions = permissions::text(&token.permissions)?;
        let params =
            params![&token.id, expected_revision, token.description.as_str(), permissions.as_ref(), token.expires_at, token.revision];
        let updated = self.executor.execute(&UPDATE_ORGANISATION_TOKEN, &params).await? > 0;
        if let (true, Some(end)) = (updated, token.expires_at) {
            self.cap_overlap(token.id, end).await?;
        }
        Ok(updated)
    }

    /// Gives an organisation token a new secret and keeps the old one until `old.not_after`; the secret of an earlier overlap is
    /// dropped. Raises the revision. Says whether there was such a token, not revoked. Conflict: `secret_digest`.
    pub async fn replace_organisation_token_secret(
        &mut self,
        id: CredentialId,
        new: &SecretState,
        prefix: &str,
        old: &SecretState,
    ) -> Result<bool, StoreError> {
        let params = params![&id, &new.digest, prefix];
        if self.executor.execute(&REPLACE_ORGANISATION_TOKEN_SECRET, &params).await? == 0 {
            let known = self.digest_known(&new.digest).await?;
            return if known { Err(StoreError::Conflict(conflict::SECRET_DIGEST)) } else { Ok(false) };
        }
        self.replace_overlap(id, old).await?;
        Ok(true)
    }

    /// Pauses an organisation token from this moment on, or lets it work again; says whether anything changed. Raises the
    /// revision.
    pub async fn set_organisation_token_suspended(&mut self, id: CredentialId, at: Option<Timestamp>) -> Result<bool, StoreError> {
        let changed = match at {
            Some(at) => self.executor.execute(&SUSPEND_ORGANISATION_TOKEN, &params![&id, at]).await?,
            None => self.executor.execute(&RESUME_ORGANISATION_TOKEN, &params![&id]).await?,
        };
        Ok(changed > 0)
    }

    /// Ends an organisation token; says whether it was not ended before.
    pub async fn revoke_organisation_token(&mut self, id: CredentialId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&REVOKE_ORGANISATION_TOKEN, &params![&id, at]).await? > 0)
    }
}

fn token(mut row: Row) -> Result<OrganisationToken, StoreError> {
    Ok(OrganisationToken {
        id: row.take()?,
        organisation: row.take()?,
        api: row.take()?,
        username: row.parse(Username::imported)?,
        description: row.parse(Description::new)?,
        permissions: row.json()?,
        prefix: row.take()?,
        created_at: row.take()?,
        expires_at: row.take()?,
        suspended_at: row.take()?,
        revoked_at: row.take()?,
        old_secret_ends_at: row.take()?,
        last_used_at: row.take()?,
        last_used_from: row.take()?,
        uses: row.take::<Option<u64>>()?.unwrap_or_default(),
        exposed_at: row.take()?,
        revision: row.take()?,
    })
}
