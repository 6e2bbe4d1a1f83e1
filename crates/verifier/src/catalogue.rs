//! The APIs, as one snapshot that is exchanged whole; and what each set of permissions means to each of them.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, Guard};
use domain::announcement::{Announced, Announcements};
use domain::api::Api;

use crate::counts::Cells;
use crate::index::Snapshot;
use crate::tally::Tally;

/// All APIs, sorted by name.
#[derive(Default, Clone)]
pub(crate) struct Catalogue(Vec<Arc<Known>>);

/// An API and the masks that sets of permissions have on it. Defining it anew makes a new one with all masks
/// computed, so that definition and masks appear together.
pub(crate) struct Known {
    /// Its number, never given to another API.
    pub(crate) number: u32,
    /// The number of this definition, never given to another one while the index is not loaded anew.
    pub(crate) edition: u32,
    pub(crate) api: Arc<Api>,
    pub(crate) masks: Masks,
    pub(crate) tally: Arc<Tally>,
    /// What its owner has announced. Exchanged by itself: no decision depends on it.
    pub(crate) announcements: Told,
}

/// The announcements of an API, and whether there are any: where there are none, nothing else of them is read.
#[derive(Default)]
pub(crate) struct Told {
    are_any: AtomicBool,
    all: ArcSwap<Announcements>,
}

impl Told {
    pub(crate) fn new(all: Announcements) -> Self {
        Self { are_any: AtomicBool::new(!all.is_empty()), all: ArcSwap::from_pointee(all) }
    }

    pub(crate) fn load(&self) -> Arc<Announcements> {
        self.all.load_full()
    }

    pub(crate) fn store(&self, all: Announcements) {
        let are_any = !all.is_empty();
        self.all.store(Arc::new(all));
        self.are_any.store(are_any, Ordering::Release);
    }

    #[inline]
    fn find(&self, api: &Api, request: Option<(&str, &str)>) -> Option<Arc<Announced>> {
        if !self.are_any.load(Ordering::Acquire) {
            return None;
        }
        self.all.load().find(api, request).cloned()
    }
}

impl Known {
    /// What the answer to a request tells programs.
    #[inline]
    pub(crate) fn announced(&self, request: Option<(&str, &str)>) -> Option<Arc<Announced>> {
        self.announcements.find(&self.api, request)
    }
}

impl Catalogue {
    /// The place of an API.
    #[inline]
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.0.binary_search_by(|known| known.api.name().cmp(name)).ok()
    }

    #[inline(always)]
    pub(crate) fn get(&self, place: usize) -> Option<&Known> {
        self.0.get(place).map(|known| &**known)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Known> {
        self.0.iter().map(|known| &**known)
    }

    /// This catalogue with an API more, or with another definition of it.
    pub(crate) fn with(&self, known: Known) -> Self {
        let mut all = self.0.clone();
        match all.binary_search_by(|other| other.api.name().cmp(known.api.name())) {
            Ok(place) => all[place] = Arc::new(known),
            Err(place) => all.insert(place, Arc::new(known)),
        }
        Self(all)
    }

    /// This catalogue without an API.
    pub(crate) fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|known| known.api.name() != name).cloned().collect())
    }
}

/// The API that was decided with, as it was at that moment. Not for keeping longer than the request: it also keeps
/// the tables of that moment from being freed.
pub struct ApiGuard {
    pub(crate) snapshot: Guard<Arc<Snapshot>>,
    pub(crate) place: usize,
}

impl ApiGuard {
    pub(crate) fn known(&self) -> &Known {
        &self.snapshot.catalogue.0[self.place]
    }

    /// What the answer to a request tells programs because of announcements: `path` is in canonical form. Without a request, what every
    /// answer of the API tells.
    #[inline]
    pub fn announced(&self, request: Option<(&str, &str)>) -> Option<Arc<Announced>> {
        self.known().announced(request)
    }

    pub(crate) fn counts(&self) -> &Cells {
        &self.snapshot.counts
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.known().tally
    }
}

impl Deref for ApiGuard {
    type Target = Api;
    fn deref(&self) -> &Api {
        &self.known().api
    }
}

impl std::fmt::Debug for ApiGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ApiGuard").field(&self.name()).finish()
    }
}

const LEAF: usize = 512;
const BRANCH: usize = 256;
const ROOT: usize = 256;
/// The set of everything: never stored, its mask is known.
pub(crate) const ALL: u32 = 0;
/// How many sets there can be: as many as entries.
pub(crate) const MAX_SETS: u32 = (LEAF * BRANCH * ROOT) as u32;

type Leaf = Box<[AtomicU64]>;
type Branch = Box<[OnceLock<Leaf>]>;

/// The masks of the sets on one API, by the set's number: a tree of three levels that is made only where a mask is
/// not zero, so that sets of other APIs cost nothing here.
pub(crate) struct Masks(Box<[OnceLock<Branch>]>);

impl Masks {
    pub(crate) fn new() -> Self {
        Self((0..ROOT).map(|_| OnceLock::new()).collect())
    }

    /// The mask of a set.
    #[inline]
    pub(crate) fn get(&self, set: u32) -> u64 {
        if set == ALL { u64::MAX } else { self.find(set).map_or(0, |mask| mask.load(Ordering::Relaxed)) }
    }

    /// Writes the mask of a set.
    pub(crate) fn set(&self, set: u32, mask: u64) {
        if mask == 0 {
            if let Some(known) = self.find(set) {
                known.store(0, Ordering::Relaxed);
            }
            return;
        }
        let place = set as usize;
        let branch = self.0[place / LEAF / BRANCH % ROOT].get_or_init(|| (0..BRANCH).map(|_| OnceLock::new()).collect());
        let leaf = branch[place / LEAF % BRANCH].get_or_init(|| (0..LEAF).map(|_| AtomicU64::new(0)).collect());
        leaf[place % LEAF].store(mask, Ordering::Relaxed);
    }

    #[inline]
    fn find(&self, set: u32) -> Option<&AtomicU64> {
        let place = set as usize;
        self.0.get(place / LEAF / BRANCH)?.get()?.get(place / LEAF % BRANCH)?.get()?.get(place % LEAF)
    }
}
