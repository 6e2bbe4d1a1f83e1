//! Refusals, on their way to whoever explains them: handed over without waiting, and dropped where nobody fetches them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use domain::refused_request::{MAX_PATH_BYTES, RefusedRequest};
use domain::verify::{Owner, Wanted};

use crate::check::{Asked, Denied, Question, wanted};
use crate::usage;
use crate::verifier::Verifier;

/// How many of a kind wait at most until they are fetched.
const WAITING: usize = 4_096;

/// Two queues, so that a flood of unknown credentials does not crowd out what people will ask about.
pub(crate) struct Refusals {
    known: Queue,
    unknown: Queue,
    dropped: AtomicU64,
}

/// A bounded queue of the standard library: who finds it full does not wait.
struct Queue {
    sender: SyncSender<Box<RefusedRequest>>,
    receiver: Mutex<Receiver<Box<RefusedRequest>>>,
}

impl Default for Refusals {
    fn default() -> Self {
        let queue = || {
            let (sender, receiver) = sync_channel(WAITING);
            Queue { sender, receiver: Mutex::new(receiver) }
        };
        Self { known: queue(), unknown: queue(), dropped: AtomicU64::new(0) }
    }
}

impl Refusals {
    fn hand_over(&self, refused: RefusedRequest) {
        let queue = if refused.credential.is_some() { &self.known } else { &self.unknown };
        if queue.sender.try_send(Box::new(refused)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Verifier {
    /// Takes up to `enough` refused requests that were not taken yet, those with a known credential first.
    pub fn take_refusals(&self, enough: usize) -> Vec<RefusedRequest> {
        let mut taken = Vec::new();
        for queue in [&self.index.refusals.known, &self.index.refusals.unknown] {
            let receiver = queue.receiver.lock().unwrap_or_else(PoisonError::into_inner);
            let room = enough - taken.len();
            taken.extend(receiver.try_iter().take(room).map(|refused| *refused));
        }
        taken
    }

    /// How many refused requests were dropped since the start, because too many came at once: those cannot be explained.
    pub fn refusals_dropped(&self) -> u64 {
        self.index.refusals.dropped.load(Ordering::Relaxed)
    }

    /// Hands a refused request to whoever explains it.
    #[cold]
    pub(crate) fn tell_refusal(&self, question: &Question<'_>, denied: &Denied) {
        let snapshot = self.index.load();
        let known = snapshot.catalogue.place(question.api).and_then(|place| snapshot.catalogue.get(place));
        let (permission, workspace) = known.map_or((None, None), |known| {
            let (wanted, workspace) = wanted(&known.api, question);
            let bit = if let Wanted::Rule(domain::api::Rule::Permission(bit)) = wanted { Some(bit) } else { None };
            let name = bit.and_then(|bit| known.api.definition().permissions.get(usize::from(bit)));
            (name.map(|permission| permission.name.to_string()), workspace)
        });
        let (person, organisation) = match denied.credential.map(|facts| facts.owner) {
            Some(Owner::Member { person, organisation, .. }) => (Some(person), Some(organisation)),
            Some(Owner::Organisation { organisation, .. }) => (None, Some(organisation)),
            _ => (None, None),
        };
        let asked = match question.asked {
            Asked::Request { method, path } => Some((method.to_owned(), path[..path.floor_char_boundary(MAX_PATH_BYTES)].to_owned())),
            Asked::Identity | Asked::Introspection | Asked::Permission(_) => None,
        };
        self.index.refusals.hand_over(RefusedRequest {
            request: question.request,
            at: question.now,
            refusal: denied.refusal,
            api: known.map(|known| known.api.name().to_owned()),
            asked,
            permission,
            workspace: workspace.map(|number| number[..number.floor_char_boundary(MAX_PATH_BYTES)].to_owned()),
            credential: denied.credential.map(|facts| facts.id),
            kind: denied.credential.map(|facts| facts.kind),
            person,
            organisation,
            address: question.address.map(usage::network),
        });
    }
}
