//! What was done by delegations lately, as it is counted anyway: by workspace, receiving organisation and API.

use domain::{Day, DelegationId, OrganisationId, Timestamp, WorkspaceId};
use store::WorkspaceActivityRow;

use super::DelegationView;
use crate::{Authority, Caller, Error, Right};

/// For how many days back it is told when a delegation was last used.
pub const DELEGATION_USE_DAYS: i32 = 90;

impl Authority {
    /// The accepted requests in a workspace by day, for those who see it.
    pub async fn work_in_workspace(&self, caller: &Caller, id: WorkspaceId, now: Timestamp) -> Result<Vec<WorkspaceActivityRow>, Error> {
        self.workspace(caller, id).await?;
        self.work_in(id, now).await
    }

    /// The accepted requests of an organisation's credentials in the workspaces of others, by day.
    pub async fn work_elsewhere(&self, caller: &Caller, id: OrganisationId, now: Timestamp) -> Result<Vec<WorkspaceActivityRow>, Error> {
        caller.require(Right::DelegationsRead)?;
        if !matches!(caller, Caller::Person(person) if person.organisation == id) && !caller.is_operator() {
            return Err(Error::NotFound);
        }
        let days = days(now);
        Ok(self.store.read(move |reader| Box::pin(async move { reader.work_elsewhere(id, days).await })).await?)
    }

    /// The accepted requests by day that one delegation may have let in, for each side of it.
    pub async fn work_under(&self, caller: &Caller, id: DelegationId, now: Timestamp) -> Result<Vec<WorkspaceActivityRow>, Error> {
        let view = self.delegation(caller, id, now).await?;
        let mut rows = self.work_in(view.delegation.workspace, now).await?;
        rows.retain(|row| view.lets_in(row));
        Ok(rows)
    }

    async fn work_in(&self, id: WorkspaceId, now: Timestamp) -> Result<Vec<WorkspaceActivityRow>, Error> {
        let days = days(now);
        Ok(self.store.read(move |reader| Box::pin(async move { reader.work_in_workspace(id, days).await })).await?)
    }
}

impl DelegationView {
    /// Whether requests of this row may have rested on it. Two of one project, API and receiver are counted as one.
    pub fn lets_in(&self, row: &WorkspaceActivityRow) -> bool {
        let delegation = &self.delegation;
        row.workspace == delegation.workspace && row.organisation == Some(delegation.to) && row.api == delegation.api
    }
}

fn days(now: Timestamp) -> (Day, Day) {
    let today = Day::of(now);
    (today.plus(1 - DELEGATION_USE_DAYS), today)
}
