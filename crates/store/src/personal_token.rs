//! Personal tokens.

use domain::credential::Digest;
use domain::event::SecretState;
use domain::id::{CredentialId, MembershipId, OrganisationId, PersonId};
use domain::personal_token::PersonalToken;
use domain::text::Description;
use domain::time::Timestamp;

use crate::error::{StoreError, conflict};
use crate::permissions;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    ($from:literal) => {
        concat!(
            "SELECT t.id, t.person, t.membership, m.organisation, t.description, t.permissions, t.prefix, t.created_at,
             t.expires_at, t.suspended_at, t.revoked_at, o.not_after, u.last_used_at, u.last_used_from, u.uses,
             e.exposed_at, t.revision ",
            $from,
            " LEFT JOIN overlap_secret o ON o.token = t.id LEFT JOIN credential_usage u ON u.credential = t.id
              LEFT JOIN credential_exposure e ON e.digest = t.digest "
        )
    };
}

macro_rules! secrets {
    ($of:literal) => {
        concat!(
            "SELECT t.id, t.digest FROM personal_token t WHERE t.revoked_at IS NULL AND ",
            $of,
            " UNION ALL SELECT t.id, o.digest FROM personal_token t JOIN overlap_secret o ON o.token = t.id
              WHERE t.revoked_at IS NULL AND ",
            $of
        )
    };
}

statements! {
    // A secret is one credential's, of whatever kind. Its own table has an index for it; the others are looked into,
    // and whoever writes holds the journal's head, so that no other may come between.
    INSERT_TOKEN = "INSERT INTO personal_token (id, membership, digest, expires_at, permissions, imported, suspended_at, revoked_at,
            person, description, description_key, prefix, created_at, revision)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
        WHERE NOT EXISTS (SELECT 1 FROM overlap_secret WHERE digest = $3)
        AND NOT EXISTS (SELECT 1 FROM organisation_token WHERE digest = $3)
        AND NOT EXISTS (SELECT 1 FROM api_credential WHERE digest = $3)
        AND NOT EXISTS (SELECT 1 FROM operator_token WHERE digest = $3)
        AND NOT EXISTS (SELECT 1 FROM private_key WHERE digest = $3)";
    TOKEN = concat!(columns!("FROM personal_token t JOIN membership m ON m.id = t.membership"), "WHERE t.id = $1");
    TOKENS_OF_PERSON = concat!(columns!("FROM personal_token t JOIN membership m ON m.id = t.membership"),
        "WHERE t.person = $1 AND t.revoked_at IS NULL AND t.id > $2 ORDER BY t.id LIMIT $3");
    TOKENS = concat!(columns!("FROM personal_token t JOIN membership m ON m.id = t.membership"),
        "WHERE t.revoked_at IS NULL AND t.id > $1 ORDER BY t.id LIMIT $2");
    TOKENS_OF_ORGANISATION = concat!(columns!("FROM membership m JOIN personal_token t ON t.person = m.person AND t.membership = m.id"),
        "WHERE m.organisation = $1 AND m.ended = 0 AND t.revoked_at IS NULL AND t.id > $2 ORDER BY t.id LIMIT $3");
    TOKEN_SECRET = "SELECT digest, expires_at FROM personal_token WHERE id = $1";
    SECRETS_OF_MEMBERSHIP = secrets!("t.membership = $1 AND t.person = (SELECT person FROM membership WHERE id = $1)");
    SECRETS_OF_PERSON = secrets!("t.person = $1");
    COUNT_LIVE_TOKENS = "SELECT count(*) FROM personal_token WHERE person = $1 AND revoked_at IS NULL";
    DESCRIPTION_TAKEN = "SELECT id FROM personal_token WHERE person = $1 AND description_key = $2 AND revoked_at IS NULL";
    UPDATE_TOKEN = "UPDATE personal_token SET description = $3, description_key = $4, permissions = $5, expires_at = $6, revision = $7
        WHERE id = $1 AND revision = $2 AND revoked_at IS NULL";
    REPLACE_SECRET = "UPDATE personal_token SET digest = $2, prefix = $3, revision = revision + 1 WHERE id = $1 AND revoked_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM overlap_secret WHERE digest = $2)
        AND NOT EXISTS (SELECT 1 FROM organisation_token WHERE digest = $2)
        AND NOT EXISTS (SELECT 1 FROM api_credential WHERE digest = $2)
        AND NOT EXISTS (SELECT 1 FROM operator_token WHERE digest = $2)
        AND NOT EXISTS (SELECT 1 FROM private_key WHERE digest = $2)";
    SUSPEND_TOKEN = "UPDATE personal_token SET suspended_at = $2, revision = revision + 1
        WHERE id = $1 AND suspended_at IS NULL AND revoked_at IS NULL";
    RESUME_TOKEN = "UPDATE personal_token SET suspended_at = NULL, revision = revision + 1
        WHERE id = $1 AND suspended_at IS NOT NULL AND revoked_at IS NULL";
    REVOKE_TOKEN = "UPDATE personal_token SET revoked_at = $2, revision = revision + 1 WHERE id = $1 AND revoked_at IS NULL";
}

