//! People: made known, changed, suspended, resumed, erased.

use domain::person::{Membership, Person, Roles, Settings};
use domain::text::{Email, Name};
use domain::{Event, MembershipId, OrganisationId, PersonId, Secret};
use store::{Abort, Outcome};

use crate::organisation::clash;
use crate::{Authority, Changed, Context, Error, Right, Which, session};

/// What is asked for a new person.
#[derive(Clone)]
pub struct NewPerson {
    /// Name.
    pub name: Name,
    /// Mail address, unique without regard to case.
    pub email: Email,
    /// Whether the address is proven; only who runs the installation may say so.
    pub email_verified: bool,
    /// A password to sign in with, if any.
    pub password: Option<Secret<String>>,
    /// The organisation to become a member of, and as what.
    pub member_of: Option<(OrganisationId, Roles)>,
}

/// What is to be different about a person.
#[derive(Debug, Clone, Default)]
pub struct PersonUpdate {
    /// Another name.
    pub name: Option<Name>,
    /// Another mail address.
    pub email: Option<Email>,
    /// Whether the address is proven; only who runs the installation may say so. Another address is not, unless said.
    pub email_verified: Option<bool>,
}

impl Authority {
    /// Makes a person known, and a member of an organisation if so asked.
    pub async fn create_person(&self, context: &Context, new: NewPerson) -> Result<Changed<Person>, Error> {
        match new.member_of {
            Some((organisation, _)) => context.caller.require_management(organisation, Right::PeopleWrite)?,
            None => context.caller.require_operator()?,
        }
        if new.email_verified {
            context.caller.require_operator()?;
        }
        let password_hash = match &new.password {
            Some(password) => Some(self.passwords.hash(password.clone(), &*self.entropy).await?),
            None => None,
        };
        let id = PersonId::generate(context.now, &*self.entropy)?;
        let membership = MembershipId::generate(context.now, &*self.entropy)?;
        let (name, email) = (Some(new.name), Some(new.email));
        let (email_verified, created_at) = (new.email_verified, context.now);
        let person = Person { id, name, email, email_verified, created_at, suspended_at: None, erased_at: None };
        self.change(context, move |tx, by| {
            let (person, password_hash) = (person.clone(), password_hash.clone());
            Box::pin(async move {
                tx.insert_person(&person, password_hash).await.map_err(clash)?;
                let mut recorded = tx.record(by, Event::PersonCreated { person: id }).await?;
                if let Some((organisation, roles)) = new.member_of {
                    if tx.organisation(organisation).await?.is_none() {
                        return Err(Abort::Refused(Error::invalid("organisation", "there is no such organisation")));
                    }
                    let member = Membership { id: membership, person: id, organisation, roles, created_at: by.at };
                    tx.insert_membership(&member).await.map_err(clash)?;
                    recorded = tx.record(by, Event::MembershipCreated { membership, person: id, organisation, roles }).await?;
                }
                Ok(Outcome::Changed(person, recorded))
            })
        })
        .await
    }

    /// Changes a person's name or mail address.
    pub async fn update_person(&self, context: &Context, id: PersonId, update: PersonUpdate) -> Result<Changed<Person>, Error> {
        let caller = context.caller.clone();
        if update.email_verified.is_some() {
            caller.require_operator()?;
        }
        let letters = self.letters();
        let changed = self.change(context, move |tx, by| {
            let (caller, update, letters) = (caller.clone(), update.clone(), letters.clone());
            Box::pin(async move {
                let mut person = live_person(tx, id, &caller).await?;
                person.name = update.name.or(person.name);
                if let Some(email) = update.email {
                    crate::mail_address::tell_the_old(tx, &letters, (&person, by.at), &email).await?;
                    person.email_verified &= crate::mail_link::is_of(&person, &email);
                    person.email = Some(email);
                }
                person.email_verified = update.email_verified.unwrap_or(person.email_verified);
                tx.update_person(&person).await.map_err(clash)?;
                let recorded = tx.record(by, Event::PersonChanged { person: id }).await?;
                Ok(Outcome::Changed(person, recorded))
            })
        });
        let changed = changed.await?;
        self.letters_written();
        Ok(changed)
    }

