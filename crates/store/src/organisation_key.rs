//! Organisation keys and their private keys.

use domain::access_token;
use domain::client::ClientDefinition;
use domain::credential::Digest;
use domain::id::{CredentialId, OrganisationId, WorkspaceId};
use domain::organisation_key::{OrganisationKey, PrivateKey, PrivateKeyState};
use domain::text::Email;
use domain::time::Timestamp;

use crate::error::{StoreError, conflict};
use crate::exposure;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT id, organisation, workspace, definition, contact, created_at, suspended_at, revoked_at, revision FROM organisation_key "
    };
}

statements! {
    INSERT_ORGANISATION_KEY = "INSERT INTO organisation_key (id, organisation, workspace, client_id, definition, contact, generation,
            imported, created_at, registration_digest, unused_until, revision)
        VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, 1)";
    ORGANISATION_KEY = concat!(columns!(), "WHERE id = $1");
    ORGANISATION_KEYS = concat!(columns!(), "WHERE revoked_at IS NULL AND id > $1 ORDER BY id LIMIT $2");
    ORGANISATION_KEYS_OF = concat!(columns!(), "WHERE organisation = $1 AND revoked_at IS NULL AND id > $2 ORDER BY id LIMIT $3");
    ORGANISATION_KEYS_FOR = concat!(columns!(), "WHERE workspace = $1 AND revoked_at IS NULL AND id > $2 ORDER BY id LIMIT $3");
    ORGANISATION_KEYS_OF_FOR =
        concat!(columns!(), "WHERE organisation = $1 AND workspace = $2 AND revoked_at IS NULL AND id > $3 ORDER BY id LIMIT $4");
    ORGANISATION_KEY_NAMED = "SELECT id FROM organisation_key WHERE client_id = $1";
    COUNT_LIVE_ORGANISATION_KEYS = "SELECT count(*) FROM organisation_key WHERE organisation = $1 AND revoked_at IS NULL";
    PRIVATE_KEYS = "SELECT k.id, k.prefix, k.created_at, k.ends_at, u.last_used_at, u.last_used_from, u.uses,
            e.exposed_at
        FROM private_key k LEFT JOIN credential_usage u ON u.credential = k.id LEFT JOIN credential_exposure e ON e.digest = k.digest
        WHERE k.organisation_key = $1 AND k.ended_at IS NULL ORDER BY k.superseded, k.id DESC";
    PRIVATE_KEY_STATES = "SELECT id, digest, ends_at FROM private_key WHERE organisation_key = $1 AND ended_at IS NULL ORDER BY superseded, id DESC";
    INSERT_PRIVATE_KEY = "INSERT INTO private_key (id, organisation_key, digest, prefix, created_at, ends_at, superseded)
        VALUES ($1, $2, $3, $4, $5, $6, 0)";
    SUPERSEDE_PRIVATE_KEY = "UPDATE private_key SET ends_at = $2, superseded = 1 WHERE id = $1 AND ended_at IS NULL";
    END_PRIVATE_KEY = "UPDATE private_key SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";
    UPDATE_ORGANISATION_KEY = "UPDATE organisation_key SET workspace = $3, definition = $4, contact = $5, revision = revision + 1
        WHERE id = $1 AND revision = $2 AND revoked_at IS NULL";
    TOUCH_ORGANISATION_KEY = "UPDATE organisation_key SET revision = revision + 1 WHERE id = $1 AND revoked_at IS NULL";
    SUSPEND_ORGANISATION_KEY = "UPDATE organisation_key SET suspended_at = $2, revision = revision + 1
        WHERE id = $1 AND suspended_at IS NULL AND revoked_at IS NULL";
    RESUME_ORGANISATION_KEY = "UPDATE organisation_key SET suspended_at = NULL, revision = revision + 1
        WHERE id = $1 AND suspended_at IS NOT NULL AND revoked_at IS NULL";
    REVOKE_ORGANISATION_KEY = "UPDATE organisation_key SET revoked_at = $2, revision = revision + 1 WHERE id = $1 AND revoked_at IS NULL";
    RAISE_GENERATION = "UPDATE organisation_key SET generation = generation + 1 WHERE id = $1 AND revoked_at IS NULL RETURNING generation";
    ORGANISATION_KEY_REGISTRATION = "SELECT registration_digest FROM organisation_key WHERE id = $1 AND revoked_at IS NULL";
    ORGANISATION_KEY_USED = "UPDATE organisation_key SET unused_until = NULL WHERE id = $1 AND unused_until IS NOT NULL";
    UNUSED_ORGANISATION_KEYS = "SELECT id FROM organisation_key WHERE unused_until <= $1 AND revoked_at IS NULL ORDER BY id LIMIT $2";
}

