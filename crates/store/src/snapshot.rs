//! What a server's index is made of, from one consistent state of the database.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use domain::announcement::Signal;
use domain::api::ApiDefinition;
use domain::credential::Digest;
use domain::event::{Entry, SecretState, Sequence};
use domain::fence::Fence;
use domain::grant::GrantRecord;
use domain::id::{AnnouncementId, CredentialId, GrantId, MembershipId, OrganisationId, PersonId, WorkspaceId};
use domain::organisation_key::{OrganisationKeyRecord, PrivateKeyState};
use domain::permission::Permissions;
use domain::time::Timestamp;
use futures_util::FutureExt as _;

use crate::Store;
use crate::database::Borrowed;
use crate::delegation::KeptDelegation;
use crate::error::StoreError;
use crate::executor::{Control, Executor, RawRow};
use crate::journal::Head;
use crate::options::{DatabaseUrl, Options};
use crate::record::{MembershipRecord, OrganisationTokenRecord, SnapshotSink, TokenRecord, WorkspaceRecord};
use crate::statement::{Statement, statements};
use crate::value::{Param, Row, params};
use crate::writer::Shared;
use crate::{announcement, fence, journal, membership, postgres, sqlite};

statements! {
    SNAPSHOT_ORGANISATIONS = "SELECT id, suspended_at FROM organisation";
    SNAPSHOT_PEOPLE = "SELECT id, COALESCE(suspended_at, erased_at) FROM person";
    SNAPSHOT_MEMBERSHIPS = "SELECT id, person, organisation, roles FROM membership WHERE ended = 0";
    SNAPSHOT_APIS = "SELECT definition FROM api";
    SNAPSHOT_API_CREDENTIALS = "SELECT id, api, digest FROM api_credential WHERE revoked_at IS NULL";
    SNAPSHOT_OPERATOR_TOKENS = "SELECT id, digest FROM operator_token WHERE revoked_at IS NULL";
    SNAPSHOT_ORGANISATION_KEYS = "SELECT id, organisation, workspace, definition, generation, suspended_at, imported, revoked_at
        FROM organisation_key WHERE revoked_at IS NULL OR revoked_at >= $1";
    SNAPSHOT_PRIVATE_KEYS = "SELECT p.organisation_key, p.id, p.digest, p.ends_at, p.superseded
        FROM private_key p JOIN organisation_key k ON k.id = p.organisation_key
        WHERE p.ended_at IS NULL AND (k.revoked_at IS NULL OR k.revoked_at >= $1) ORDER BY p.id DESC";
    SNAPSHOT_GRANTS = "SELECT id, membership, organisation_key FROM client_grant WHERE ended_at IS NULL";
    SNAPSHOT_ENDED = "SELECT id, until FROM ended_access";
    SNAPSHOT_WORKSPACES = "SELECT id, organisation, number, closed_at FROM workspace";
    // Those that are over are needed as long as tombstones are; a parent is over no earlier than what passes it on.
    SNAPSHOT_DELEGATIONS = "SELECT id, api, workspace, giver, receiver, parent, permissions, opens_at, ends_at, review_at, accepted_at,
            paused_at, closed_at
        FROM delegation WHERE over_at IS NULL OR over_at >= $1 ORDER BY depth, id";
    // The columns of all four are the same, and the first that are stored; an organisation token has two more.
    SNAPSHOT_TOKENS = "SELECT id, membership, digest, expires_at, permissions, imported, suspended_at, revoked_at
        FROM personal_token WHERE revoked_at IS NULL OR revoked_at >= $1";
    SNAPSHOT_OVERLAPS = "SELECT t.id, t.membership, o.digest, o.not_after, t.permissions, t.imported, t.suspended_at, t.revoked_at
        FROM overlap_secret o JOIN personal_token t ON t.id = o.token WHERE t.revoked_at IS NULL OR t.revoked_at >= $1";
    SNAPSHOT_ORGANISATION_TOKENS = "SELECT id, organisation, digest, expires_at, permissions, imported, suspended_at, revoked_at,
            api, username_key
        FROM organisation_token WHERE revoked_at IS NULL OR revoked_at >= $1";
    SNAPSHOT_ORGANISATION_OVERLAPS = "SELECT t.id, t.organisation, o.digest, o.not_after, t.permissions, t.imported, t.suspended_at,
            t.revoked_at, t.api, t.username_key
        FROM overlap_secret o JOIN organisation_token t ON t.id = o.token WHERE t.revoked_at IS NULL OR t.revoked_at >= $1";
}

