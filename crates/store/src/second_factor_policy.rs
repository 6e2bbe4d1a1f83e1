//! Organisations that let only members with a second factor in.

use domain::id::{OrganisationId, PersonId};

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    SECOND_FACTOR_REQUIRED = "SELECT second_factor_required FROM organisation WHERE id = $1";
    REQUIRE_SECOND_FACTOR = "UPDATE organisation SET second_factor_required = $2 WHERE id = $1 AND second_factor_required <> $2";
    LACKING = "SELECT o.id FROM membership m JOIN organisation o ON o.id = m.organisation
        WHERE m.person = $1 AND m.ended = 0 AND o.second_factor_required = 1
        AND NOT EXISTS (SELECT 1 FROM totp t WHERE t.person = m.person)
        AND NOT EXISTS (SELECT 1 FROM passkey p WHERE p.person = m.person) ORDER BY o.id";
    MEMBERS_LACKING = "SELECT CAST(COUNT(*) AS BIGINT) FROM membership m WHERE m.organisation = $1 AND m.ended = 0
        AND NOT EXISTS (SELECT 1 FROM totp t WHERE t.person = m.person)
        AND NOT EXISTS (SELECT 1 FROM passkey p WHERE p.person = m.person)";
}

impl Reader<'_> {
    /// Whether an organisation asks its members for a second factor.
    pub async fn second_factor_required(&mut self, organisation: OrganisationId) -> Result<bool, StoreError> {
        self.executor.row(&SECOND_FACTOR_REQUIRED, &params![&organisation]).await?.map_or(Ok(false), |mut row| row.take())
    }

    /// The organisations that ask a person for a second factor who has none.
    pub async fn second_factor_lacking(&mut self, person: PersonId) -> Result<Vec<OrganisationId>, StoreError> {
        let rows = self.executor.rows(&LACKING, &params![&person]).await?;
        rows.into_iter().map(|mut row| row.take()).collect()
    }

    /// How many members of an organisation have none.
    pub async fn members_without_second_factor(&mut self, organisation: OrganisationId) -> Result<u64, StoreError> {
        self.executor.row(&MEMBERS_LACKING, &params![&organisation]).await?.map_or(Ok(0), |mut row| row.take())
    }
}

impl Tx<'_> {
    /// Lets an organisation ask for it, or no longer; says whether anything changed.
    pub async fn require_second_factor(&mut self, organisation: OrganisationId, required: bool) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&REQUIRE_SECOND_FACTOR, &params![&organisation, required]).await? > 0)
    }
}
