//! Audit logs: what was done in an organisation, by a person, or at all; told to whoever may know, with the names that they may know.

use std::collections::{HashMap, HashSet};

use domain::event::{Actor, Entry, Event};
use domain::{OrganisationId, PersonId, Sequence, Timestamp};
use store::{AuditFilter, AuditRow, INSTALLATION, Label, Outcome, Page, Reader, StoreError, named};

use crate::{Authority, Caller, Context, Error, Right};

/// As many things of a change are named; of many tokens that ended at once, the others are counted.
const NAMED: usize = 5;
/// As many parts of the journal are gone through before a log is read; the rest is left to the upkeep.
const PARTS: u32 = 20;
/// As many people are proposed to look for.
const PEOPLE: Page = Page { after: None, limit: 200 };

/// Whose log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditOf {
    /// What was done in an organisation, or to it.
    Organisation(OrganisationId),
    /// What a person did, and what was done to what is theirs.
    Person(PersonId),
    /// Everything.
    Installation,
}

/// Which lines of a log are wanted.
#[derive(Debug, Clone)]
pub struct AuditQuery {
    /// Whose log.
    pub of: AuditOf,
    /// Only those with this action.
    pub action: Option<String>,
    /// Only what this person did.
    pub person: Option<PersonId>,
    /// Only those from this moment on.
    pub from: Option<Timestamp>,
    /// Only those before this moment.
    pub until: Option<Timestamp>,
    /// Only those that stand after this one in the log, which begins with the newest.
    pub after: Option<(Timestamp, Sequence)>,
    /// How many at most.
    pub limit: u32,
}

/// A part of a log, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// Its lines.
    pub lines: Vec<AuditLine>,
    /// The last of them, where there may be more.
    pub next: Option<(Timestamp, Sequence)>,
    /// So many of the newest changes are still to be put into the logs.
    pub behind: u64,
}

/// A line of a log: what was done, as far as its reader may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// The change.
    pub entry: Entry,
    /// What it is called: `token.created`.
    pub action: String,
    /// Who did it.
    pub by: AuditActor,
    /// What the things are called that it names, what it was done to first; those that the reader may know.
    pub names: Vec<AuditName>,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// From which address, where it was one of the own people.
    pub address: Option<String>,
}

/// Who did something, as far as the reader may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditActor {
    /// A person; without a name once erased.
    Person(PersonId, Option<String>),
    /// Somebody of another organisation, of which no more is told; without a name where it is not known which.
    Organisation(Option<String>),
    /// Whoever runs the installation.
    Operator,
    /// A program, by its name.
    Client(Option<String>),
    /// The server itself.
    Server,
}

/// What a thing is called now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditName {
    /// Its id.
    pub id: [u8; 16],
    /// What it is: `token`, `key`, `delegation` …
    pub kind: String,
    /// Its name; absent where there is none any more, or the reader may not know it.
    pub name: Option<String>,
    /// The beginning of a token, the public id of a key, the number of a workspace, both sides of a delegation.
    pub more: Option<String>,
}

impl Authority {
    /// A part of a log. An organisation's is for those of its members who may see it, a person's for themselves; all for operators.
    pub async fn audit_log(&self, caller: &Caller, query: AuditQuery) -> Result<AuditPage, Error> {
        may_read(caller, query.of)?;
        let behind = self.write_audit_lines(PARTS).await?;
        let page = self.store.read(move |reader| Box::pin(async move { page(reader, &query).await })).await?;
        Ok(AuditPage { behind, ..page })
    }

    /// Notes in the log that a part of it was taken along, and gives the place of that line: what is taken is older.
    pub async fn note_audit_export(&self, context: &Context, of: AuditOf) -> Result<(Timestamp, Sequence), Error> {
        may_read(&context.caller, of)?;
        let (organisation, person) = match of {
            AuditOf::Organisation(id) => (Some(id), None),
            AuditOf::Person(id) => (None, Some(id)),
            AuditOf::Installation => (None, None),
        };
        let noted = self.commit(context, move |tx, by| {
            Box::pin(async move {
                let recorded = tx.record(by, Event::AuditExported { organisation, person }).await?;
                Ok(Outcome::Changed(recorded.sequence(), recorded))
            })
        });
        Ok((context.now, noted.await?.value))
    }

