//! Measures the subsurface portal: validation of long documents, and deliveries from upload to register; one `key: value` a line.
//!
//! Deliveries go through the portal's whole router, with a check each, and to a disk that is waited for; only HTTP's own
//! work is left out. The first argument is how many deliveries are made, 200 at a time.
//!
//! Then it asks whether refusals that must look alike can be told apart by their time: each pair is asked in turn, and what is
//! printed is how often the first takes longer than the second (Mann and Whitney), 0.5 being a coin.

#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use base64::Engine as _;
use domain::credential::{Digest, Installation, Kind};
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::event::{SecretState, UsernameKey};
use domain::organisation_token::{bound, username_key};
use domain::permission::Permissions;
use domain::time::{Boottime, Clock};
use domain::workspace::WorkspaceNumber;
use domain::{CredentialId, Event, OrganisationId, Sequence, Timestamp, WorkspaceId};
use http::{Request, StatusCode};
use poort_portals::subsurface::{Dependencies, Environment, Options, Subsurface, definition, validation};
use tokio::task::JoinSet;
use tower::ServiceExt as _;
use verifier::{Settings, Verifier};

const ADDITION: &str = include_str!("../tests/subsurface/documents/gld_addition.xml");
const WELL: &str = include_str!("../tests/subsurface/documents/gmw_construction.xml");
const LONG_BYTES: usize = 50 << 20;
const RUNS: usize = 5;
const AT_A_TIME: usize = 200;
const SAMPLES: usize = 20_000;

struct Running(Instant);

impl Clock for Running {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(1_795_000_000).saturating_add(self.0.elapsed())
    }

    fn boottime(&self) -> Boottime {
        Boottime(1)
    }
}

#[derive(Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        let digest = Digest::of(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        buffer.iter_mut().zip(digest.as_bytes().iter().cycle()).for_each(|(byte, drawn)| *byte = *drawn);
        Ok(())
    }
}

#[tokio::main]
async fn main() {
    let deliveries = std::env::args().nth(1).map_or(2_000, |number| number.parse().expect("a number"));
    let folder = tempfile::TempDir::new().expect("a folder");
    validate(folder.path());
    let clock = Arc::new(Running(Instant::now()));
    let (verifier, tokens) = poort(clock.clone());
    let options = Options { folder: folder.path().join("portal"), environment: Environment::Production, step_delay: Duration::ZERO };
    let portal = Arc::new(Subsurface::open(options, clock, Arc::new(Counting::default())).await.expect("opened"));
    let dependencies = Dependencies { verifier, base_urls: vec!["http://portal".to_owned()] };
    let router = portal.clone().router(dependencies).expect("a base URL");
    let mut tasks = JoinSet::new();
    tasks.spawn(portal.deliver());
    stream(&router, &tokens.good).await;
    deliver(&router, &tokens.good, deliveries).await;
    tell_apart(&router, &tokens).await;
}

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// A valid document of 50 MiB, in pieces as a network gives them.
fn long() -> impl Iterator<Item = Vec<u8>> {
    const POINT: &str = "<wml2:point><wml2:MeasurementTVP><wml2:time>2026-03-01T00:00:00Z</wml2:time><wml2:value uom=\"m\">-0.12</wml2:value></wml2:MeasurementTVP></wml2:point>\n";
    let (head, tail) = ADDITION.split_at(ADDITION.find("<wml2:point>").expect("a point"));
    let piece = POINT.repeat(16_384 / POINT.len()).into_bytes();
    let count = LONG_BYTES / piece.len();
    std::iter::once(head.into()).chain(std::iter::repeat_n(piece, count)).chain(std::iter::once(tail.into()))
}

/// What the same document costs as a request: taken in to a file, then read.
async fn stream(router: &axum::Router, header: &str) {
    let (before, start) = (peak(), Instant::now());
    let body = Body::from_stream(futures_util::stream::iter(long().map(Ok::<_, std::io::Error>)));
    let request = Request::post("/api/v2/1255/validatie").header("host", "portal").header("authorization", header);
    let answer = router.clone().oneshot(request.body(body).expect("a request")).await.expect("infallible");
    let said = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    assert!(said.starts_with(b"{\"errors\":[],\"status\":\"VALIDE\"}"), "{said:?}");
    println!("a validation request of 50 MiB: {:.2} s", start.elapsed().as_secs_f64());
    println!("memory that it takes more: {} KiB", peak() - before);
}

fn validate(folder: &std::path::Path) {
    let path = folder.join("long.xml");
    let mut file = File::create(&path).expect("a file");
    for piece in long() {
        file.write_all(&piece).expect("written");
    }
    let bytes = std::fs::metadata(&path).expect("a file").len() as f64;
    let before = peak();
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            let report = validation::validate(BufReader::with_capacity(1 << 16, File::open(&path).expect("opened"))).expect("read");
            assert!(report.is_valid(), "{:?}", report.errors);
            bytes / 1e6 / start.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    println!("validation of a document of 50 MiB: {:.0} MB/s", rates[RUNS / 2]);
    println!("memory that it takes: {} KiB", peak() - before);
}

