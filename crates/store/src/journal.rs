//! The journal: every change in the order of commit, what it is about, and from where it was asked for.

use domain::event::{Actor, Entry, Event, Sequence};
use domain::fence::Scope;
use domain::{PersonId, RequestId};

use crate::error::StoreError;
use crate::executor::Executor;
use crate::statement::{Statement, statements};
use crate::transaction::{By, Reader, Recorded, Tx};
use crate::value::{Param, Row, params};

macro_rules! columns {
    () => {
        "SELECT journal.seq, journal.at, journal.request, journal.actor, journal.event FROM journal "
    };
}

// A person's or an organisation's trail holds that of the memberships, from which tokens hang.
macro_rules! about {
    () => {
        "WHERE journal.seq IN (SELECT seq FROM journal_subject WHERE subject = $1
         OR subject IN (SELECT id FROM membership WHERE person = $1 OR organisation = $1)) "
    };
}

statements! {
    // An UPDATE that changes nothing takes the row's lock on PostgreSQL, and is the same text on SQLite.
    LOCK_HEAD = "UPDATE journal_head SET seq = seq WHERE id = 1 RETURNING seq, incarnation";
    SET_HEAD = "UPDATE journal_head SET seq = $1 WHERE id = 1";
    HEAD = "SELECT seq, incarnation FROM journal_head WHERE id = 1";
    BEGIN_LIFE = "UPDATE journal_head SET incarnation = $1 WHERE id = 1";
    LAST = "SELECT COALESCE(MAX(seq), 0) FROM journal";
    RECORD = "INSERT INTO journal (seq, at, request, actor, event) VALUES ($1, $2, $3, $4, $5)";
    RECORD_ORIGIN = "INSERT INTO journal_origin (seq, address, person) VALUES ($1, $2, $3)";
    RECORD_SUBJECT = "INSERT INTO journal_subject (subject, seq) VALUES ($1, $2)";
    // Such an event names the thing only: a token, a workspace. A personal token's membership leads from a person or an
    // organisation to it; the others never change hands.
    RECORD_OWNER = "INSERT INTO journal_subject (subject, seq) SELECT membership, CAST($2 AS BIGINT) FROM personal_token WHERE id = $1
        UNION ALL SELECT organisation, CAST($2 AS BIGINT) FROM organisation_token WHERE id = $1
        UNION ALL SELECT organisation, CAST($2 AS BIGINT) FROM workspace WHERE id = $1
        UNION ALL SELECT organisation, CAST($2 AS BIGINT) FROM organisation_key WHERE id = $1 AND organisation IS NOT NULL
        UNION ALL SELECT membership, CAST($2 AS BIGINT) FROM client_grant WHERE id = $1
        UNION ALL SELECT client_grant, CAST($2 AS BIGINT) FROM refresh_family WHERE id = $1
        ON CONFLICT (subject, seq) DO NOTHING";
    // The same for a delegation: both sides see it, and whose workspace it is.
    RECORD_SIDES = "INSERT INTO journal_subject (subject, seq) SELECT giver, CAST($2 AS BIGINT) FROM delegation WHERE id = $1
        UNION SELECT receiver, CAST($2 AS BIGINT) FROM delegation WHERE id = $1 UNION SELECT owner, CAST($2 AS BIGINT) FROM delegation WHERE id = $1
        UNION SELECT workspace, CAST($2 AS BIGINT) FROM delegation WHERE id = $1
        ON CONFLICT (subject, seq) DO NOTHING";
    ENTRIES = concat!(columns!(), "WHERE journal.seq > $1 ORDER BY journal.seq LIMIT $2");
    ENTRIES_BEFORE = concat!(columns!(), "WHERE journal.seq < $1 ORDER BY journal.seq DESC LIMIT $2");
    ENTRIES_ABOUT = concat!(columns!(), about!(), "AND journal.seq > $2 ORDER BY journal.seq LIMIT $3");
    ENTRIES_ABOUT_BEFORE = concat!(columns!(), about!(), "AND journal.seq < $2 ORDER BY journal.seq DESC LIMIT $3");
    REQUEST_AT = "SELECT request FROM journal WHERE seq = $1";
    ORIGIN = "SELECT address FROM journal_origin WHERE seq = $1";
}

/// The head of the journal, in one life of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) sequence: Sequence,
    /// Another one after each restore: then the same numbers are given to other changes.
    pub(crate) incarnation: i64,
}

