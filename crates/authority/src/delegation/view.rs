//! A delegation as one side sees it, and lists of them.

use std::collections::HashMap;

use domain::chain::Chain;
use domain::delegation::{Delegation, DelegationState};
use domain::permission::Permissions;
use domain::text::Name;
use domain::workspace::{Workspace, WorkspaceNumber};
use domain::{OrganisationId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{DelegationFilter, Page, Reader, StoreError};

use super::{Found, Side, side};
use crate::{Authority, Caller, Error, Right};

/// So long before it lapses a delegation is shown as due for review, to both sides.
const REVIEW_NOTICE: std::time::Duration = std::time::Duration::from_secs(30 * 86_400);

/// How many rows are looked at together where a state is asked for.
const PART: u32 = 200;

/// A delegation as one side sees it: what it may not see is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationView {
    /// The delegation.
    pub delegation: Delegation,
    /// Who looks.
    pub side: Side,
    /// The state that it is in through those above it.
    pub state: DelegationState,
    /// What paths call the workspace.
    pub number: WorkspaceNumber,
    /// The workspace's name, not for who gets the delegation.
    pub workspace_name: Option<Name>,
    /// The name of who gives it.
    pub from_name: Name,
    /// The name of who gets it.
    pub to_name: Name,
    /// From this moment on it does not count, if ever, through those above it.
    pub not_after: Option<Timestamp>,
    /// What it allows at most through those above it.
    pub allows: Permissions,
    /// Whether it lapses soon unless it is confirmed.
    pub review_due: bool,
}

/// Which delegations are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Only for this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Only those that this organisation gives.
    pub from: Option<OrganisationId>,
    /// Only those that this organisation gets.
    pub to: Option<OrganisationId>,
    /// Only those in this state.
    pub state: Option<DelegationState>,
}

impl Authority {
    /// Delegations that the caller stands on a side of, or all for an operator, a part at a time.
    pub async fn delegations(&self, caller: &Caller, wanted: Wanted, page: Page, now: Timestamp) -> Result<Vec<DelegationView>, Error> {
        caller.require(Right::DelegationsRead)?;
        let caller = caller.clone();
        Ok(self.store.read(move |reader| Box::pin(async move { list(reader, &caller, wanted, page, now).await })).await?)
    }
}

async fn list(
    reader: &mut Reader<'_>,
    caller: &Caller,
    wanted: Wanted,
    mut page: Page,
    now: Timestamp,
) -> Result<Vec<DelegationView>, StoreError> {
    let Wanted { workspace, from, to, state } = wanted;
    let side_of = if let Caller::Person(person) = caller { Some(person.organisation) } else { None };
    let live = state.is_some_and(|state| !matches!(state, DelegationState::Closed | DelegationState::Ended));
    let filter = DelegationFilter { side: side_of, workspace, from, to, live };
    let (limit, mut seen, mut views) = (page.limit as usize, Seen::default(), Vec::new());
    // A state is through those above and at a moment, so the database cannot tell it: rows are read until enough fit.
    page.limit = if state.is_some() { PART } else { page.limit };
    while views.len() < limit {
        let rows = reader.delegations(filter, page).await?;
        let last = rows.last().map(|row| *row.id.as_bytes());
        let whole = rows.len() < page.limit as usize;
        for row in rows {
            let chain = seen.chain(reader, row).await?;
            let Some(side) = side(caller, &chain) else { continue };
            let fits = |found: DelegationState| state.is_none_or(|wanted| wanted == found);
            if views.len() < limit && Chain::new(&chain).is_some_and(|chain| fits(chain.state(now))) {
                views.push(seen.view(reader, Found { chain, side }, now).await?);
            }
        }
        match last {
            Some(last) if !whole => page.after = Some(last),
            _ => break,
        }
    }
    Ok(views)
}

/// The view of one delegation.
pub(super) async fn of(reader: &mut Reader<'_>, found: Found, now: Timestamp) -> Result<DelegationView, StoreError> {
    Seen::default().view(reader, found, now).await
}

/// What was read already for the rows before.
#[derive(Default)]
struct Seen {
    chains: HashMap<domain::DelegationId, Vec<Delegation>>,
    workspaces: HashMap<WorkspaceId, Workspace>,
    names: HashMap<OrganisationId, Name>,
}

impl Seen {
    async fn chain(&mut self, reader: &mut Reader<'_>, row: Delegation) -> Result<Vec<Delegation>, StoreError> {
        let Some(parent) = row.parent else { return Ok(vec![row]) };
        let above = match self.chains.get(&parent) {
            Some(above) => above.clone(),
            None => {
                let above = reader.delegation_chain(parent).await?;
                self.chains.insert(parent, above.clone());
                above
            }
        };
        Ok(above.into_iter().chain([row]).collect())
    }

    async fn view(&mut self, reader: &mut Reader<'_>, found: Found, now: Timestamp) -> Result<DelegationView, StoreError> {
        const GONE: StoreError = StoreError::Corrupt(std::borrow::Cow::Borrowed("a delegation of what is not there"));
        let Found { mut chain, side } = found;
        let whole = Chain::new(&chain).ok_or(GONE)?;
        let (state, not_after, allows) = (whole.state(now), whole.not_after(), whole.permissions());
        let mut delegation = chain.pop().ok_or(GONE)?;
        let workspace = match self.workspaces.get(&delegation.workspace) {
            Some(workspace) => workspace.clone(),
            None => reader.workspace(delegation.workspace).await?.ok_or(GONE)?,
        };
        let from_name = self.name(reader, delegation.from).await?.ok_or(GONE)?;
        let to_name = self.name(reader, delegation.to).await?.ok_or(GONE)?;
        let notice = now.saturating_add(REVIEW_NOTICE);
        let live = !matches!(state, DelegationState::Closed | DelegationState::Ended);
        let review_due = live && delegation.review_at.is_some_and(|at| at <= notice);
        if !matches!(side, Side::Operator | Side::Giver) {
            delegation.note = None;
            delegation.decided_by = None;
        }
        if side == Side::Receiver {
            delegation.parent = None;
            // Whoever gives it is whom it comes from, as far as the receiver is concerned.
            delegation.owner = delegation.from;
            delegation.depth = 1;
        }
        let workspace_name = (side != Side::Receiver).then(|| workspace.name.clone());
        let number = workspace.number.clone();
        self.workspaces.insert(workspace.id, workspace);
        Ok(DelegationView { delegation, side, state, number, workspace_name, from_name, to_name, not_after, allows, review_due })
    }

    async fn name(&mut self, reader: &mut Reader<'_>, id: OrganisationId) -> Result<Option<Name>, StoreError> {
        if let Some(name) = self.names.get(&id) {
            return Ok(Some(name.clone()));
        }
        let name = reader.organisation(id).await?.map(|organisation| organisation.name);
        if let Some(name) = &name {
            self.names.insert(id, name.clone());
        }
        Ok(name)
    }
}
