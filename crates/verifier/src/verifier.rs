//! The verifier: one index, one writer, one lease.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::announcement::Announced;
use domain::api::Api;
use domain::credential::Installation;
use domain::event::{Event, Sequence};
use domain::time::Clock;
use domain::{CredentialId, Timestamp};

use crate::access::Opener;
use crate::apply;
use crate::counts::Cells;
use crate::index::Index;
use crate::lease::Lease;
use crate::loader::Loader;
use crate::seconds;
use crate::tally::Checks;
use crate::usage::Usage;
use crate::writer::Writer;

/// How many credentials are removed before other changes get their turn.
const SWEPT_AT_ONCE: usize = 256;

/// What a verifier is told at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The prefixes of this installation's own credentials, the present one and earlier ones.
    pub installations: Vec<Installation>,
    /// For how long an ended credential is told apart from an unknown one, in seconds.
    pub tombstone_seconds: u32,
    /// The most tombstones; past it the oldest goes, and its credential is "unknown" instead of "revoked".
    pub max_tombstones: usize,
    /// Who opens access tokens; without anybody none is known.
    pub access_tokens: Option<Opener>,
}

impl Default for Settings {
    /// No prefix; a day; a million.
    fn default() -> Self {
        Self { installations: Vec::new(), tombstone_seconds: 86_400, max_tombstones: 1_000_000, access_tokens: None }
    }
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// Every check that begins from now on sees it.
    Now,
    /// It was applied before.
    Already,
}

/// Events are missing before this one; nothing was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("event {given:?} does not follow {applied:?}")]
pub struct Gap {
    /// The last event that was applied.
    pub applied: Sequence,
    /// The event that was given.
    pub given: Sequence,
}

/// The index cannot be asked now: the lease has run out, or a load is going on. Neither allow nor deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the state of credentials cannot be known now")]
pub struct Unavailable;

/// Things that should not happen, counted since the start or the last load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Anomalies {
    /// Events and records that named what the index does not hold, or did not fit into it.
    pub unknown: u64,
    /// Tombstones that went before their time because there were too many.
    pub dropped_tombstones: u64,
}

/// Answers, from memory and without waiting, whether a credential may do something. Shared between threads.
pub struct Verifier {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) lease: Lease,
    pub(crate) index: Index,
    writer: Mutex<Writer>,
    /// The chunk of entries with which the next drain of usage begins.
    next_drained: AtomicUsize,
}

impl Verifier {
    /// An empty index, the state before the first event, with a lease that has run out.
    pub fn new(clock: Arc<dyn Clock>, settings: Settings) -> Self {
        let index = Index::new();
        let writer = Mutex::new(Writer::new(&index, settings.max_tombstones));
        Self { clock, settings, lease: Lease::default(), index, writer, next_drained: AtomicUsize::new(0) }
    }

