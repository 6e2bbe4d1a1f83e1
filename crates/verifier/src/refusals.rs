//! Refusals, on their way to whoever explains them: handed over without waiting, and dropped where nobody fetches them.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use domain::refused_request::{MAX_PATH_BYTES, RefusedRequest};
use domain::verify::{Facts, Owner, Wanted};
use domain::{OrganisationId, PersonId, Refusal, RequestId, Timestamp};

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

/// A bounded queue of the standard library: who finds it full does not wait. Whoever has a place in it is counted before anything is
/// made for it.
struct Queue {
    sender: SyncSender<Box<RefusedRequest>>,
    receiver: Mutex<Receiver<Box<RefusedRequest>>>,
    waiting: AtomicUsize,
}

impl Default for Refusals {
    fn default() -> Self {
        let queue = || {
            let (sender, receiver) = sync_channel(WAITING);
            Queue { sender, receiver: Mutex::new(receiver), waiting: AtomicUsize::new(0) }
        };
        Self { known: queue(), unknown: queue(), dropped: AtomicU64::new(0) }
    }
}

impl Refusals {
    /// Makes what is handed over only where there is room for it.
    fn hand_over(&self, is_known: bool, refused: impl FnOnce() -> RefusedRequest) {
        let queue = if is_known { &self.known } else { &self.unknown };
        if queue.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING || queue.sender.try_send(Box::new(refused())).is_err() {
            queue.waiting.fetch_sub(1, Ordering::Relaxed);
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Queue {
    fn take(&self, room: usize) -> Vec<RefusedRequest> {
        let receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner);
        let taken: Vec<RefusedRequest> = receiver.try_iter().take(room).map(|refused| *refused).collect();
        self.waiting.fetch_sub(taken.len(), Ordering::Relaxed);
        taken
    }
}

/// Of a request that no check was asked about and that came over plain HTTP: what may be kept of it.
#[derive(Debug, Clone, Copy)]
pub struct PlainRequest<'a> {
    /// The request's id.
    pub request: RequestId,
    /// When it came.
    pub now: Timestamp,
    /// From where.
    pub address: IpAddr,
    /// Its method, and its path if that holds no secret; without the query.
    pub asked: (&'a str, &'a str),
}

impl Verifier {
    /// Takes up to `enough` refused requests that were not taken yet, those with a known credential first.
    pub fn take_refusals(&self, enough: usize) -> Vec<RefusedRequest> {
        let mut taken = self.index.refusals.known.take(enough);
        taken.append(&mut self.index.refusals.unknown.take(enough - taken.len()));
        taken
    }

    /// Takes back what could not be written, for the next time.
    pub fn refusals_unwritten(&self, refused: &[RefusedRequest]) {
        for refused in refused {
            // Who was only named at the endpoints for clients may not take the place of others.
            let is_known = refused.credential.is_some() && refused.flow.is_none();
            self.index.refusals.hand_over(is_known, || refused.clone());
        }
    }

    /// How many refused requests were dropped since the start, because too many came at once: those cannot be explained.
    pub fn refusals_dropped(&self) -> u64 {
        self.index.refusals.dropped.load(Ordering::Relaxed)
    }

    /// Hands a request that was refused elsewhere than by a check to whoever explains it. `is_known`: whoever sent it has proved who they
    /// are; a name that anybody can send is no proof. What is kept is made only where there is room.
    pub fn tell_refused(&self, is_known: bool, refused: impl FnOnce() -> RefusedRequest) {
        self.index.refusals.hand_over(is_known, refused);
    }

    /// The same for a request that came over plain HTTP and that no check was asked about, with the known credential that was in it.
    pub fn tell_plain(&self, plain: &PlainRequest<'_>, credential: Option<Facts>) {
        let (method, path) = plain.asked;
        self.index.refusals.hand_over(credential.is_some(), || {
            let (person, organisation) = owners(credential);
            RefusedRequest {
                request: plain.request,
                at: plain.now,
                cause: Refusal::InsecureTransport.into(),
                flow: None,
                answer: None,
                about: None,
                api: None,
                asked: Some((method.to_owned(), shortened(path))),
                permission: None,
                workspace: None,
                credential: credential.map(|facts| facts.id),
                kind: credential.map(|facts| facts.kind),
                person,
                organisation,
                address: Some(usage::network(plain.address)),
            }
        });
    }

    /// Hands a request that a check refused to whoever explains it.
    #[cold]
    pub(crate) fn tell_refusal(&self, question: &Question<'_>, denied: &Denied) {
        self.index.refusals.hand_over(denied.credential.is_some(), || self.refused(question, denied));
    }

    fn refused(&self, question: &Question<'_>, denied: &Denied) -> RefusedRequest {
        let snapshot = self.index.load();
        let known = snapshot.catalogue.place(question.api).and_then(|place| snapshot.catalogue.get(place));
        let (permission, workspace) = known.map_or((None, None), |known| {
            let (wanted, workspace) = wanted(&known.api, question);
            let bit = if let Wanted::Rule(domain::api::Rule::Permission(bit)) = wanted { Some(bit) } else { None };
            let name = bit.and_then(|bit| known.api.definition().permissions.get(usize::from(bit)));
            (name.map(|permission| permission.name.to_string()), workspace)
        });
        let (person, organisation) = owners(denied.credential);
        let asked = match question.asked {
            Asked::Request { method, path } => Some((method.to_owned(), shortened(path))),
            Asked::Identity | Asked::Introspection | Asked::Permission(_) => None,
        };
        RefusedRequest {
            request: question.request,
            at: question.now,
            cause: denied.refusal.into(),
            flow: None,
            answer: None,
            about: None,
            api: known.map(|known| known.api.name().to_owned()),
            asked,
            permission,
            workspace: workspace.map(|number| shortened(&number)),
            credential: denied.credential.map(|facts| facts.id),
            kind: denied.credential.map(|facts| facts.kind),
            person,
            organisation,
            address: question.address.map(usage::network),
        }
    }
}

fn owners(credential: Option<Facts>) -> (Option<PersonId>, Option<OrganisationId>) {
    match credential.map(|facts| facts.owner) {
        Some(Owner::Member { person, organisation, .. }) => (Some(person), Some(organisation)),
        Some(Owner::Organisation { organisation, .. }) => (None, Some(organisation)),
        _ => (None, None),
    }
}

fn shortened(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_PATH_BYTES)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_made_for_a_queue_that_is_full() {
        let refusals = Refusals::default();
        let refused = |number: usize| RefusedRequest {
            request: RequestId::from_bytes([number as u8; 16]),
            at: Timestamp::from_unix_seconds(0),
            cause: Refusal::UnknownCredential.into(),
            flow: None,
            answer: None,
            about: None,
            api: None,
            asked: None,
            permission: None,
            workspace: None,
            credential: None,
            kind: None,
            person: None,
            organisation: None,
            address: None,
        };
        let mut made = 0;
        for number in 0..WAITING + 100 {
            refusals.hand_over(false, || {
                made += 1;
                refused(number)
            });
        }
        assert_eq!((made, refusals.dropped.load(Ordering::Relaxed)), (WAITING, 100));
        refusals.hand_over(true, || refused(0));
        assert_eq!((refusals.known.take(10).len(), refusals.unknown.take(10).len()), (1, 10), "the other queue has room");
        (0..11).for_each(|number| refusals.hand_over(false, || refused(number)));
        assert_eq!(refusals.dropped.load(Ordering::Relaxed), 101, "ten were taken, eleven came");
        assert_eq!(refusals.unknown.take(2 * WAITING).len(), WAITING);
    }
}