/// How many rows the reading thread hands over at once, and how many such parts may wait.
const PART: usize = 2_048;
const PARTS: usize = 16;

/// A snapshot on its way.
pub struct Snapshot {
    parts: Receiver<Result<Part, StoreError>>,
    shared: Arc<Shared>,
}

/// A secret of a personal or an organisation token.
struct Token {
    id: CredentialId,
    /// The membership, or the organisation.
    owner: [u8; 16],
    secret: SecretState,
    superseded: bool,
    permissions: Arc<Permissions>,
    imported: bool,
    suspended: bool,
    revoked_at: Option<Timestamp>,
}

struct OrganisationToken {
    token: Token,
    api: String,
    username_key: [u8; 16],
}

enum Part {
    Organisations(Vec<(OrganisationId, bool)>),
    People(Vec<(PersonId, bool)>),
    Memberships(Vec<MembershipRecord>),
    Api(ApiDefinition),
    Announcement(AnnouncementId, String, Signal),
    Workspaces(Vec<WorkspaceRecord>),
    Delegations(Vec<KeptDelegation>),
    Tokens(Vec<Token>),
    OrganisationTokens(Vec<OrganisationToken>),
    OrganisationKey(OrganisationKeyRecord),
    Grants(Vec<GrantRecord>),
    Ended(Vec<([u8; 16], Timestamp)>),
    ApiCredential(CredentialId, String, Digest),
    OperatorToken(CredentialId, Digest),
    End(Head, Option<Fence>, Option<Entry>),
}

impl Snapshot {
    /// Gives the sink everything and says which state it was: changes after this sequence are not in it.
    pub fn pour(self, sink: &mut dyn SnapshotSink) -> Result<Sequence, StoreError> {
        loop {
            // Without a last part the reading thread has panicked.
            match self.parts.recv().unwrap_or_else(|_| Err(StoreError::defect("a snapshot ended early")))? {
                Part::Organisations(part) => part.into_iter().for_each(|(id, suspended)| sink.organisation(id, suspended)),
                Part::People(part) => part.into_iter().for_each(|(id, active)| sink.person(id, active)),
                Part::Memberships(part) => part.iter().for_each(|membership| sink.membership(membership)),
                Part::Api(definition) => sink.api(definition),
                Part::Announcement(id, api, signal) => sink.announcement(id, &api, signal),
                Part::Workspaces(part) => part.iter().for_each(|workspace| sink.workspace(workspace)),
                Part::Delegations(part) => part.iter().for_each(|delegation| sink.delegation(&delegation.record())),
                Part::Tokens(part) => part.iter().for_each(|token| sink.token(&token.record())),
                Part::OrganisationTokens(part) => part.iter().for_each(|token| sink.organisation_token(&token.record())),
                Part::OrganisationKey(key) => sink.organisation_key(&key),
                Part::Grants(part) => part.iter().for_each(|grant| sink.grant(grant)),
                Part::Ended(part) => part.into_iter().for_each(|(id, until)| sink.ended(id, until)),
                Part::ApiCredential(id, api, digest) => sink.api_credential(id, &api, digest),
                Part::OperatorToken(id, digest) => sink.operator_token(id, digest),
                Part::End(head, fence, last) => {
                    self.shared.set_life(head)?;
                    if let Some(last) = &last {
                        sink.last_entry(last);
                    }
                    if let Some(fence) = &fence {
                        sink.fence(fence);
                    }
                    self.shared.set_fed(head.sequence);
                    return Ok(head.sequence);
                }
            }
        }
    }
}

