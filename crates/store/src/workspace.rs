//! Workspaces.

use domain::id::{OrganisationId, WorkspaceId};
use domain::text::Name;
use domain::time::Timestamp;
use domain::workspace::{Workspace, WorkspaceNumber};

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Page, Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT id, organisation, number, name, created_at, closed_at, revision FROM workspace "
    };
}

statements! {
    INSERT_WORKSPACE = "INSERT INTO workspace (id, organisation, number, name, created_at, closed_at, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    WORKSPACE = concat!(columns!(), "WHERE id = $1");
    WORKSPACE_NUMBERED = concat!(columns!(), "WHERE number = $1");
    WORKSPACES = concat!(columns!(), "WHERE id > $1 ORDER BY id LIMIT $2");
    WORKSPACES_OF = concat!(columns!(), "WHERE organisation = $1 AND id > $2 ORDER BY id LIMIT $3");
    RENAME_WORKSPACE = "UPDATE workspace SET name = $2, revision = revision + 1 WHERE id = $1 AND closed_at IS NULL AND name <> $2";
    CLOSE_WORKSPACE = "UPDATE workspace SET closed_at = $2, revision = revision + 1 WHERE id = $1 AND closed_at IS NULL";
}

impl Reader<'_> {
    /// A workspace, closed or not.
    pub async fn workspace(&mut self, id: WorkspaceId) -> Result<Option<Workspace>, StoreError> {
        self.executor.row(&WORKSPACE, &params![&id]).await?.map(workspace).transpose()
    }

    /// The workspace with this number, closed or not.
    pub async fn workspace_numbered(&mut self, number: &WorkspaceNumber) -> Result<Option<Workspace>, StoreError> {
        self.executor.row(&WORKSPACE_NUMBERED, &params![number.as_str()]).await?.map(workspace).transpose()
    }

    /// Workspaces of one organisation or all, closed ones among them, a part at a time.
    pub async fn workspaces(&mut self, page: Page, organisation: Option<OrganisationId>) -> Result<Vec<Workspace>, StoreError> {
        let rows = match organisation {
            None => self.executor.rows(&WORKSPACES, &params![page.start(), page.limit]).await?,
            Some(id) => self.executor.rows(&WORKSPACES_OF, &params![&id, page.start(), page.limit]).await?,
        };
        rows.into_iter().map(workspace).collect()
    }
}

impl Tx<'_> {
    /// Makes a workspace. Conflicts: `workspace_number`, `id`, `parent`.
    pub async fn insert_workspace(&mut self, workspace: &Workspace) -> Result<(), StoreError> {
        let Workspace { id, organisation, number, name, created_at, closed_at, revision } = workspace;
        let params = params![id, organisation, number.as_str(), name.as_str(), *created_at, *closed_at, *revision];
        self.executor.execute(&INSERT_WORKSPACE, &params).await.map(drop)
    }

    /// Gives an open workspace another name; says whether anything changed. Raises the revision.
    pub async fn rename_workspace(&mut self, id: WorkspaceId, name: &Name) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&RENAME_WORKSPACE, &params![&id, name.as_str()]).await? > 0)
    }

    /// Closes a workspace for good; says whether it was open. Closing its delegations is the use case's part.
    pub async fn close_workspace(&mut self, id: WorkspaceId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&CLOSE_WORKSPACE, &params![&id, at]).await? > 0)
    }
}

fn workspace(mut row: Row) -> Result<Workspace, StoreError> {
    Ok(Workspace {
        id: row.take()?,
        organisation: row.take()?,
        number: row.parse(WorkspaceNumber::new)?,
        name: row.parse(Name::new)?,
        created_at: row.take()?,
        closed_at: row.take()?,
        revision: row.take()?,
    })
}
