//! Measures the index: `measure N` fills N tokens and prints what they cost, one `key value` a line.
//!
//! The tokens are drawn uniformly at random from 100 thousand people in 1 thousand organisations, each with one of
//! ten sets of permissions, and checks ask with random ones of them. Header values are made ahead for a sample, so
//! that making them is not measured; a check includes reading the header, SHA-256, the look-up, the decision and
//! counting the use.

#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use domain::credential::{Digest, Installation, Kind};
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::event::{SecretState, Sequence};
use domain::permission::{Permission, Permissions};
use domain::person::{Role, Roles};
use domain::time::{Boottime, Clock};
use domain::{CredentialId, MembershipId, OrganisationId, PersonId, RequestId, Timestamp};
use poort_verifier::{Asked, MembershipRecord, Question, Settings, TokenRecord, Verdict, Verifier};

const PEOPLE: u64 = 100_000;
const ORGANISATIONS: u64 = 1_000;
const SAMPLE: usize = 200_000;
const RUNS: usize = 7;
const BATCH: usize = 65_536;
const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_000_000);

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        NOW
    }
    fn boottime(&self) -> Boottime {
        Boottime(1)
    }
}

/// SplitMix64: enough to draw tokens with, and the same ones each time.
struct Random(std::sync::atomic::AtomicU64);

impl Random {
    fn next(&self) -> u64 {
        let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, std::sync::atomic::Ordering::Relaxed);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

impl Entropy for Random {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

fn id(kind: u64, number: u64) -> [u8; 16] {
    let random = Random(number.wrapping_mul(0x2545_f491_4f6c_dd1d).into());
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(0x0193_6e0c_7a3b_7000 | kind).to_be_bytes());
    bytes[8..].copy_from_slice(&(random.next() >> 2 | 1 << 63).to_be_bytes());
    bytes
}

/// The text of a token: a function of its number.
fn text(number: u64) -> String {
    let random = Random((number << 20).into());
    let installation = Installation::new("prt").expect("a prefix");
    installation.generate(Kind::PersonalToken, &random).expect("entropy").expose().clone()
}

fn sets() -> Vec<Permissions> {
    let names = ["courses:read", "courses:write", "submissions:read", "submissions:write", "users:read"];
    let names = names.map(|name| Permission::new(&format!("learning:{name}")).expect("a name"));
    let mut sets = vec![Permissions::All];
    sets.extend((1..10_usize).map(|set| {
        let chosen = names.iter().enumerate().filter(|(place, _)| *place == 0 || (set * 3) >> place & 1 == 1);
        Permissions::Only(chosen.map(|(_, name)| name.clone()).collect::<BTreeSet<_>>())
    }));
    sets
}

fn api() -> serde_json::Value {
    let names = ["courses:read", "courses:write", "submissions:read", "submissions:write", "users:read"];
    let permissions = names.map(|name| serde_json::json!({"name": format!("learning:{name}"), "title": "Does something"}));
    serde_json::json!({
        "name": "learning", "title": "Learning", "presentations": ["bare", "bearer"], "permissions": permissions,
        "routes": [
            {"method": "GET", "path": "/courses/{id}", "permission": "learning:courses:read"},
            {"method": "GET", "path": "/submissions", "permission": "learning:courses:read"},
            {"method": "POST", "path": "/submissions", "permission": "learning:courses:read"}
        ]
    })
}

/// Seconds for which this thread has run: what a loaded machine does not lengthen. Exact to a few milliseconds.
fn cpu_seconds() -> f64 {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds: u64 = schedstat.split(' ').next().and_then(|first| first.parse().ok()).expect("a number");
    nanoseconds as f64 / 1e9
}

/// Fills the verifier; gives the seconds that this took, the making of the records not counted: by the clock, and
/// of the processor.
fn fill(verifier: &Verifier, tokens: u64) -> (f64, f64) {
    let sets = sets();
    let random = Random(7.into());
    let (started, before) = (Instant::now(), cpu_seconds());
    let mut loader = verifier.loader();
    for number in 0..ORGANISATIONS {
        loader.organisation(OrganisationId::from_bytes(id(1, number)), false);
    }
    for number in 0..PEOPLE {
        loader.person(PersonId::from_bytes(id(2, number)), true);
    }
    for number in 0..PEOPLE {
        loader.membership(&MembershipRecord {
            id: MembershipId::from_bytes(id(3, number)),
            person: PersonId::from_bytes(id(2, number)),
            organisation: OrganisationId::from_bytes(id(1, number % ORGANISATIONS)),
            roles: Roles::NONE.with(Role::Member),
        });
    }
    loader.api(serde_json::from_value(api()).expect("a definition"));
    let (mut seconds, mut cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - before);
    let mut records = Vec::with_capacity(BATCH);
    let mut number = 0;
    while number < tokens {
        records.clear();
        for number in number..tokens.min(number + BATCH as u64) {
            let digest = Digest::of(text(number).as_bytes());
            records.push((CredentialId::from_bytes(id(4, number)), random.next() % PEOPLE, digest, random.next() as usize % sets.len()));
        }
        number += records.len() as u64;
        let (started, before) = (Instant::now(), cpu_seconds());
        for (credential, person, digest, set) in &records {
            loader.token(&TokenRecord {
                id: *credential,
                membership: MembershipId::from_bytes(id(3, *person)),
                secret: SecretState { digest: *digest, not_after: None },
                superseded: false,
                permissions: &sets[*set],
                imported: false,
                suspended: false,
                revoked_at: None,
            });
        }
        seconds += started.elapsed().as_secs_f64();
        cpu += cpu_seconds() - before;
    }
    let (started, before) = (Instant::now(), cpu_seconds());
    loader.finish(Sequence(1));
    (seconds + started.elapsed().as_secs_f64(), cpu + cpu_seconds() - before)
}

/// Resident bytes of this process, by the kernel's own count.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
    pages * 4096
}

