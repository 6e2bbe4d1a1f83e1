//! The entries of credentials: one cache line each, with their usage beside them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::credential::{Digest, Kind};
use domain::verify::State;

use crate::table::MAX_SLOTS;
use crate::usage::Used;

const ENTRIES_OF_CHUNK: usize = 8192;

/// What the index keeps of a credential's secret. A word each:
/// 0–3 digest, 4–5 id, 6 parent and set of permissions, 7 end and flags.
#[repr(align(64))]
pub(crate) struct Entry([AtomicU64; 8]);

/// An entry, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) id: [u8; 16],
    /// The slot of the membership, of the username or of the client, or the number of the API; by kind.
    pub(crate) parent: u32,
    /// The number of the set of permissions.
    pub(crate) set: u32,
    pub(crate) kind: Kind,
    pub(crate) state: State,
    pub(crate) imported: bool,
    /// Whether a newer secret took its place.
    pub(crate) superseded: bool,
    /// Its end in packed seconds, 0 for none; of a revoked one: since when.
    pub(crate) until: u32,
}

/// A digest as four words.
pub(crate) type Words = [u64; 4];

/// That of an entry which stands in no table: nothing is known whose SHA-256 it is.
pub(crate) const NOWHERE: Words = [0; 4];

/// The words of a digest.
#[inline(always)]
pub(crate) fn words(digest: &Digest) -> Words {
    let bytes = digest.as_bytes();
    std::array::from_fn(|word| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[word * 8..word * 8 + 8]);
        u64::from_le_bytes(eight)
    })
}

impl Entry {
    fn zero() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }

    #[inline(always)]
    fn word(&self, word: usize) -> u64 {
        self.0[word].load(Ordering::Relaxed)
    }

    /// Whether it has this digest: all 256 bits of it.
    #[inline(always)]
    pub(crate) fn has(&self, digest: &Words) -> bool {
        self.word(0) == digest[0] && self.word(1) == digest[1] && self.word(2) == digest[2] && self.word(3) == digest[3]
    }

    /// Its digest.
    pub(crate) fn digest(&self) -> Words {
        std::array::from_fn(|word| self.word(word))
    }

    /// The words that the hash is made of.
    pub(crate) fn hashed(&self) -> (u64, u64) {
        (self.word(0), self.word(1))
    }

    /// Its id.
    #[inline(always)]
    pub(crate) fn id(&self) -> [u8; 16] {
        join(self.word(4), self.word(5))
    }

    /// All but the digest.
    #[inline(always)]
    pub(crate) fn read(&self) -> Record {
        let (links, rest) = (self.word(6), self.word(7));
        let kind = match rest >> 2 & 3 | rest >> 4 & 4 {
            0 => Kind::PersonalToken,
            1 => Kind::ApiCredential,
            2 => Kind::OperatorToken,
            3 => Kind::OrganisationToken,
            _ => Kind::OrganisationKey,
        };
        let state = match rest & 3 {
            0 => State::Live,
            1 => State::Suspended,
            _ => State::Revoked,
        };
        Record {
            id: self.id(),
            parent: (links >> 32) as u32,
            set: links as u32,
            kind,
            state,
            imported: rest & 16 != 0,
            superseded: rest & 32 != 0,
            until: (rest >> 32) as u32,
        }
    }

    /// Writes all but the digest.
    pub(crate) fn write(&self, record: &Record) {
        let kind: u64 = match record.kind {
            Kind::PersonalToken => 0,
            Kind::ApiCredential => 1,
            Kind::OperatorToken => 2,
            Kind::OrganisationToken => 3,
            // No other kind has entries.
            _ => 4,
        };
        let state = match record.state {
            State::Live => 0,
            State::Suspended => 1,
            State::Revoked => 2,
        };
        let flags = state | (kind & 3) << 2 | u64::from(record.imported) << 4 | u64::from(record.superseded) << 5 | (kind & 4) << 4;
        let (first, second) = split(&record.id);
        let words = [first, second, u64::from(record.parent) << 32 | u64::from(record.set), u64::from(record.until) << 32 | flags];
        for (word, value) in words.into_iter().enumerate() {
            self.0[4 + word].store(value, Ordering::Relaxed);
        }
    }

    /// Writes the parent.
    pub(crate) fn set_parent(&self, parent: u32) {
        self.0[6].store(u64::from(parent) << 32 | self.word(6) & u64::from(u32::MAX), Ordering::Relaxed);
    }

    /// Writes the digest.
    pub(crate) fn write_digest(&self, digest: &Words) {
        for (word, value) in digest.iter().enumerate() {
            self.0[word].store(*value, Ordering::Relaxed);
        }
    }
}

