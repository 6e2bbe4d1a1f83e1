//! The ready file: what a program needs to begin with the demo, written when all is ready.

use std::path::{Path, PathBuf};

use domain::text::Email;
use domain::{DelegationId, Secret};
use serde::Serialize;

use super::data::{Begun, Made};
use super::{privacy, world};
use crate::node::write_private;

/// The member names are a contract with whoever starts the demo from a program.
#[derive(Serialize)]
pub(super) struct Ready {
    pub(super) authority: String,
    /// The folder of the letters, where they go to one.
    pub(super) mailbox: Option<PathBuf>,
    pub(super) operator_token: String,
    /// Who runs the installation, on its pages for that.
    pub(super) operator: Login,
    pub(super) api_credential: String,
    pub(super) learning: Learning,
    pub(super) subsurface: Subsurface,
    pub(super) privacy: Privacy,
}

#[derive(Serialize)]
pub(super) struct Learning {
    pub(super) url: String,
    pub(super) token: String,
    pub(super) user_id: u32,
    pub(super) email: String,
    pub(super) password: String,
}

#[derive(Serialize)]
pub(super) struct Subsurface {
    pub(super) url: String,
    pub(super) demo_url: String,
    pub(super) username: String,
    pub(super) code: String,
    pub(super) demo_username: String,
    pub(super) demo_code: String,
    pub(super) project: &'static str,
    pub(super) forbidden_project: &'static str,
    pub(super) unknown_project: &'static str,
    pub(super) supplier: Login,
    pub(super) project_manager: Login,
    pub(super) delegation_id: DelegationId,
    pub(super) demo_delegation_id: DelegationId,
}

#[derive(Serialize)]
pub(super) struct Privacy {
    pub(super) account_url: String,
    pub(super) api_url: String,
    pub(super) public_key: String,
    pub(super) private_key: String,
    pub(super) workspace_public_key: String,
    pub(super) workspace_private_key: String,
    pub(super) redirect_uri: &'static str,
    pub(super) email: String,
    pub(super) password: String,
}

#[derive(Serialize)]
pub(super) struct Login {
    pub(super) email: String,
    pub(super) password: String,
}

/// Where the demo's sites are.
pub(super) struct Urls {
    pub(super) authority: String,
    pub(super) learning: String,
    pub(super) subsurface: String,
    pub(super) subsurface_demo: String,
    pub(super) privacy: String,
    pub(super) mailbox: Option<PathBuf>,
}

impl Ready {
    pub(super) fn new(urls: Urls, made: &Made, operator: Email) -> Self {
        let Begun { operator_token, api_credential, token, email, password } = made.begun.clone();
        let subsurface = Subsurface::new((urls.subsurface, urls.subsurface_demo), made.subsurface.clone(), &password);
        let privacy = Privacy::new((urls.authority.clone(), urls.privacy), made.privacy.clone(), &password);
        let operator = Login { email: operator.into(), password: password.clone() };
        let learning = Learning { url: urls.learning, token, user_id: 3, email, password };
        Self { authority: urls.authority, mailbox: urls.mailbox, operator_token, operator, api_credential, learning, subsurface, privacy }
    }

    /// Written beside and renamed: whoever sees the file sees all of it.
    pub(super) fn write(&self, file: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::other)?;
        write_private(file, &Secret::new(text))
    }
}

impl Subsurface {
    fn new((url, demo_url): (String, String), made: world::Made, password: &str) -> Self {
        let world::Made { supplier_email, manager_email, production, demo } = made;
        let login = |email| Login { email, password: password.to_owned() };
        Self {
            url,
            demo_url,
            username: production.username,
            code: production.code,
            demo_username: demo.username,
            demo_code: demo.code,
            project: world::PROJECTS[0].0,
            forbidden_project: world::PROJECTS[1].0,
            unknown_project: world::UNKNOWN_PROJECT,
            supplier: login(supplier_email),
            project_manager: login(manager_email),
            delegation_id: production.delegation,
            demo_delegation_id: demo.delegation,
        }
    }
}

impl Privacy {
    fn new((account_url, api_url): (String, String), made: privacy::Made, password: &str) -> Self {
        let privacy::Made { email, key, workspace_key } = made;
        Self {
            account_url,
            api_url,
            public_key: key.public,
            private_key: key.private,
            workspace_public_key: workspace_key.public,
            workspace_private_key: workspace_key.private,
            redirect_uri: privacy::REDIRECT_URI,
            email,
            password: password.to_owned(),
        }
    }
}
