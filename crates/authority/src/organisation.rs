//! Organisations: made, renamed, suspended, resumed.

use domain::organisation::Organisation;
use domain::text::{Email, Name, Reason};
use domain::{Event, OrganisationId};
use store::{Abort, Outcome};

use crate::{Authority, Caller, Changed, Context, Error, Right};

/// What is asked for a new organisation.
#[derive(Debug, Clone)]
pub struct NewOrganisation {
    /// Its name, unique without regard to case.
    pub name: Name,
}

impl Authority {
    /// Makes an organisation.
    pub async fn create_organisation(&self, context: &Context, new: NewOrganisation) -> Result<Changed<Organisation>, Error> {
        context.caller.require_operator()?;
        let id = OrganisationId::generate(context.now, &*self.entropy)?;
        let organisation = Organisation { id, name: new.name, created_at: context.now, suspended_at: None };
        self.change(context, move |tx, by| {
            let organisation = organisation.clone();
            Box::pin(async move {
                tx.insert_organisation(&organisation).await.map_err(clash)?;
                let recorded = tx.record(by, Event::OrganisationCreated { organisation: organisation.id }).await?;
                Ok(Outcome::Changed(organisation, recorded))
            })
        })
        .await
    }

    /// Gives an organisation another name.
    pub async fn rename_organisation(&self, context: &Context, id: OrganisationId, name: Name) -> Result<Changed<Organisation>, Error> {
        context.caller.require_operator()?;
        self.change(context, move |tx, by| {
            let name = name.clone();
            Box::pin(async move {
                tx.rename_organisation(id, &name).await.map_err(clash)?;
                let organisation = tx.organisation(id).await?.ok_or(Abort::Refused(Error::NotFound))?;
                let recorded = tx.record(by, Event::OrganisationRenamed { organisation: id }).await?;
                Ok(Outcome::Changed(organisation, recorded))
            })
        })
        .await
    }

    /// How an organisation is reached, and why it is suspended, where that was said: for its administrators and operators.
    pub async fn organisation_contact(&self, caller: &Caller, id: OrganisationId) -> Result<(Option<Email>, Option<Reason>), Error> {
        caller.require_management(id, Right::PeopleRead)?;
        Ok(self.store.read(move |reader| Box::pin(async move { reader.organisation_contact(id).await })).await?)
    }

    /// Changes what an organisation is called and how it is reached, for its administrators.
    pub async fn change_organisation(
        &self,
        context: &Context,
        id: OrganisationId,
        (name, contact): (Name, Option<Email>),
    ) -> Result<Changed<Organisation>, Error> {
        context.caller.require_management(id, Right::PeopleWrite)?;
        self.change(context, move |tx, by| {
            let (name, contact) = (name.clone(), contact.clone());
            Box::pin(async move {
                let mut recorded = None;
                if tx.rename_organisation(id, &name).await.map_err(clash)? {
                    recorded = Some(tx.record(by, Event::OrganisationRenamed { organisation: id }).await?);
                }
                if tx.set_organisation_contact(id, contact.as_ref()).await? {
                    recorded = Some(tx.record(by, Event::OrganisationChanged { organisation: id }).await?);
                }
                let organisation = tx.organisation(id).await?.ok_or(Abort::Refused(Error::NotFound))?;
                Ok(recorded.map_or(Outcome::Unchanged(organisation.clone()), |recorded| Outcome::Changed(organisation, recorded)))
            })
        })
        .await
    }

    /// Suspends an organisation, so that nothing of it works, or lets it work again, and says why where that is known. Asking for what is
    /// so already changes nothing.
    pub async fn suspend_organisation(&self, context: &Context, id: OrganisationId, suspend: bool) -> Result<Changed<Organisation>, Error> {
        context.caller.require_operator()?;
        let reason = context.reason.clone();
        self.change(context, move |tx, by| {
            let reason = reason.clone();
            Box::pin(async move {
                let changed = tx.set_organisation_suspended(id, suspend.then_some(by.at)).await?;
                let organisation = tx.organisation(id).await?.ok_or(Abort::Refused(Error::NotFound))?;
                if !changed {
                    return Ok(Outcome::Unchanged(organisation));
                }
                if let Some(reason) = &reason {
                    tx.give_suspension_reason(id, Some(reason)).await?;
                }
                let event = if suspend {
                    Event::OrganisationSuspended { organisation: id }
                } else {
                    Event::OrganisationResumed { organisation: id }
                };
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed(organisation, recorded))
            })
        })
        .await
    }
}

/// A clash with a unique constraint is the use case's refusal, not an outage.
pub(crate) fn clash(error: store::StoreError) -> Abort<Error> {
    // Anything else is an outage: it may pass, and then the change is run again.
    if let store::StoreError::Conflict(_) = error { Abort::Refused(error.into()) } else { Abort::Store(error) }
}
