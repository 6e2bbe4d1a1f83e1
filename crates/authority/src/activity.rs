//! What credentials did, by day, for those who may know: their owners, and whoever leads the workspaces in which they did it.

use std::collections::{BTreeMap, BTreeSet};

use domain::permission::{Permission, Permissions};
use domain::person::Roles;
use domain::{CredentialId, Day, Kind, OrganisationId, PersonId, Refusal, WorkspaceId};
use store::{ActivityRow, DAYS_KEPT, Holder, MAX_ACTIVITY, Page, Reader, StoreError, WorkspaceActivityRow};
use verifier::Verifier;

use crate::{Authority, Caller, Error, Right};

/// For how many days back it is said which permissions were used.
pub const PERMISSION_DAYS: i32 = 90;
/// More organisations than these are not named.
const MAX_NAMED: usize = 1_000;

/// What of it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityFilter {
    /// From which day.
    pub from: Day,
    /// To which day, that one included.
    pub to: Day,
    /// Whose requests only.
    pub by: Option<Doer>,
    /// Only those that named this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Only those that were refused for this reason.
    pub refusal: Option<Refusal>,
    /// Of an organisation's credentials, only those of this kind.
    pub kind: Option<Kind>,
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doer {
    /// A credential.
    Credential(CredentialId),
    /// An organisation, for those who are not to know with which of its credentials.
    Organisation(OrganisationId),
    /// The client of nobody, which registered itself.
    Nobody,
}

/// The requests of a day that ended in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Whose.
    pub by: Doer,
    /// When.
    pub day: Day,
    /// Why they were refused; nothing: they were accepted.
    pub refusal: Option<Refusal>,
    /// How many.
    pub requests: u64,
}

/// What was done in some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activities {
    /// What the filter lets through, by day.
    pub lines: Vec<Activity>,
    /// Who did something in these days, whether the filter names them or not, by name.
    pub doers: Vec<NamedDoer>,
    /// Where, with the number of the workspace.
    pub workspaces: Vec<(WorkspaceId, String)>,
    /// How many requests of these days found no room to be counted, of all credentials there are together.
    pub uncounted: u64,
}

/// Who did something, as people know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDoer {
    /// Who.
    pub doer: Doer,
    /// The kind of credential, if it is one.
    pub kind: Option<Kind>,
    /// Description, username or name.
    pub label: String,
    /// The person whose token it is, where that is not clear.
    pub holder: String,
}

/// Which permissions a credential has used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionUse {
    /// Since which day that is known; [`PERMISSION_DAYS`] back at most.
    pub since: Day,
    /// What it may do, as far as it goes now.
    pub held: Vec<Permission>,
    /// What it has used of that, and when last.
    pub used: BTreeMap<Permission, Day>,
}

impl PermissionUse {
    /// What it has not used.
    pub fn unused(&self) -> impl Iterator<Item = &Permission> {
        self.held.iter().filter(|permission| !self.used.contains_key(permission))
    }

    /// What is left when it keeps what it has used.
    pub fn narrowed(&self) -> Permissions {
        Permissions::Only(self.used.keys().cloned().collect())
    }
}

impl Authority {
    /// What the tokens of a person did: for that person, and operators.
    pub async fn activity_of_person(&self, caller: &Caller, person: PersonId, filter: ActivityFilter) -> Result<Activities, Error> {
        if !matches!(caller, Caller::Person(caller) if caller.id == person) {
            caller.require_operator().map_err(|_| Error::NotFound)?;
        }
        caller.require(Right::TokensRead)?;
        self.person(caller, person).await?;
        self.activity(Holder::Person(person), filter).await
    }

    /// What the credentials of an organisation did: those of which the caller may see the lists.
    pub async fn activity_of_organisation(
        &self,
        caller: &Caller,
        organisation: OrganisationId,
        filter: ActivityFilter,
    ) -> Result<Activities, Error> {
        let holder = visible(caller, organisation, filter.kind)?;
        if caller.is_operator() {
            self.organisation(caller, organisation).await?;
        }
        self.activity(holder, filter).await
    }

    /// What was done in the workspaces of an organisation, by which organisation: for those who see its workspaces. With which
    /// credentials, from where and by whom is not theirs to know.
    pub async fn activity_in_workspaces(
        &self,
        caller: &Caller,
        organisation: OrganisationId,
        filter: ActivityFilter,
    ) -> Result<Activities, Error> {
        caller.require_management(organisation, Right::WorkspacesRead)?;
        let days = valid(filter, Day::of(self.clock.now()))?;
        let read = self.store.read(move |reader| Box::pin(async move { in_workspaces(reader, organisation, &filter, days).await }));
        bounded(read.await?)
    }

    /// What was done in each workspace of an organisation, by organisation and API: for those who see its workspaces.
    pub async fn activity_by_workspace(
        &self,
        caller: &Caller,
        organisation: OrganisationId,
        days: (Day, Day),
    ) -> Result<Vec<WorkspaceActivityRow>, Error> {
        caller.require_management(organisation, Right::WorkspacesRead)?;
        Ok(self.store.read(move |reader| Box::pin(async move { reader.activity_in_workspaces(organisation, days).await })).await?)
    }

