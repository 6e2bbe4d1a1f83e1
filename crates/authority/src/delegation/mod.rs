//! Delegations: opened, accepted, paused, changed, confirmed, closed; each side sees its own.

pub(crate) mod again;
mod close;
mod decide;
mod impact;
mod open;
mod tell;
mod update;
mod view;
mod work;

use std::sync::Arc;

use domain::delegation::{Delegation, DelegationState};
use domain::person::Role;
use domain::{DelegationId, OrganisationId, PersonId, Timestamp};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use store::{Abort, By, Outcome, Reader, Tx};

pub(crate) use close::close_all_of;
pub use close::{Closed, Closing};
pub use impact::{EndedCredential, EndedDelegation, Impact};
pub use open::{Named, NewDelegation};
pub(crate) use tell::tell;
pub use update::DelegationUpdate;
pub use view::{DelegationView, Wanted};
pub use work::DELEGATION_USE_DAYS;

use crate::change::Work;
use crate::{Authority, Caller, Changed, Context, Error, Right};

/// On which side of a delegation somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Runs the installation: sees everything.
    Operator,
    /// Gives it.
    Giver,
    /// Gave one that it passes on, or owns the workspace: sees the chain, may close it.
    Above,
    /// Gets it: sees what it is about and how long, not the workspace's name nor the giver's notes.
    Receiver,
}

/// Who may do a thing to a delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// Whoever gives it.
    Rule,
    /// Whoever gives it, or stands above it.
    Close,
    /// Whoever gets it.
    Answer,
}

/// A delegation with those above it, and on which side the caller stands.
struct Found {
    chain: Vec<Delegation>,
    side: Side,
}

impl Found {
    /// Finds a delegation that the caller may see: what is somebody else's cannot be told from what is not there.
    async fn read(reader: &mut Reader<'_>, caller: &Caller, id: DelegationId) -> Result<Self, Abort<Error>> {
        let chain = reader.delegation_chain(id).await?;
        match side(caller, &chain) {
            Some(side) => Ok(Self { chain, side }),
            None => Err(Abort::Refused(Error::NotFound)),
        }
    }

    fn delegation(&self) -> Result<&Delegation, Abort<Error>> {
        self.chain.last().ok_or(Abort::Refused(Error::NotFound))
    }

    fn state(&self, now: Timestamp) -> Option<DelegationState> {
        Some(domain::chain::Chain::new(&self.chain)?.state(now))
    }

    /// Puts the changed delegation in the place of the one that was read.
    fn replace(&mut self, changed: Delegation) {
        if let Some(last) = self.chain.last_mut() {
            *last = changed;
        }
    }

    /// Whether who stands on this side may do this.
    fn stands(&self, deed: Deed) -> bool {
        match (deed, self.side) {
            (_, Side::Operator) => true,
            (Deed::Rule, side) => side == Side::Giver,
            (Deed::Close, side) => side != Side::Receiver,
            (Deed::Answer, side) => side == Side::Receiver,
        }
    }

    /// Refuses whoever may see it but not do this.
    fn allow(&self, caller: &Caller, deed: Deed) -> Result<(), Abort<Error>> {
        if self.stands(deed) && leads(caller) { Ok(()) } else { Err(Abort::Refused(Error::Forbidden)) }
    }
}

/// On which side of the last of a chain the caller stands, if on any.
fn side(caller: &Caller, chain: &[Delegation]) -> Option<Side> {
    let (last, above) = chain.split_last()?;
    let Caller::Person(person) = caller else { return Some(Side::Operator) };
    let own = person.organisation;
    match () {
        () if last.from == own => Some(Side::Giver),
        () if above.iter().any(|delegation| delegation.from == own) => Some(Side::Above),
        () if last.to == own => Some(Side::Receiver),
        () => None,
    }
}

/// Whether the caller manages its organisation's delegations.
fn leads(caller: &Caller) -> bool {
    match caller {
        Caller::Operator { .. } | Caller::OperatorPerson { .. } | Caller::System => true,
        Caller::Client { .. } => false,
        Caller::Person(person) => {
            let role = person.roles.has(Role::Owner) || person.roles.has(Role::ProjectManager);
            role && person.rights.contains(&Right::DelegationsWrite)
        }
    }
}

/// Whether the caller manages the delegations of this organisation.
fn leads_of(caller: &Caller, organisation: OrganisationId) -> bool {
    leads(caller) && !matches!(caller, Caller::Person(person) if person.organisation != organisation)
}

/// Refuses what cannot be done to a delegation that is over.
fn require_live(found: &Found, now: Timestamp) -> Result<(), Abort<Error>> {
    match found.state(now) {
        Some(DelegationState::Closed | DelegationState::Ended) | None => {
            Err(conflict("delegation_over", "the delegation is over: open a new one instead"))
        }
        Some(_) => Ok(()),
    }
}

/// The person who decides, if it is one.
fn decider(caller: &Caller) -> Option<PersonId> {
    if let Caller::Person(person) = caller { Some(person.id) } else { None }
}

fn conflict(code: &'static str, detail: &'static str) -> Abort<Error> {
    Abort::Refused(Error::Conflict { code, detail })
}

fn invalid(field: &'static str, problem: impl ToString) -> Abort<Error> {
    Abort::Refused(Error::invalid(field, problem))
}

/// The whole second that a moment lies in: the index keeps no less.
fn whole(moment: Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(moment.unix_seconds())
}

/// Writes a changed delegation, raising its revision; a later one there refuses it.
async fn save(tx: &mut Tx<'_>, delegation: &mut Delegation) -> Result<(), Abort<Error>> {
    let read = delegation.revision;
    delegation.revision += 1;
    if tx.update_delegation(delegation, read).await? { Ok(()) } else { Err(Abort::Refused(Error::Stale)) }
}

impl Authority {
    /// One delegation, as the caller may see it.
    pub async fn delegation(&self, caller: &Caller, id: DelegationId, now: Timestamp) -> Result<DelegationView, Error> {
        caller.require(Right::DelegationsRead)?;
        let caller = caller.clone();
        let read = self.store.read(move |reader| {
            Box::pin(async move {
                match Found::read(reader, &caller, id).await {
                    Ok(found) => view::of(reader, found, now).await.map(Ok),
                    Err(Abort::Refused(error)) => Ok(Err(error)),
                    Err(Abort::Store(error)) => Err(error),
                }
            })
        });
        read.await?
    }

    /// Runs a change of one delegation: finds it, lets the caller do this deed, and gives what it has become.
    fn change_delegation<'c, F>(
        &'c self,
        context: &'c Context,
        (id, deed): (DelegationId, Deed),
        work: F,
    ) -> BoxFuture<'c, Result<Changed<DelegationView>, Error>>
    where
        F: for<'a> Fn(&'a mut Tx<'_>, &'a By, &'a mut Found) -> BoxFuture<'a, Work<()>> + Send + Sync + 'static,
    {
        let (caller, work) = (context.caller.clone(), Arc::new(work));
        Box::pin(self.change(context, move |tx, by| {
            let (caller, work) = (caller.clone(), work.clone());
            Box::pin(async move {
                let mut found = Found::read(tx, &caller, id).await?;
                found.allow(&caller, deed)?;
                let outcome = work(tx, by, &mut found).await?;
                let view = view::of(tx, found, by.at).await?;
                Ok(match outcome {
                    Outcome::Changed((), recorded) => Outcome::Changed(view, recorded),
                    Outcome::Kept(()) => Outcome::Kept(view),
                    Outcome::Unchanged(()) => Outcome::Unchanged(view),
                })
            })
        }))
    }
}