/// An organisation key that is made, imported, or registered by a client itself.
#[derive(Debug, Clone, Copy)]
pub struct NewOrganisationKey<'k> {
    /// The key; its private keys are written by themselves.
    pub key: &'k OrganisationKey,
    /// Whether it comes from another system.
    pub imported: bool,
    /// The digest of the token that it manages its registration with, if it registered itself.
    pub registration: Option<Digest>,
    /// When it is removed unless it was used before, if so.
    pub unused_until: Option<Timestamp>,
}

impl Reader<'_> {
    /// An organisation key, revoked or not.
    pub async fn organisation_key(&mut self, id: CredentialId) -> Result<Option<OrganisationKey>, StoreError> {
        let Some(row) = self.executor.row(&ORGANISATION_KEY, &params![&id]).await? else { return Ok(None) };
        let key = organisation_key(row)?;
        Ok(Some(self.with_private_keys(key).await?))
    }

    /// Organisation keys that are not revoked, of one organisation or all, for one workspace only or whichever, a part at a time.
    pub async fn organisation_keys(
        &mut self,
        page: Page,
        organisation: Option<OrganisationId>,
        workspace: Option<WorkspaceId>,
    ) -> Result<Vec<OrganisationKey>, StoreError> {
        let rows = match (organisation, workspace) {
            (None, None) => self.executor.rows(&ORGANISATION_KEYS, &params![page.start(), page.limit]).await?,
            (Some(id), None) => self.executor.rows(&ORGANISATION_KEYS_OF, &params![&id, page.start(), page.limit]).await?,
            (None, Some(workspace)) => self.executor.rows(&ORGANISATION_KEYS_FOR, &params![&workspace, page.start(), page.limit]).await?,
            (Some(id), Some(workspace)) => {
                self.executor.rows(&ORGANISATION_KEYS_OF_FOR, &params![&id, &workspace, page.start(), page.limit]).await?
            }
        };
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let key = organisation_key(row)?;
            keys.push(self.with_private_keys(key).await?);
        }
        Ok(keys)
    }

    /// The organisation key that has, or had, this public id.
    pub async fn organisation_key_named(&mut self, client_id: &str) -> Result<Option<CredentialId>, StoreError> {
        let row = self.executor.row(&ORGANISATION_KEY_NAMED, &params![client_id]).await?;
        row.map(|mut row| row.take()).transpose()
    }

    /// How many keys of an organisation are not revoked.
    pub async fn count_live_organisation_keys(&mut self, organisation: OrganisationId) -> Result<u64, StoreError> {
        let row = self.executor.row(&COUNT_LIVE_ORGANISATION_KEYS, &params![&organisation]).await?;
        row.map_or(Ok(0), |mut row| row.take())
    }

    /// The private keys of an organisation key that were not ended, the newest first: the one that no other took the place of,
    /// whatever the clock says.
    pub async fn private_key_states(&mut self, key: CredentialId) -> Result<Vec<PrivateKeyState>, StoreError> {
        let rows = self.executor.rows(&PRIVATE_KEY_STATES, &params![&key]).await?;
        rows.into_iter().map(|mut row| Ok(PrivateKeyState { id: row.take()?, digest: row.take()?, not_after: row.take()? })).collect()
    }

    /// The digest of the token that a client manages its registration with, if it registered itself and is not revoked.
    pub async fn registration_digest(&mut self, key: CredentialId) -> Result<Option<Digest>, StoreError> {
        let row = self.executor.row(&ORGANISATION_KEY_REGISTRATION, &params![&key]).await?;
        row.map_or(Ok(None), |mut row| row.take())
    }

    /// Keys that were to be used before this moment, and were not; at most `limit`.
    pub async fn unused_organisation_keys(&mut self, now: Timestamp, limit: u32) -> Result<Vec<CredentialId>, StoreError> {
        let rows = self.executor.rows(&UNUSED_ORGANISATION_KEYS, &params![now, limit]).await?;
        rows.into_iter().map(|mut row| row.take()).collect()
    }

    async fn with_private_keys(&mut self, key: OrganisationKey) -> Result<OrganisationKey, StoreError> {
        let rows = self.executor.rows(&PRIVATE_KEYS, &params![&key.id]).await?;
        let private_keys = rows.into_iter().map(private_key).collect::<Result<_, _>>()?;
        let access_token_exposed_at = exposure::exposed_at(&mut self.executor, &access_token::exposure(key.id)).await?;
        Ok(OrganisationKey { private_keys, access_token_exposed_at, ..key })
    }
}