/// 16 bytes as two words.
pub(crate) fn split(id: &[u8; 16]) -> (u64, u64) {
    let number = u128::from_le_bytes(*id);
    (number as u64, (number >> 64) as u64)
}

/// Two words as 16 bytes.
#[inline(always)]
pub(crate) fn join(first: u64, second: u64) -> [u8; 16] {
    (u128::from(second) << 64 | u128::from(first)).to_le_bytes()
}

/// A stretch of slots: entries, their usage, and which of the usage is fresh.
struct Chunk {
    entries: Box<[Entry]>,
    used: Box<[Used]>,
    /// A bit for every 64 slots: one of them was used since the last drain.
    fresh: [AtomicU64; ENTRIES_OF_CHUNK / 64 / 64],
}

/// All entries, by slot, in chunks that never move.
pub(crate) struct Entries(Box<[OnceLock<Chunk>]>);

impl Entries {
    pub(crate) fn new() -> Self {
        let entries = Self((0..MAX_SLOTS / ENTRIES_OF_CHUNK).map(|_| OnceLock::new()).collect());
        entries.make(0);
        entries
    }

    /// The entry of a slot and its usage, if that slot was ever made.
    #[inline(always)]
    pub(crate) fn get(&self, slot: u32) -> Option<(&Entry, &Used)> {
        let chunk = self.0.get(slot as usize / ENTRIES_OF_CHUNK)?.get()?;
        let place = slot as usize % ENTRIES_OF_CHUNK;
        Some((chunk.entries.get(place)?, chunk.used.get(place)?))
    }

    /// The entry of a slot, for the writer, who knows that it was made.
    pub(crate) fn entry(&self, slot: u32) -> &Entry {
        self.make(slot)
    }

    /// Makes the entry of a slot, within the limit.
    pub(crate) fn make(&self, slot: u32) -> &Entry {
        let chunk = self.0[slot as usize / ENTRIES_OF_CHUNK].get_or_init(|| Chunk {
            entries: (0..ENTRIES_OF_CHUNK).map(|_| Entry::zero()).collect(),
            used: (0..ENTRIES_OF_CHUNK).map(|_| Used::default()).collect(),
            fresh: Default::default(),
        });
        &chunk.entries[slot as usize % ENTRIES_OF_CHUNK]
    }

    /// Remembers that a slot was used for the first time since the last drain.
    /// With [`Self::take_fresh`] in one order of all (`SeqCst`): either this finds the bit gone and sets it anew, or
    /// the drain that took it finds the use.
    #[inline]
    pub(crate) fn mark_fresh(&self, slot: u32) {
        let Some(chunk) = self.0.get(slot as usize / ENTRIES_OF_CHUNK).and_then(OnceLock::get) else { return };
        let group = slot as usize % ENTRIES_OF_CHUNK / 64;
        let (word, bit) = (&chunk.fresh[group / 64], 1 << (group % 64));
        if word.load(Ordering::SeqCst) & bit == 0 {
            word.fetch_or(bit, Ordering::SeqCst);
        }
    }

    /// How many chunks there can be.
    pub(crate) fn chunks(&self) -> usize {
        self.0.len()
    }

    /// Gives every slot of a group of which one was used since the last drain, of one chunk.
    pub(crate) fn take_fresh(&self, chunk: usize, mut each: impl FnMut(&Entry, &Used)) {
        let Some(chunk) = self.0.get(chunk).and_then(OnceLock::get) else { return };
        for (place, word) in chunk.fresh.iter().enumerate() {
            let mut bits = word.swap(0, Ordering::SeqCst);
            while bits != 0 {
                let group = (place * 64 + bits.trailing_zeros() as usize) * 64;
                bits &= bits - 1;
                for slot in group..group + 64 {
                    each(&chunk.entries[slot], &chunk.used[slot]);
                }
            }
        }
    }
}