    /// Begins the load of a snapshot. Events wait until it is finished.
    pub fn loader(&self) -> Loader<'_> {
        Loader::new(&self.index, self.writer())
    }

    /// Applies the event at this place of the journal; `at` is when it was recorded.
    pub fn apply(&self, sequence: Sequence, at: Timestamp, event: &Event) -> Result<Applied, Gap> {
        let mut writer = self.writer();
        let applied = self.index.applied();
        if sequence.0 <= applied {
            return Ok(Applied::Already);
        }
        if sequence.0 != applied + 1 {
            return Err(Gap { applied: Sequence(applied), given: sequence });
        }
        apply::apply(&mut writer, &self.index, seconds::pack(at), event);
        self.index.applied.store(sequence.0, Ordering::Release);
        Ok(Applied::Now)
    }

    /// The last event that was applied.
    pub fn applied(&self) -> Sequence {
        Sequence(self.index.applied())
    }

    /// The clock that the lease is compared with.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The lease.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The prefixes of this installation's own credentials, the present one and earlier ones.
    pub fn installations(&self) -> &[Installation] {
        &self.settings.installations
    }

    /// All APIs, by name.
    pub fn apis(&self) -> Vec<Arc<Api>> {
        self.index.load().catalogue.iter().map(|known| known.api.clone()).collect()
    }

    /// The API with this name.
    pub fn api(&self, name: &str) -> Option<Arc<Api>> {
        let snapshot = self.index.load();
        let catalogue = &snapshot.catalogue;
        Some(catalogue.get(catalogue.place(name)?)?.api.clone())
    }

    /// What the answer to a request to an API tells programs because of announcements: `path` is in canonical form. Without a request, what
    /// every answer tells. Says nothing of credentials, so that no lease is asked for.
    pub fn announced(&self, api: &str, request: Option<(&str, &str)>) -> Option<Arc<Announced>> {
        let snapshot = self.index.load();
        let catalogue = &snapshot.catalogue;
        catalogue.get(catalogue.place(api)?)?.announced(request)
    }

    /// The API with the number that [`domain::verify::Owner::Api`] names.
    pub fn api_by_number(&self, number: u32) -> Option<Arc<Api>> {
        self.index.load().catalogue.iter().find(|known| known.number == number).map(|known| known.api.clone())
    }

    /// Gives what was used since the last drain, in stretches of neighbouring entries, until it has given `enough`; the
    /// next drain goes on from there. Uses that are counted meanwhile come now or the next time.
    pub fn drain_usage(&self, enough: usize, each: &mut dyn FnMut(Usage)) {
        if enough == 0 {
            return;
        }
        let entries = &self.index.entries;
        let mut given = 0;
        for _ in 0..entries.chunks() {
            let chunk = self.next_drained.fetch_add(1, Ordering::Relaxed) % entries.chunks();
            entries.take_fresh(chunk, |entry, used| {
                let before = entry.id();
                let Some((uses, last_used_at, address)) = used.take() else { return };
                // The slot was given to another credential just now: better no count than a wrong one.
                if entry.id() == before {
                    given += 1;
                    each(Usage { credential: CredentialId::from_bytes(before), last_used_at, uses, address });
                }
            });
            if given >= enough {
                break;
            }
        }
    }

    /// Puts other cells into the place of these, unless a load has done so or goes on.
    pub(crate) fn replace_counts(&self, before: &Arc<Cells>, after: Cells) -> bool {
        let Ok(_writer) = self.writer.try_lock() else { return false };
        let is_there = Arc::ptr_eq(&self.index.load().counts, before);
        if is_there {
            // Whichever of them a check finds, it answers the same.
            self.index.store(self.index.with_counts(Arc::new(after)));
        }
        is_there
    }

    /// Removes what is of no use any more at `now`: credentials that were revoked, and secrets that were superseded
    /// and ended, longer ago than tombstones last. Takes the writer's turn in small steps.
    pub fn sweep(&self, now: Timestamp) {
        let life = Duration::from_secs(self.settings.tombstone_seconds.into());
        let end = seconds::pack(now.saturating_sub(life));
        while apply::sweep(&mut self.writer(), &self.index, end, SWEPT_AT_ONCE) {}
        // Over by themselves: whether their end is known makes no difference any more.
        self.index.clients.ended.pin().retain(|_, until| *until > end);
    }

    /// Whether a fence stands: what was in a restored backup is refused until it is confirmed.
    pub fn is_fenced(&self) -> bool {
        self.index.load().fence.is_some()
    }

    /// How many secrets of personal and organisation tokens the index holds that are not revoked.
    pub fn live_tokens(&self) -> usize {
        self.index.live.load(Ordering::Relaxed)
    }

    /// How checks have ended since the start, by API; those of no known API, and those without a lease, first.
    pub fn checks(&self) -> Vec<Checks> {
        self.index.tallies.all()
    }

    /// What should not have happened, unless that cannot be told without waiting for a load.
    pub fn anomalies_so_far(&self) -> Option<Anomalies> {
        let writer = self.writer.try_lock().ok()?;
        Some(Anomalies { unknown: writer.anomalies, dropped_tombstones: writer.dropped_tombstones })
    }

    /// What should not have happened.
    pub fn anomalies(&self) -> Anomalies {
        let writer = self.writer();
        Anomalies { unknown: writer.anomalies, dropped_tombstones: writer.dropped_tombstones }
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A writer that panicked has closed the epoch for good: nobody reads what it left.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("applied", &self.index.applied()).field("live_tokens", &self.live_tokens()).finish_non_exhaustive()
    }
}
