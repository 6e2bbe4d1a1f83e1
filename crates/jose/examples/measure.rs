//! What signing and judging cost, in processor time: `cargo run --release -p poort-jose --example measure`.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

extern crate poort_jose as jose;

use std::hint::black_box;

use domain::Timestamp;
use domain::entropy::{Entropy, EntropyUnavailable};
use jose::access_token::{self, AccessTokenClaims};
use jose::claims::{Audience, NumericDate};
use jose::{Algorithm, JwkSet, SigningKey, dpop};
use rustix::time::{ClockId, clock_gettime};

const ROUNDS: u32 = 5_000;
const NOW: i64 = 1_900_000_000;

/// A key of no value.
struct Known;

impl Entropy for Known {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        buffer.fill(7);
        Ok(())
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

fn main() {
    println!("{:<8}{:>12}{:>12}{:>12}{:>12}   microseconds of processor time", "", "bare sign", "sign", "judge", "DPoP proof");
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
        let pkcs8 = SigningKey::generate(algorithm, &Known).expect("a key");
        let key = SigningKey::from_pkcs8(algorithm, pkcs8.expose()).expect("a key");
        let keys = JwkSet::new([key.public().clone()]);
        let (claims, now) = (claims(), Timestamp::from_unix_seconds(NOW));
        let token = key.sign(&claims).expect("signed");
        let header = serde_json::json!({ "typ": "dpop+jwt", "alg": algorithm.name(), "jwk": key.public().to_jwk() });
        let content = serde_json::json!({ "jti": "one", "htm": "POST", "htu": "https://account.example/connect/token", "iat": NOW });
        let proof = key.compact(&header.to_string(), content.to_string().as_bytes()).expect("signed");
        let rules = dpop::Rules {
            method: "POST",
            url: "https://account.example/connect/token",
            algorithms: &Algorithm::ALL,
            access_token: None,
            key: None,
            nonces: &[],
            longest_age: dpop::LONGEST_AGE,
            now,
        };
        let bare = cost(|| drop(black_box(key.compact("", b"").expect("signed"))));
        let sign = cost(|| drop(black_box(key.sign(black_box(&claims)).expect("signed"))));
        let judge = cost(|| drop(black_box(access_token::verify(&token, &keys, &claims.iss, now).expect("ours"))));
        let prove = cost(|| drop(black_box(dpop::verify(&proof, &rules).expect("right"))));
        println!("{:<8}{bare:>12.1}{sign:>12.1}{judge:>12.1}{prove:>12.1}", algorithm.name());
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
        iat: NumericDate(NOW),
        exp: NumericDate(NOW + 3_600),
        jti: text("01926b1e-7d10-7000-8000-000000000000"),
        scope: Some(text("survey:deliveries:create survey:documents:validate")),
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        cnf: None,
        act: None,
    }
}
