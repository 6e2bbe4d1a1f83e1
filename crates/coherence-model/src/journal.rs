//! The journal of changes, and how far somebody is in it.

use crate::state::MAX_CHANGES;

/// Which change: 1 for the first that began. It stands for what the change says, as opposed to its [`Sequence`].
pub(crate) type ChangeNumber = u8;

/// A place in the journal, from 1; 0 is before the first.
pub(crate) type Sequence = u8;

/// A set of changes: what an index, or an answer made from it, takes account of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Changes(u8);

impl Changes {
    /// Adds one change.
    pub(crate) fn insert(&mut self, change: ChangeNumber) {
        self.0 |= 1 << change;
    }

    /// Both sets together.
    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the change is in the set.
    pub(crate) fn holds(self, change: ChangeNumber) -> bool {
        self.0 & (1 << change) != 0
    }

    /// Whether every one of `others` is in this set.
    pub(crate) fn hold_all(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    /// Whether there is none.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The changes, first begun first.
    pub(crate) fn iter(self) -> impl Iterator<Item = ChangeNumber> {
        (1..=MAX_CHANGES as ChangeNumber).filter(move |change| self.holds(*change))
    }
}

/// The journal of one server. The tables change in the same commits, so this is also what a snapshot of the tables says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Journal {
    /// By sequence: the change, or 0 where nothing (or nothing yet) was committed.
    entries: [ChangeNumber; MAX_CHANGES],
    /// Up to here the journal's rows were pruned; their effect is in the tables only.
    pub(crate) pruned: Sequence,
}

impl Journal {
    /// The last sequence, 0 for an empty journal.
    pub(crate) fn head(&self) -> Sequence {
        let last = self.entries.iter().rposition(|change| *change != 0);
        last.map_or(0, |place| place as Sequence + 1)
    }

    /// The change at a place.
    pub(crate) fn entry(&self, sequence: Sequence) -> Option<ChangeNumber> {
        let change = self.entries.get(usize::from(sequence).checked_sub(1)?);
        change.copied().filter(|change| *change != 0)
    }

    /// Writes a change behind the last one.
    pub(crate) fn append(&mut self, change: ChangeNumber) -> Sequence {
        let sequence = self.head() + 1;
        self.put(sequence, change);
        sequence
    }

    /// Writes a change at a sequence that was drawn before.
    pub(crate) fn put(&mut self, sequence: Sequence, change: ChangeNumber) {
        self.entries[usize::from(sequence) - 1] = change;
    }

    /// Everything that was committed, which is what the tables take account of.
    pub(crate) fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        self.entries.iter().filter(|change| **change != 0).for_each(|change| changes.insert(*change));
        changes
    }
}

/// How far somebody is in a journal: the sequence, and which change was there. The number alone says too little: a database
/// that lost its last commits gives the same numbers to other changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Position {
    /// The sequence, 0 at the start.
    pub(crate) sequence: Sequence,
    /// The change that was read there, 0 at the start.
    pub(crate) change: ChangeNumber,
}

impl Position {
    /// Where this journal ends.
    pub(crate) fn end_of(journal: &Journal) -> Self {
        let sequence = journal.head();
        Self { sequence, change: journal.entry(sequence).unwrap_or(0) }
    }

    /// Whether this journal has that change at that place, and so everything before it as well.
    pub(crate) fn is_in(self, journal: &Journal) -> bool {
        journal.entry(self.sequence).unwrap_or(0) == self.change
    }
}
