//! A database that lost commits: what this node remembers of the journal, how it notices, what it publishes anew.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use authority::Published;
use domain::event::{Actor, Entry, Sequence};
use domain::{RequestId, Timestamp};
use store::{By, Store, StoreError, Tail};

use crate::node::System;

/// How many changes are remembered: more than a failover can lose.
pub(crate) const REMEMBERED: usize = 10_000;
/// How many entries of the journal are read at once.
const PART: u32 = 1_000;

/// Which entry of the journal: its number alone says too little, as a database that lost commits gives it to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) sequence: Sequence,
    request: RequestId,
    at: Timestamp,
}

impl From<&Entry> for Known {
    fn from(entry: &Entry) -> Self {
        Self { sequence: entry.sequence, request: entry.request, at: entry.at }
    }
}

/// The last entries that are in the index, one after the other.
pub(crate) struct Memory {
    entries: Mutex<VecDeque<Entry>>,
    most: usize,
}

impl Memory {
    /// One for so many entries.
    pub(crate) fn of(most: usize) -> Self {
        Self { entries: Mutex::default(), most }
    }

    /// The index was loaded, with everything up to this entry.
    pub(crate) fn begin(&self, last: Option<Entry>) {
        let mut entries = self.lock();
        if let Some(last) = last
            && entries.back().is_none_or(|known| known.sequence < last.sequence)
        {
            entries.clear();
            entries.push_back(last);
        }
    }

    /// Applies entries to the index and remembers them; whether all of them are in it now.
    pub(crate) fn apply(&self, new: &[Entry], apply: impl Fn(&Entry) -> bool) -> bool {
        // Held, so that what is known is never older than what is applied.
        let mut entries = self.lock();
        for entry in new {
            if !apply(entry) {
                return false;
            }
            if entries.back().is_none_or(|known| known.sequence < entry.sequence) {
                entries.push_back(entry.clone());
            }
            if entries.len() > self.most {
                entries.pop_front();
            }
        }
        true
    }

    /// The last entry that is in the index. The database must go on holding this very one at its place.
    pub(crate) fn known(&self) -> Option<Known> {
        self.lock().back().map(Known::from)
    }

    fn all(&self) -> Vec<Entry> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the journal still holds the entry that is known, at its place. That its head is not lower is not enough: other
/// changes may have been given the same numbers since.
pub(crate) fn continues(known: Option<Known>, tail: &Tail) -> bool {
    known.is_none_or(|known| tail.entries.first().map(Known::from) == Some(known))
}

/// Publishes anew what had ended by changes that the database has lost. To be called when nothing is answered any more.
/// Through connections of its own: those of the node rely on a journal that is no more.
pub(crate) async fn publish_anew(memory: &Memory, own: &Store, system: &System) -> Result<Published, StoreError> {
    let store = own.another().await?;
    let remembered = memory.all();
    let Some(lost) = lost(&store, &remembered).await? else { return Ok(Published::NotAll) };
    for Entry { sequence, at, actor, request, event } in lost {
        tracing::error!(?sequence, %at, ?actor, %request, ?event, "the database has lost this change");
    }
    let at = system.clock.now();
    let request = RequestId::generate(at, &*system.entropy).map_err(|_| StoreError::silent())?;
    authority::publish_anew(&store, &By { at, actor: Actor::System, request, address: None }, lost).await
}

/// Those of the remembered entries that the journal does not hold at their place; nothing where it holds none of them, as
/// then more may be lost than is remembered.
async fn lost<'m>(store: &Store, remembered: &'m [Entry]) -> Result<Option<&'m [Entry]>, StoreError> {
    let Some(first) = remembered.first() else { return Ok(None) };
    let (mut common, mut after) = (0, Sequence(first.sequence.0 - 1));
    loop {
        let part = store.tail(after, PART).await?;
        let same = part.iter().zip(&remembered[common..]).take_while(|(there, known)| Known::from(*there) == Known::from(*known)).count();
        common += same;
        match part.last() {
            Some(last) if same == part.len() => after = last.sequence,
            _ => return Ok(Some(&remembered[common..]).filter(|_| common > 0)),
        }
    }
}