impl Token {
    fn record(&self) -> TokenRecord<'_> {
        TokenRecord {
            id: self.id,
            membership: MembershipId::from_bytes(self.owner),
            secret: self.secret,
            superseded: self.superseded,
            permissions: &self.permissions,
            imported: self.imported,
            suspended: self.suspended,
            revoked_at: self.revoked_at,
        }
    }
}

impl OrganisationToken {
    fn record(&self) -> OrganisationTokenRecord<'_> {
        let TokenRecord { id, secret, superseded, permissions, imported, suspended, revoked_at, .. } = self.token.record();
        let (organisation, username_key) = (OrganisationId::from_bytes(self.token.owner), self.username_key);
        let api = &self.api;
        OrganisationTokenRecord { id, organisation, api, username_key, secret, superseded, permissions, imported, suspended, revoked_at }
    }
}

impl Store {
    /// Reads everything that an index holds from one consistent state. One thread reads; `pour` runs on another and takes
    /// what was read as it comes, so it may use things that cannot change threads. Of revoked tokens only those since
    /// `revoked_since` are given. From here on the feed misses nothing.
    pub async fn snapshot<T, F>(&self, revoked_since: Timestamp, pour: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(Snapshot) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, parts) = sync_channel(PARTS);
        let options = self.inner.options.clone();
        let thread = std::thread::Builder::new().name("store-snapshot".to_owned());
        let reading = thread.spawn(move || {
            if let Err(error) = read(&options, revoked_since, &sender) {
                // Nobody listens any more: then nobody needs to know.
                let _ = sender.send(Err(error));
            }
        });
        reading.map_err(|error| StoreError::unavailable(format!("no thread for the snapshot: {error}")))?;
        let snapshot = Snapshot { parts, shared: self.inner.shared.clone() };
        let poured = tokio::task::spawn_blocking(move || pour(snapshot)).await;
        poured.unwrap_or_else(|_| Err(StoreError::defect("loading a snapshot panicked")))
    }
}

fn read(options: &Options, since: Timestamp, sender: &SyncSender<Result<Part, StoreError>>) -> Result<(), StoreError> {
    match &options.url {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = sqlite::open_scanner(path)?;
            let reading = read_all(Executor::sqlite(&mut connection), since, sender).now_or_never();
            reading.unwrap_or_else(|| Err(StoreError::defect("a snapshot waited")))
        }
        DatabaseUrl::Postgres(url) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| StoreError::unavailable(format!("no runtime for the snapshot: {error}")))?;
            runtime.block_on(async {
                let pool = postgres::pool(url, options, 1)?;
                let connection = Borrowed(Some(postgres::connection(&pool).await?));
                let Some(client) = connection.0.as_ref() else { return Err(StoreError::defect("no connection")) };
                read_all(Executor::postgres(client, options.statement_timeout), since, sender).await
            })
        }
    }
}