/// Takes the head's lock until the end of the transaction: whoever has it is the only writer.
pub(crate) async fn lock_head(executor: &mut Executor<'_>) -> Result<Head, StoreError> {
    executor.row(&LOCK_HEAD, &params![]).await?.map_or_else(|| Err(StoreError::corrupt("the journal's head")), head)
}

pub(crate) async fn read_head(executor: &mut Executor<'_>) -> Result<Head, StoreError> {
    executor.row(&HEAD, &params![]).await?.map_or_else(|| Err(StoreError::corrupt("the journal's head")), head)
}

/// Begins another life of the database.
pub(crate) async fn begin_life(executor: &mut Executor<'_>, incarnation: i64) -> Result<(), StoreError> {
    executor.execute(&BEGIN_LIFE, &params![incarnation]).await.map(drop)
}

/// The place of the last entry that there is; the head says the same, or something is wrong.
pub(crate) async fn last(executor: &mut Executor<'_>) -> Result<Sequence, StoreError> {
    executor.row(&LAST, &params![]).await?.map_or(Ok(Sequence(0)), |mut row| row.take().map(Sequence))
}

pub(crate) async fn set_head(executor: &mut Executor<'_>, sequence: Sequence) -> Result<(), StoreError> {
    executor.execute(&SET_HEAD, &params![sequence.0]).await.map(drop)
}

/// In which request the entry at a place was made.
pub(crate) async fn request_at(executor: &mut Executor<'_>, place: Sequence) -> Result<Option<RequestId>, StoreError> {
    executor.row(&REQUEST_AT, &params![place.0]).await?.map(|mut row| row.take()).transpose()
}

/// Entries after a place, oldest first.
pub(crate) async fn tail(executor: &mut Executor<'_>, after: Sequence, limit: u32) -> Result<Vec<Entry>, StoreError> {
    executor.rows(&ENTRIES, &params![after.0, limit]).await?.into_iter().map(entry).collect()
}

impl Reader<'_> {
    /// Entries after a place, oldest first: all, or those about one thing. About a person or an organisation are also
    /// those about its memberships and their tokens.
    pub async fn entries(&mut self, after: Sequence, about: Option<[u8; 16]>, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.read_entries([&ENTRIES, &ENTRIES_ABOUT], after, about, limit).await
    }

    /// Entries before a place, newest first; otherwise as [`Reader::entries`].
    pub async fn entries_before(&mut self, before: Sequence, about: Option<[u8; 16]>, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.read_entries([&ENTRIES_BEFORE, &ENTRIES_ABOUT_BEFORE], before, about, limit).await
    }

    /// The place of the last change.
    pub async fn head(&mut self) -> Result<Sequence, StoreError> {
        Ok(read_head(&mut self.executor).await?.sequence)
    }

    /// From which address a change was asked for, unless it was erased or never known.
    pub async fn origin(&mut self, sequence: Sequence) -> Result<Option<String>, StoreError> {
        self.executor.row(&ORIGIN, &params![sequence.0]).await?.map(|mut row| row.take()).transpose()
    }

    async fn read_entries(
        &mut self,
        statements: [&'static Statement; 2],
        place: Sequence,
        about: Option<[u8; 16]>,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let rows = match about {
            None => self.executor.rows(statements[0], &params![place.0, limit]).await?,
            Some(about) => self.executor.rows(statements[1], &params![&about, place.0, limit]).await?,
        };
        rows.into_iter().map(entry).collect()
    }
}

impl Tx<'_> {
    /// Writes an event into the journal. A change may record several; any of them is evidence enough.
    pub async fn record(&mut self, by: &By, event: Event) -> Result<Recorded, StoreError> {
        let sequence = Sequence(self.head.0 + self.entries.len() as i64 + 1);
        let defect = |error: serde_json::Error| StoreError::defect(error.to_string());
        let actor = serde_json::to_string(&by.actor).map_err(defect)?;
        let text = serde_json::to_string(&event).map_err(defect)?;
        let subjects = subjects(&event);
        let row = params![sequence.0, by.at, &by.request, &actor, &text];
        let subject_rows: Vec<[Param<'_>; 2]> = subjects.iter().map(|subject| params![subject, sequence.0]).collect();
        let origin_row = by.address.as_deref().map(|address| params![sequence.0, address, actor_person(&by.actor)]);
        let mut work: Vec<(&'static Statement, &[Param<'_>])> = vec![(&RECORD, &row)];
        work.extend(origin_row.iter().map(|row| (&RECORD_ORIGIN, row.as_slice())));
        work.extend(subject_rows.iter().map(|row| (&RECORD_SUBJECT, row.as_slice())));
        if names_no_owner(&event) {
            work.extend(subject_rows.iter().map(|row| (&RECORD_OWNER, row.as_slice())));
        }
        if concerns_delegations(&event) {
            work.extend(subject_rows.iter().map(|row| (&RECORD_SIDES, row.as_slice())));
        }
        self.executor.execute_all(&work).await?;
        self.entries.push(Entry { sequence, at: by.at, actor: by.actor, request: by.request, event });
        Ok(Recorded(sequence))
    }
}

