//! What a restored backup does not know of delegations, made again as far as it ends something.

use domain::delegation::Delegation;
use domain::{DelegationId, Event};
use store::{By, StoreError, Tx};

/// Makes a change of a delegation again; says whether it changed anything.
pub(crate) async fn apply(tx: &mut Tx<'_>, by: &By, event: &Event) -> Result<bool, StoreError> {
    match event {
        Event::DelegationPaused { delegation } => change(tx, *delegation, |found| found.paused_at = Some(by.at)).await,
        Event::DelegationResumed { delegation } => change(tx, *delegation, |found| found.paused_at = None).await,
        Event::DelegationChanged { delegation, permissions, opens_at, not_after } => {
            change(tx, *delegation, |found| {
                found.permissions = permissions.clone();
                found.opens_at = *opens_at;
                // Which of both it is, end or review, the event does not say: it does not count from then on.
                (found.ends_at, found.closing_announced) = (*not_after, false);
                found.review_at = found.review_at.filter(|_| not_after.is_some());
            })
            .await
        }
        Event::DelegationConfirmed { delegation, not_after } => {
            change(tx, *delegation, |found| found.review_at = not_after.filter(|at| found.ends_at != Some(*at))).await
        }
        Event::DelegationClosingAnnounced { delegation, not_after } => {
            change(tx, *delegation, |found| (found.ends_at, found.closing_announced) = (Some(*not_after), true)).await
        }
        Event::DelegationsClosed { delegations } => close(tx, by, delegations).await,
        _ => Ok(false),
    }
}

async fn change(tx: &mut Tx<'_>, id: DelegationId, apply: impl FnOnce(&mut Delegation) + Send) -> Result<bool, StoreError> {
    let Some(mut found) = tx.delegation(id).await?.filter(|found| found.over_at.is_none()) else { return Ok(false) };
    apply(&mut found);
    let before = found.revision;
    found.revision += 1;
    tx.update_delegation(&found, before).await
}

/// Those that the backup has; what passes them on ends with them.
async fn close(tx: &mut Tx<'_>, by: &By, delegations: &[DelegationId]) -> Result<bool, StoreError> {
    let mut closed = 0;
    for id in delegations {
        if let Some(found) = tx.delegation(*id).await? {
            closed += tx.close_delegation(&found, by.at).await?;
        }
    }
    Ok(closed > 0)
}
