//! Credentials that were ended, for the lists of them. Their rows stay for good: the journal names them.

use domain::client::ClientDefinition;
use domain::id::{CredentialId, OrganisationId, PersonId};
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::{Statement, statements};
use crate::transaction::Reader;
use crate::value::{Param, params};

statements! {
    ENDED_PERSONAL_TOKENS = "SELECT id, description, prefix, revoked_at FROM personal_token
        WHERE person = $1 AND revoked_at >= $2 ORDER BY revoked_at DESC, id LIMIT $3";
    ENDED_ORGANISATION_TOKENS = "SELECT id, username, prefix, revoked_at FROM organisation_token
        WHERE organisation = $1 AND revoked_at >= $2 ORDER BY revoked_at DESC, id LIMIT $3";
    ENDED_KEYS = "SELECT id, definition, CAST(NULL AS TEXT), revoked_at FROM organisation_key
        WHERE organisation = $1 AND revoked_at >= $2 ORDER BY revoked_at DESC, id LIMIT $3";
}

/// A credential that was ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedRow {
    /// Its id.
    pub id: CredentialId,
    /// What it was called.
    pub name: String,
    /// How it began; the public id of a key.
    pub prefix: Option<String>,
    /// When it was ended.
    pub ended_at: Timestamp,
}

impl Reader<'_> {
    /// The personal tokens of a person that were ended since, the last one first.
    pub async fn ended_personal_tokens(&mut self, person: PersonId, since: Timestamp, most: u32) -> Result<Vec<EndedRow>, StoreError> {
        self.ended(&ENDED_PERSONAL_TOKENS, Param::from(&person), (since, most)).await
    }

    /// The tokens of an organisation that were ended since, the last one first.
    pub async fn ended_organisation_tokens(
        &mut self,
        organisation: OrganisationId,
        since: Timestamp,
        most: u32,
    ) -> Result<Vec<EndedRow>, StoreError> {
        self.ended(&ENDED_ORGANISATION_TOKENS, Param::from(&organisation), (since, most)).await
    }

    /// The keys of an organisation that were ended since, the last one first.
    pub async fn ended_keys(&mut self, organisation: OrganisationId, since: Timestamp, most: u32) -> Result<Vec<EndedRow>, StoreError> {
        let mut rows = self.ended(&ENDED_KEYS, Param::from(&organisation), (since, most)).await?;
        for row in &mut rows {
            let definition: ClientDefinition =
                serde_json::from_str(&row.name).map_err(|_| StoreError::corrupt("the definition of an organisation key"))?;
            (row.name, row.prefix) = (definition.name.to_string(), Some(definition.client_id));
        }
        Ok(rows)
    }

    async fn ended(
        &mut self,
        statement: &'static Statement,
        whose: Param<'_>,
        (since, most): (Timestamp, u32),
    ) -> Result<Vec<EndedRow>, StoreError> {
        let [since, most] = params![since, most];
        let rows = self.executor.rows(statement, &[whose, since, most]).await?;
        let row =
            |mut row: crate::value::Row| Ok(EndedRow { id: row.take()?, name: row.take()?, prefix: row.take()?, ended_at: row.take()? });
        rows.into_iter().map(row).collect()
    }
}
