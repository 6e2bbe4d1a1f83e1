//! Lines of audit logs: whose log each change of the journal stands in. Made from the journal after the change, so that no change
//! waits for it; read by owner and time, never by going through the journal.

use std::collections::HashMap;

use domain::event::{Actor, Entry, Sequence, of_organisation_token};
use domain::time::Timestamp;
use domain::{Event, OrganisationId, PersonId};

use crate::Store;
use crate::error::StoreError;
use crate::executor::Executor;
use crate::journal::{self, subjects};
use crate::statement::{Statement, statements};
use crate::transaction::Reader;
use crate::value::{Param, Row, params};

macro_rules! lines {
    ($filter:literal) => {
        concat!(
            "SELECT j.seq, j.at, j.request, j.actor, j.event, a.action, a.acting, o.address, r.reason
                FROM (SELECT at, seq, action, acting FROM audit_line WHERE owner = $1 AND at >= $2 AND (at, seq) < ($3, $4) ",
            $filter,
            "ORDER BY at DESC, seq DESC LIMIT $5) a
                JOIN journal j ON j.seq = a.seq LEFT JOIN journal_origin o ON o.seq = a.seq
                LEFT JOIN change_reason r ON r.request = j.request ORDER BY a.at DESC, a.seq DESC"
        )
    };
}

statements! {
    AUDIT_HEAD = "SELECT seq FROM audit_head WHERE id = 1";
    MOVE_AUDIT_HEAD = "UPDATE audit_head SET seq = $2 WHERE id = 1 AND seq = $1";
    INSERT_LINE = "INSERT INTO audit_line (owner, at, seq, action, actor, acting) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (owner, at, seq) DO NOTHING";
    // Whose log tells of a thing: the organisations and people that it belongs to, and whether it is an organisation's token.
    OWNERS = "SELECT id, 0 FROM organisation WHERE id = $1
        UNION ALL SELECT id, 0 FROM person WHERE id = $1
        UNION ALL SELECT organisation, 0 FROM membership WHERE id = $1
        UNION ALL SELECT person, 0 FROM membership WHERE id = $1
        UNION ALL SELECT m.organisation, 0 FROM personal_token t JOIN membership m ON m.id = t.membership WHERE t.id = $1
        UNION ALL SELECT m.person, 0 FROM personal_token t JOIN membership m ON m.id = t.membership WHERE t.id = $1
        UNION ALL SELECT organisation, 1 FROM organisation_token WHERE id = $1
        UNION ALL SELECT organisation, 0 FROM workspace WHERE id = $1
        UNION ALL SELECT organisation, 0 FROM organisation_key WHERE id = $1 AND organisation IS NOT NULL
        UNION ALL SELECT organisation, 0 FROM client_grant WHERE id = $1
        UNION ALL SELECT person, 0 FROM client_grant WHERE id = $1
        UNION ALL SELECT g.organisation, 0 FROM refresh_family f JOIN client_grant g ON g.id = f.client_grant WHERE f.id = $1
        UNION ALL SELECT g.person, 0 FROM refresh_family f JOIN client_grant g ON g.id = f.client_grant WHERE f.id = $1
        UNION ALL SELECT person, 0 FROM session WHERE id = $1
        UNION ALL SELECT giver, 0 FROM delegation WHERE id = $1
        UNION ALL SELECT receiver, 0 FROM delegation WHERE id = $1
        UNION ALL SELECT owner, 0 FROM delegation WHERE id = $1";
    // Those that a person has left, too: what they did there stays theirs.
    ORGANISATIONS_OF = "SELECT organisation FROM membership WHERE person = $1 ORDER BY ended, id";
    LINES = lines!("");
    LINES_OF_ACTION = lines!("AND action = $6 ");
    LINES_OF_ACTOR = lines!("AND actor = $6 ");
    LINES_OF_BOTH = lines!("AND actor = $6 AND action = $7 ");
}

/// The owner of the installation's log, in which every change stands.
pub const INSTALLATION: [u8; 16] = [0; 16];
/// So many changes are gone through at once.
const PART: u32 = 200;

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The change.
    pub entry: Entry,
    /// What it is called here.
    pub action: String,
    /// The organisation for which a person made it, where the log's owner is told no more of them. All zeros: it is not known which.
    pub acting: Option<OrganisationId>,
    /// From which address it was asked for, unless that was erased or never known.
    pub address: Option<String>,
    /// Why, where whoever made the change said so for this change.
    pub reason: Option<String>,
}