/// Values of `Authorization`.
struct Tokens {
    good: String,
    /// What must look alike, two by two.
    pairs: Vec<(&'static str, String, String)>,
}

/// A verifier that knows one organisation with one project, and tokens of all sorts.
fn poort(clock: Arc<Running>) -> (Arc<Verifier>, Tokens) {
    let installation = Installation::new("prt").expect("a prefix");
    let settings = Settings { installations: vec![installation], ..Settings::default() };
    let verifier = Verifier::new(clock.clone(), settings);
    verifier.loader().finish(Sequence(0));
    verifier.lease().hold();
    let organisation = OrganisationId::from_bytes([1; 16]);
    let number = WorkspaceNumber::new("1255").expect("a number");
    let record = |event: Event| {
        let next = Sequence(verifier.applied().0 + 1);
        verifier.apply(next, clock.now(), &event).expect("no gap");
    };
    record(Event::OrganisationCreated { organisation });
    for environment in [Environment::Production, Environment::Demo] {
        record(Event::ApiDefined { definition: definition(environment) });
    }
    record(Event::WorkspaceCreated { workspace: WorkspaceId::from_bytes([2; 16]), organisation, number });
    let drawn = Counting::default();
    let code = || installation.generate(Kind::OrganisationToken, &drawn).expect("drawn").expose().clone();
    let basic = |name: &str, code: &str| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{code}")));
    let make = |name: &str, environment: Environment, not_after: Option<Timestamp>| {
        let (api, code) = (environment.api(), code());
        let digest = bound(&Digest::of(code.as_bytes()), api, name);
        let token = CredentialId::generate(clock.now(), &drawn).expect("drawn");
        record(Event::OrganisationTokenCreated {
            token,
            organisation,
            api: api.to_owned(),
            username_key: UsernameKey::from_bytes(username_key(api, name)),
            secret: SecretState { digest, not_after },
            permissions: Permissions::All,
            imported: false,
        });
        (basic(name, &code), token, digest)
    };
    let good = make("supplier", Environment::Production, None).0;
    let (revoked, token, digest) = make("supplie2", Environment::Production, None);
    record(Event::TokensRevoked { tokens: vec![token], digests: vec![digest] });
    let expired = make("supplie3", Environment::Production, Some(Timestamp::from_unix_seconds(1))).0;
    let of_demo = make("supplie4", Environment::Demo, None).0;
    let unknown = || basic("supplie9", &code());
    let pairs = vec![
        ("an unknown one twice", unknown(), unknown()),
        ("unknown username, wrong code", unknown(), basic("supplier", &code())),
        ("unknown, revoked", unknown(), revoked),
        ("unknown, expired", unknown(), expired),
        ("unknown, of the other environment", unknown(), of_demo),
    ];
    (Arc::new(verifier), Tokens { good, pairs })
}

/// How often the first of a pair takes longer than the second.
async fn tell_apart(router: &axum::Router, tokens: &Tokens) {
    for (name, first, second) in &tokens.pairs {
        let mut samples: Vec<(Duration, bool)> = Vec::with_capacity(2 * SAMPLES);
        for number in 0..SAMPLES {
            // In turn, and the other way round every other time: what goes before one is not always the same.
            for is_first in [number % 2 == 0, number % 2 == 1] {
                let header = if is_first { first } else { second };
                let start = Instant::now();
                let (status, ..) = call(router, header, "POST", "/api/v2/1255/uploads", "").await;
                samples.push((start.elapsed(), is_first));
                assert_eq!(status, StatusCode::UNAUTHORIZED);
            }
        }
        samples.sort_unstable();
        let (mut seconds_before, mut longer) = (0_u32, 0_u32);
        for (_, is_first) in samples {
            if is_first {
                longer += seconds_before;
            } else {
                seconds_before += 1;
            }
        }
        let share = f64::from(longer) / (SAMPLES * SAMPLES) as f64;
        println!("{SAMPLES} refusals each, {name}; the first takes longer: {share:.3}");
    }
}

async fn deliver(router: &axum::Router, header: &str, deliveries: usize) {
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..AT_A_TIME.min(deliveries) {
        let (router, header) = (router.clone(), header.to_owned());
        callers.spawn(async move {
            for number in (caller..deliveries).step_by(AT_A_TIME) {
                one(&router, &header, number).await;
            }
        });
    }
    callers.join_all().await;
    println!("deliveries accepted: {:.0} a second", deliveries as f64 / start.elapsed().as_secs_f64());
    loop {
        let (_, _, rows) = call(router, header, "GET", &format!("/api/v2/transacties?limit=1&offset={}", deliveries - 1), "").await;
        if rows.contains("transactieId") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("deliveries taken in by the register: {:.0} a second", deliveries as f64 / start.elapsed().as_secs_f64());
}

async fn one(router: &axum::Router, header: &str, number: usize) {
    let (status, upload, _) = call(router, header, "POST", "/api/v2/1255/uploads", "").await;
    assert_eq!(status, StatusCode::CREATED);
    let document = WELL.replace("PB-0042", &format!("PB-{number}"));
    let (status, _, said) = call(router, header, "POST", &format!("{upload}/brondocumenten"), &document).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    let upload = upload.rsplit('/').next().expect("a number");
    let (status, _, said) = call(router, header, "POST", "/api/v2/1255/leveringen", &format!("{{\"upload\": {upload}}}")).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
}

/// Status, `Location` and body of an answer.
async fn call(router: &axum::Router, header: &str, method: &str, target: &str, body: &str) -> (StatusCode, String, String) {
    let request = Request::builder().method(method).uri(target).header("host", "portal").header("authorization", header);
    let answer = router.clone().oneshot(request.body(Body::from(body.to_owned())).expect("a request")).await.expect("infallible");
    let location = answer.headers().get("location").and_then(|url| url.to_str().ok()).unwrap_or_default();
    let (status, location) = (answer.status(), location.strip_prefix("http://portal").unwrap_or_default().to_owned());
    let bytes = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    (status, location, String::from_utf8(bytes.to_vec()).expect("UTF-8"))
}
