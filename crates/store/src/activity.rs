//! What credentials did, as their owners look at it: by person, by organisation, by workspace.

use domain::client::ClientDefinition;
use domain::id::{CredentialId, OrganisationId, PersonId, WorkspaceId};
use domain::permission::Permission;
use domain::{Day, Kind, Refusal};

use crate::error::StoreError;
use crate::statement::{Statement, statements};
use crate::transaction::Reader;
use crate::usage::number;
use crate::value::{Param, Row, params};

// A person's tokens, ended ones among them. `counted` is the id that uses are counted for, `holder` who has it in an organisation.
macro_rules! of_person {
    () => {
        "SELECT id AS counted, id AS credential, 'personal_token' AS kind, description AS label, '' AS holder FROM personal_token
            WHERE person = $1"
    };
}

// An organisation's: $4 says whether with its members' tokens, $5 its own tokens, $6 its keys.
macro_rules! of_organisation {
    () => {
        "SELECT t.id AS counted, t.id AS credential, 'personal_token' AS kind, t.description AS label, COALESCE(p.name, '') AS holder
            FROM membership m JOIN personal_token t ON t.person = m.person AND t.membership = m.id JOIN person p ON p.id = m.person
            WHERE m.organisation = $1 AND CAST($4 AS BIGINT) = 1
        UNION ALL SELECT id, id, 'organisation_token', username, '' FROM organisation_token
            WHERE organisation = $1 AND CAST($5 AS BIGINT) = 1
        UNION ALL SELECT id, id, 'organisation_key', definition, '' FROM organisation_key WHERE organisation = $1 AND CAST($6 AS BIGINT) = 1
        UNION ALL SELECT p.id, k.id, 'organisation_key', k.definition, '' FROM organisation_key k
            JOIN private_key p ON p.organisation_key = k.id WHERE k.organisation = $1 AND CAST($6 AS BIGINT) = 1"
    };
}

