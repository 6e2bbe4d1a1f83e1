//! What people call a thing, by its id alone: for texts about changes, which name things by their ids.

use domain::client::ClientDefinition;
use domain::{OrganisationId, PersonId};

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::Reader;
use crate::value::{Row, params};

statements! {
    // The kind, the name, more of it, why (of a delegation), whose, of which person, and who else is told the name.
    LABEL = "SELECT 'organisation', name, CAST(NULL AS TEXT), suspended_reason, id, CAST(NULL AS BYTEA), CAST(NULL AS BYTEA)
            FROM organisation WHERE id = $1
        UNION ALL SELECT 'person', name, NULL, NULL, NULL, id, NULL FROM person WHERE id = $1
        UNION ALL SELECT 'membership', p.name, NULL, NULL, m.organisation, m.person, NULL
            FROM membership m JOIN person p ON p.id = m.person WHERE m.id = $1
        UNION ALL SELECT 'token', t.description, t.prefix, NULL, m.organisation, m.person, NULL
            FROM personal_token t JOIN membership m ON m.id = t.membership WHERE t.id = $1
        UNION ALL SELECT 'organisation_token', username, prefix, NULL, organisation, NULL, NULL FROM organisation_token WHERE id = $1
        UNION ALL SELECT 'workspace', name, number, NULL, organisation, NULL, NULL FROM workspace WHERE id = $1
        UNION ALL SELECT 'delegation', d.description, g.name || ' → ' || r.name || ', ' || w.number, d.reason, d.giver, NULL, d.receiver
            FROM delegation d JOIN organisation g ON g.id = d.giver JOIN organisation r ON r.id = d.receiver
            JOIN workspace w ON w.id = d.workspace WHERE d.id = $1
        UNION ALL SELECT 'key', definition, NULL, NULL, organisation, NULL, NULL FROM organisation_key WHERE id = $1
        UNION ALL SELECT 'grant', k.definition, NULL, NULL, g.organisation, g.person, NULL
            FROM client_grant g JOIN organisation_key k ON k.id = g.organisation_key WHERE g.id = $1
        UNION ALL SELECT 'api_credential', description, prefix, NULL, NULL, NULL, NULL FROM api_credential WHERE id = $1
        UNION ALL SELECT 'operator_token', description, prefix, NULL, NULL, NULL, NULL FROM operator_token WHERE id = $1";
}

/// What a thing is called now, and to whom it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What it is: `token`, `key`, `delegation` …
    pub kind: String,
    /// Its name; absent for a person who was erased.
    pub name: Option<String>,
    /// The beginning of a token, the public id of a key, the number of a workspace, both sides of a delegation.
    pub more: Option<String>,
    /// Why it is as it is, where somebody said so.
    pub reason: Option<String>,
    /// The organisation that it belongs to.
    pub organisation: Option<OrganisationId>,
    /// The person that it belongs to.
    pub person: Option<PersonId>,
    /// The other organisation that knows its name: who gets a delegation.
    pub shared_with: Option<OrganisationId>,
}

impl Reader<'_> {
    /// What the thing with this id is called, if it is still there.
    pub async fn label(&mut self, id: [u8; 16]) -> Result<Option<Label>, StoreError> {
        self.executor.row(&LABEL, &params![&id]).await?.map(label).transpose()
    }
}

fn label(mut row: Row) -> Result<Label, StoreError> {
    let mut label = Label {
        kind: row.take()?,
        name: row.take()?,
        more: row.take()?,
        reason: row.take()?,
        organisation: row.take()?,
        person: row.take()?,
        shared_with: row.take()?,
    };
    if matches!(label.kind.as_str(), "key" | "grant") {
        let text = label.name.take().unwrap_or_default();
        let definition: ClientDefinition =
            serde_json::from_str(&text).map_err(|_| StoreError::corrupt("the definition of an organisation key"))?;
        (label.name, label.more) = (Some(definition.name.to_string()), Some(definition.client_id.to_string()));
    }
    Ok(label)
}
