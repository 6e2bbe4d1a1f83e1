//! What issuing an access token costs, in processor time, without a request around it:
//! `cargo run --release -p poort-authority --example signing`.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use domain::access_token::{AccessToken, Few, Parent};
use domain::credential::Installation;
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::event::{Actor, Event};
use domain::time::{Boottime, Clock};
use domain::{CredentialId, RequestId, Timestamp};
use jose::access_token::AccessTokenClaims;
use jose::claims::{Audience, NumericDate};
use jose::{Algorithm, SigningKey};
use poort_authority::{Authority, KeyRing, KeySchedule, Parts, Purpose};
use rustix::time::{ClockId, clock_gettime};
use store::sealing::{MasterKey, NewServerKey};
use store::{Abort, By, DatabaseUrl, Options, Outcome, Store};
use verifier::{Settings, Verifier};

const ROUNDS: u32 = 5_000;
const NOW: Timestamp = Timestamp::from_unix_seconds(1_900_000_000);

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn boottime(&self) -> Boottime {
        Boottime(1)
    }
}

struct OfTheSystem;

impl Entropy for OfTheSystem {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        aws_lc_rs::rand::fill(buffer).map_err(|_| EntropyUnavailable)
    }
}

/// The least processor time of a call over five rows of them, in microseconds: what else runs can only add to it.
fn cost(mut work: impl FnMut()) -> f64 {
    let spent = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
    };
    let mut row = || {
        let began = spent();
        (0..ROUNDS).for_each(|_| work());
        (spent() - began) / f64::from(ROUNDS)
    };
    (0..5).map(|_| row()).fold(f64::INFINITY, f64::min)
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = authority(folder.path()).await;
    let (token, claims) = (token(), claims());
    println!("microseconds of processor time for an access token");
    println!("{:<28}{:>8.1}", "opaque", cost(|| drop(black_box(authority.seal_access_token(black_box(&token)).expect("sealed")))));
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256] {
        let key = authority.signing(algorithm).expect("a key");
        let bare = cost(|| drop(black_box(key.sign(black_box(&claims)).expect("signed"))));
        let whole = cost(|| drop(black_box(authority.sign_access_token(black_box(&token), claims.clone(), algorithm).expect("signed"))));
        println!("{:<28}{bare:>8.1}", format!("{} signed only", algorithm.name()));
        println!("{:<28}{whole:>8.1}", format!("{} as it is issued", algorithm.name()));
    }
}

/// An authority with a key for each of these, and nothing else.
async fn authority(folder: &std::path::Path) -> Authority {
    let store = Store::open(Options::new(DatabaseUrl::Sqlite(folder.join("poort.db")))).await.expect("opened");
    store.migrate().await.expect("migrated");
    let master = MasterKey::from_bytes([1; 32]);
    for purpose in [Purpose::Sealing, Purpose::AccessTokens, Purpose::SigningEs256, Purpose::SigningEddsa] {
        let plain = match purpose.signs() {
            Some(algorithm) => SigningKey::generate(algorithm, &OfTheSystem).expect("a key").expose().clone(),
            None => vec![7; 32],
        };
        let new = NewServerKey { id: purpose.name(), purpose: purpose.name(), algorithm: "", plain: &plain };
        let row = Arc::new(new.seal(&master, &OfTheSystem, NOW).expect("sealed"));
        let written = store.write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                tx.insert_server_key(&row).await?;
                tx.activate_server_key(&row.id, NOW).await?;
                let by = By { at: NOW, actor: Actor::System, request: RequestId::from_bytes([0; 16]), address: None };
                let recorded = tx.record(&by, Event::ServerKeyCreated { key: row.id.clone() }).await?;
                Ok::<_, Abort<Infallible>>(Outcome::Changed((), recorded))
            })
        });
        written.await.expect("written");
    }
    let (replace_after, publish_ahead, keep_retired) = (Duration::MAX, Duration::ZERO, Duration::MAX);
    let keys = KeyRing::new(master, KeySchedule { algorithms: Vec::new(), replace_after, publish_ahead, keep_retired });
    keys.load(&store).await.expect("opened");
    let clock: Arc<dyn Clock> = Arc::new(Stopped);
    let verifier = Arc::new(Verifier::new(clock.clone(), Settings::default()));
    let installation = Installation::new("prt").expect("a prefix");
    Authority::new(Parts {
        store,
        verifier,
        clock,
        entropy: Arc::new(OfTheSystem),
        installation,
        keys: Arc::new(keys),
        lifetimes: Default::default(),
        sends_letters: false,
    })
}

fn token() -> AccessToken {
    let id = |byte| CredentialId::from_bytes([byte; 16]);
    AccessToken {
        serial: id(1),
        issued_at: NOW,
        expires_at: NOW.saturating_add(Duration::from_secs(3_600)),
        key: Parent { id: id(2), generation: 0 },
        secret: Some(id(3)),
        grant: None,
        subject: None,
        exchanged: Few::EMPTY,
        exchanged_secrets: Few::EMPTY,
        session: None,
        family: None,
        key_thumbprint: None,
        identity: 0,
        audiences: Few::EMPTY,
        actors: Few::EMPTY,
    }
}

fn claims() -> AccessTokenClaims {
    let text = |text: &str| text.to_owned();
    AccessTokenClaims {
        iss: text("https://account.example"),
        sub: text("prtk_4dVtLk2yAo9QhJ1s"),
        aud: Audience::One(text("https://api.example")),
        client_id: text("prtk_4dVtLk2yAo9QhJ1s"),
        azp: text("prtk_4dVtLk2yAo9QhJ1s"),
        iat: NOW.into(),
        exp: NumericDate(NOW.unix_seconds() + 3_600),
        jti: text("01926b1e-7d10-7000-8000-000000000000"),
        scope: Some(text("survey:deliveries:create survey:documents:validate")),
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        cnf: None,
        act: None,
    }
}