macro_rules! activity {
    ($scope:ident) => {
        concat!(
            "SELECT s.credential, u.day, '' AS ending, CAST(SUM(u.uses) AS BIGINT) AS requests FROM (",
            $scope!(),
            ") s JOIN usage_day u ON u.credential = s.counted WHERE u.day BETWEEN $2 AND $3 GROUP BY s.credential, u.day
             UNION ALL SELECT s.credential, c.day, c.ending, CAST(SUM(c.checks) AS BIGINT) FROM (",
            $scope!(),
            ") s JOIN check_day c ON c.credential = s.counted WHERE c.day BETWEEN $2 AND $3 AND c.ending <> ''
             GROUP BY s.credential, c.day, c.ending ORDER BY 2, 1, 3 LIMIT 100001"
        )
    };
}

macro_rules! activity_in {
    ($scope:ident, $workspace:literal) => {
        concat!(
            "SELECT s.credential, c.day, c.ending, CAST(SUM(c.checks) AS BIGINT) AS requests FROM (",
            $scope!(),
            ") s JOIN check_day c ON c.credential = s.counted WHERE c.day BETWEEN $2 AND $3 AND c.workspace = ",
            $workspace,
            " GROUP BY s.credential, c.day, c.ending ORDER BY 2, 1, 3 LIMIT 100001"
        )
    };
}

macro_rules! active {
    ($scope:ident) => {
        concat!(
            "SELECT DISTINCT s.credential, s.kind, s.label, s.holder FROM (",
            $scope!(),
            ") s WHERE EXISTS (SELECT 1 FROM usage_day u WHERE u.credential = s.counted AND u.day BETWEEN $2 AND $3)
             OR EXISTS (SELECT 1 FROM check_day c WHERE c.credential = s.counted AND c.day BETWEEN $2 AND $3)"
        )
    };
}

macro_rules! worked_in {
    ($scope:ident) => {
        concat!(
            "SELECT DISTINCT w.id, w.number FROM (",
            $scope!(),
            ") s JOIN check_day c ON c.credential = s.counted JOIN workspace w ON w.id = c.workspace WHERE c.day BETWEEN $2 AND $3
             ORDER BY w.number LIMIT 1000"
        )
    };
}

macro_rules! permissions {
    ($scope:ident) => {
        concat!(
            "SELECT p.credential, p.permission, p.day FROM (",
            $scope!(),
            ") s JOIN permission_use p ON p.credential = s.counted WHERE p.day BETWEEN $2 AND $3"
        )
    };
}

statements! {
    ACTIVITY_OF_PERSON = activity!(of_person);
    ACTIVITY_OF_ORGANISATION = activity!(of_organisation);
    ACTIVITY_OF_PERSON_IN = activity_in!(of_person, "$4");
    ACTIVITY_OF_ORGANISATION_IN = activity_in!(of_organisation, "$7");
    ACTIVE_OF_PERSON = active!(of_person);
    ACTIVE_OF_ORGANISATION = active!(of_organisation);
    WORKED_IN_BY_PERSON = worked_in!(of_person);
    WORKED_IN_BY_ORGANISATION = worked_in!(of_organisation);
    PERMISSIONS_OF_PERSON = permissions!(of_person);
    PERMISSIONS_OF_ORGANISATION = permissions!(of_organisation);
    ACTIVITY_IN_WORKSPACES = "SELECT c.workspace, c.organisation, c.api, c.day, c.ending, CAST(SUM(c.checks) AS BIGINT)
        FROM workspace w JOIN check_day c ON c.workspace = w.id WHERE w.organisation = $1 AND c.day BETWEEN $2 AND $3
        GROUP BY c.workspace, c.organisation, c.api, c.day, c.ending ORDER BY c.day, c.organisation, c.ending LIMIT 100001";
    // Accepted ones only; nobody's clients are no organisation's.
    WORK_IN_WORKSPACE = "SELECT c.workspace, c.organisation, c.api, c.day, c.ending, CAST(SUM(c.checks) AS BIGINT) FROM check_day c
        WHERE c.workspace = $1 AND c.day BETWEEN $2 AND $3 AND c.ending = '' AND c.organisation IS NOT NULL
        GROUP BY c.workspace, c.organisation, c.api, c.day, c.ending ORDER BY c.day, c.organisation LIMIT 100001";
    WORK_ELSEWHERE = "SELECT c.workspace, c.organisation, c.api, c.day, c.ending, CAST(SUM(c.checks) AS BIGINT) FROM check_day c
        WHERE c.workspace IN (SELECT d.workspace FROM delegation d WHERE d.receiver = $1) AND c.organisation = $1
        AND c.day BETWEEN $2 AND $3 AND c.ending = ''
        GROUP BY c.workspace, c.organisation, c.api, c.day, c.ending ORDER BY c.day, c.workspace LIMIT 100001";
    PERMISSION_USES = "SELECT permission, day FROM permission_use WHERE credential = $1 AND day >= $2 ORDER BY permission";
    UNCOUNTED = "SELECT CAST(COALESCE(SUM(checks), 0) AS BIGINT) FROM uncounted_day WHERE day BETWEEN $1 AND $2";
    COUNTED_SINCE = "SELECT day FROM counted_since WHERE one = 1";
}

/// The most rows that are given at once; more are a sign to ask for less.
pub const MAX_ACTIVITY: usize = 100_000;

/// Whose credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A person's own tokens.
    Person(PersonId),
    /// An organisation's: of which kinds.
    Organisation {
        /// Which.
        organisation: OrganisationId,
        /// Those of its members, as its members.
        people: bool,
        /// Its own tokens.
        tokens: bool,
        /// Its keys.
        keys: bool,
    },
}

/// The requests of a credential on a day that ended in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityRow {
    /// Which credential.
    pub credential: CredentialId,
    /// When.
    pub day: Day,
    /// Why they were refused; nothing: they were accepted.
    pub refusal: Option<Refusal>,
    /// How many.
    pub requests: u64,
}