/// A token that is made or imported.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'t> {
    /// The token.
    pub token: &'t PersonalToken,
    /// The digest of its secret.
    pub digest: Digest,
    /// Whether it comes from another system.
    pub imported: bool,
}

impl Reader<'_> {
    /// A token, revoked or not.
    pub async fn token(&mut self, id: CredentialId) -> Result<Option<PersonalToken>, StoreError> {
        self.executor.row(&TOKEN, &params![&id]).await?.map(token).transpose()
    }

    /// The secrets of a token: the current one, then the one before the last rotation, if it is kept.
    pub async fn token_secrets(&mut self, id: CredentialId) -> Result<Vec<SecretState>, StoreError> {
        let current = self.executor.row(&TOKEN_SECRET, &params![&id]).await?;
        let current = current.map(|mut row| Ok::<_, StoreError>(SecretState { digest: row.take()?, not_after: row.take()? }));
        let overlap = self.overlap_secret(id).await?;
        Ok(current.transpose()?.into_iter().chain(overlap).collect())
    }

    /// A person's tokens that are not revoked, a part at a time.
    pub async fn tokens_of_person(&mut self, person: PersonId, page: Page) -> Result<Vec<PersonalToken>, StoreError> {
        let rows = self.executor.rows(&TOKENS_OF_PERSON, &params![&person, page.start(), page.limit]).await?;
        rows.into_iter().map(token).collect()
    }

    /// Tokens that are not revoked, of one organisation or all, a part at a time.
    pub async fn tokens(&mut self, page: Page, organisation: Option<OrganisationId>) -> Result<Vec<PersonalToken>, StoreError> {
        let rows = match organisation {
            None => self.executor.rows(&TOKENS, &params![page.start(), page.limit]).await?,
            Some(id) => self.executor.rows(&TOKENS_OF_ORGANISATION, &params![&id, page.start(), page.limit]).await?,
        };
        rows.into_iter().map(token).collect()
    }

    /// The secrets of all tokens of a membership that are not revoked, those of running overlaps among them.
    pub async fn live_token_secrets_of_membership(&mut self, membership: MembershipId) -> Result<Vec<(CredentialId, Digest)>, StoreError> {
        let rows = self.executor.rows(&SECRETS_OF_MEMBERSHIP, &params![&membership]).await?;
        rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
    }

    /// The secrets of all tokens of a person that are not revoked, those of running overlaps among them.
    pub async fn live_token_secrets_of_person(&mut self, person: PersonId) -> Result<Vec<(CredentialId, Digest)>, StoreError> {
        let rows = self.executor.rows(&SECRETS_OF_PERSON, &params![&person]).await?;
        rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
    }

    /// How many tokens of a person are not revoked.
    pub async fn count_live_tokens(&mut self, person: PersonId) -> Result<u64, StoreError> {
        let row = self.executor.row(&COUNT_LIVE_TOKENS, &params![&person]).await?;
        row.map_or(Ok(0), |mut row| row.take())
    }

    /// The token of the person, not revoked, that has this description, compared without regard to case.
    pub async fn token_described(&mut self, person: PersonId, description: &Description) -> Result<Option<CredentialId>, StoreError> {
        let key = description_key(description);
        self.executor.row(&DESCRIPTION_TAKEN, &params![&person, &key]).await?.map(|mut row| row.take()).transpose()
    }
}

