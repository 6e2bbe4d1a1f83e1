//! The fence after a restore, as checks see it: what was in the backup is suspended until it is confirmed.

use std::collections::BTreeSet;

use domain::fence::Scope;
use domain::verify::{Facts, Owner, State};
use domain::{CredentialId, Fence, GrantId, OrganisationId};

use crate::catalogue::Catalogue;

/// A fence that stands.
#[derive(Debug, Clone)]
pub(crate) struct Fenced {
    newest: CredentialId,
    organisations: BTreeSet<OrganisationId>,
    apis: BTreeSet<String>,
}

impl Fenced {
    /// Around everything up to this id.
    pub(crate) fn around(newest: CredentialId) -> Self {
        Self { newest, organisations: BTreeSet::new(), apis: BTreeSet::new() }
    }

    /// As the database has it.
    pub(crate) fn of(fence: &Fence) -> Option<Self> {
        fence.confirmed.iter().try_fold(Self::around(fence.newest), Self::confirm)
    }

    /// With a part let out; nothing is left when that was everything.
    pub(crate) fn confirm(mut self, scope: &Scope) -> Option<Self> {
        match scope {
            Scope::Everything => return None,
            Scope::Organisation { organisation } => self.organisations.insert(*organisation),
            Scope::Api { api } => self.apis.insert(api.clone()),
        };
        Some(self)
    }

    /// Whether a delegation stands behind the fence: whoever gave it may have closed it after the backup.
    #[cold]
    pub(crate) fn holds(&self, delegation: &[u8; 16], from: &[u8; 16]) -> bool {
        delegation <= self.newest.as_bytes() && !self.organisations.contains(&OrganisationId::from_bytes(*from))
    }

    /// Whether an organisation key stands behind the fence.
    #[cold]
    pub(crate) fn holds_key(&self, key: CredentialId, organisation: Option<OrganisationId>) -> bool {
        key <= self.newest && !organisation.is_some_and(|organisation| self.organisations.contains(&organisation))
    }

    /// Whether a grant of a member of this organisation stands behind the fence: its person may have ended it after the backup.
    #[cold]
    pub(crate) fn holds_grant(&self, grant: GrantId, organisation: OrganisationId) -> bool {
        grant.as_bytes() <= self.newest.as_bytes() && !self.organisations.contains(&organisation)
    }

    /// Suspends a credential that stands behind the fence. One that has ended stays ended.
    #[cold]
    pub(crate) fn hold(&self, facts: &mut Facts, catalogue: &Catalogue) {
        let confirmed = match facts.owner {
            Owner::Member { organisation, .. } => self.organisations.contains(&organisation),
            Owner::Organisation { organisation, .. } => self.organisations.contains(&organisation),
            Owner::Api(number) => catalogue.iter().any(|known| known.number == number && self.apis.contains(known.api.name())),
            Owner::Operator => false,
        };
        if facts.state == State::Live && facts.id <= self.newest && !confirmed {
            facts.state = State::Suspended;
        }
    }
}