    /// The people whom the reader of an organisation's log may look for: its members.
    pub async fn audit_people(&self, caller: &Caller, organisation: OrganisationId) -> Result<Vec<(PersonId, String)>, Error> {
        may_read(caller, AuditOf::Organisation(organisation))?;
        let read = self.store.read(move |reader| {
            Box::pin(async move {
                let mut people = Vec::new();
                for member in reader.members(organisation, PEOPLE).await? {
                    let name = reader.person(member.person).await?.and_then(|person| person.name);
                    people.extend(name.map(|name| (member.person, name.to_string())));
                }
                Ok(people)
            })
        });
        Ok(read.await?)
    }

    /// Puts what was changed since into the logs, so many parts of it at most; says how many changes are left.
    pub async fn write_audit_lines(&self, parts: u32) -> Result<u64, Error> {
        for _ in 0..parts {
            if !self.store.write_audit_lines().await? {
                return Ok(0);
            }
        }
        Ok(self.store.read(|reader| Box::pin(async move { reader.audit_backlog().await })).await?)
    }
}

fn may_read(caller: &Caller, of: AuditOf) -> Result<(), Error> {
    match (of, caller) {
        (AuditOf::Organisation(id), _) => caller.require_management(id, Right::AuditRead),
        (AuditOf::Person(id), Caller::Person(person)) if person.id == id => caller.require(Right::TokensRead),
        (AuditOf::Person(_), _) if !caller.is_operator() => Err(Error::NotFound),
        _ => caller.require_operator(),
    }
}

async fn page(reader: &mut Reader<'_>, query: &AuditQuery) -> Result<AuditPage, StoreError> {
    let end = query.until.map_or((Timestamp::from_unix_microseconds(i64::MAX), Sequence(i64::MAX)), |until| (until, Sequence(0)));
    let filter = AuditFilter {
        owner: owner(query.of),
        from: query.from.unwrap_or(Timestamp::from_unix_seconds(0)),
        before: query.after.map_or(end, |after| after.min(end)),
        action: query.action.clone(),
        actor: query.person,
    };
    let rows = reader.audit_lines(&filter, query.limit).await?;
    let last = rows.last().filter(|_| rows.len() == query.limit as usize);
    let next = last.map(|row| (row.entry.at, row.entry.sequence));
    let mut teller = Teller::new(reader, query.of).await?;
    let mut lines = Vec::new();
    for row in rows {
        lines.push(teller.line(reader, row).await?);
    }
    Ok(AuditPage { lines, next, behind: 0 })
}

fn owner(of: AuditOf) -> [u8; 16] {
    match of {
        AuditOf::Organisation(id) => *id.as_bytes(),
        AuditOf::Person(id) => *id.as_bytes(),
        AuditOf::Installation => INSTALLATION,
    }
}

/// Tells lines to the reader of one log.
struct Teller {
    of: AuditOf,
    /// The organisations that a person belongs to who reads what they did.
    own: HashSet<OrganisationId>,
    labels: HashMap<[u8; 16], Option<Label>>,
}

impl Teller {
    async fn new(reader: &mut Reader<'_>, of: AuditOf) -> Result<Self, StoreError> {
        let own = match of {
            AuditOf::Organisation(id) => HashSet::from([id]),
            AuditOf::Person(id) => reader.memberships_of(id).await?.into_iter().map(|membership| membership.organisation).collect(),
            AuditOf::Installation => HashSet::new(),
        };
        Ok(Self { of, own, labels: HashMap::new() })
    }