impl Tx<'_> {
    /// Makes an organisation key without private keys. Conflicts: `organisation_key_client_id`, `id`, `parent`.
    pub async fn insert_organisation_key(&mut self, new: &NewOrganisationKey<'_>) -> Result<(), StoreError> {
        let NewOrganisationKey { key, imported, registration, unused_until } = new;
        let definition = definition_text(&key.definition)?;
        let params = params![
            &key.id,
            key.organisation.as_ref(),
            key.workspace.as_ref(),
            &key.definition.client_id,
            &definition,
            key.contact.as_ref().map(Email::as_str),
            *imported,
            key.created_at,
            registration.as_ref(),
            *unused_until,
        ];
        self.executor.execute(&INSERT_ORGANISATION_KEY, &params).await.map(drop)
    }

    /// Gives a key a private key. Conflict: `secret_digest`.
    pub async fn insert_private_key(
        &mut self,
        key: CredentialId,
        state: &PrivateKeyState,
        prefix: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if self.digest_known(&state.digest).await? {
            return Err(StoreError::Conflict(conflict::SECRET_DIGEST));
        }
        let params = params![&state.id, &key, &state.digest, prefix, at, state.not_after];
        self.executor.execute(&INSERT_PRIVATE_KEY, &params).await.map(drop)
    }

    /// Lets a private key end at this moment, because a newer one took its place.
    pub async fn supersede_private_key(&mut self, id: CredentialId, end: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&SUPERSEDE_PRIVATE_KEY, &params![&id, end]).await? > 0)
    }

    /// Ends a private key; says whether it was not ended before.
    pub async fn end_private_key(&mut self, id: CredentialId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&END_PRIVATE_KEY, &params![&id, at]).await? > 0)
    }

    /// Writes workspace, definition and contact of a key that still has the expected revision and is not revoked; says whether it
    /// did. Raises the revision. The public id never changes.
    pub async fn update_organisation_key(&mut self, key: &OrganisationKey, expected_revision: i64) -> Result<bool, StoreError> {
        let definition = definition_text(&key.definition)?;
        let params = params![&key.id, expected_revision, key.workspace.as_ref(), &definition, key.contact.as_ref().map(Email::as_str)];
        Ok(self.executor.execute(&UPDATE_ORGANISATION_KEY, &params).await? > 0)
    }

    /// Raises the revision of a key; says whether it is not revoked.
    pub async fn touch_organisation_key(&mut self, id: CredentialId) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&TOUCH_ORGANISATION_KEY, &params![&id]).await? > 0)
    }

    /// Pauses a key from this moment on, or lets it work again; says whether anything changed. Raises the revision.
    pub async fn set_organisation_key_suspended(&mut self, id: CredentialId, at: Option<Timestamp>) -> Result<bool, StoreError> {
        let changed = match at {
            Some(at) => self.executor.execute(&SUSPEND_ORGANISATION_KEY, &params![&id, at]).await?,
            None => self.executor.execute(&RESUME_ORGANISATION_KEY, &params![&id]).await?,
        };
        Ok(changed > 0)
    }

    /// Ends a key; says whether it was not ended before. Its grants end by a verb of their own.
    pub async fn revoke_organisation_key(&mut self, id: CredentialId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&REVOKE_ORGANISATION_KEY, &params![&id, at]).await? > 0)
    }

    /// Raises the generation of a key's access tokens: those of earlier generations do not count any more. Gives the new one.
    pub async fn raise_generation(&mut self, id: CredentialId) -> Result<Option<u32>, StoreError> {
        let row = self.executor.row(&RAISE_GENERATION, &params![&id]).await?;
        row.map(|mut row| row.take::<i64>().map(|generation| generation as u32)).transpose()
    }

    /// A key that was used is not removed for not being used.
    pub async fn mark_organisation_key_used(&mut self, id: CredentialId) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&ORGANISATION_KEY_USED, &params![&id]).await? > 0)
    }
}

fn definition_text(definition: &ClientDefinition) -> Result<String, StoreError> {
    serde_json::to_string(definition).map_err(|_| StoreError::defect("a client cannot be written"))
}

fn organisation_key(mut row: Row) -> Result<OrganisationKey, StoreError> {
    Ok(OrganisationKey {
        id: row.take()?,
        organisation: row.take()?,
        workspace: row.take::<Option<WorkspaceId>>()?,
        definition: row.json()?,
        contact: row.parse_optional(Email::new)?,
        private_keys: Vec::new(),
        access_token_exposed_at: None,
        created_at: row.take()?,
        suspended_at: row.take()?,
        revoked_at: row.take()?,
        revision: row.take()?,
    })
}

fn private_key(mut row: Row) -> Result<PrivateKey, StoreError> {
    Ok(PrivateKey {
        id: row.take()?,
        prefix: row.take()?,
        created_at: row.take()?,
        ends_at: row.take()?,
        last_used_at: row.take()?,
        last_used_from: row.take()?,
        uses: row.take::<Option<u64>>()?.unwrap_or_default(),
        exposed_at: row.take()?,
    })
}