/// What an event is about. Whoever made the change is not among it: that is the actor.
pub(crate) fn subjects(event: &Event) -> Vec<[u8; 16]> {
    let mut subjects = named(event);
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}

/// The ids of the things that a change names; the first is what was done something to.
pub fn named(event: &Event) -> Vec<[u8; 16]> {
    match event {
        Event::OrganisationCreated { organisation }
        | Event::OrganisationRenamed { organisation }
        | Event::OrganisationSuspended { organisation }
        | Event::OrganisationResumed { organisation }
        | Event::OrganisationChanged { organisation }
        | Event::OrganisationViewed { organisation, .. }
        | Event::SecondFactorPolicyChanged { organisation, .. } => vec![*organisation.as_bytes()],
        Event::PersonCreated { person }
        | Event::PersonChanged { person }
        | Event::PersonSuspended { person }
        | Event::PersonResumed { person }
        | Event::PersonErased { person }
        | Event::EmailVerified { person }
        | Event::PasswordChanged { person }
        | Event::OperatorAppointed { person }
        | Event::OperatorDismissed { person }
        | Event::UpstreamLinked { person, .. }
        | Event::UpstreamUnlinked { person, .. } => vec![*person.as_bytes()],
        Event::SecondFactorChanged { person, change } => with(*person.as_bytes(), change.passkey().map(|id| *id.as_bytes())),
        Event::MembershipCreated { membership, person, organisation, .. } | Event::MembershipEnded { membership, person, organisation } => {
            vec![*membership.as_bytes(), *person.as_bytes(), *organisation.as_bytes()]
        }
        Event::MembershipChanged { membership, .. } => vec![*membership.as_bytes()],
        Event::MemberInvited { invitation, organisation, .. } | Event::InvitationWithdrawn { invitation, organisation } => {
            vec![*invitation.as_bytes(), *organisation.as_bytes()]
        }
        Event::MembershipMoved { membership, from, organisation: to, .. } => vec![*membership.as_bytes(), *from.as_bytes(), *to.as_bytes()],
        Event::TokenCreated { token, membership, .. } => vec![*token.as_bytes(), *membership.as_bytes()],
        Event::TokenChanged { token, .. }
        | Event::TokenRotated { token, .. }
        | Event::TokenSuspended { token, .. }
        | Event::TokenResumed { token, .. } => vec![*token.as_bytes()],
        Event::TokensRevoked { tokens, .. } => tokens.iter().map(|token| *token.as_bytes()).collect(),
        Event::OrganisationTokenCreated { token, organisation, .. } => vec![*token.as_bytes(), *organisation.as_bytes()],
        Event::WorkspaceCreated { workspace, organisation, .. } => vec![*workspace.as_bytes(), *organisation.as_bytes()],
        Event::WorkspaceRenamed { workspace } | Event::WorkspaceClosed { workspace } => vec![*workspace.as_bytes()],
        Event::DelegationOpened { delegation, workspace, from, to, .. } => {
            vec![*delegation.as_bytes(), *workspace.as_bytes(), *from.as_bytes(), *to.as_bytes()]
        }
        Event::DelegationAccepted { delegation }
        | Event::DelegationPaused { delegation }
        | Event::DelegationResumed { delegation }
        | Event::DelegationChanged { delegation, .. }
        | Event::DelegationConfirmed { delegation, .. }
        | Event::DelegationClosingAnnounced { delegation, .. } => vec![*delegation.as_bytes()],
        Event::DelegationsClosed { delegations } => delegations.iter().map(|delegation| *delegation.as_bytes()).collect(),
        Event::ApiCredentialCreated { credential, .. }
        | Event::ApiCredentialRevoked { credential, .. }
        | Event::OperatorTokenCreated { credential, .. }
        | Event::OperatorTokenRevoked { credential, .. } => vec![*credential.as_bytes()],
        _ => named_further(event),
    }
}