    async fn line(&mut self, reader: &mut Reader<'_>, row: AuditRow) -> Result<AuditLine, StoreError> {
        let AuditRow { entry, action, acting, address, reason: given } = row;
        let by = self.actor(reader, &entry, acting).await?;
        let (mut names, mut reason) = (Vec::new(), given);
        for (place, id) in named(&entry.event).into_iter().take(NAMED).enumerate() {
            let Some(label) = self.label(reader, id).await? else { continue };
            if place == 0 && reason.is_none() && gives_reason(&entry.event) && self.may_know_reason(&label) {
                reason = label.reason.clone();
            }
            names.extend(self.name(id, label));
        }
        let is_own = matches!(by, AuditActor::Person(..)) || self.of == AuditOf::Installation;
        let address = address.filter(|_| is_own && self.may_know_address(&entry));
        Ok(AuditLine { entry, action, by, names, reason, address })
    }

    async fn actor(&mut self, reader: &mut Reader<'_>, entry: &Entry, acting: Option<OrganisationId>) -> Result<AuditActor, StoreError> {
        Ok(match (entry.actor, acting) {
            (Actor::Operator { .. }, _) => AuditActor::Operator,
            // Organisations, and people to whom something was done, are told no more than that it was an operator.
            (Actor::OperatorPerson { id }, _) if self.of == AuditOf::Installation || self.of == AuditOf::Person(id) => {
                AuditActor::Person(id, self.label(reader, *id.as_bytes()).await?.and_then(|label| label.name))
            }
            (Actor::OperatorPerson { .. }, _) => AuditActor::Operator,
            (Actor::System, _) => AuditActor::Server,
            (Actor::Client { key }, _) => AuditActor::Client(self.label(reader, *key.as_bytes()).await?.and_then(|label| label.name)),
            (Actor::Person { id, .. }, None) => {
                AuditActor::Person(id, self.label(reader, *id.as_bytes()).await?.and_then(|label| label.name))
            }
            (Actor::Person { .. }, Some(organisation)) => {
                AuditActor::Organisation(self.label(reader, *organisation.as_bytes()).await?.and_then(|label| label.name))
            }
        })
    }

    async fn label(&mut self, reader: &mut Reader<'_>, id: [u8; 16]) -> Result<Option<Label>, StoreError> {
        if let Some(label) = self.labels.get(&id) {
            return Ok(label.clone());
        }
        let label = reader.label(id).await?;
        self.labels.insert(id, label.clone());
        Ok(label)
    }

    /// What a thing is called, as far as the reader may know.
    fn name(&self, id: [u8; 16], label: Label) -> Option<AuditName> {
        let Label { kind, mut name, more, organisation, person, shared_with, .. } = label;
        let is_own = organisation.into_iter().chain(shared_with).any(|organisation| self.own.contains(&organisation));
        let knows = match (self.of, kind.as_str()) {
            (AuditOf::Installation, _) | (_, "organisation") => true,
            // What stands in an organisation's log of people is about its members, and those who were; of delegations, about those
            // that were passed on below it, too.
            (AuditOf::Organisation(_), "person" | "membership" | "delegation") => true,
            (AuditOf::Organisation(_), _) => is_own,
            (AuditOf::Person(reads), _) => is_own || person == Some(reads),
        };
        if !knows {
            // Paths name a workspace by its number.
            name = None;
            if kind != "workspace" {
                return None;
            }
        }
        Some(AuditName { id, kind, name, more })
    }

    fn may_know_reason(&self, label: &Label) -> bool {
        let is_own = label.organisation.into_iter().chain(label.shared_with).any(|organisation| self.own.contains(&organisation));
        is_own || self.of == AuditOf::Installation
    }

    fn may_know_address(&self, entry: &Entry) -> bool {
        match (self.of, entry.actor) {
            (AuditOf::Installation | AuditOf::Organisation(_), _) => true,
            (AuditOf::Person(reads), Actor::Person { id, .. } | Actor::OperatorPerson { id }) => id == reads,
            (AuditOf::Person(_), _) => false,
        }
    }
}

/// Whether what is kept of the thing says why this was done.
fn gives_reason(event: &Event) -> bool {
    matches!(
        event,
        Event::DelegationPaused { .. }
            | Event::DelegationClosingAnnounced { .. }
            | Event::DelegationsClosed { .. }
            | Event::OrganisationSuspended { .. }
    )
}
