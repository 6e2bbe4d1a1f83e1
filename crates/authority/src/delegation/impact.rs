//! What a closing ends: computed by the same code for whoever looks first and for the closing itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::api::Api;
use domain::chain::Chain;
use domain::delegation::{Delegation, Place};
use domain::person::Roles;
use domain::text::{Description, Name};
use domain::{CredentialId, Day, DelegationId, Digest, Kind, MembershipId, OrganisationId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::{Abort, DelegationFilter, Page, Reader, StoreError};
use verifier::Verifier;

use super::{Deed, Found};
use crate::{Authority, Caller, Error, Right};

/// How far back uses are told.
const LATELY: i32 = 6;

/// How many rows are read at once.
const PART: u32 = 500;

/// What closing a delegation ends at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// The moment.
    pub at: Timestamp,
    /// The API that the delegation is for.
    pub api: String,
    /// The delegations that are closed with it: itself, and those that pass it on, each after its parent.
    pub delegations: Vec<EndedDelegation>,
    /// The credentials that could do something in the workspace and can then do less, or nothing.
    pub credentials: Vec<EndedCredential>,
    /// Names this outcome: another one means that delegations or credentials came, went or changed.
    pub version: String,
}

/// A delegation that is closed with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedDelegation {
    /// Its id.
    pub id: DelegationId,
    /// Who gives it.
    pub from: OrganisationId,
    /// Who gets it.
    pub to: OrganisationId,
    /// The name of who gets it.
    pub to_name: Name,
}

/// A credential that can do less.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedCredential {
    /// Its id.
    pub id: CredentialId,
    /// Its kind.
    pub kind: Kind,
    /// Whose organisation's.
    pub organisation: OrganisationId,
    /// Its username, of an organisation token.
    pub username: Option<String>,
    /// What it is for, of an organisation token. A person's own words about a personal token are not for others.
    pub description: Option<Description>,
    /// Whether it can then do nothing in this workspace any more; otherwise only less.
    pub stops: bool,
    /// In how many other workspaces it works with this API, its organisation's own among them.
    pub works_elsewhere: u32,
    /// How often it was used today and in the six days before (UTC), wherever it works; known of organisation tokens only.
    pub uses_in_7_days: Option<u64>,
    /// When it was last used, wherever it works, give or take the flush interval.
    pub last_used_at: Option<Timestamp>,
}

impl Impact {
    /// How many credentials can do nothing in the workspace any more.
    pub fn stopping(&self) -> usize {
        self.credentials.iter().filter(|credential| credential.stops).count()
    }
}

impl Authority {
    /// What closing a delegation would end now, for whoever may close it.
    pub async fn delegation_impact(&self, caller: &Caller, id: DelegationId, now: Timestamp) -> Result<Impact, Error> {
        caller.require(Right::DelegationsRead)?;
        let (caller, verifier) = (caller.clone(), self.verifier.clone());
        let read = self.store.read(move |reader| {
            Box::pin(async move {
                let found = match Found::read(reader, &caller, id).await {
                    Ok(found) => found,
                    Err(Abort::Refused(error)) => return Ok(Err(error)),
                    Err(Abort::Store(error)) => return Err(error),
                };
                match found.allow(&caller, Deed::Close) {
                    Err(Abort::Refused(error)) => Ok(Err(error)),
                    Err(Abort::Store(error)) => Err(error),
                    Ok(()) => of(reader, &verifier, &found, now).await.map(Ok),
                }
            })
        });
        read.await?
    }
}

/// The delegations that a closing ends, each after the one that it passes on.
pub(super) async fn ended_by(reader: &mut Reader<'_>, id: DelegationId) -> Result<Vec<Delegation>, StoreError> {
    reader.delegations_under(id).await
}

/// What closing this delegation ends.
pub(super) async fn of(reader: &mut Reader<'_>, verifier: &Verifier, found: &Found, now: Timestamp) -> Result<Impact, StoreError> {
    let Some(closing) = found.chain.last() else { return Err(StoreError::Corrupt("a delegation".into())) };
    let ended = ended_by(reader, closing.id).await?;
    let receivers: BTreeSet<OrganisationId> = ended.iter().map(|delegation| delegation.to).collect();
    let mut credentials = Vec::new();
    if let Some(api) = verifier.api(&closing.api) {
        let ids = ended.iter().map(|delegation| delegation.id).collect();
        let mut look = Look { api: &api, workspace: closing.workspace, ended: ids, now, suspended: HashMap::new() };
        for receiver in receivers {
            look.credentials(reader, receiver, &mut credentials).await?;
        }
    }
    let mut delegations = Vec::new();
    for Delegation { id, from, to, .. } in ended {
        let Some(receiver) = reader.organisation(to).await? else { continue };
        delegations.push(EndedDelegation { id, from, to, to_name: receiver.name });
    }
    let version = version(&delegations, &credentials);
    Ok(Impact { at: now, api: closing.api.clone(), delegations, credentials, version })
}

