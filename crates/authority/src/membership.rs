//! Memberships: a person joins an organisation, gets other roles there, moves, leaves.

use std::collections::BTreeSet;

use domain::event::Event;
use domain::person::{Membership, Role, Roles};
use domain::{MembershipId, OrganisationId, PersonId};
use store::{Abort, By, Outcome, Recorded, Tx};

use crate::organisation::clash;
use crate::{Authority, Caller, Changed, Context, Error, Right};

/// A membership, and how much ends with it.
#[derive(Debug, Clone)]
pub struct HangsFromMembership {
    /// The membership.
    pub membership: Membership,
    /// How many personal tokens.
    pub tokens: usize,
    /// How many clients have access through it.
    pub connections: usize,
}

impl Authority {
    /// A membership with how much ends with it, for who may see the organisation's people.
    pub async fn hangs_from_membership(&self, caller: &Caller, id: MembershipId) -> Result<HangsFromMembership, Error> {
        let read = self.store.read(move |reader| {
            Box::pin(async move {
                let Some(membership) = reader.membership(id).await? else { return Ok(None) };
                let secrets = reader.live_token_secrets_of_membership(id).await?;
                // During a rotation a token has two secrets.
                let tokens = secrets.iter().map(|(token, _)| *token).collect::<BTreeSet<_>>().len();
                let connections = reader.live_grants_of_membership(id).await?.len();
                Ok(Some(HangsFromMembership { membership, tokens, connections }))
            })
        });
        let found = read.await?.ok_or(Error::NotFound)?;
        caller.require_management(found.membership.organisation, Right::PeopleRead)?;
        Ok(found)
    }

    /// Makes a person a member of an organisation.
    pub async fn add_member(
        &self,
        context: &Context,
        person: PersonId,
        organisation: OrganisationId,
        roles: Roles,
    ) -> Result<Changed<Membership>, Error> {
        // To draw somebody into an organisation one must know the person: only who runs the installation does.
        context.caller.require_operator()?;
        let id = MembershipId::generate(context.now, &*self.entropy)?;
        let membership = Membership { id, person, organisation, roles, created_at: context.now };
        self.change(context, move |tx, by| {
            let membership = membership.clone();
            Box::pin(async move {
                if tx.person(person).await?.is_none_or(|person| person.erased_at.is_some()) {
                    return Err(Abort::Refused(Error::NotFound));
                }
                require_organisation(tx, organisation).await?;
                tx.insert_membership(&membership).await.map_err(clash)?;
                let recorded = tx.record(by, Event::MembershipCreated { membership: id, person, organisation, roles }).await?;
                Ok(Outcome::Changed(membership, recorded))
            })
        })
        .await
    }

    /// Gives a member other roles.
    pub async fn set_roles(&self, context: &Context, id: MembershipId, roles: Roles) -> Result<Changed<Membership>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                let mut membership = managed(tx, id, &caller).await?;
                let before = membership.roles;
                if before == roles {
                    return Ok(Outcome::Unchanged(membership));
                }
                keep_an_owner(tx, &membership, roles).await?;
                tx.set_roles(id, roles).await?;
                membership.roles = roles;
                let recorded = tx.record(by, Event::MembershipChanged { membership: id, before, roles }).await?;
                Ok(Outcome::Changed(membership, recorded))
            })
        })
        .await
    }

    /// Moves a member to another organisation, tokens and all.
    pub async fn move_member(
        &self,
        context: &Context,
        id: MembershipId,
        organisation: OrganisationId,
        roles: Option<Roles>,
    ) -> Result<Changed<Membership>, Error> {
        context.caller.require_operator()?;
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                let mut membership = managed(tx, id, &caller).await?;
                let from = membership.organisation;
                if from == organisation {
                    return Err(Abort::Refused(Error::invalid("organisation", "the person is a member there already")));
                }
                require_organisation(tx, organisation).await?;
                keep_an_owner(tx, &membership, Roles::NONE).await?;
                let roles = roles.unwrap_or(membership.roles);
                tx.move_membership(id, organisation, roles).await.map_err(clash)?;
                membership.organisation = organisation;
                membership.roles = roles;
                let recorded = tx.record(by, Event::MembershipMoved { membership: id, from, organisation, roles }).await?;
                Ok(Outcome::Changed(membership, recorded))
            })
        })
        .await
    }

    /// Ends a membership and every token that hangs from it.
    pub async fn remove_member(&self, context: &Context, id: MembershipId) -> Result<Changed<()>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let caller = caller.clone();
            Box::pin(async move {
                let membership = managed(tx, id, &caller).await?;
                keep_an_owner(tx, &membership, Roles::NONE).await?;
                let recorded = end(tx, by, &membership).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }
}

/// Ends a membership inside a change: its tokens, then itself.
pub(crate) async fn end(tx: &mut Tx<'_>, by: &By, membership: &Membership) -> Result<Recorded, Abort<Error>> {
    let secrets = tx.live_token_secrets_of_membership(membership.id).await?;
    crate::personal_token::revoke(tx, by, secrets).await?;
    let grants = tx.live_grants_of_membership(membership.id).await?;
    crate::grant::end(tx, by, &grants).await?;
    tx.delete_membership(membership.id).await?;
    let Membership { id, person, organisation, .. } = *membership;
    Ok(tx.record(by, Event::MembershipEnded { membership: id, person, organisation }).await?)
}

async fn managed(tx: &mut Tx<'_>, id: MembershipId, caller: &Caller) -> Result<Membership, Abort<Error>> {
    let membership = tx.membership(id).await?.ok_or(Abort::Refused(Error::NotFound))?;
    caller.require_management(membership.organisation, Right::PeopleWrite).map_err(Abort::Refused)?;
    Ok(membership)
}

async fn require_organisation(tx: &mut Tx<'_>, id: OrganisationId) -> Result<(), Abort<Error>> {
    match tx.organisation(id).await? {
        Some(_) => Ok(()),
        None => Err(Abort::Refused(Error::invalid("organisation", "there is no such organisation"))),
    }
}

/// An organisation that has an owner keeps one.
async fn keep_an_owner(tx: &mut Tx<'_>, membership: &Membership, roles: Roles) -> Result<(), Abort<Error>> {
    let loses_one = membership.roles.has(Role::Owner) && !roles.has(Role::Owner);
    if loses_one && tx.count_owners(membership.organisation).await? <= 1 {
        let detail = "the organisation would be left without an owner: make somebody else owner first";
        return Err(Abort::Refused(Error::Conflict { code: "last_owner", detail }));
    }
    Ok(())
}
