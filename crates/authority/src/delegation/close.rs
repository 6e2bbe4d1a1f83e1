//! Closing a delegation, now or at an announced moment, after a look at what that ends.

use domain::delegation::Delegation;
use domain::letter::Turn;
use domain::text::Reason;
use domain::{DelegationId, Event, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{Abort, By, DelegationFilter, Outcome, Page, Recorded, Tx};

use super::tell::tell;
use super::{Deed, DelegationView, Found, conflict, decider, impact, invalid, require_live, save, view, whole};
use crate::letter::Letters;
use crate::{Authority, Changed, Context, Error};

/// How many rows are read at once.
const PART: u32 = 500;

/// How a delegation is to be closed.
#[derive(Debug, Clone, Default)]
pub struct Closing {
    /// When; now where nothing is said.
    pub at: Option<Timestamp>,
    /// Why, for both sides to read.
    pub reason: Option<Reason>,
    /// The version of the impact that the caller has seen: where it is another by now, nothing is closed.
    pub if_impact: Option<String>,
}

/// What a closing did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// The delegation.
    pub delegation: DelegationView,
    /// How many delegations were closed with it, itself among them; none where the closing was announced.
    pub closed: u64,
}

impl Authority {
    /// Closes a delegation and everything that passes it on, in one step; or announces that it will be.
    pub async fn close_delegation(&self, context: &Context, id: DelegationId, closing: Closing) -> Result<Changed<Closed>, Error> {
        let decider = decider(&context.caller);
        let (caller, verifier, letters) = (context.caller.clone(), self.verifier.clone(), self.letters());
        let closed = self.change(context, move |tx, by| {
            let (caller, verifier, closing, letters) = (caller.clone(), verifier.clone(), closing.clone(), letters.clone());
            Box::pin(async move {
                let mut found = Found::read(tx, &caller, id).await?;
                found.allow(&caller, Deed::Close)?;
                let mut delegation = found.delegation()?.clone();
                if delegation.over_at.is_some() {
                    let delegation = view::of(tx, found, by.at).await?;
                    return Ok(Outcome::Unchanged(Closed { delegation, closed: 0 }));
                }
                if let Some(seen) = &closing.if_impact
                    && impact::of(tx, &verifier, &found, by.at).await?.version != *seen
                {
                    return Err(conflict("impact_changed", "what the closing ends is not what it was: look at the impact again"));
                }
                delegation.decided_by = decider;
                delegation.reason = closing.reason;
                let (closed, recorded) = match closing.at.map(whole).filter(|at| *at > by.at) {
                    None => end(tx, by, &mut found, delegation, &letters).await?,
                    Some(at) => {
                        let recorded = announce(tx, by, &mut found, (delegation, at)).await?;
                        tell(tx, by.at, &letters, (found.delegation()?, Turn::WillClose { at })).await?;
                        (0, recorded)
                    }
                };
                let delegation = view::of(tx, found, by.at).await?;
                Ok(Outcome::Changed(Closed { delegation, closed }, recorded))
            })
        });
        let closed = closed.await?;
        self.letters_written();
        Ok(closed)
    }
}

/// Closes a delegation and what passes it on, and tells of it; `delegation` says why and who. Says how many.
pub(super) async fn end(
    tx: &mut Tx<'_>,
    by: &By,
    found: &mut Found,
    delegation: Delegation,
    letters: &Letters,
) -> Result<(u64, Recorded), Abort<Error>> {
    let ended = impact::ended_by(tx, delegation.id).await?;
    for ended in &ended {
        // Why the one above was closed is for its own two sides.
        let ended = if ended.id == delegation.id { &delegation } else { ended };
        tell(tx, by.at, letters, (ended, Turn::Closed)).await?;
    }
    let delegations: Vec<DelegationId> = ended.iter().map(|ended| ended.id).collect();
    let closed = tx.close_delegation(&delegation, by.at).await?;
    let at = Some(by.at);
    found.replace(Delegation { closed_at: at, over_at: at, revision: delegation.revision + 1, ..delegation });
    Ok((closed, tx.record(by, Event::DelegationsClosed { delegations }).await?))
}

/// Closes every delegation of a workspace.
pub(crate) async fn close_all_of(tx: &mut Tx<'_>, by: &By, workspace: WorkspaceId, letters: &Letters) -> Result<(), Abort<Error>> {
    let filter = DelegationFilter { workspace: Some(workspace), live: true, ..DelegationFilter::default() };
    let (mut page, mut all) = (Page::first(PART), Vec::new());
    loop {
        let part = tx.delegations(filter, page).await?;
        page.after = part.last().map(|last| *last.id.as_bytes());
        let more = part.len() == PART as usize;
        all.extend(part);
        if !more {
            break;
        }
    }
    all.sort_by_key(|delegation| delegation.depth);
    for delegation in all.iter().filter(|delegation| delegation.parent.is_none()) {
        tx.close_delegation(delegation, by.at).await?;
    }
    for delegation in &all {
        tell(tx, by.at, letters, (delegation, Turn::Closed)).await?;
    }
    let delegations: Vec<DelegationId> = all.iter().map(|delegation| delegation.id).collect();
    if !delegations.is_empty() {
        tx.record(by, Event::DelegationsClosed { delegations }).await?;
    }
    Ok(())
}

async fn announce(
    tx: &mut Tx<'_>,
    by: &By,
    found: &mut Found,
    (mut delegation, at): (Delegation, Timestamp),
) -> Result<Recorded, Abort<Error>> {
    require_live(found, by.at)?;
    if let Some(end) = delegation.ends_at.filter(|end| *end < at && !delegation.closing_announced) {
        return Err(invalid("at", format!("must not be later than {end}, when the delegation ends anyway")));
    }
    if let Some(end) = domain::chain::Chain::new(&found.chain[..found.chain.len() - 1]).and_then(|above| above.ends_at())
        && end < at
    {
        return Err(invalid("at", format!("must not be later than {end}, the end of what it passes on")));
    }
    delegation.ends_at = Some(at);
    delegation.closing_announced = true;
    save(tx, &mut delegation).await?;
    let not_after = delegation.not_after().unwrap_or(at);
    let event = Event::DelegationClosingAnnounced { delegation: delegation.id, not_after };
    found.replace(delegation);
    Ok(tx.record(by, event).await?)
}