/// Which lines of one log are wanted, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFilter {
    /// Whose log: an organisation, a person, or [`INSTALLATION`].
    pub owner: [u8; 16],
    /// Only those from this moment on.
    pub from: Timestamp,
    /// Only those before this place: a moment, and the journal's number within it.
    pub before: (Timestamp, Sequence),
    /// Only those with this action.
    pub action: Option<String>,
    /// Only what this person did.
    pub actor: Option<PersonId>,
}

/// A line as it is written.
struct NewLine {
    owner: [u8; 16],
    at: Timestamp,
    sequence: Sequence,
    action: &'static str,
    actor: Option<PersonId>,
    acting: Option<[u8; 16]>,
}

impl Store {
    /// Goes through the next changes of the journal and writes their lines; says whether there may be more. Not journalled.
    pub async fn write_audit_lines(&self) -> Result<bool, StoreError> {
        let (from, lines, to) = self.read(|reader| Box::pin(async move { next(reader).await })).await?;
        let Some(to) = to else { return Ok(false) };
        let lines = std::sync::Arc::new(lines);
        self.keep(move |executor| {
            let lines = lines.clone();
            Box::pin(async move { write(executor, (from, to), &lines).await })
        })
        .await?;
        Ok(to.0 - from.0 >= i64::from(PART))
    }
}

async fn write(executor: &mut Executor<'_>, (from, to): (Sequence, Sequence), lines: &[NewLine]) -> Result<(), StoreError> {
    // Another node, or a reader of a log, was faster.
    if executor.execute(&MOVE_AUDIT_HEAD, &params![from.0, to.0]).await? == 0 {
        return Ok(());
    }
    let rows: Vec<[Param<'_>; 6]> = lines
        .iter()
        .map(|line| params![&line.owner, line.at, line.sequence.0, line.action, line.actor.as_ref(), line.acting.as_ref()])
        .collect();
    let work: Vec<(&'static Statement, &[Param<'_>])> = rows.iter().map(|row| (&INSERT_LINE, row.as_slice())).collect();
    executor.execute_all(&work).await
}

/// The place up to which lines are written, the lines after it, and the place that they reach, if any.
async fn next(reader: &mut Reader<'_>) -> Result<(Sequence, Vec<NewLine>, Option<Sequence>), StoreError> {
    let from = head(reader).await?;
    let entries = journal::tail(&mut reader.executor, from, PART).await?;
    let to = entries.last().map(|entry| entry.sequence);
    let (mut known, mut lines) = (HashMap::new(), Vec::new());
    for entry in &entries {
        lines.extend(lines_of(reader, entry, &mut known).await?);
    }
    Ok((from, lines, to))
}

async fn head(reader: &mut Reader<'_>) -> Result<Sequence, StoreError> {
    let row = reader.executor.row(&AUDIT_HEAD, &params![]).await?;
    row.map_or(Err(StoreError::corrupt("the audit log's head")), |mut row| row.take().map(Sequence))
}

/// The organisations of people, read once for each part.
type Known = HashMap<PersonId, Vec<[u8; 16]>>;