/// The same of keys, of what comes from them, of sessions, and of what is about no thing at all.
fn named_further(event: &Event) -> Vec<[u8; 16]> {
    match event {
        Event::OrganisationKeyCreated { key, organisation, .. } => {
            [Some(*key.as_bytes()), organisation.map(|id| *id.as_bytes())].into_iter().flatten().collect()
        }
        Event::OrganisationKeyChanged { key, .. }
        | Event::OrganisationKeyRotated { key, .. }
        | Event::PrivateKeyRevoked { key, .. }
        | Event::OrganisationKeySuspended { key }
        | Event::OrganisationKeyResumed { key }
        | Event::AccessTokensOfKeyEnded { key, .. } => vec![*key.as_bytes()],
        Event::OrganisationKeysRevoked { keys, .. } => keys.iter().map(|key| *key.as_bytes()).collect(),
        Event::GrantMade { grant, membership, key } => vec![*grant.as_bytes(), *membership.as_bytes(), *key.as_bytes()],
        Event::GrantsEnded { grants } => grants.iter().map(|id| *id.as_bytes()).collect(),
        Event::FamiliesEnded { families, .. } => families.iter().map(|id| *id.as_bytes()).collect(),
        Event::AccessTokenRevoked { serial, .. } => vec![*serial.as_bytes()],
        Event::SessionStarted { session, person } => vec![*session.as_bytes(), *person.as_bytes()],
        Event::SessionsEnded { sessions, .. } => sessions.iter().map(|session| *session.as_bytes()).collect(),
        Event::AuditExported { organisation, person } => {
            organisation.map(|id| *id.as_bytes()).into_iter().chain(person.map(|id| *id.as_bytes())).collect()
        }
        Event::AnnouncementMade { announcement, .. } | Event::AnnouncementWithdrawn { announcement, .. } => vec![*announcement.as_bytes()],
        Event::RestoreConfirmed { scope: Scope::Organisation { organisation } } => vec![*organisation.as_bytes()],
        _ => Vec::new(),
    }
}

fn names_no_owner(event: &Event) -> bool {
    matches!(
        event,
        Event::TokenChanged { .. }
            | Event::TokenRotated { .. }
            | Event::TokenSuspended { .. }
            | Event::TokenResumed { .. }
            | Event::TokensRevoked { .. }
            | Event::WorkspaceRenamed { .. }
            | Event::WorkspaceClosed { .. }
            | Event::OrganisationKeyChanged { .. }
            | Event::OrganisationKeyRotated { .. }
            | Event::PrivateKeyRevoked { .. }
            | Event::OrganisationKeySuspended { .. }
            | Event::OrganisationKeyResumed { .. }
            | Event::AccessTokensOfKeyEnded { .. }
            | Event::OrganisationKeysRevoked { .. }
            | Event::GrantsEnded { .. }
            | Event::FamiliesEnded { .. }
    )
}

fn concerns_delegations(event: &Event) -> bool {
    matches!(
        event,
        Event::DelegationOpened { .. }
            | Event::DelegationAccepted { .. }
            | Event::DelegationPaused { .. }
            | Event::DelegationResumed { .. }
            | Event::DelegationChanged { .. }
            | Event::DelegationConfirmed { .. }
            | Event::DelegationClosingAnnounced { .. }
            | Event::DelegationsClosed { .. }
    )
}

fn actor_person(actor: &Actor) -> Option<&PersonId> {
    match actor {
        Actor::Person { id, .. } | Actor::OperatorPerson { id } => Some(id),
        Actor::Operator { .. } | Actor::Client { .. } | Actor::System => None,
    }
}

fn head(mut row: Row) -> Result<Head, StoreError> {
    Ok(Head { sequence: Sequence(row.take()?), incarnation: row.take()? })
}

pub(crate) fn entry(mut row: Row) -> Result<Entry, StoreError> {
    Ok(Entry { sequence: Sequence(row.take()?), at: row.take()?, request: row.take()?, actor: row.json()?, event: row.json()? })
}

fn with(first: [u8; 16], other: Option<[u8; 16]>) -> Vec<[u8; 16]> {
    [Some(first), other].into_iter().flatten().collect()
}
