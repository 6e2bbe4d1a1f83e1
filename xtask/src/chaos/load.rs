//! What callers do during a run: they make, suspend, resume and end tokens, and ask about them all the time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::book::{Book, Stands};
use super::kind::{Call, Field, Kind};
use super::node::Node;
use crate::Outcome;
use crate::http::{Answer, Connection};
use crate::random::Random;

/// The pause of each asker between two checks.
const PACE: Duration = Duration::from_millis(20);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);
/// For how long a change is asked for again, under its own key, until somebody says that it is done.
const PERSISTENCE: Duration = Duration::from_secs(90);

/// What one node was asked and what came of it.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) answered: AtomicU64,
    pub(crate) unavailable: AtomicU64,
    /// The connection broke, or there was none.
    pub(crate) unheard: AtomicU64,
}

/// A suspension or an end that was answered as done.
pub(crate) struct End {
    /// When it was asked for first.
    pub(crate) from: Instant,
    /// When that was asked for which was answered as done.
    pub(crate) asked: Instant,
    pub(crate) to: Instant,
    /// Who said that it was done.
    pub(crate) node: usize,
    /// Of what.
    pub(crate) kind: Option<Kind>,
}

/// What the callers of a run share.
pub(crate) struct Load<'l> {
    pub(crate) nodes: &'l [Node],
    pub(crate) book: &'l Book,
    pub(crate) operator: &'l str,
    pub(crate) field: &'l Field,
    pub(crate) asked: Vec<Asked>,
    pub(crate) ends: Mutex<Vec<End>>,
    /// Allows that no one may give, in words.
    pub(crate) stale: Mutex<Vec<String>>,
    /// Changes of which nobody said in time whether they are done.
    pub(crate) unknown: AtomicU64,
    pub(crate) number: AtomicU64,
    pub(crate) over: &'l AtomicBool,
}

/// A change that was answered as done.
struct Done {
    value: Value,
    end: End,
}