/// The lines of a change: one for each organisation and person that it is about, one for the person who made it, one for the
/// installation.
async fn lines_of(reader: &mut Reader<'_>, entry: &Entry, known: &mut Known) -> Result<Vec<NewLine>, StoreError> {
    let (mut owners, mut of_organisation_token_is) = (Vec::new(), false);
    for subject in told_of(&entry.event) {
        for mut row in reader.executor.rows(&OWNERS, &params![&subject]).await? {
            owners.push(row.take::<[u8; 16]>()?);
            of_organisation_token_is |= row.take::<i64>()? == 1;
        }
    }
    // Whoever runs the installation is named in its log and in their own, and nowhere else.
    let (actor, is_operator) = match entry.actor {
        Actor::Person { id, .. } => (Some(id), false),
        Actor::OperatorPerson { id } => (Some(id), true),
        Actor::Operator { .. } | Actor::Client { .. } | Actor::System => (None, false),
    };
    owners.extend(actor.map(|id| *id.as_bytes()));
    owners.sort_unstable();
    owners.dedup();
    let own = match actor {
        Some(actor) => organisations_of(reader, actor, known).await?,
        None => Vec::new(),
    };
    let action = entry.event.action();
    let action = if of_organisation_token_is { of_organisation_token(action) } else { action };
    let line = |owner, acting| {
        let is_named = !is_operator || owner == INSTALLATION || actor.is_some_and(|actor| owner == *actor.as_bytes());
        NewLine { owner, at: entry.at, sequence: entry.sequence, action, actor: actor.filter(|_| is_named), acting }
    };
    let mut lines = vec![line(INSTALLATION, None)];
    for owner in &owners {
        let acting = match actor {
            Some(actor) if !is_operator && owner != actor.as_bytes() && !knows(reader, *owner, &own, known).await? => {
                let one_of_them = own.iter().find(|organisation| owners.contains(organisation)).or(own.first());
                Some(one_of_them.copied().unwrap_or(INSTALLATION))
            }
            _ => None,
        };
        lines.push(line(*owner, acting));
    }
    Ok(lines)
}

/// What a change is about, as far as its owners are told. Whose program somebody authorises is not told of that.
fn told_of(event: &Event) -> Vec<[u8; 16]> {
    match event {
        Event::GrantMade { grant, membership, .. } => vec![*grant.as_bytes(), *membership.as_bytes()],
        event => subjects(event),
    }
}

/// Whether the owner of a log may know who a person of these organisations is: it is one of them, or a person of one of them.
async fn knows(reader: &mut Reader<'_>, owner: [u8; 16], own: &[[u8; 16]], known: &mut Known) -> Result<bool, StoreError> {
    if own.contains(&owner) {
        return Ok(true);
    }
    let others = organisations_of(reader, PersonId::from_bytes(owner), known).await?;
    Ok(others.iter().any(|organisation| own.contains(organisation)))
}

async fn organisations_of(reader: &mut Reader<'_>, person: PersonId, known: &mut Known) -> Result<Vec<[u8; 16]>, StoreError> {
    if let Some(organisations) = known.get(&person) {
        return Ok(organisations.clone());
    }
    let rows = reader.executor.rows(&ORGANISATIONS_OF, &params![&person]).await?;
    let organisations: Vec<[u8; 16]> = rows.into_iter().map(|mut row| row.take()).collect::<Result<_, _>>()?;
    known.insert(person, organisations.clone());
    Ok(organisations)
}

impl Reader<'_> {
    /// Lines of one log, newest first.
    pub async fn audit_lines(&mut self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let AuditFilter { owner, from, before: (at, sequence), action, actor } = filter;
        let [owner, from, at, sequence, limit] = params![owner, *from, *at, sequence.0, limit];
        let rows = match (actor, action) {
            (None, None) => self.executor.rows(&LINES, &[owner, from, at, sequence, limit]).await?,
            (None, Some(action)) => self.executor.rows(&LINES_OF_ACTION, &[owner, from, at, sequence, limit, Param::from(action)]).await?,
            (Some(actor), None) => self.executor.rows(&LINES_OF_ACTOR, &[owner, from, at, sequence, limit, Param::from(actor)]).await?,
            (Some(actor), Some(action)) => {
                let params = [owner, from, at, sequence, limit, Param::from(actor), Param::from(action)];
                self.executor.rows(&LINES_OF_BOTH, &params).await?
            }
        };
        rows.into_iter().map(line).collect()
    }

    /// How many changes have no lines yet.
    pub async fn audit_backlog(&mut self) -> Result<u64, StoreError> {
        let (written, last) = (head(self).await?, self.head().await?);
        Ok(last.0.saturating_sub(written.0).max(0).unsigned_abs())
    }
}

fn line(mut row: Row) -> Result<AuditRow, StoreError> {
    let entry = Entry { sequence: Sequence(row.take()?), at: row.take()?, request: row.take()?, actor: row.json()?, event: row.json()? };
    Ok(AuditRow { entry, action: row.take()?, acting: row.take()?, address: row.take()?, reason: row.take()? })
}
