//! What callers do during a run: they make, suspend, resume and end tokens, and ask about them all the time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::book::{Book, Stands};
use super::node::Node;
use crate::Outcome;
use crate::http::{Answer, Connection};
use crate::random::Random;
use crate::server::{question, text};

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
}

/// What the callers of a run share.
pub(crate) struct Load<'l> {
    pub(crate) nodes: &'l [Node],
    pub(crate) book: &'l Book,
    pub(crate) operator: &'l str,
    pub(crate) api: &'l str,
    pub(crate) people: &'l [String],
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
            match self.allowed(&mut connection, node, &question.secret) {
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
    pub(crate) fn allowed(&self, connection: &mut Option<Connection>, node: usize, secret: &str) -> Outcome<Option<bool>> {
        if connection.is_none() {
            *connection = Some(Connection::open(&self.nodes[node].clients.address).map_err(|_| String::new())?);
        }
        let Some(open) = connection else { return Err(String::new()) };
        let headers = format!("Authorization: Bearer {}\r\n", self.api);
        let Ok(answer) = open.exchange("POST", "/api/v1/verify", &headers, &question(secret).to_string()) else {
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
                4..6 => self.alter(&mut random, &[Stands::Good], ("PUT", "/suspension"), Stands::Suspended)?,
                6 => self.alter(&mut random, &[Stands::Suspended], ("DELETE", "/suspension"), Stands::Good)?,
                _ => self.alter(&mut random, &[Stands::Good, Stands::Suspended], ("DELETE", ""), Stands::Ended)?,
            }
        }
        Ok(())
    }

    fn make(&self, random: &mut Random) -> Outcome {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let path = format!("/api/v1/people/{}/tokens", self.people[random.below(self.people.len())]);
        let Some(done) = self.persist(random, ("POST", &path), &json!({ "description": format!("token {number}") }))? else {
            return Ok(());
        };
        let id = text(&done.value, "id")?;
        self.note(&done, &id);
        self.book.add(id, text(&done.value, "secret")?);
        Ok(())
    }

    fn alter(&self, random: &mut Random, of: &[Stands], (method, what): (&str, &str), into: Stands) -> Outcome {
        let Some((place, token)) = self.book.take(of, into, random) else { return Ok(()) };
        if into == Stands::Good {
            self.book.resuming(place);
        }
        let path = format!("/api/v1/tokens/{}{what}", token.id);
        match self.persist(random, (method, &path), &Value::Null)? {
            None => self.book.put_back(place, Stands::Unknown, true),
            Some(done) => {
                self.note(&done, &token.id);
                self.book.put_back(place, into, done.end.from != done.end.asked);
                if into != Stands::Good {
                    self.ends.lock().unwrap_or_else(PoisonError::into_inner).push(done.end);
                }
            }
        }
        Ok(())
    }

    fn note(&self, done: &Done, id: &str) {
        if let Some(sequence) = done.value["receipt"]["sequence"].as_i64() {
            self.book.note(sequence, id);
        }
    }

    /// Asks for a change, of one node after the other, until one says that it is done. The key makes a creation one change.
    fn persist(&self, random: &mut Random, (method, path): (&str, &str), body: &Value) -> Outcome<Option<Done>> {
        let key = format!("{:016x}{:016x}", random.next(), random.next());
        let headers = format!("Authorization: Bearer {}\r\nIdempotency-Key: {key}\r\n", self.operator);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let from = Instant::now();
        let mut asked = from;
        while from.elapsed() < PERSISTENCE {
            let node = random.below(self.nodes.len());
            let answer = Connection::open(&self.nodes[node].clients.address)
                .and_then(|mut connection| connection.exchange(method, path, &headers, &body));
            match answer {
                Ok(answer) if (200..300).contains(&answer.status) => {
                    return Ok(Some(Done { value: answer.json(), end: End { from, asked, to: Instant::now(), node } }));
                }
                // Ended by an earlier try: this says so when all nodes know.
                Ok(Answer { status: 404, .. }) if asked != from && method == "DELETE" && !path.ends_with("/suspension") => {
                    return Ok(Some(Done { value: Value::Null, end: End { from, asked, to: Instant::now(), node } }));
                }
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