impl Load<'_> {
    /// Asks a node about tokens until the run is over.
    pub(crate) fn ask(&self, node: usize, mut random: Random) -> Outcome {
        let mut connection = None;
        while !self.over.load(Ordering::SeqCst) {
            std::thread::sleep(PACE);
            let Some(question) = self.book.question(&mut random) else { continue };
            let asked = Instant::now();
            match self.allowed(&mut connection, node, &question.asked) {
                Ok(Some(allowed)) => {
                    self.asked[node].answered.fetch_add(1, Ordering::Relaxed);
                    if allowed && self.book.is_stale(&question) {
                        let told = format!(
                            "node {node} allowed a token {:?} after it was asked, and that after its end was answered",
                            asked.elapsed()
                        );
                        self.stale.lock().unwrap_or_else(PoisonError::into_inner).push(told);
                    }
                }
                Ok(None) => drop(self.asked[node].unavailable.fetch_add(1, Ordering::Relaxed)),
                Err(problem) if problem.is_empty() => {
                    self.asked[node].unheard.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(PAUSE_AFTER_FAILURE);
                }
                Err(problem) => return Err(problem),
            }
        }
        Ok(())
    }

    /// Whether a node allows a token; nothing where it cannot say; an empty problem where nothing was heard.
    pub(crate) fn allowed(
        &self,
        connection: &mut Option<Connection>,
        node: usize,
        (api, question): &(String, String),
    ) -> Outcome<Option<bool>> {
        if connection.is_none() {
            *connection = Some(Connection::open(&self.nodes[node].clients.address).map_err(|_| String::new())?);
        }
        let Some(open) = connection else { return Err(String::new()) };
        let headers = format!("Authorization: Bearer {api}\r\n");
        let Ok(answer) = open.exchange("POST", "/api/v1/verify", &headers, question) else {
            *connection = None;
            return Err(String::new());
        };
        match answer.status {
            200 => Ok(answer.json()["allowed"].as_bool()),
            503 => Ok(None),
            status => Err(format!("node {node} answered a check with {status}: {}", String::from_utf8_lossy(&answer.body))),
        }
    }

    /// Changes tokens until the run is over.
    pub(crate) fn change(&self, mut random: Random) -> Outcome {
        while !self.over.load(Ordering::SeqCst) {
            match random.below(10) {
                0..4 => self.make(&mut random)?,
                4..6 => self.alter(&mut random, &[Stands::Good], Stands::Suspended)?,
                6 => self.alter(&mut random, &[Stands::Suspended], Stands::Good)?,
                _ => self.alter(&mut random, &[Stands::Good, Stands::Suspended], Stands::Ended)?,
            }
        }
        Ok(())
    }

    fn make(&self, random: &mut Random) -> Outcome {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let kind = Kind::to_make(random);
        let mut last = None;
        let made = self.field.one((kind, number), random, |random, call| {
            let done = self.persist(random, &call, false)?;
            last = done.as_ref().and_then(|done| done.value["receipt"]["sequence"].as_i64());
            Ok(done.map(|done| done.value))
        })?;
        let Some(made) = made else { return Ok(()) };
        if let Some(sequence) = last {
            self.book.note(sequence, &made.id);
        }
        self.book.add(made);
        Ok(())
    }

    fn alter(&self, random: &mut Random, of: &[Stands], into: Stands) -> Outcome {
        let Some((place, token)) = self.book.take(of, into, random) else { return Ok(()) };
        if into == Stands::Good {
            self.book.resuming(place);
        }
        let (kind, id) = (token.made.kind, &token.made.id);
        let method = if into == Stands::Suspended { "PUT" } else { "DELETE" };
        let call = match kind.suspension(id).filter(|_| into != Stands::Ended) {
            Some(path) => Call::operator(method, &path, &Value::Null),
            None => token.made.end.clone(),
        };
        match self.persist(random, &call, into == Stands::Ended && kind.says_gone_in_time())? {
            None => self.book.put_back(place, Stands::Unknown, true),
            Some(done) => {
                if let Some(sequence) = done.value["receipt"]["sequence"].as_i64() {
                    self.book.note(sequence, id);
                }
                self.book.put_back(place, into, done.end.from != done.end.asked);
                if into != Stands::Good {
                    self.ends.lock().unwrap_or_else(PoisonError::into_inner).push(End { kind: Some(kind), ..done.end });
                }
            }
        }
        Ok(())
    }

    /// Asks for a change, of one node after the other, until one says that it is done. The key makes a creation one change. When it
    /// is asked for again, what is not there any more was ended by an earlier try: `gone` says that this is told when all nodes know.
    fn persist(&self, random: &mut Random, call: &Call, gone: bool) -> Outcome<Option<Done>> {
        let Call { method, path, headers, body } = call;
        let key = format!("{:016x}{:016x}", random.next(), random.next());
        let own = format!("Authorization: Bearer {}\r\nIdempotency-Key: {key}\r\n", self.operator);
        let headers = headers.as_deref().unwrap_or(&own);
        let from = Instant::now();
        let mut asked = from;
        while from.elapsed() < PERSISTENCE {
            let node = random.below(self.nodes.len());
            let answer = Connection::open(&self.nodes[node].clients.address)
                .and_then(|mut connection| connection.exchange(method, path, headers, body));
            let done = |value| Ok(Some(Done { value, end: End { from, asked, to: Instant::now(), node, kind: None } }));
            match answer {
                Ok(answer) if matches!(answer.status, 200..=299 | 303) => return done(answer.json()),
                Ok(Answer { status: 404, .. }) if asked != from && gone => return done(Value::Null),
                // Nobody knows whether all nodes know.
                Ok(Answer { status: 404 | 409, .. }) if asked != from => break,
                Ok(Answer { status: 500.., .. }) | Err(_) => {
                    std::thread::sleep(PAUSE_AFTER_FAILURE);
                    asked = Instant::now();
                }
                Ok(answer) => return Err(format!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body))),
            }
        }
        self.unknown.fetch_add(1, Ordering::Relaxed);
        Ok(None)
    }
}
