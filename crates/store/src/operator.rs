//! The people who run the installation.

use domain::id::PersonId;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    // Whoever is suspended or erased is none.
    IS_OPERATOR = "SELECT o.person FROM operator o JOIN person p ON p.id = o.person
        WHERE o.person = $1 AND p.suspended_at IS NULL AND p.erased_at IS NULL";
    OPERATORS = "SELECT person, appointed_at FROM operator ORDER BY person";
    APPOINT = "INSERT INTO operator (person, appointed_at) VALUES ($1, $2) ON CONFLICT (person) DO NOTHING";
    DISMISS = "DELETE FROM operator WHERE person = $1";
}

impl Reader<'_> {
    /// Whether a person runs the installation.
    pub async fn is_operator(&mut self, person: PersonId) -> Result<bool, StoreError> {
        self.executor.exists(&IS_OPERATOR, &params![&person]).await
    }

    /// All who do, and since when. There are few.
    pub async fn operators(&mut self) -> Result<Vec<(PersonId, Timestamp)>, StoreError> {
        self.executor.rows(&OPERATORS, &params![]).await?.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
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
}
