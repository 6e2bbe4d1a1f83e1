//! What either side decides about a delegation: accept, decline, pause, resume, confirm.

use domain::letter::Turn;
use domain::text::Reason;
use domain::{DelegationId, Event, Timestamp};
use store::Outcome;

use super::tell::tell;
use super::{Deed, DelegationView, conflict, decider, invalid, require_live, save, whole};
use crate::{Authority, Changed, Context, Error};

impl Authority {
    /// Accepts an offered delegation: it counts from now on, or from its opening on.
    pub async fn accept_delegation(&self, context: &Context, id: DelegationId) -> Result<Changed<DelegationView>, Error> {
        let letters = self.letters();
        let accepted = self.change_delegation(context, (id, Deed::Answer), move |tx, by, found| {
            let letters = letters.clone();
            Box::pin(async move {
                let mut changed = found.delegation()?.clone();
                if changed.accepted_at.is_some() {
                    return Ok(Outcome::Unchanged(()));
                }
                require_live(found, by.at)?;
                changed.accepted_at = Some(by.at);
                save(tx, &mut changed).await?;
                tell(tx, by.at, &letters, (&changed, Turn::Opened)).await?;
                found.replace(changed);
                let recorded = tx.record(by, Event::DelegationAccepted { delegation: id }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        });
        let accepted = accepted.await?;
        self.letters_written();
        Ok(accepted)
    }

    /// Declines an offered delegation: it is closed without ever having counted.
    pub async fn decline_delegation(
        &self,
        context: &Context,
        id: DelegationId,
        reason: Option<Reason>,
    ) -> Result<Changed<DelegationView>, Error> {
        let letters = self.letters();
        let declined = self.change_delegation(context, (id, Deed::Answer), move |tx, by, found| {
            let (reason, letters) = (reason.clone(), letters.clone());
            Box::pin(async move {
                let mut changed = found.delegation()?.clone();
                if changed.over_at.is_some() {
                    return Ok(Outcome::Unchanged(()));
                }
                if changed.accepted_at.is_some() {
                    return Err(conflict("delegation_accepted", "the delegation was accepted already"));
                }
                changed.reason = reason;
                let (_, recorded) = super::close::end(tx, by, found, changed, &letters).await?;
                Ok(Outcome::Changed((), recorded))
            })
        });
        let declined = declined.await?;
        self.letters_written();
        Ok(declined)
    }

    /// Pauses a delegation and everything that passes it on, or lets them count again.
    pub async fn pause_delegation(
        &self,
        context: &Context,
        id: DelegationId,
        pause: Option<Option<Reason>>,
    ) -> Result<Changed<DelegationView>, Error> {
        let decider = decider(&context.caller);
        self.change_delegation(context, (id, Deed::Rule), move |tx, by, found| {
            let pause = pause.clone();
            Box::pin(async move {
                let mut changed = found.delegation()?.clone();
                require_live(found, by.at)?;
                if changed.accepted_at.is_none() {
                    return Err(conflict("delegation_not_accepted", "the delegation was not accepted yet: close it instead"));
                }
                if changed.paused_at.is_some() == pause.is_some() {
                    return Ok(Outcome::Unchanged(()));
                }
                let event = match pause {
                    Some(reason) => {
                        changed.paused_at = Some(by.at);
                        changed.reason = reason.or(changed.reason.take());
                        changed.decided_by = decider;
                        Event::DelegationPaused { delegation: id }
                    }
                    None => {
                        changed.paused_at = None;
                        // An announced closing keeps its reason.
                        changed.reason = changed.reason.take().filter(|_| changed.closing_announced);
                        Event::DelegationResumed { delegation: id }
                    }
                };
                save(tx, &mut changed).await?;
                found.replace(changed);
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }

    /// Confirms at its review that a delegation is still wanted: until the next review, or for good.
    pub async fn confirm_delegation(
        &self,
        context: &Context,
        id: DelegationId,
        next: Option<Timestamp>,
    ) -> Result<Changed<DelegationView>, Error> {
        let next = next.map(whole);
        self.change_delegation(context, (id, Deed::Rule), move |tx, by, found| {
            Box::pin(async move {
                let mut changed = found.delegation()?.clone();
                require_live(found, by.at)?;
                let Some(review) = changed.review_at else {
                    return Err(conflict("nothing_to_confirm", "the delegation has no review"));
                };
                if next.is_some_and(|next| next <= review) {
                    return Err(invalid("review_at", format!("must be later than {review}, when it would lapse now")));
                }
                changed.review_at = next;
                save(tx, &mut changed).await?;
                let event = Event::DelegationConfirmed { delegation: id, not_after: changed.not_after() };
                found.replace(changed);
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }
}
