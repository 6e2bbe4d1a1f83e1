//! Inside a transaction: a reader with the reading verbs, a `Tx` with the changing ones.

use std::ops::{Deref, DerefMut};

use domain::event::{Actor, Class, Entry, Sequence};
use domain::id::RequestId;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::executor::Executor;
use crate::journal;

/// One consistent reading of the database. The verbs are in the modules named after what they read.
pub struct Reader<'c> {
    pub(crate) executor: Executor<'c>,
}

/// One change. Reads what a [`Reader`] reads, in the state that the change will be made in. After a verb gave an
/// error the change must end with it: PostgreSQL takes no further statement.
pub struct Tx<'c> {
    reader: Reader<'c>,
    pub(crate) head: Sequence,
    pub(crate) entries: Vec<Entry>,
}

impl<'c> Tx<'c> {
    pub(crate) fn new(executor: Executor<'c>, head: Sequence) -> Self {
        Self { reader: Reader { executor }, head, entries: Vec::new() }
    }

    /// Evidence of the last event that was recorded here, if there is one.
    pub fn recorded(&self) -> Option<Recorded> {
        self.entries.last().map(|entry| Recorded(entry.sequence))
    }

    /// The last entry that this transaction can see: what it found was not changed by a later one.
    pub async fn last_place(&mut self) -> Result<Place, StoreError> {
        let sequence = Sequence(self.head.0 + self.entries.len() as i64);
        let request = match self.entries.last() {
            Some(entry) => Some(entry.request),
            None => journal::request_at(&mut self.executor, sequence).await?,
        };
        Ok(Place { sequence, request })
    }
}

impl<'c> Deref for Tx<'c> {
    type Target = Reader<'c>;

    fn deref(&self) -> &Reader<'c> {
        &self.reader
    }
}

impl<'c> DerefMut for Tx<'c> {
    fn deref_mut(&mut self) -> &mut Reader<'c> {
        &mut self.reader
    }
}

/// A place in the journal, and whose entry is there: a database that lost commits gives their numbers to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number.
    pub sequence: Sequence,
    /// In which request the entry was made; nothing for the place before the first.
    pub request: Option<RequestId>,
}

/// Who asked for a change, when, in which request, from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// When, on the wall clock of the asking server.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// In which request.
    pub request: RequestId,
    /// From which network address, where one is known. Kept beside the journal, so that it can be erased.
    pub address: Option<String>,
}

/// Evidence that a change wrote its event: only [`Tx::record`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded(pub(crate) Sequence);

impl Recorded {
    /// The event's place in the journal, once the change is committed.
    pub fn sequence(self) -> Sequence {
        self.0
    }
}

/// What a change came to.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It changed something and recorded it. All its rows are committed with the event, or none.
    Changed(T, Recorded),
    /// It wrote rows that no index holds and that no event tells of (codes, the rotation of a refresh token), or was told by such rows
    /// that there is nothing to do. What it says is on the disk when it is told, and nobody waits for other nodes.
    Kept(T),
    /// There was nothing to change. Whatever it wrote all the same is undone.
    Unchanged(T),
}

/// A change that is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed<T> {
    /// What the change gave.
    pub value: T,
    /// The place of its last event, if it changed anything.
    pub sequence: Option<Sequence>,
    /// What it waits for: the strongest of what its events do.
    pub class: Class,
}

/// Which part of a list, ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The last id of the part before.
    pub after: Option<[u8; 16]>,
    /// How many at most.
    pub limit: u32,
}

impl Page {
    /// Everything, up to `limit`.
    pub const fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }

    /// No id is all zeros: a version stands in it.
    pub(crate) fn start(&self) -> &[u8; 16] {
        self.after.as_ref().unwrap_or(&[0; 16])
    }
}