    /// How often a credential was used on a day and later; a private key goes by its own id. For those who were let at it.
    pub async fn uses_since(&self, credential: CredentialId, since: Day) -> Result<u64, Error> {
        Ok(self.store.read(move |reader| Box::pin(async move { reader.uses_since(credential, since).await })).await?)
    }

    /// Which permissions each of a person's tokens has used, and since when that is known.
    pub async fn permissions_used_by_person(&self, caller: &Caller, person: PersonId) -> Result<UsedPermissions, Error> {
        if !matches!(caller, Caller::Person(caller) if caller.id == person) {
            caller.require_operator().map_err(|_| Error::NotFound)?;
        }
        self.permissions_used(Holder::Person(person)).await
    }

    /// The same of an organisation's credentials: those of which the caller may see the lists.
    pub async fn permissions_used_by_organisation(
        &self,
        caller: &Caller,
        organisation: OrganisationId,
        kind: Option<Kind>,
    ) -> Result<UsedPermissions, Error> {
        self.permissions_used(visible(caller, organisation, kind)?).await
    }

    async fn permissions_used(&self, holder: Holder) -> Result<UsedPermissions, Error> {
        let today = Day::of(self.clock.now());
        let days = (today.plus(1 - PERMISSION_DAYS), today);
        let read = self.store.read(move |reader| {
            Box::pin(async move {
                let since = reader.counted_since().await?.unwrap_or(today).max(days.0);
                Ok((since, reader.permissions_used(&holder, days).await?))
            })
        });
        let (since, rows) = read.await?;
        let mut used: BTreeMap<CredentialId, BTreeMap<Permission, Day>> = BTreeMap::new();
        for (credential, permission, day) in rows {
            used.entry(credential).or_default().insert(permission, day);
        }
        Ok(UsedPermissions { since, used })
    }

    async fn activity(&self, holder: Holder, filter: ActivityFilter) -> Result<Activities, Error> {
        let days = valid(filter, Day::of(self.clock.now()))?;
        let read = self.store.read(move |reader| Box::pin(async move { of_holder(reader, holder, &filter, days).await }));
        bounded(read.await?)
    }
}

/// Which permissions several credentials have used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedPermissions {
    /// Since which day that is known.
    pub since: Day,
    used: BTreeMap<CredentialId, BTreeMap<Permission, Day>>,
}

impl UsedPermissions {
    /// What one of them has used, whether it may still do that or not, and when last.
    pub fn days_of(&self, credential: CredentialId) -> impl Iterator<Item = (&Permission, Day)> {
        self.used.get(&credential).into_iter().flatten().map(|(permission, day)| (permission, *day))
    }

    /// Those of one of them, which was made on `made` and holds these.
    pub fn of(&self, credential: CredentialId, made: Day, held: Vec<Permission>) -> PermissionUse {
        let held_now: BTreeSet<&Permission> = held.iter().collect();
        let used = self.used.get(&credential).into_iter().flatten().filter(|(permission, _)| held_now.contains(permission));
        let used = used.map(|(permission, day)| (permission.clone(), *day)).collect();
        PermissionUse { since: self.since.max(made), used, held }
    }
}

/// What a credential of this kind may do at this moment, one by one: what was chosen and still there is, or all that its owner may, of one API or of those that take it.
pub fn held(verifier: &Verifier, permissions: &Permissions, (kind, roles, only): (Kind, Option<Roles>, Option<&str>)) -> Vec<Permission> {
    match permissions {
        Permissions::Only(names) => {
            let goes = |name: &Permission| {
                verifier.api(name.api()).and_then(|api| {
                    let bit = api.permission_bit(name.as_str())?;
                    Some(roles.map_or(u64::MAX, |roles| api.allowed_by_roles(roles)) >> bit & 1 == 1)
                })
            };
            names.iter().filter(|name| goes(name) == Some(true)).cloned().collect()
        }
        Permissions::All => {
            let apis = verifier.apis().into_iter().filter(|api| only.is_none_or(|only| api.name() == only));
            let takes = |api: &domain::api::Api| match kind {
                Kind::PersonalToken => api.takes_kind(kind) || api.name() == crate::OWN_API,
                Kind::OrganisationKey => api.takes_kind(kind) || api.takes_kind(Kind::AccessToken),
                _ => api.takes_kind(kind),
            };
            let apis = apis.filter(|api| takes(api));
            let of = |api: &domain::api::Api| -> Vec<Permission> {
                let allowed = roles.map_or(u64::MAX, |roles| api.allowed_by_roles(roles));
                let listed = api.definition().permissions.iter().enumerate();
                listed.filter(|(bit, _)| allowed >> bit & 1 == 1).map(|(_, permission)| permission.name.clone()).collect()
            };
            apis.flat_map(|api| of(&api)).collect()
        }
    }
}