async fn read_all(mut executor: Executor<'_>, since: Timestamp, sender: &SyncSender<Result<Part, StoreError>>) -> Result<(), StoreError> {
    executor.control(Control::BeginRead).await?;
    executor.lift_limit().await?;
    let head = journal::read_head(&mut executor).await?;
    let fence = fence::read(&mut executor).await?;
    let last = journal::tail(&mut executor, Sequence(head.sequence.0 - 1), 1).await?.pop();
    let mut out = Out { executor, sender };
    let organisation = |row: &RawRow<'_>| Ok((OrganisationId::from_bytes(row.bytes(0)?), row.optional_int(1)?.is_some()));
    out.parts(&SNAPSHOT_ORGANISATIONS, &params![], Part::Organisations, organisation).await?;
    let person = |row: &RawRow<'_>| Ok((PersonId::from_bytes(row.bytes(0)?), row.optional_int(1)?.is_none()));
    out.parts(&SNAPSHOT_PEOPLE, &params![], Part::People, person).await?;
    out.parts(&SNAPSHOT_MEMBERSHIPS, &params![], Part::Memberships, membership_record).await?;
    for mut row in out.executor.rows(&SNAPSHOT_APIS, &params![]).await? {
        out.send(Part::Api(row.json()?))?;
    }
    for (id, api, signal) in announcement::standing(&mut out.executor).await? {
        out.send(Part::Announcement(id, api, signal))?;
    }
    out.parts(&SNAPSHOT_WORKSPACES, &params![], Part::Workspaces, workspace_record).await?;
    let mut known = Known::default();
    let delegation = |row: &RawRow<'_>| KeptDelegation::read(row, known.permissions(row.text(6)?)?);
    out.parts(&SNAPSHOT_DELEGATIONS, &params![since], Part::Delegations, delegation).await?;
    out.parts(&SNAPSHOT_TOKENS, &params![since], Part::Tokens, |row| known.token(row, false)).await?;
    out.parts(&SNAPSHOT_OVERLAPS, &params![since], Part::Tokens, |row| known.token(row, true)).await?;
    let make = Part::OrganisationTokens;
    out.parts(&SNAPSHOT_ORGANISATION_TOKENS, &params![since], make, |row| known.organisation_token(row, false)).await?;
    out.parts(&SNAPSHOT_ORGANISATION_OVERLAPS, &params![since], make, |row| known.organisation_token(row, true)).await?;
    let mut private_keys = private_keys(&mut out.executor, since).await?;
    for row in out.executor.rows(&SNAPSHOT_ORGANISATION_KEYS, &params![since]).await? {
        let mut record = organisation_key_record(row)?;
        record.private_keys = private_keys.remove(&record.id).unwrap_or_default();
        out.send(Part::OrganisationKey(record))?;
    }
    let grant = |row: &RawRow<'_>| {
        let (id, membership) = (GrantId::from_bytes(row.bytes(0)?), MembershipId::from_bytes(row.bytes(1)?));
        Ok(GrantRecord { id, membership, key: CredentialId::from_bytes(row.bytes(2)?) })
    };
    out.parts(&SNAPSHOT_GRANTS, &params![], Part::Grants, grant).await?;
    let ended = |row: &RawRow<'_>| Ok((row.bytes(0)?, Timestamp::from_unix_microseconds(row.int(1)?)));
    out.parts(&SNAPSHOT_ENDED, &params![], Part::Ended, ended).await?;
    for mut row in out.executor.rows(&SNAPSHOT_API_CREDENTIALS, &params![]).await? {
        out.send(Part::ApiCredential(row.take()?, row.take()?, row.take()?))?;
    }
    for mut row in out.executor.rows(&SNAPSHOT_OPERATOR_TOKENS, &params![]).await? {
        out.send(Part::OperatorToken(row.take()?, row.take()?))?;
    }
    out.executor.control(Control::Rollback).await?;
    out.send(Part::End(head, fence, last))
}

/// Where what was read goes.
struct Out<'c, 's> {
    executor: Executor<'c>,
    sender: &'s SyncSender<Result<Part, StoreError>>,
}

impl Out<'_, '_> {
    fn send(&self, part: Part) -> Result<(), StoreError> {
        self.sender.send(Ok(part)).map_err(|_| StoreError::defect("nobody takes the snapshot"))
    }