/// What stays the same as long as the same things end: neither uses nor times are in it.
fn version(delegations: &[EndedDelegation], credentials: &[EndedCredential]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for delegation in delegations {
        let _ = write!(text, "{} ", delegation.id);
    }
    for credential in credentials {
        let _ = write!(text, "{} {} ", credential.id, credential.stops);
    }
    let digest = Digest::of(text.as_bytes());
    digest.as_bytes()[..12].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// One look at what is before and after the closing.
struct Look<'l> {
    api: &'l Api,
    workspace: WorkspaceId,
    ended: BTreeSet<DelegationId>,
    now: Timestamp,
    suspended: HashMap<OrganisationId, bool>,
}

/// What an organisation may do: masks of the API's permissions.
struct Reach {
    /// In the workspace, before.
    before: u64,
    /// In the workspace, after.
    after: u64,
    /// In each other workspace.
    elsewhere: Vec<u64>,
}

impl Look<'_> {
    /// Adds the credentials of one organisation that can do less.
    async fn credentials(
        &mut self,
        reader: &mut Reader<'_>,
        organisation: OrganisationId,
        found: &mut Vec<EndedCredential>,
    ) -> Result<(), StoreError> {
        if self.suspended(reader, organisation).await? {
            return Ok(());
        }
        let reach = self.reach(reader, organisation).await?;
        if reach.before == reach.after {
            return Ok(());
        }
        if self.api.takes_kind(Kind::OrganisationToken) {
            self.organisation_tokens(reader, (organisation, &reach), found).await?;
        }
        if self.api.takes_kind(Kind::PersonalToken) {
            self.personal_tokens(reader, (organisation, &reach), found).await?;
        }
        Ok(())
    }

    async fn organisation_tokens(
        &self,
        reader: &mut Reader<'_>,
        (organisation, reach): (OrganisationId, &Reach),
        found: &mut Vec<EndedCredential>,
    ) -> Result<(), StoreError> {
        let mut page = Page::first(PART);
        loop {
            let tokens = reader.organisation_tokens(page, Some(organisation)).await?;
            let last = tokens.last().filter(|_| tokens.len() == PART as usize).map(|token| *token.id.as_bytes());
            for token in tokens {
                let over = token.expires_at.is_some_and(|end| self.now >= end) || token.suspended_at.is_some();
                // An imported code was never seen, so it has no beginning to show.
                let foreign = token.prefix.is_none() && !self.api.definition().accepts_imported;
                let held = self.api.mask(&token.permissions);
                if over || foreign || token.api != self.api.name() || reach.loses(held).is_none() {
                    continue;
                }
                let uses = reader.uses_since(token.id, Day::of(self.now).plus(-LATELY)).await?;
                found.push(EndedCredential {
                    id: token.id,
                    kind: Kind::OrganisationToken,
                    organisation,
                    username: Some(token.username.as_str().to_owned()),
                    description: Some(token.description),
                    stops: reach.loses(held) == Some(true),
                    works_elsewhere: reach.elsewhere(held),
                    uses_in_7_days: Some(uses),
                    last_used_at: token.last_used_at,
                });
            }
            match last {
                Some(last) => page.after = Some(last),
                None => return Ok(()),
            }
        }
    }

    async fn personal_tokens(
        &self,
        reader: &mut Reader<'_>,
        (organisation, reach): (OrganisationId, &Reach),
        found: &mut Vec<EndedCredential>,
    ) -> Result<(), StoreError> {
        let mut roles: HashMap<MembershipId, Option<Roles>> = HashMap::new();
        let mut page = Page::first(PART);
        loop {
            let tokens = reader.tokens(page, Some(organisation)).await?;
            let last = tokens.last().filter(|_| tokens.len() == PART as usize).map(|token| *token.id.as_bytes());
            for token in tokens {
                let over = token.expires_at.is_some_and(|end| self.now >= end) || token.suspended_at.is_some();
                let foreign = token.prefix.is_none() && !self.api.definition().accepts_imported;
                let roles = match roles.get(&token.membership) {
                    Some(roles) => *roles,
                    None => {
                        let active = reader.person(token.person).await?;
                        let active = active.is_some_and(|person| person.suspended_at.is_none() && person.erased_at.is_none());
                        let membership = reader.membership(token.membership).await?.filter(|_| active);
                        *roles.entry(token.membership).or_insert(membership.map(|membership| membership.roles))
                    }
                };
                let held = roles.map_or(0, |roles| self.api.mask(&token.permissions) & self.api.allowed_by_roles(roles));
                if over || foreign || reach.loses(held).is_none() {
                    continue;
                }
                found.push(EndedCredential {
                    id: token.id,
                    kind: Kind::PersonalToken,
                    organisation,
                    username: None,
                    description: None,
                    stops: reach.loses(held) == Some(true),
                    works_elsewhere: reach.elsewhere(held),
                    uses_in_7_days: None,
                    last_used_at: token.last_used_at,
                });
            }
            match last {
                Some(last) => page.after = Some(last),
                None => return Ok(()),
            }
        }
    }

    /// What an organisation may do by the delegations that it gets, and in workspaces of its own.
    async fn reach(&mut self, reader: &mut Reader<'_>, organisation: OrganisationId) -> Result<Reach, StoreError> {
        let (mut before, mut after) = (Place::FOREIGN, Place::FOREIGN);
        let mut elsewhere: BTreeMap<WorkspaceId, u64> = BTreeMap::new();
        let filter = DelegationFilter { to: Some(organisation), live: true, ..DelegationFilter::default() };
        let mut page = Page::first(PART);
        loop {
            let rows = reader.delegations(filter, page).await?;
            let last = rows.last().filter(|_| rows.len() == PART as usize).map(|row| *row.id.as_bytes());
            for row in rows.into_iter().filter(|row| row.api == self.api.name()) {
                let (id, workspace) = (row.id, row.workspace);
                let judged = self.judge(reader, row).await?;
                if workspace != self.workspace {
                    *elsewhere.entry(workspace).or_default() |= judged.unwrap_or_default();
                    continue;
                }
                before = before.with(id, judged, u64::MAX);
                if !self.ended.contains(&id) {
                    after = after.with(id, judged, u64::MAX);
                }
            }
            match last {
                Some(last) => page.after = Some(last),
                None => break,
            }
        }
        let named = self.named();
        let mut elsewhere: Vec<u64> = elsewhere.into_values().map(|mask| mask & named).collect();
        for workspace in reader.workspaces(Page::first(PART), Some(organisation)).await? {
            elsewhere.extend(workspace.closed_at.is_none().then_some(named));
        }
        let held = |place: Place| place.permissions().unwrap_or_default() & named;
        Ok(Reach { before: held(before), after: held(after), elsewhere })
    }

    /// What a delegation allows now, as a check would find; or why nothing.
    async fn judge(&mut self, reader: &mut Reader<'_>, row: Delegation) -> Result<Result<u64, domain::Refusal>, StoreError> {
        let closed = reader.workspace(row.workspace).await?.is_none_or(|workspace| workspace.closed_at.is_some());
        if closed {
            return Ok(Err(domain::Refusal::WrongWorkspace));
        }
        let chain = if row.parent.is_some() { reader.delegation_chain(row.id).await? } else { vec![row] };
        for delegation in &chain {
            self.suspended(reader, delegation.from).await?;
        }
        let Some(whole) = Chain::new(&chain) else { return Ok(Err(domain::Refusal::NoDelegation)) };
        let active = |delegation: &Delegation| !self.suspended.get(&delegation.from).copied().unwrap_or_default();
        Ok(whole.judge(self.now, |permissions| self.api.mask(permissions), active))
    }

    async fn suspended(&mut self, reader: &mut Reader<'_>, id: OrganisationId) -> Result<bool, StoreError> {
        if let Some(suspended) = self.suspended.get(&id) {
            return Ok(*suspended);
        }
        let suspended = reader.organisation(id).await?.is_none_or(|organisation| organisation.suspended_at.is_some());
        self.suspended.insert(id, suspended);
        Ok(suspended)
    }

    /// The mask of all permissions that the API has.
    fn named(&self) -> u64 {
        match self.api.definition().permissions.len() {
            64.. => u64::MAX,
            count => (1 << count) - 1,
        }
    }
}

impl Reach {
    /// Whether a credential with these permissions loses all that it could do in the workspace, or a part; nothing where
    /// it loses nothing.
    fn loses(&self, held: u64) -> Option<bool> {
        let (before, after) = (held & self.before, held & self.after);
        (before != after).then_some(after == 0)
    }

    fn elsewhere(&self, held: u64) -> u32 {
        self.elsewhere.iter().map(|mask| u32::from(mask & held != 0)).sum()
    }
}
