//! Rows of atomic words in chunks that never move, named by slot; and which slots are free.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

const ROWS_OF_CHUNK: usize = 4096;

/// A row: `W` words, each read and written whole.
pub(crate) struct Row<const W: usize>([AtomicU64; W]);

impl<const W: usize> Row<W> {
    /// One of its words.
    #[inline(always)]
    pub(crate) fn get(&self, word: usize) -> u64 {
        self.0[word].load(Ordering::Relaxed)
    }

    /// Writes one of its words.
    pub(crate) fn set(&self, word: usize, value: u64) {
        self.0[word].store(value, Ordering::Relaxed);
    }
}

type Chunk<const W: usize> = OnceLock<Box<[Row<W>]>>;

/// Rows by slot. Slot 0 is always there and all zero: the row of a parent that is not known.
pub(crate) struct Arena<const W: usize>(Box<[Chunk<W>]>);

impl<const W: usize> Arena<W> {
    /// An arena for up to `rows` rows, slot 0 included.
    pub(crate) fn new(rows: usize) -> Self {
        let arena = Self((0..rows.div_ceil(ROWS_OF_CHUNK)).map(|_| OnceLock::new()).collect());
        arena.make(0);
        arena
    }

    /// How many slots it can have.
    pub(crate) fn limit(&self) -> u32 {
        (self.0.len() * ROWS_OF_CHUNK) as u32
    }

    /// The row of a slot, if that was ever made.
    #[inline(always)]
    pub(crate) fn get(&self, slot: u32) -> Option<&Row<W>> {
        self.0.get(slot as usize / ROWS_OF_CHUNK)?.get()?.get(slot as usize % ROWS_OF_CHUNK)
    }

    /// The row of a slot, for the writer, who knows that it was made.
    pub(crate) fn row(&self, slot: u32) -> &Row<W> {
        self.get(slot).unwrap_or_else(|| self.make(0))
    }

    /// Makes the row of a slot, within the limit.
    pub(crate) fn make(&self, slot: u32) -> &Row<W> {
        let chunk = self.0[slot as usize / ROWS_OF_CHUNK].get_or_init(|| zeros(ROWS_OF_CHUNK));
        &chunk[slot as usize % ROWS_OF_CHUNK]
    }
}

fn zeros<const W: usize>(rows: usize) -> Box<[Row<W>]> {
    (0..rows).map(|_| Row(std::array::from_fn(|_| AtomicU64::new(0)))).collect()
}

/// Which slots of an arena are free. Slot 0 never is.
pub(crate) struct Slots {
    next: u32,
    free: Vec<u32>,
    limit: u32,
}

impl Slots {
    pub(crate) fn new(limit: u32) -> Self {
        Self { next: 1, free: Vec::new(), limit }
    }

    /// Takes a free slot; `None` when there is none within the limit.
    pub(crate) fn take(&mut self) -> Option<u32> {
        if let Some(slot) = self.free.pop() {
            return Some(slot);
        }
        (self.next < self.limit).then(|| {
            self.next += 1;
            self.next - 1
        })
    }

    /// Gives a slot back.
    pub(crate) fn give(&mut self, slot: u32) {
        self.free.push(slot);
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.next as usize - 1 - self.free.len()
    }

    /// One more than the highest slot that was ever taken.
    pub(crate) fn end(&self) -> u32 {
        self.next
    }
}
