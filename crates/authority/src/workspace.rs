//! Workspaces: made, renamed, closed.

use domain::text::Name;
use domain::workspace::{Workspace, WorkspaceNumber};
use domain::{Event, OrganisationId, WorkspaceId};
use store::{Abort, Outcome, Tx};

use crate::organisation::clash;
use crate::{Authority, Caller, Changed, Context, Error, Page, Right};

/// What is asked for a new workspace.
#[derive(Debug, Clone)]
pub struct NewWorkspace {
    /// What paths are to call it; never changed.
    pub number: WorkspaceNumber,
    /// Its name for people.
    pub name: Name,
}

impl Authority {
    /// Makes a workspace of an organisation.
    pub async fn create_workspace(
        &self,
        context: &Context,
        organisation: OrganisationId,
        new: NewWorkspace,
    ) -> Result<Changed<Workspace>, Error> {
        context.caller.require_management(organisation, Right::WorkspacesWrite)?;
        let id = WorkspaceId::generate(context.now, &*self.entropy)?;
        let NewWorkspace { number, name } = new;
        let workspace = Workspace { id, organisation, number, name, created_at: context.now, closed_at: None, revision: 1 };
        self.change(context, move |tx, by| {
            let workspace = workspace.clone();
            Box::pin(async move {
                tx.organisation(organisation).await?.ok_or(Abort::Refused(Error::NotFound))?;
                tx.insert_workspace(&workspace).await.map_err(clash)?;
                let event = Event::WorkspaceCreated { workspace: id, organisation, number: workspace.number.clone() };
                let recorded = tx.record(by, event).await?;
                Ok(Outcome::Changed(workspace, recorded))
            })
        })
        .await
    }

    /// Gives a workspace another name. `expected_revision` refuses the change where a later one is there.
    pub async fn rename_workspace(
        &self,
        context: &Context,
        id: WorkspaceId,
        name: Name,
        expected_revision: Option<i64>,
    ) -> Result<Changed<Workspace>, Error> {
        let caller = context.caller.clone();
        self.change(context, move |tx, by| {
            let (caller, name) = (caller.clone(), name.clone());
            Box::pin(async move {
                let mut workspace = open_workspace(tx, id, &caller).await?;
                if expected_revision.is_some_and(|expected| expected != workspace.revision) {
                    return Err(Abort::Refused(Error::Stale));
                }
                if !tx.rename_workspace(id, &name).await? {
                    return Ok(Outcome::Unchanged(workspace));
                }
                workspace.name = name;
                workspace.revision += 1;
                let recorded = tx.record(by, Event::WorkspaceRenamed { workspace: id }).await?;
                Ok(Outcome::Changed(workspace, recorded))
            })
        })
        .await
    }

    /// Closes a workspace for good, and the delegations of it: nothing works in it any more. Closing a closed one changes nothing.
    pub async fn close_workspace(&self, context: &Context, id: WorkspaceId) -> Result<Changed<Workspace>, Error> {
        let (caller, letters) = (context.caller.clone(), self.letters());
        let closed = self.change(context, move |tx, by| {
            let (caller, letters) = (caller.clone(), letters.clone());
            Box::pin(async move {
                let mut workspace = own_workspace(tx, id, &caller).await?;
                if !tx.close_workspace(id, by.at).await? {
                    return Ok(Outcome::Unchanged(workspace));
                }
                workspace.closed_at = Some(by.at);
                workspace.revision += 1;
                crate::delegation::close_all_of(tx, by, id, &letters).await?;
                let recorded = tx.record(by, Event::WorkspaceClosed { workspace: id }).await?;
                Ok(Outcome::Changed(workspace, recorded))
            })
        });
        let closed = closed.await?;
        self.letters_written();
        Ok(closed)
    }

    /// The workspaces of an organisation, or all of them for an operator; closed ones among them.
    pub async fn workspaces(&self, caller: &Caller, organisation: Option<OrganisationId>, page: Page) -> Result<Vec<Workspace>, Error> {
        let Some(id) = organisation else {
            caller.require_operator()?;
            return Ok(self.store.read(move |reader| Box::pin(async move { reader.workspaces(page, None).await })).await?);
        };
        caller.require_management(id, Right::WorkspacesRead)?;
        let found = self
            .store
            .read(move |reader| Box::pin(async move { Ok((reader.organisation(id).await?, reader.workspaces(page, Some(id)).await?)) }));
        let (organisation, workspaces) = found.await?;
        organisation.map(|_| workspaces).ok_or(Error::NotFound)
    }

    /// The workspace with this number, where the caller may see it.
    pub async fn workspace_numbered(&self, caller: &Caller, number: WorkspaceNumber) -> Result<Option<Workspace>, Error> {
        let workspace = self.store.read(move |reader| Box::pin(async move { reader.workspace_numbered(&number).await })).await?;
        Ok(workspace.filter(|workspace| caller.manages(workspace.organisation, Right::WorkspacesRead)))
    }

    /// One workspace, closed or not.
    pub async fn workspace(&self, caller: &Caller, id: WorkspaceId) -> Result<Workspace, Error> {
        let workspace = self.store.read(move |reader| Box::pin(async move { reader.workspace(id).await })).await?;
        let workspace = workspace.ok_or(Error::NotFound)?;
        caller.require_management(workspace.organisation, Right::WorkspacesRead)?;
        Ok(workspace)
    }
}

/// The workspace, where the caller may change it.
async fn own_workspace(tx: &mut Tx<'_>, id: WorkspaceId, caller: &Caller) -> Result<Workspace, Abort<Error>> {
    let workspace = tx.workspace(id).await?.ok_or(Abort::Refused(Error::NotFound))?;
    caller.require_management(workspace.organisation, Right::WorkspacesWrite).map_err(Abort::Refused)?;
    Ok(workspace)
}

/// The same, where it is open.
async fn open_workspace(tx: &mut Tx<'_>, id: WorkspaceId, caller: &Caller) -> Result<Workspace, Abort<Error>> {
    let workspace = own_workspace(tx, id, caller).await?;
    match workspace.closed_at {
        None => Ok(workspace),
        Some(_) => Err(Abort::Refused(Error::Conflict { code: "workspace_closed", detail: "this workspace is closed for good" })),
    }
}