impl Tx<'_> {
    /// Makes a token. `person` must be the membership's; `organisation`, usage and overlap are not looked at.
    /// Conflicts: `personal_token_description`, `secret_digest`, `id`, `parent`.
    pub async fn insert_token(&mut self, new: &NewToken<'_>) -> Result<(), StoreError> {
        let NewToken { token, digest, imported } = new;
        let (permissions, key) = (permissions::text(&token.permissions)?, description_key(&token.description));
        let params = params![
            &token.id,
            &token.membership,
            digest,
            token.expires_at,
            permissions.as_ref(),
            *imported,
            token.suspended_at,
            token.revoked_at,
            &token.person,
            token.description.as_str(),
            &key,
            token.prefix.as_deref(),
            token.created_at,
            token.revision,
        ];
        match self.executor.execute(&INSERT_TOKEN, &params).await? {
            0 => Err(StoreError::Conflict(conflict::SECRET_DIGEST)),
            _ => Ok(()),
        }
    }

    /// Writes description, permissions, expiry and revision of a token that still has the expected revision and is not
    /// revoked; says whether it did. Conflict: `personal_token_description`.
    pub async fn update_token(&mut self, token: &PersonalToken, expected_revision: i64) -> Result<bool, StoreError> {
        let (permissions, key) = (permissions::text(&token.permissions)?, description_key(&token.description));
        let params = params![
            &token.id,
            expected_revision,
            token.description.as_str(),
            &key,
            permissions.as_ref(),
            token.expires_at,
            token.revision,
        ];
        let updated = self.executor.execute(&UPDATE_TOKEN, &params).await? > 0;
        if let (true, Some(end)) = (updated, token.expires_at) {
            self.cap_overlap(token.id, end).await?;
        }
        Ok(updated)
    }

    /// Gives a token a new secret and keeps the old one until `old.not_after`; the secret of an earlier overlap is dropped. Raises the revision. Says whether there was such a token, not revoked.
    /// Conflict: `secret_digest`.
    pub async fn replace_secret(
        &mut self,
        id: CredentialId,
        new: &SecretState,
        prefix: &str,
        old: &SecretState,
    ) -> Result<bool, StoreError> {
        let params = params![&id, &new.digest, prefix];
        if self.executor.execute(&REPLACE_SECRET, &params).await? == 0 {
            let known = self.digest_known(&new.digest).await?;
            return if known { Err(StoreError::Conflict(conflict::SECRET_DIGEST)) } else { Ok(false) };
        }
        self.replace_overlap(id, old).await?;
        Ok(true)
    }

    /// Pauses a token from this moment on, or lets it work again; says whether anything changed. Raises the revision.
    pub async fn set_token_suspended(&mut self, id: CredentialId, at: Option<Timestamp>) -> Result<bool, StoreError> {
        let changed = match at {
            Some(at) => self.executor.execute(&SUSPEND_TOKEN, &params![&id, at]).await?,
            None => self.executor.execute(&RESUME_TOKEN, &params![&id]).await?,
        };
        Ok(changed > 0)
    }

    /// Ends tokens; says how many of them were not ended before.
    pub async fn revoke_tokens(&mut self, ids: &[CredentialId], at: Timestamp) -> Result<u64, StoreError> {
        let mut revoked = 0;
        for id in ids {
            revoked += self.executor.execute(&REVOKE_TOKEN, &params![id, at]).await?;
        }
        Ok(revoked)
    }
}

/// What makes a description unique: short, so that the index stays small.
fn description_key(description: &Description) -> [u8; 16] {
    let digest = Digest::of(description.folded().as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&digest.as_bytes()[..16]);
    key
}

fn token(mut row: Row) -> Result<PersonalToken, StoreError> {
    Ok(PersonalToken {
        id: row.take()?,
        person: row.take()?,
        membership: row.take()?,
        organisation: row.take()?,
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