/// The requests of an organisation's credentials in a workspace on a day that ended in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceActivityRow {
    /// Where.
    pub workspace: WorkspaceId,
    /// Whose credentials; nobody's for a client that registered itself.
    pub organisation: Option<OrganisationId>,
    /// The API; empty where it is gone.
    pub api: String,
    /// When.
    pub day: Day,
    /// Why they were refused; nothing: they were accepted.
    pub refusal: Option<Refusal>,
    /// How many.
    pub requests: u64,
}

/// A credential that did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveCredential {
    /// Its id.
    pub id: CredentialId,
    /// Its kind.
    pub kind: Kind,
    /// What its owner calls it: description, username or name.
    pub label: String,
    /// Who has it; nothing where that is clear, or nobody any more.
    pub holder: String,
}

impl Holder {
    /// The statement of the two that is about such a holder, with what both begin with.
    fn choose(&self, [person, organisation]: [&'static Statement; 2], (from, to): (Day, Day)) -> (&'static Statement, Vec<Param<'_>>) {
        match self {
            Self::Person(id) => (person, params![id, number(from), number(to)].to_vec()),
            Self::Organisation { organisation: id, people, tokens, keys } => {
                (organisation, params![id, number(from), number(to), *people, *tokens, *keys].to_vec())
            }
        }
    }
}

impl Reader<'_> {
    /// What the credentials of a holder did in these days, in one workspace if one is given; more than [`MAX_ACTIVITY`] rows are cut off.
    pub async fn activity(
        &mut self,
        holder: &Holder,
        days: (Day, Day),
        workspace: Option<WorkspaceId>,
    ) -> Result<Vec<ActivityRow>, StoreError> {
        let anywhere = [&ACTIVITY_OF_PERSON, &ACTIVITY_OF_ORGANISATION];
        let statements = if workspace.is_some() { [&ACTIVITY_OF_PERSON_IN, &ACTIVITY_OF_ORGANISATION_IN] } else { anywhere };
        let (statement, mut params) = holder.choose(statements, days);
        params.extend(workspace.iter().map(Param::from));
        let rows = self.executor.rows(statement, &params).await?;
        let read = |mut row: Row| {
            let (credential, day, refusal) = (row.take()?, read_day(&mut row)?, read_ending(&mut row)?);
            Ok(ActivityRow { credential, day, refusal, requests: row.take()? })
        };
        rows.into_iter().map(read).collect()
    }

    /// The credentials of a holder that did something in these days.
    pub async fn active_credentials(&mut self, holder: &Holder, days: (Day, Day)) -> Result<Vec<ActiveCredential>, StoreError> {
        let (statement, params) = holder.choose([&ACTIVE_OF_PERSON, &ACTIVE_OF_ORGANISATION], days);
        let read = |mut row: Row| {
            let (id, kind) = (row.take()?, row.parse(|name| Kind::from_name(name).ok_or(()))?);
            let label = match kind {
                Kind::OrganisationKey => {
                    row.parse(|text| serde_json::from_str::<ClientDefinition>(text).map(|client| client.name.into()))?
                }
                _ => row.take()?,
            };
            Ok(ActiveCredential { id, kind, label, holder: row.take()? })
        };
        self.executor.rows(statement, &params).await?.into_iter().map(read).collect()
    }

    /// In which workspaces the credentials of a holder asked for something in these days, with their numbers; the first thousand.
    pub async fn worked_in(&mut self, holder: &Holder, days: (Day, Day)) -> Result<Vec<(WorkspaceId, String)>, StoreError> {
        let (statement, params) = holder.choose([&WORKED_IN_BY_PERSON, &WORKED_IN_BY_ORGANISATION], days);
        let rows = self.executor.rows(statement, &params).await?;
        rows.into_iter().map(|mut row| Ok((row.take()?, row.take()?))).collect()
    }

