//! Organisations.

use domain::id::OrganisationId;
use domain::organisation::Organisation;
use domain::text::{Email, Name, Reason};
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::value::{Row, params};

statements! {
    INSERT_ORGANISATION = "INSERT INTO organisation (id, name, name_folded, created_at, suspended_at) VALUES ($1, $2, $3, $4, $5)";
    ORGANISATION = "SELECT id, name, created_at, suspended_at FROM organisation WHERE id = $1";
    ORGANISATIONS = "SELECT id, name, created_at, suspended_at FROM organisation WHERE id > $1 ORDER BY id LIMIT $2";
    ORGANISATION_NAMED = "SELECT id, name, created_at, suspended_at FROM organisation WHERE name_folded = $1";
    FIND_ORGANISATIONS = "SELECT id, name, created_at, suspended_at FROM organisation
        WHERE name_folded LIKE $1 ESCAPE '!' AND (CAST($2 AS BIGINT) = 0 OR suspended_at IS NOT NULL) ORDER BY name_folded, id LIMIT $3";
    RENAME_ORGANISATION = "UPDATE organisation SET name = $2, name_folded = $3 WHERE id = $1 AND name <> $2";
    SUSPEND_ORGANISATION = "UPDATE organisation SET suspended_at = $2 WHERE id = $1 AND suspended_at IS NULL";
    RESUME_ORGANISATION = "UPDATE organisation SET suspended_at = NULL, suspended_reason = NULL
        WHERE id = $1 AND suspended_at IS NOT NULL";
    GIVE_REASON = "UPDATE organisation SET suspended_reason = $2 WHERE id = $1 AND suspended_at IS NOT NULL";
    CONTACT = "SELECT contact, suspended_reason FROM organisation WHERE id = $1";
    SET_CONTACT = "UPDATE organisation SET contact = $2 WHERE id = $1 AND COALESCE(contact, '') <> COALESCE($2, '')";
}

impl Reader<'_> {
    /// An organisation.
    pub async fn organisation(&mut self, id: OrganisationId) -> Result<Option<Organisation>, StoreError> {
        self.executor.row(&ORGANISATION, &params![&id]).await?.map(organisation).transpose()
    }

    /// The organisation with this name, compared without regard to case.
    pub async fn organisation_named(&mut self, name: &Name) -> Result<Option<Organisation>, StoreError> {
        let folded = name.folded();
        self.executor.row(&ORGANISATION_NAMED, &params![&folded]).await?.map(organisation).transpose()
    }

    /// Organisations with this in their name, compared without regard to case, or suspended ones of them only; by their names, so many at
    /// most.
    pub async fn find_organisations(&mut self, part: &str, suspended: bool, limit: u32) -> Result<Vec<Organisation>, StoreError> {
        let literal = domain::text::fold(part).replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let pattern = format!("%{literal}%");
        let rows = self.executor.rows(&FIND_ORGANISATIONS, &params![&pattern, i64::from(suspended), limit]).await?;
        rows.into_iter().map(organisation).collect()
    }

    /// How an organisation is reached, and why it is suspended, where that was said.
    pub async fn organisation_contact(&mut self, id: OrganisationId) -> Result<(Option<Email>, Option<Reason>), StoreError> {
        match self.executor.row(&CONTACT, &params![&id]).await? {
            Some(mut row) => Ok((row.parse_optional(Email::new)?, row.parse_optional(Reason::new)?)),
            None => Ok((None, None)),
        }
    }

    /// All organisations, a part at a time.
    pub async fn organisations(&mut self, page: Page) -> Result<Vec<Organisation>, StoreError> {
        let rows = self.executor.rows(&ORGANISATIONS, &params![page.start(), page.limit]).await?;
        rows.into_iter().map(organisation).collect()
    }
}

impl Tx<'_> {
    /// Makes an organisation. Conflicts: `organisation_name`, `id`.
    pub async fn insert_organisation(&mut self, organisation: &Organisation) -> Result<(), StoreError> {
        let Organisation { id, name, created_at, suspended_at } = organisation;
        let folded = name.folded();
        let params = params![id, name.as_str(), &folded, *created_at, *suspended_at];
        self.executor.execute(&INSERT_ORGANISATION, &params).await.map(drop)
    }

    /// Gives an organisation another name; says whether anything changed. Conflict: `organisation_name`.
    pub async fn rename_organisation(&mut self, id: OrganisationId, name: &Name) -> Result<bool, StoreError> {
        let folded = name.folded();
        let params = params![&id, name.as_str(), &folded];
        Ok(self.executor.execute(&RENAME_ORGANISATION, &params).await? > 0)
    }

    /// Says how an organisation is reached; says whether anything changed.
    pub async fn set_organisation_contact(&mut self, id: OrganisationId, contact: Option<&Email>) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&SET_CONTACT, &params![&id, contact.map(Email::as_str)]).await? > 0)
    }

    /// Says why an organisation is suspended.
    pub async fn give_suspension_reason(&mut self, id: OrganisationId, reason: Option<&Reason>) -> Result<(), StoreError> {
        self.executor.execute(&GIVE_REASON, &params![&id, reason.map(Reason::as_str)]).await.map(drop)
    }

    /// Suspends from this moment on, or resumes; says whether anything changed.
    pub async fn set_organisation_suspended(&mut self, id: OrganisationId, at: Option<Timestamp>) -> Result<bool, StoreError> {
        let changed = match at {
            Some(at) => self.executor.execute(&SUSPEND_ORGANISATION, &params![&id, at]).await?,
            None => self.executor.execute(&RESUME_ORGANISATION, &params![&id]).await?,
        };
        Ok(changed > 0)
    }
}

fn organisation(mut row: Row) -> Result<Organisation, StoreError> {
    Ok(Organisation { id: row.take()?, name: row.parse(Name::new)?, created_at: row.take()?, suspended_at: row.take()? })
}