/// Nanoseconds for each check: the best of the runs' medians over slices of the sample.
fn measure(verifier: &Verifier, headers: &[String], expected: usize, asked: Asked<'_>) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let mut slices = Vec::new();
        let mut allowed = 0;
        for slice in headers.chunks(200) {
            let started = Instant::now();
            for header in slice {
                let question = Question {
                    api: "learning",
                    authorization: Some(header.as_bytes()),
                    api_key: None,
                    proof: None,
                    asked,
                    workspace: None,
                    address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                    now: NOW,
                    request: RequestId::from_bytes([0; 16]),
                };
                let verdict = black_box(verifier.check(black_box(&question)));
                allowed += usize::from(matches!(verdict, Ok(Verdict::Allow(_))));
            }
            slices.push(started.elapsed().as_nanos() as f64 / slice.len() as f64);
        }
        assert_eq!(allowed, expected, "checks went wrong");
        slices.sort_by(f64::total_cmp);
        best = best.min(slices[slices.len() / 2]);
    }
    best
}

fn main() {
    let tokens: u64 = std::env::args().nth(1).and_then(|tokens| tokens.parse().ok()).expect("usage: measure NUMBER_OF_TOKENS");
    let settings = Settings { installations: vec![Installation::new("prt").expect("a prefix")], ..Settings::default() };
    let before = resident();
    let verifier = Verifier::new(Arc::new(Stopped), settings);
    println!("tokens {tokens}");
    let (seconds, cpu) = fill(&verifier, tokens);
    println!("load_seconds {seconds:.4}");
    println!("load_cpu_seconds {cpu:.4}");
    assert_eq!(verifier.live_tokens() as u64, tokens);
    verifier.lease().hold();

    for number in 0..tokens {
        let header = text(number);
        let question = Question {
            api: "learning",
            authorization: Some(header.as_bytes()),
            api_key: None,
            proof: None,
            asked: Asked::Identity,
            workspace: None,
            address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            now: NOW,
            request: RequestId::from_bytes([0; 16]),
        };
        assert!(matches!(verifier.check(&question), Ok(Verdict::Allow(_))), "token {number}");
    }
    let bytes = resident() - before;
    println!("resident_bytes {bytes}");
    println!("resident_bytes_per_token {:.1}", bytes as f64 / tokens as f64);

    let started = Instant::now();
    let mut drained = 0_u64;
    verifier.drain_usage(usize::MAX, &mut |usage| drained += u64::from(usage.uses));
    println!("drain_all_seconds {:.4}", started.elapsed().as_secs_f64());
    assert_eq!(drained, tokens);

    let random = Random(11.into());
    let known: Vec<String> = (0..SAMPLE).map(|_| format!("Bearer {}", text(random.next() % tokens))).collect();
    let half: Vec<String> =
        (0..SAMPLE).map(|place| format!("Bearer {}", text(random.next() % tokens + if place % 2 == 0 { 0 } else { tokens + 1 }))).collect();
    let permission = Asked::Permission("learning:courses:read");
    println!("check_ns_known {:.1}", measure(&verifier, &known, SAMPLE, permission));
    println!("check_ns_half_unknown {:.1}", measure(&verifier, &half, SAMPLE / 2, permission));
    let request = Asked::Request { method: "GET", path: "/courses/7" };
    println!("check_ns_request {:.1}", measure(&verifier, &known, SAMPLE, request));
    verifier.lease().end();
    verifier.lease().extend_to(Boottime(u64::MAX));
    println!("check_ns_with_lease {:.1}", measure(&verifier, &known, SAMPLE, permission));
}
