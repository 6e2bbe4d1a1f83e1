//! Organisations that let only members in who prove who they are with a second factor, too.
//!
//! Whoever has none is no member there as far as pages, consents and the management API go, and gets no personal token there. What
//! they have goes on working at APIs: a check asks for no person.

use domain::{Event, OrganisationId, PersonId};
use store::{Abort, Outcome, Reader, StoreError};

use crate::{Authority, Caller, Changed, Context, Error, Right};

/// The refusal of somebody who must set one up first.
pub const SECOND_FACTOR_REQUIRED: Error =
    Error::Conflict { code: "second_factor_required", detail: "the organisation asks its members for a second factor" };
/// The refusal of a caller who has none, and would be the first to be kept out.
const SECOND_FACTOR_FIRST: Error =
    Error::Conflict { code: "second_factor_first", detail: "whoever asks others for a second factor has one" };

impl Authority {
    /// Whether an organisation asks its members for a second factor, and how many of them have none: for who manages them.
    pub async fn second_factor_policy(&self, caller: &Caller, id: OrganisationId) -> Result<(bool, u64), Error> {
        caller.require_management(id, Right::PeopleRead)?;
        let read = self.store.read(move |reader| {
            Box::pin(async move { Ok((reader.second_factor_required(id).await?, reader.members_without_second_factor(id).await?)) })
        });
        Ok(read.await?)
    }

    /// Lets an organisation ask its members for a second factor, or no longer. Who asks for it has one.
    pub async fn require_second_factor(&self, context: &Context, id: OrganisationId, required: bool) -> Result<Changed<()>, Error> {
        context.caller.require_management(id, Right::PeopleWrite)?;
        let person = if let Caller::Person(caller) = &context.caller { Some(caller.id) } else { None };
        self.change(context, move |tx, by| {
            Box::pin(async move {
                if let (Some(person), true) = (person, required)
                    && !tx.has_second_factor(person).await?
                {
                    return Err(Abort::Refused(SECOND_FACTOR_FIRST));
                }
                if !tx.require_second_factor(id, required).await? {
                    return Ok(Outcome::Unchanged(()));
                }
                let recorded = tx.record(by, Event::SecondFactorPolicyChanged { organisation: id, required }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }

    /// Refuses a person who acts in an organisation that asks for a second factor, and has none.
    pub async fn admit_with_second_factor(&self, caller: &Caller) -> Result<(), Error> {
        let Caller::Person(person) = caller else { return Ok(()) };
        let (id, organisation) = (person.id, person.organisation);
        let lacks = self.store.read(move |reader| Box::pin(async move { lacks(reader, id, organisation).await })).await?;
        if lacks { Err(SECOND_FACTOR_REQUIRED) } else { Ok(()) }
    }
}

/// Whether an organisation asks a member of it for a second factor who has none.
pub(crate) async fn lacks(reader: &mut Reader<'_>, person: PersonId, organisation: OrganisationId) -> Result<bool, StoreError> {
    Ok(reader.second_factor_lacking(person).await?.contains(&organisation))
}
