//! Clocks driven by hand, randomness that counts, and a client without habits.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod announcement;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::entropy::{Entropy, EntropyUnavailable};
use domain::time::{Boottime, Clock};
use domain::{Digest, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const NOON: &str = "2026-11-21T11:00:00Z";

/// The wall clock in microseconds since 1970, and the clock of leases in nanoseconds.
pub(crate) struct HandClock(AtomicI64, AtomicU64);

impl HandClock {
    pub(crate) fn at_noon() -> Self {
        Self(AtomicI64::new(Timestamp::parse(NOON).expect("a time").unix_microseconds()), AtomicU64::new(1))
    }

    pub(crate) fn advance_milliseconds(&self, milliseconds: i64) {
        self.set_forward(milliseconds);
        self.1.fetch_add(u64::try_from(milliseconds).expect("forward") * 1_000_000, Ordering::SeqCst);
    }

    /// Sets the wall clock, and no other, forward or back.
    pub(crate) fn set_forward(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds * 1_000, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_microseconds(self.0.load(Ordering::SeqCst))
    }

    fn boottime(&self) -> Boottime {
        Boottime(self.1.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
pub(crate) struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        let digest = Digest::of(&number.to_be_bytes());
        buffer.iter_mut().zip(digest.as_bytes().iter().cycle()).for_each(|(byte, drawn)| *byte = *drawn);
        Ok(())
    }
}

/// Sends these very bytes and reads until the other side closes.
pub(crate) async fn send(address: SocketAddr, request: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    // A server that refuses early may close before it has read everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    Reply::read(&answer)
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    fn read(answer: &[u8]) -> Self {
        let text = String::from_utf8(answer.to_vec()).expect("UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP answer: {text}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        Self { status, headers: headers.collect(), body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.header("content-type"), Some("application/json; charset=utf-8"), "{} {}", self.status, self.body);
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The problem details of a failure with this status.
    pub(crate) fn problem(&self, status: u16) -> serde_json::Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json; charset=utf-8"), "{}", self.body);
        let problem: serde_json::Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!((problem["status"].as_u64(), problem["request_id"].as_str()), (Some(status.into()), self.header("request-id")));
        problem
    }

    pub(crate) fn ok(&self) -> serde_json::Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()
    }

    /// The `id`s of a list.
    pub(crate) fn ids(&self) -> Vec<i64> {
        self.ok().as_array().expect("a list").iter().map(|row| row["id"].as_i64().expect("a number")).collect()
    }
}