    /// Hands over all rows of a statement, some thousand at a time.
    async fn parts<R, M>(
        &mut self,
        statement: &'static Statement,
        params: &[Param<'_>],
        make: fn(Vec<R>) -> Part,
        mut read: M,
    ) -> Result<(), StoreError>
    where
        R: Send,
        M: FnMut(&RawRow<'_>) -> Result<R, StoreError> + Send,
    {
        let sender = self.sender;
        let gone = |_| StoreError::defect("nobody takes the snapshot");
        let mut part = Vec::with_capacity(PART);
        let mut take = |row: &RawRow<'_>| {
            part.push(read(row)?);
            if part.len() < PART {
                return Ok(());
            }
            sender.send(Ok(make(std::mem::replace(&mut part, Vec::with_capacity(PART))))).map_err(gone)
        };
        self.executor.each(statement, params, &mut take).await?;
        if part.is_empty() { Ok(()) } else { self.send(make(part)) }
    }
}

/// The private keys of all organisation keys that are read.
async fn private_keys(
    executor: &mut Executor<'_>,
    since: Timestamp,
) -> Result<HashMap<CredentialId, Vec<(PrivateKeyState, bool)>>, StoreError> {
    let mut all: HashMap<CredentialId, Vec<(PrivateKeyState, bool)>> = HashMap::new();
    for mut row in executor.rows(&SNAPSHOT_PRIVATE_KEYS, &params![since]).await? {
        let key = row.take()?;
        let state = PrivateKeyState { id: row.take()?, digest: row.take()?, not_after: row.take()? };
        all.entry(key).or_default().push((state, row.take()?));
    }
    Ok(all)
}

fn organisation_key_record(mut row: Row) -> Result<OrganisationKeyRecord, StoreError> {
    Ok(OrganisationKeyRecord {
        id: row.take()?,
        organisation: row.take()?,
        workspace: row.take()?,
        definition: row.json()?,
        private_keys: Vec::new(),
        generation: row.take::<i64>()? as u32,
        suspended: row.take::<Option<Timestamp>>()?.is_some(),
        imported: row.take()?,
        revoked_at: row.take()?,
    })
}

fn membership_record(row: &RawRow<'_>) -> Result<MembershipRecord, StoreError> {
    Ok(MembershipRecord {
        id: MembershipId::from_bytes(row.bytes(0)?),
        person: PersonId::from_bytes(row.bytes(1)?),
        organisation: OrganisationId::from_bytes(row.bytes(2)?),
        roles: membership::roles(row.int(3)?)?,
    })
}

fn workspace_record(row: &RawRow<'_>) -> Result<WorkspaceRecord, StoreError> {
    Ok(WorkspaceRecord {
        id: WorkspaceId::from_bytes(row.bytes(0)?),
        organisation: OrganisationId::from_bytes(row.bytes(1)?),
        number: row.text(2)?.to_owned(),
        closed: row.optional_int(3)?.is_some(),
    })
}

/// The sets of permissions seen so far: of a million tokens most have one of a few.
#[derive(Default)]
struct Known {
    last: Option<(String, Arc<Permissions>)>,
    all: HashMap<String, Arc<Permissions>>,
}

impl Known {
    fn token(&mut self, row: &RawRow<'_>, superseded: bool) -> Result<Token, StoreError> {
        Ok(Token {
            id: CredentialId::from_bytes(row.bytes(0)?),
            owner: row.bytes(1)?,
            secret: SecretState {
                digest: Digest::from_bytes(row.bytes(2)?),
                not_after: row.optional_int(3)?.map(Timestamp::from_unix_microseconds),
            },
            superseded,
            permissions: self.permissions(row.text(4)?)?,
            imported: row.int(5)? != 0,
            suspended: row.optional_int(6)?.is_some(),
            revoked_at: row.optional_int(7)?.map(Timestamp::from_unix_microseconds),
        })
    }

    fn organisation_token(&mut self, row: &RawRow<'_>, superseded: bool) -> Result<OrganisationToken, StoreError> {
        Ok(OrganisationToken { token: self.token(row, superseded)?, api: row.text(8)?.to_owned(), username_key: row.bytes(9)? })
    }

    fn permissions(&mut self, text: &str) -> Result<Arc<Permissions>, StoreError> {
        if let Some((_, permissions)) = self.last.as_ref().filter(|(last, _)| last == text) {
            return Ok(permissions.clone());
        }
        let permissions = match self.all.get(text) {
            Some(permissions) => permissions.clone(),
            None => {
                let read = serde_json::from_str(text).map_err(|_| StoreError::corrupt("permissions of a token"))?;
                let permissions = Arc::new(read);
                self.all.insert(text.to_owned(), Arc::clone(&permissions));
                permissions
            }
        };
        self.last = Some((text.to_owned(), permissions.clone()));
        Ok(permissions)
    }
}
