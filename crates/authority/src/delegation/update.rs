//! Changing what a delegation allows, for how long, and what is said about it.

use domain::delegation::Delegation;
use domain::permission::Permissions;
use domain::text::{Description, Note};
use domain::{DelegationId, Event, Timestamp};
use store::{Abort, Outcome};

use super::open::problems;
use super::{Deed, DelegationView, require_live, save, whole};
use crate::{Authority, Changed, Context, Error};

/// What is to be different about a delegation.
#[derive(Debug, Clone, Default)]
pub struct DelegationUpdate {
    /// Another description.
    pub description: Option<Description>,
    /// Another note; `Some(None)` takes it away.
    pub note: Option<Option<Note>>,
    /// Other permissions.
    pub permissions: Option<Permissions>,
    /// Whether it may be passed on from now on. What was passed on before stays.
    pub may_pass_on: Option<bool>,
    /// Another moment from which it counts.
    pub opens_at: Option<Timestamp>,
    /// Another end; `Some(None)` takes it away. An announced closing is taken back with it.
    pub ends_at: Option<Option<Timestamp>>,
    /// Another moment at which it lapses unless it is confirmed; `Some(None)` takes it away.
    pub review_at: Option<Option<Timestamp>>,
    /// The revision that the caller has read; a later one there refuses the change.
    pub expected_revision: Option<i64>,
}

impl DelegationUpdate {
    fn apply(&self, delegation: &mut Delegation) {
        let update = self.clone();
        delegation.description = update.description.unwrap_or(delegation.description.clone());
        delegation.note = update.note.unwrap_or(delegation.note.clone());
        delegation.permissions = update.permissions.unwrap_or(delegation.permissions.clone());
        delegation.may_pass_on = update.may_pass_on.unwrap_or(delegation.may_pass_on);
        delegation.opens_at = update.opens_at.map_or(delegation.opens_at, whole);
        delegation.review_at = update.review_at.map_or(delegation.review_at, |at| at.map(whole));
        if let Some(ends_at) = update.ends_at {
            delegation.ends_at = ends_at.map(whole);
            delegation.closing_announced = false;
            delegation.reason = None;
        }
    }

    /// The members that it changes: what was allowed before is not judged anew.
    fn touches(&self, field: &str) -> bool {
        match field {
            "permissions" => self.permissions.is_some(),
            "ends_at" => self.ends_at.is_some() || self.opens_at.is_some(),
            "review_at" => self.review_at.is_some(),
            _ => false,
        }
    }
}

impl Authority {
    /// Changes a delegation. What passes it on is narrowed with it, at once.
    pub async fn update_delegation(
        &self,
        context: &Context,
        id: DelegationId,
        update: DelegationUpdate,
    ) -> Result<Changed<DelegationView>, Error> {
        let verifier = self.verifier.clone();
        self.change_delegation(context, (id, Deed::Rule), move |tx, by, found| {
            let (update, verifier) = (update.clone(), verifier.clone());
            Box::pin(async move {
                let mut changed = found.delegation()?.clone();
                if update.expected_revision.is_some_and(|expected| expected != changed.revision) {
                    return Err(Abort::Refused(Error::Stale));
                }
                require_live(found, by.at)?;
                update.apply(&mut changed);
                let above = &found.chain[..found.chain.len() - 1];
                let mut problems = problems(&verifier, above, &changed, by.at);
                problems.retain(|(field, _)| update.touches(field));
                if !problems.is_empty() {
                    return Err(Abort::Refused(Error::Invalid(problems)));
                }
                save(tx, &mut changed).await?;
                let event = Event::DelegationChanged {
                    delegation: id,
                    permissions: changed.permissions.clone(),
                    opens_at: changed.opens_at,
                    not_after: changed.not_after(),
                };
                found.replace(changed);
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }
}
