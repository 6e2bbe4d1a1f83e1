//! The people who run the installation, what they look at, and why.

use domain::id::{OrganisationId, PersonId, ViewId};
use domain::text::Reason;
use domain::time::Timestamp;
use domain::view::ViewedPart;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{By, Reader, Tx};
use crate::value::{Row, params};

statements! {
    // Whoever is suspended or erased is none.
    IS_OPERATOR = "SELECT o.person FROM operator o JOIN person p ON p.id = o.person
        WHERE o.person = $1 AND p.suspended_at IS NULL AND p.erased_at IS NULL";
    OPERATORS = "SELECT o.person, o.appointed_at FROM operator o JOIN person p ON p.id = o.person WHERE p.erased_at IS NULL ORDER BY o.person";
    APPOINT = "INSERT INTO operator (person, appointed_at) VALUES ($1, $2) ON CONFLICT (person) DO NOTHING";
    DISMISS = "DELETE FROM operator WHERE person = $1";
    GIVE_CHANGE_REASON = "INSERT INTO change_reason (request, reason) VALUES ($1, $2) ON CONFLICT (request) DO NOTHING";
    INSERT_VIEW = "INSERT INTO organisation_view (id, organisation, person, part, reason, begun_at) VALUES ($1, $2, $3, $4, $5, $6)";
    DROP_VIEWS = "DELETE FROM organisation_view WHERE begun_at < $1";
    VIEW = "SELECT id, organisation, person, part, reason, begun_at FROM organisation_view WHERE id = $1 AND begun_at >= $2";
}

/// An operator's look at a part of what is an organisation's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its id.
    pub id: ViewId,
    /// Whose.
    pub organisation: OrganisationId,
    /// Who looks.
    pub person: PersonId,
    /// At what.
    pub part: ViewedPart,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub begun_at: Timestamp,
}

impl Reader<'_> {
    /// Whether a person runs the installation.
    pub async fn is_operator(&mut self, person: PersonId) -> Result<bool, StoreError> {
        self.executor.exists(&IS_OPERATOR, &params![&person]).await
    }

    /// All who do, and since when; whoever is suspended among them. There are few.
    pub async fn operators(&mut self) -> Result<Vec<(PersonId, Timestamp)>, StoreError> {
        self.executor.rows(&OPERATORS, &params![]).await?.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
    }

    /// A look that was begun at this moment or later.
    pub async fn organisation_view(&mut self, id: ViewId, since: Timestamp) -> Result<Option<View>, StoreError> {
        self.executor.row(&VIEW, &params![&id, since]).await?.map(view).transpose()
    }
}

impl Tx<'_> {
    /// Makes a person one of them; says whether that is new. Conflict: `parent`.
    pub async fn appoint_operator(&mut self, person: PersonId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&APPOINT, &params![&person, at]).await? > 0)
    }

    /// Makes a person none of them; says whether they were.
    pub async fn dismiss_operator(&mut self, person: PersonId) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&DISMISS, &params![&person]).await? > 0)
    }

    /// Says why the changes of a request are made: whoever reads them in a log reads this, too.
    pub async fn give_change_reason(&mut self, by: &By, reason: &Reason) -> Result<(), StoreError> {
        self.executor.execute(&GIVE_CHANGE_REASON, &params![&by.request, reason.as_str()]).await.map(drop)
    }

    /// Begins a look, and forgets those that were begun before a moment. Conflict: `parent`.
    pub async fn insert_organisation_view(&mut self, new: &View, over: Timestamp) -> Result<(), StoreError> {
        let View { id, organisation, person, part, reason, begun_at } = new;
        self.executor.execute(&DROP_VIEWS, &params![over]).await?;
        let params = params![id, organisation, person, part.name(), reason.as_str(), *begun_at];
        self.executor.execute(&INSERT_VIEW, &params).await.map(drop)
    }
}

fn view(mut row: Row) -> Result<View, StoreError> {
    Ok(View {
        id: row.take()?,
        organisation: row.take()?,
        person: row.take()?,
        part: row.parse(|name| ViewedPart::named(name).ok_or("a part of an organisation"))?,
        reason: row.parse(Reason::new)?,
        begun_at: row.take()?,
    })
}
