//! Measures checks under delegations: 1 million organisation tokens, 100 thousand delegations in chains of three.
//!
//! Each token belongs to one of 10 thousand organisations at the end of chains; each of those has a workspace of its own
//! and three or four delegations of others' workspaces, given to a first, passed on to a second and to it. The same tokens
//! are checked without a workspace, in the own one, and in one that they reach through three delegations.

#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use domain::credential::{Digest, Installation, Kind};
use domain::delegation::Standing;
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::event::{SecretState, Sequence};
use domain::organisation_token::{bound, username_key};
use domain::permission::Permissions;
use domain::time::{Boottime, Clock};
use domain::{CredentialId, DelegationId, OrganisationId, RequestId, Timestamp, WorkspaceId};
use poort_verifier::{Asked, DelegationRecord, Loader, OrganisationTokenRecord, Question, Settings, Verdict, Verifier, WorkspaceRecord};

const TOKENS: u64 = 1_000_000;
const CHAINS: u64 = 33_334;
/// Organisations in each place of a chain: those that own workspaces, and the first, second and last that get them.
const PLACES: u64 = 10_000;
const SAMPLE: u64 = 100_000;
const RUNS: usize = 7;
const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_000_000);
const API: &str = "survey";

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        NOW
    }
    fn boottime(&self) -> Boottime {
        Boottime(1)
    }
}

/// SplitMix64 from a seed: the same bytes each time.
struct Seeded(std::sync::atomic::AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        for chunk in buffer.chunks_mut(8) {
            let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, std::sync::atomic::Ordering::Relaxed);
            chunk.copy_from_slice(&mix(state).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

fn mix(state: u64) -> u64 {
    let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn id(kind: u64, number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(0x0193_6e0c_7a3b_7000 | kind).to_be_bytes());
    bytes[8..].copy_from_slice(&(mix(number.wrapping_add(0x2545_f491_4f6c_dd1d)) >> 2 | 1 << 63).to_be_bytes());
    bytes
}

fn code(number: u64) -> String {
    let installation = Installation::new("prt").expect("a prefix");
    let code = installation.generate(Kind::OrganisationToken, &Seeded((number << 20).into())).expect("entropy");
    code.expose().clone()
}

/// The organisation in a place of a chain: 0 owns the workspace.
fn party(place: u64, chain: u64) -> OrganisationId {
    OrganisationId::from_bytes(id(1, place * PLACES + chain % PLACES))
}

fn fill(loader: &mut Loader<'_>) {
    for number in 0..4 * PLACES {
        loader.organisation(OrganisationId::from_bytes(id(1, number)), false);
    }
    let definition = serde_json::json!({
        "name": API, "title": "Survey", "presentations": ["basic"], "credentials": ["organisation_token"],
        "permissions": [{"name": "survey:deliveries:create", "title": "Create deliveries"}]
    });
    loader.api(serde_json::from_value(definition).expect("a definition"));
    let mut workspace = |number: u64, organisation, name: String| {
        loader.workspace(&WorkspaceRecord { id: WorkspaceId::from_bytes(id(2, number)), organisation, number: &name, closed: false });
    };
    for chain in 0..CHAINS {
        workspace(chain, party(0, chain), format!("w{chain}"));
    }
    for last in 0..PLACES {
        workspace(CHAINS + last, party(3, last), format!("own{last}"));
    }
    for place in 1..=3 {
        for chain in 0..CHAINS {
            loader.delegation(&DelegationRecord {
                id: DelegationId::from_bytes(id(3, place * CHAINS + chain)),
                api: API,
                workspace: WorkspaceId::from_bytes(id(2, chain)),
                from: party(place - 1, chain),
                to: party(place, chain),
                parent: (place > 1).then(|| DelegationId::from_bytes(id(3, (place - 1) * CHAINS + chain))),
                permissions: &Permissions::All,
                standing: Standing::Open,
                opens_at: Timestamp::from_unix_seconds(0),
                not_after: None,
                closed_at: None,
            });
        }
    }
    for number in 0..TOKENS {
        let username = format!("t{number}");
        loader.organisation_token(&OrganisationTokenRecord {
            id: CredentialId::from_bytes(id(4, number)),
            organisation: party(3, number),
            api: API,
            username_key: username_key(API, &username),
            secret: SecretState { digest: bound(&Digest::of(code(number).as_bytes()), API, &username), not_after: None },
            superseded: false,
            permissions: &Permissions::All,
            imported: false,
            suspended: false,
            revoked_at: None,
        });
    }
}

/// Nanoseconds for each check: the best of the runs' medians over slices of the sample.
fn measure(verifier: &Verifier, sample: &[(String, Option<String>)]) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let mut slices = Vec::new();
        for slice in sample.chunks(200) {
            let started = Instant::now();
            for (header, workspace) in slice {
                let question = Question {
                    api: API,
                    authorization: Some(header.as_bytes()),
                    api_key: None,
                    proof: None,
                    asked: Asked::Permission("survey:deliveries:create"),
                    workspace: workspace.as_deref(),
                    address: None,
                    now: NOW,
                    request: RequestId::from_bytes([0; 16]),
                };
                let verdict = black_box(verifier.check(black_box(&question)));
                assert!(matches!(verdict, Ok(Verdict::Allow(_))), "a check went wrong");
            }
            slices.push(started.elapsed().as_nanos() as f64 / slice.len() as f64);
        }
        slices.sort_by(f64::total_cmp);
        best = best.min(slices[slices.len() / 2]);
    }
    best
}

fn main() {
    let settings = Settings { installations: vec![Installation::new("prt").expect("a prefix")], ..Settings::default() };
    let verifier = Verifier::new(Arc::new(Stopped), settings);
    let mut loader = verifier.loader();
    fill(&mut loader);
    loader.finish(Sequence(1));
    verifier.lease().hold();
    let sample = |workspace: fn(u64) -> Option<String>| -> Vec<(String, Option<String>)> {
        let numbers = (0..SAMPLE).map(|draw| mix(draw) % TOKENS);
        let header = |number| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("t{number}:{}", code(number))));
        numbers.map(|number| (header(number), workspace(number))).collect()
    };
    println!("check_ns_no_workspace {:.1}", measure(&verifier, &sample(|_| None)));
    println!("check_ns_own_workspace {:.1}", measure(&verifier, &sample(|number| Some(format!("own{}", number % PLACES)))));
    // A chain ends at the organisation of its number, one of three or four of them.
    let chain = |number: u64| Some(format!("w{}", number % PLACES + mix(number) % 3 * PLACES));
    println!("check_ns_chain_of_3 {:.1}", measure(&verifier, &sample(chain)));
}