/// The credentials of an organisation whose lists the caller may see.
fn visible(caller: &Caller, organisation: OrganisationId, only: Option<Kind>) -> Result<Holder, Error> {
    let may = |right, kind| caller.manages(organisation, right) && only.is_none_or(|only| only == kind);
    let people = may(Right::PeopleRead, Kind::PersonalToken);
    let tokens = may(Right::OrganisationTokensRead, Kind::OrganisationToken);
    let keys = may(Right::OrganisationKeysRead, Kind::OrganisationKey);
    if !(people || tokens || keys) {
        return Err(Error::NotFound);
    }
    Ok(Holder::Organisation { organisation, people, tokens, keys })
}

/// The days, where they are some that are kept.
fn valid(filter: ActivityFilter, today: Day) -> Result<(Day, Day), Error> {
    let first = today.plus(-DAYS_KEPT);
    if filter.from > filter.to {
        return Err(Error::invalid("to", "must not be before from"));
    }
    if filter.from < first {
        return Err(Error::invalid("from", format!("must not be before {first}: it is kept for {DAYS_KEPT} days")));
    }
    if filter.to > today {
        return Err(Error::invalid("to", format!("must not be after {today}")));
    }
    Ok((filter.from, filter.to))
}

/// More than fits is a sign to ask for less.
fn bounded(activities: Option<Activities>) -> Result<Activities, Error> {
    activities.ok_or_else(|| Error::invalid("from", format!("gives more than {MAX_ACTIVITY} lines: choose fewer days, or one credential")))
}

async fn of_holder(
    reader: &mut Reader<'_>,
    holder: Holder,
    filter: &ActivityFilter,
    days: (Day, Day),
) -> Result<Option<Activities>, StoreError> {
    let rows = reader.activity(&holder, days, filter.workspace).await?;
    if rows.len() > MAX_ACTIVITY {
        return Ok(None);
    }
    let line =
        |row: ActivityRow| Activity { by: Doer::Credential(row.credential), day: row.day, refusal: row.refusal, requests: row.requests };
    let lines = rows.into_iter().map(line).filter(|line| filter.lets(line)).collect();
    let named = reader.active_credentials(&holder, days).await?.into_iter().map(|credential| NamedDoer {
        doer: Doer::Credential(credential.id),
        kind: Some(credential.kind),
        label: credential.label,
        holder: credential.holder,
    });
    let mut doers: Vec<NamedDoer> = named.collect();
    doers.sort_by(|one, other| (&one.label, &one.holder, one.doer).cmp(&(&other.label, &other.holder, other.doer)));
    let workspaces = reader.worked_in(&holder, days).await?;
    Ok(Some(Activities { lines, doers, workspaces, uncounted: reader.uncounted(days).await? }))
}

async fn in_workspaces(
    reader: &mut Reader<'_>,
    organisation: OrganisationId,
    filter: &ActivityFilter,
    days: (Day, Day),
) -> Result<Option<Activities>, StoreError> {
    let rows = reader.activity_in_workspaces(organisation, days).await?;
    if rows.len() > MAX_ACTIVITY {
        return Ok(None);
    }
    let mut lines: BTreeMap<(Day, Doer, Option<&'static str>), Activity> = BTreeMap::new();
    for row in &rows {
        let by = row.organisation.map_or(Doer::Nobody, Doer::Organisation);
        let line = Activity { by, day: row.day, refusal: row.refusal, requests: 0 };
        if filter.workspace.is_none_or(|wanted| wanted == row.workspace) && filter.lets(&line) {
            let sum = lines.entry((row.day, by, row.refusal.map(Refusal::code))).or_insert(line);
            sum.requests += row.requests;
        }
    }
    let mut doers = Vec::new();
    let there: BTreeSet<Option<OrganisationId>> = rows.iter().map(|row| row.organisation).collect();
    for organisation in there.into_iter().take(MAX_NAMED) {
        let name = match organisation {
            Some(id) => reader.organisation(id).await?.map(|organisation| organisation.name.to_string()),
            None => None,
        };
        let doer = organisation.map_or(Doer::Nobody, Doer::Organisation);
        doers.push(NamedDoer { doer, kind: None, label: name.unwrap_or_default(), holder: String::new() });
    }
    doers.sort_by(|one, other| one.label.cmp(&other.label));
    let worked_in: BTreeSet<WorkspaceId> = rows.iter().map(|row| row.workspace).collect();
    let all = reader.workspaces(Page { after: None, limit: u32::MAX >> 1 }, Some(organisation)).await?;
    let workspaces = all.into_iter().filter(|workspace| worked_in.contains(&workspace.id));
    let workspaces = workspaces.map(|workspace| (workspace.id, workspace.number.to_string())).collect();
    Ok(Some(Activities { lines: lines.into_values().collect(), doers, workspaces, uncounted: reader.uncounted(days).await? }))
}

impl ActivityFilter {
    /// All of these days.
    pub fn days(from: Day, to: Day) -> Self {
        Self { from, to, by: None, workspace: None, refusal: None, kind: None }
    }

    fn lets(&self, line: &Activity) -> bool {
        self.by.is_none_or(|by| by == line.by) && self.refusal.is_none_or(|refusal| line.refusal == Some(refusal))
    }
}
