//! What the checks and the pages need from the database.

use domain::grant::Grant;
use domain::organisation::Organisation;
use domain::workspace::Workspace;
use domain::{CredentialId, MembershipId, OrganisationId, WorkspaceId};
use store::StoreError;

use crate::{Authority, Error};

/// Names for the consent page.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The organisations that were asked for, those that there are.
    pub organisations: Vec<Organisation>,
    /// The workspace that was asked for.
    pub workspace: Option<Workspace>,
}

impl Names {
    /// The name of an organisation.
    pub fn organisation(&self, id: OrganisationId) -> Option<&str> {
        self.organisations.iter().find(|organisation| organisation.id == id).map(|organisation| organisation.name.as_str())
    }
}

impl Authority {
    /// What was authorised before through these memberships for this client.
    pub async fn grants_for(&self, memberships: Vec<MembershipId>, key: CredentialId) -> Result<Vec<Grant>, Error> {
        let grants = self.store.read(move |reader| {
            Box::pin(async move {
                let mut grants = Vec::new();
                for membership in memberships {
                    grants.extend(reader.live_grant(membership, key).await?);
                }
                Ok::<_, StoreError>(grants)
            })
        });
        Ok(grants.await?)
    }

    /// The names of these organisations and of this workspace, for a page that says who asks for what.
    pub async fn names(&self, organisations: Vec<OrganisationId>, workspace: Option<WorkspaceId>) -> Result<Names, Error> {
        let names = self.store.read(move |reader| {
            Box::pin(async move {
                let mut names = Names::default();
                for id in organisations {
                    names.organisations.extend(reader.organisation(id).await?);
                }
                if let Some(id) = workspace {
                    names.workspace = reader.workspace(id).await?;
                }
                Ok::<_, StoreError>(names)
            })
        });
        Ok(names.await?)
    }
}
