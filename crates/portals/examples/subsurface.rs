//! Measures the subsurface portal: validation of long documents, and deliveries from upload to register; one `key: value` a line.
//!
//! Deliveries go through the portal's whole router, with a check each, and to a disk that is waited for; only HTTP's own
//! work is left out. The first argument is how many deliveries are made, 200 at a time.

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
const USERNAME: &str = "supplier";

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
    deliver(folder.path(), deliveries).await;
}

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

fn validate(folder: &std::path::Path) {
    let path = folder.join("long.xml");
    let point = ADDITION.find("<wml2:point>").expect("a point");
    let mut file = File::create(&path).expect("a file");
    file.write_all(&ADDITION.as_bytes()[..point]).expect("written");
    let one = "<wml2:point><wml2:MeasurementTVP><wml2:time>2026-03-01T00:00:00Z</wml2:time><wml2:value uom=\"m\">-0.12</wml2:value></wml2:MeasurementTVP></wml2:point>\n";
    for _ in 0..LONG_BYTES / one.len() {
        file.write_all(one.as_bytes()).expect("written");
    }
    file.write_all(&ADDITION.as_bytes()[point..]).expect("written");
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

/// A verifier that knows one organisation with one project, and its token's header.
fn poort(clock: Arc<Running>) -> (Arc<Verifier>, String) {
    let installation = Installation::new("prt").expect("a prefix");
    let settings = Settings { installations: vec![installation], ..Settings::default() };
    let verifier = Verifier::new(clock.clone(), settings);
    verifier.loader().finish(Sequence(0));
    verifier.lease().hold();
    let organisation = OrganisationId::from_bytes([1; 16]);
    let code = installation.generate(Kind::OrganisationToken, &Counting::default()).expect("drawn").expose().clone();
    let api = Environment::Production.api();
    let digest = bound(&Digest::of(code.as_bytes()), api, USERNAME);
    let number = WorkspaceNumber::new("1255").expect("a number");
    let events = [
        Event::OrganisationCreated { organisation },
        Event::ApiDefined { definition: definition(Environment::Production) },
        Event::WorkspaceCreated { workspace: WorkspaceId::from_bytes([2; 16]), organisation, number },
        Event::OrganisationTokenCreated {
            token: CredentialId::from_bytes([3; 16]),
            organisation,
            api: api.to_owned(),
            username_key: UsernameKey::from_bytes(username_key(api, USERNAME)),
            secret: SecretState { digest, not_after: None },
            permissions: Permissions::All,
            imported: false,
        },
    ];
    for (place, event) in (1..).zip(&events) {
        verifier.apply(Sequence(place), clock.now(), event).expect("no gap");
    }
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{USERNAME}:{code}"));
    (Arc::new(verifier), format!("Basic {encoded}"))
}

async fn deliver(folder: &std::path::Path, deliveries: usize) {
    let clock = Arc::new(Running(Instant::now()));
    let (verifier, header) = poort(clock.clone());
    let options = Options { folder: folder.join("portal"), environment: Environment::Production, step_delay: Duration::ZERO };
    let portal = Arc::new(Subsurface::open(options, clock, Arc::new(Counting::default())).await.expect("opened"));
    let dependencies = Dependencies { verifier, base_urls: vec!["http://portal".to_owned()] };
    let router = portal.clone().router(dependencies).expect("a base URL");
    let mut tasks = JoinSet::new();
    tasks.spawn(portal.deliver());
    let start = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..AT_A_TIME.min(deliveries) {
        let (router, header) = (router.clone(), header.clone());
        callers.spawn(async move {
            for number in (caller..deliveries).step_by(AT_A_TIME) {
                one(&router, &header, number).await;
            }
        });
    }
    callers.join_all().await;
    println!("deliveries accepted: {:.0} a second", deliveries as f64 / start.elapsed().as_secs_f64());
    loop {
        let (_, _, rows) = call(&router, &header, "GET", &format!("/api/v2/transacties?limit=1&offset={}", deliveries - 1), "").await;
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
