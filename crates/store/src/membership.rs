//! Memberships.

use domain::id::{MembershipId, OrganisationId, PersonId};
use domain::person::{Membership, Role, Roles};

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT id, person, organisation, roles, created_at FROM membership "
    };
}

statements! {
    INSERT_MEMBERSHIP = "INSERT INTO membership (id, person, organisation, roles, created_at) VALUES ($1, $2, $3, $4, $5)";
    MEMBERSHIP = concat!(columns!(), "WHERE id = $1 AND ended = 0");
    MEMBERSHIP_OF = concat!(columns!(), "WHERE person = $1 AND organisation = $2 AND ended = 0");
    MEMBERSHIPS_OF = concat!(columns!(), "WHERE person = $1 AND ended = 0 ORDER BY id");
    MEMBERS = concat!(columns!(), "WHERE organisation = $1 AND id > $2 AND ended = 0 ORDER BY id LIMIT $3");
    SET_ROLES = "UPDATE membership SET roles = $2 WHERE id = $1 AND ended = 0 AND roles <> $2";
    MOVE_MEMBERSHIP = "UPDATE membership SET organisation = $2, roles = $3 WHERE id = $1 AND ended = 0 AND organisation <> $2";
    DELETE_MEMBERSHIP = "UPDATE membership SET ended = 1 WHERE id = $1 AND ended = 0";
    // One owner who is suspended or erased cannot let anybody in: such owners do not count.
    COUNT_OWNERS = "SELECT count(*) FROM membership JOIN person ON person.id = membership.person
        WHERE membership.organisation = $1 AND membership.ended = 0 AND (membership.roles & $2) <> 0
        AND person.suspended_at IS NULL AND person.erased_at IS NULL";
}

impl Reader<'_> {
    /// A membership that has not ended.
    pub async fn membership(&mut self, id: MembershipId) -> Result<Option<Membership>, StoreError> {
        self.executor.row(&MEMBERSHIP, &params![&id]).await?.map(membership).transpose()
    }

    /// A person's membership of an organisation.
    pub async fn membership_of(&mut self, person: PersonId, organisation: OrganisationId) -> Result<Option<Membership>, StoreError> {
        self.executor.row(&MEMBERSHIP_OF, &params![&person, &organisation]).await?.map(membership).transpose()
    }

    /// All memberships of a person, ordered by id.
    pub async fn memberships_of(&mut self, person: PersonId) -> Result<Vec<Membership>, StoreError> {
        self.executor.rows(&MEMBERSHIPS_OF, &params![&person]).await?.into_iter().map(membership).collect()
    }

    /// The members of an organisation, a part at a time, ordered by the membership's id.
    pub async fn members(&mut self, organisation: OrganisationId, page: Page) -> Result<Vec<Membership>, StoreError> {
        let rows = self.executor.rows(&MEMBERS, &params![&organisation, page.start(), page.limit]).await?;
        rows.into_iter().map(membership).collect()
    }

    /// How many owners an organisation has who are neither suspended nor erased.
    pub async fn count_owners(&mut self, organisation: OrganisationId) -> Result<u64, StoreError> {
        let owner = i64::from(Roles::NONE.with(Role::Owner).bits());
        let row = self.executor.row(&COUNT_OWNERS, &params![&organisation, owner]).await?;
        row.map_or(Ok(0), |mut row| row.take())
    }
}

impl Tx<'_> {
    /// Makes a person a member. Conflicts: `membership`, `id`, `parent`.
    pub async fn insert_membership(&mut self, membership: &Membership) -> Result<(), StoreError> {
        let Membership { id, person, organisation, roles, created_at } = membership;
        let params = params![id, person, organisation, u32::from(roles.bits()), *created_at];
        self.executor.execute(&INSERT_MEMBERSHIP, &params).await.map(drop)
    }

    /// Sets a member's roles; says whether anything changed.
    pub async fn set_roles(&mut self, id: MembershipId, roles: Roles) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&SET_ROLES, &params![&id, u32::from(roles.bits())]).await? > 0)
    }

    /// Moves a member to another organisation, tokens and all; says whether anything changed.
    /// Conflicts: `membership`, `parent`.
    pub async fn move_membership(&mut self, id: MembershipId, to: OrganisationId, roles: Roles) -> Result<bool, StoreError> {
        let params = params![&id, &to, u32::from(roles.bits())];
        Ok(self.executor.execute(&MOVE_MEMBERSHIP, &params).await? > 0)
    }

    /// Ends a membership; says whether there was one. Ending its tokens is the use case's part.
    pub async fn delete_membership(&mut self, id: MembershipId) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&DELETE_MEMBERSHIP, &params![&id]).await? > 0)
    }
}

fn membership(mut row: Row) -> Result<Membership, StoreError> {
    Ok(Membership { id: row.take()?, person: row.take()?, organisation: row.take()?, roles: roles(row.take()?)?, created_at: row.take()? })
}

pub(crate) fn roles(bits: i64) -> Result<Roles, StoreError> {
    u8::try_from(bits).map(Roles::from_bits).map_err(|_| StoreError::corrupt("roles of a membership"))
}