    /// Which permissions the credentials of a holder used in these days, and when last.
    pub async fn permissions_used(
        &mut self,
        holder: &Holder,
        days: (Day, Day),
    ) -> Result<Vec<(CredentialId, Permission, Day)>, StoreError> {
        let (statement, params) = holder.choose([&PERMISSIONS_OF_PERSON, &PERMISSIONS_OF_ORGANISATION], days);
        let read = |mut row: Row| Ok((row.take()?, row.parse(Permission::new)?, read_day(&mut row)?));
        self.executor.rows(statement, &params).await?.into_iter().map(read).collect()
    }

    /// What was done in the workspaces of an organisation in these days, by whose credentials.
    pub async fn activity_in_workspaces(
        &mut self,
        of: OrganisationId,
        (from, to): (Day, Day),
    ) -> Result<Vec<WorkspaceActivityRow>, StoreError> {
        let rows = self.executor.rows(&ACTIVITY_IN_WORKSPACES, &params![&of, number(from), number(to)]).await?;
        rows.into_iter().map(read_in_workspace).collect()
    }

    /// The accepted requests in one workspace in these days, by whose credentials.
    pub async fn work_in_workspace(&mut self, id: WorkspaceId, (from, to): (Day, Day)) -> Result<Vec<WorkspaceActivityRow>, StoreError> {
        let rows = self.executor.rows(&WORK_IN_WORKSPACE, &params![&id, number(from), number(to)]).await?;
        rows.into_iter().map(read_in_workspace).collect()
    }

    /// The accepted requests of an organisation's credentials in these days, in workspaces for which it ever got a delegation.
    pub async fn work_elsewhere(&mut self, of: OrganisationId, (from, to): (Day, Day)) -> Result<Vec<WorkspaceActivityRow>, StoreError> {
        let rows = self.executor.rows(&WORK_ELSEWHERE, &params![&of, number(from), number(to)]).await?;
        rows.into_iter().map(read_in_workspace).collect()
    }

    /// Which permissions a credential has used on a day and later, and when last.
    pub async fn permission_uses(&mut self, credential: CredentialId, since: Day) -> Result<Vec<(Permission, Day)>, StoreError> {
        let rows = self.executor.rows(&PERMISSION_USES, &params![&credential, number(since)]).await?;
        rows.into_iter().map(|mut row| Ok((row.parse(Permission::new)?, read_day(&mut row)?))).collect()
    }

    /// How many checks of these days found no room to be counted, whosever they were.
    pub async fn uncounted(&mut self, (from, to): (Day, Day)) -> Result<u64, StoreError> {
        let row = self.executor.row(&UNCOUNTED, &params![number(from), number(to)]).await?;
        row.map_or(Ok(0), |mut row| row.take())
    }

    /// The first day that was counted, if any was.
    pub async fn counted_since(&mut self) -> Result<Option<Day>, StoreError> {
        self.executor.row(&COUNTED_SINCE, &params![]).await?.map(|mut row| read_day(&mut row)).transpose()
    }
}

fn read_in_workspace(mut row: Row) -> Result<WorkspaceActivityRow, StoreError> {
    let (workspace, organisation, api) = (row.take()?, row.take()?, row.take()?);
    let (day, refusal) = (read_day(&mut row)?, read_ending(&mut row)?);
    Ok(WorkspaceActivityRow { workspace, organisation, api, day, refusal, requests: row.take()? })
}

fn read_day(row: &mut Row) -> Result<Day, StoreError> {
    let number: i64 = row.take()?;
    i32::try_from(number).map(Day::from_number).map_err(|_| StoreError::defect("a day is out of all bounds"))
}

fn read_ending(row: &mut Row) -> Result<Option<Refusal>, StoreError> {
    row.parse(|code| if code.is_empty() { Ok(None) } else { Refusal::from_code(code).map(Some).ok_or(()) })
}
