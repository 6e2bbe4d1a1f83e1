//! Wycheproof's vectors against every check: what is invalid is refused, what is valid is taken but for documented strictness.

use std::collections::BTreeMap;
use std::time::Duration;

use jose::{Algorithm, JwkSet, TypeRule};
use serde_json::Value;

use crate::support::NOW;

const SIGNATURE: &str = include_str!("../vectors/json_web_signature_test.json");
const KEY: &str = include_str!("../vectors/json_web_key_test.json");
const CRYPTO: &str = include_str!("../vectors/json_web_crypto_test.json");

/// Why a valid case is refused: nothing symmetric and no digest but SHA-256 exists here, and base64url has one alphabet.
const STRICT: [&str; 9] = ["HS256", "HS384", "HS512", "RS384", "RS512", "PS384", "PS512", "ES512", "another alphabet"];

#[derive(Default)]
struct Counted {
    refused: usize,
    taken: usize,
    strict: BTreeMap<String, usize>,
}

fn run(vectors: &str) -> Counted {
    let vectors: Value = serde_json::from_str(vectors).expect("JSON");
    let mut counted = Counted::default();
    for group in vectors["testGroups"].as_array().expect("groups") {
        let keys = keys(group);
        for test in group["tests"].as_array().expect("tests") {
            // Some stand there in the form of a JSON object, which is not read here; encrypted ones are not either.
            let Some(token) = test.get("jws") else { continue };
            let token = &token.as_str().map_or_else(|| token.to_string(), str::to_owned);
            let is_taken = keys.as_ref().is_some_and(|keys| check(token, keys));
            match (test["result"].as_str(), is_taken) {
                (Some("valid"), true) => counted.taken += 1,
                (Some("invalid"), false) => counted.refused += 1,
                (Some("valid"), false) => *counted.strict.entry(why_strict(token)).or_default() += 1,
                _ => panic!("taken though invalid: {} {}", test["tcId"], test["comment"]),
            }
        }
    }
    counted
}

/// The group's keys, if a set of them is taken at all: its public ones, or the symmetric ones that both sides hold.
fn keys(group: &Value) -> Option<JwkSet> {
    let keys = group.get("public").unwrap_or(&group["private"]);
    let set = if keys.get("keys").is_some() { keys.clone() } else { serde_json::json!({ "keys": [keys] }) };
    JwkSet::parse(set.to_string().as_bytes()).ok()
}

/// Whether it is a signed token; as no kind of JWT that is judged here may it be taken.
fn check(token: &str, keys: &JwkSet) -> bool {
    let (client_id, issuer, algorithms) = ("", "https://issuer.example", &Algorithm::ALL[..]);
    let assertion = jose::client_assertion::Rules { client_id, keys, algorithms, issuer, token_endpoint: None, now: NOW };
    assert!(jose::client_assertion::verify(token, &assertion).is_err());
    let request = jose::request_object::Rules { client_id, keys, algorithms, issuer, now: NOW };
    assert!(jose::request_object::verify(token, &request).is_err());
    assert!(jose::id_token_hint::verify(token, keys, issuer, NOW).is_err());
    assert!(jose::access_token::verify(token, keys, issuer, NOW).is_err());
    let (nonces, longest_age) = (&[][..], Duration::MAX);
    let proof = jose::dpop::Rules { method: "", url: "", algorithms, access_token: None, key: None, nonces, longest_age, now: NOW };
    assert!(jose::dpop::verify(token, &proof).is_err());
    jose::verify(token, TypeRule::or_none(&[]), algorithms, keys).is_ok()
}

fn why_strict(token: &str) -> String {
    use base64::Engine as _;
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header"));
    let Ok(header) = header else { return "another alphabet".to_owned() };
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["alg"].as_str().expect("alg").to_owned()
}

/// JWT-02, JWT-09, JWT-12.
#[test]
fn what_is_invalid_is_refused_and_what_is_valid_is_taken() {
    for (vectors, refused, taken) in [(SIGNATURE, 355, 16), (KEY, 21, 1), (CRYPTO, 45, 2)] {
        let counted = run(vectors);
        assert_eq!((counted.refused, counted.taken), (refused, taken), "strict: {:?}", counted.strict);
        assert!(counted.strict.keys().all(|reason| STRICT.contains(&reason.as_str())), "{:?}", counted.strict);
    }
}
