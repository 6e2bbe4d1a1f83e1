//! The people who run the installation: appointed, dismissed; what they look at, and what they do for others.

use std::time::Duration;

use domain::person::Person;
use domain::text::Reason;
use domain::view::ViewedPart;
use domain::{Event, OrganisationId, PersonId, Timestamp, ViewId};
use store::{Abort, Outcome, Reader, StoreError, Tx, View};

use crate::{Authority, Caller, Changed, Context, Error};

/// For how long a look at an organisation is open.
const VIEW_OPEN_FOR: Duration = Duration::from_secs(60 * 60);

/// A person who runs the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Who. Suspended, they cannot.
    pub person: Person,
    /// Since when.
    pub appointed_at: Timestamp,
    /// Whether they are asked for a second factor.
    pub has_second_factor: bool,
}

impl Authority {
    /// Whether a person is one of those who run the installation.
    pub async fn runs_installation(&self, id: PersonId) -> Result<bool, Error> {
        Ok(self.store.read(move |reader| Box::pin(async move { reader.is_operator(id).await })).await?)
    }

    /// All who do, for operators.
    pub async fn operators(&self, caller: &Caller) -> Result<Vec<Operator>, Error> {
        caller.require_operator()?;
        Ok(self.store.read(|reader| Box::pin(async move { operators(reader).await })).await?)
    }

    /// Makes a person one of them. Whoever is one already stays it.
    pub async fn appoint_operator(&self, context: &Context, id: PersonId) -> Result<Changed<()>, Error> {
        context.caller.require_operator()?;
        self.change(context, move |tx, by| {
            Box::pin(async move {
                live_person(tx, id).await?;
                if !tx.appoint_operator(id, by.at).await? {
                    return Ok(Outcome::Unchanged(()));
                }
                Ok(Outcome::Changed((), tx.record(by, Event::OperatorAppointed { person: id }).await?))
            })
        })
        .await
    }

    /// Makes a person none of them. One of them, on a page, cannot dismiss the last who can work: nobody could open those pages any more.
    /// An operator token can, as it can appoint another.
    pub async fn dismiss_operator(&self, context: &Context, id: PersonId) -> Result<Changed<()>, Error> {
        context.caller.require_operator()?;
        let on_a_page = matches!(context.caller, Caller::OperatorPerson { .. });
        self.change(context, move |tx, by| {
            Box::pin(async move {
                if !tx.dismiss_operator(id).await? {
                    return Err(Abort::Refused(Error::NotFound));
                }
                let left = operators(tx).await?;
                if on_a_page && left.iter().all(|operator| operator.person.suspended_at.is_some()) {
                    let detail = "this is the last operator: appoint another one first";
                    return Err(Abort::Refused(Error::Conflict { code: "last_operator", detail }));
                }
                Ok(Outcome::Changed((), tx.record(by, Event::OperatorDismissed { person: id }).await?))
            })
        })
        .await
    }

    /// Begins a look at a part of what is an organisation's, which its log tells with the reason.
    pub async fn view_organisation(
        &self,
        context: &Context,
        organisation: OrganisationId,
        (part, reason): (ViewedPart, Reason),
    ) -> Result<ViewId, Error> {
        let Caller::OperatorPerson { id: person, .. } = context.caller else { return Err(Error::Forbidden) };
        let id = ViewId::generate(context.now, &*self.entropy)?;
        let view = View { id, organisation, person, part, reason, begun_at: context.now };
        let over = context.now.saturating_sub(VIEW_OPEN_FOR);
        let context = Context { reason: Some(view.reason.clone()), ..context.clone() };
        let begun = self.commit(&context, move |tx, by| {
            let view = view.clone();
            Box::pin(async move {
                if tx.organisation(organisation).await?.is_none() {
                    return Err(Abort::Refused(Error::NotFound));
                }
                tx.insert_organisation_view(&view, over).await?;
                Ok(Outcome::Changed((), tx.record(by, Event::OrganisationViewed { organisation, part }).await?))
            })
        });
        begun.await.map(|_| id)
    }

    /// A look of the caller's that is still open.
    pub async fn organisation_view(&self, caller: &Caller, id: ViewId, now: Timestamp) -> Result<View, Error> {
        let Caller::OperatorPerson { id: person, .. } = *caller else { return Err(Error::NotFound) };
        let since = now.saturating_sub(VIEW_OPEN_FOR);
        let found = self.store.read(move |reader| Box::pin(async move { reader.organisation_view(id, since).await })).await?;
        found.filter(|view| view.person == person).ok_or(Error::NotFound)
    }
}

async fn live_person(tx: &mut Tx<'_>, id: PersonId) -> Result<Person, Abort<Error>> {
    let found = tx.person(id).await?.filter(|person| person.erased_at.is_none());
    found.ok_or(Abort::Refused(Error::NotFound))
}

async fn operators(reader: &mut Reader<'_>) -> Result<Vec<Operator>, StoreError> {
    let mut operators = Vec::new();
    for (id, appointed_at) in reader.operators().await? {
        let Some(person) = reader.person(id).await? else { continue };
        operators.push(Operator { person, appointed_at, has_second_factor: reader.has_second_factor(id).await? });
    }
    Ok(operators)
}