    /// Changes the caller's own name.
    pub async fn rename_oneself(&self, context: &Context, name: Name) -> Result<Changed<Person>, Error> {
        let crate::Caller::Person(caller) = &context.caller else { return Err(Error::Forbidden) };
        let id = caller.id;
        self.change(context, move |tx, by| {
            let name = name.clone();
            Box::pin(async move {
                let found = tx.person(id).await?.filter(|person| person.erased_at.is_none());
                let mut person = found.ok_or(Abort::Refused(Error::NotFound))?;
                if person.name.as_ref() == Some(&name) {
                    return Ok(Outcome::Unchanged(person));
                }
                person.name = Some(name);
                tx.update_person(&person).await.map_err(clash)?;
                let recorded = tx.record(by, Event::PersonChanged { person: id }).await?;
                Ok(Outcome::Changed(person, recorded))
            })
        })
        .await
    }

    /// Remembers how the caller wants pages and letters to be.
    pub async fn choose_settings(&self, context: &Context, settings: Settings) -> Result<(), Error> {
        let crate::Caller::Person(caller) = &context.caller else { return Err(Error::Forbidden) };
        let id = caller.id;
        let chosen = self.commit(context, move |tx, _| {
            Box::pin(async move {
                tx.set_person_settings(id, settings).await?;
                Ok(Outcome::Kept(()))
            })
        });
        chosen.await.map(drop)
    }

    /// Suspends a person, so that none of the person's credentials work, or lets them work again. Their sessions end.
    pub async fn suspend_person(&self, context: &Context, id: PersonId, suspend: bool) -> Result<Changed<Person>, Error> {
        // The person may be a member elsewhere too: only who runs the installation stops all of it.
        context.caller.require_operator()?;
        let caller = context.caller.clone();
        let changed = self
            .change(context, move |tx, by| {
                let caller = caller.clone();
                Box::pin(async move {
                    let mut person = live_person(tx, id, &caller).await?;
                    let suspended_at = suspend.then_some(by.at);
                    if !tx.set_person_suspended(id, suspended_at).await? {
                        return Ok(Outcome::Unchanged(person));
                    }
                    person.suspended_at = suspended_at;
                    if suspend {
                        session::end(tx, by, id, Which::All).await?;
                    }
                    let event = if suspend { Event::PersonSuspended { person: id } } else { Event::PersonResumed { person: id } };
                    let recorded = tx.record(by, event).await?;
                    Ok(Outcome::Changed(person, recorded))
                })
            })
            .await?;
        self.logout_notices_wait.notify_one();
        Ok(changed)
    }

    /// Erases a person: ends every token and membership, forgets name, mail address and password. The journal keeps the id only.
    pub async fn erase_person(&self, context: &Context, id: PersonId) -> Result<Changed<()>, Error> {
        context.caller.require_operator()?;
        let caller = context.caller.clone();
        let changed = self
            .change(context, move |tx, by| {
                let caller = caller.clone();
                Box::pin(async move {
                    live_person(tx, id, &caller).await?;
                    for membership in tx.memberships_of(id).await? {
                        super::membership::end(tx, by, &membership).await?;
                    }
                    session::end(tx, by, id, Which::All).await?;
                    if tx.dismiss_operator(id).await? {
                        tx.record(by, Event::OperatorDismissed { person: id }).await?;
                    }
                    tx.erase_person(id, by.at).await?;
                    let recorded = tx.record(by, Event::PersonErased { person: id }).await?;
                    Ok(Outcome::Changed((), recorded))
                })
            })
            .await?;
        self.logout_notices_wait.notify_one();
        Ok(changed)
    }
}

/// The person, where the caller may change it.
async fn live_person(tx: &mut store::Tx<'_>, id: PersonId, caller: &crate::Caller) -> Result<Person, Abort<Error>> {
    let person = tx.person(id).await?.filter(|person| person.erased_at.is_none()).ok_or(Abort::Refused(Error::NotFound))?;
    let member_of: Vec<OrganisationId> = tx.memberships_of(id).await?.iter().map(|membership| membership.organisation).collect();
    caller.require_person(id, &member_of, Right::PeopleWrite).map_err(Abort::Refused)?;
    Ok(person)
}
