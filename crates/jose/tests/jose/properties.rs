//! What holds for every token: a changed character makes it invalid, and no text makes the reader fail.

use std::time::Duration;

use jose::{Algorithm, JwkSet, PublicKey, access_token, client_assertion, dpop, id_token_hint, request_object};
use proptest::prelude::*;

use crate::support::{NOW, NOW_SECONDS, es256, key, set, token};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn proof_rules() -> dpop::Rules<'static> {
    let longest_age = Duration::from_secs(60);
    let (method, url, algorithms) = ("GET", "https://api.example/", &Algorithm::ALL[..]);
    dpop::Rules { method, url, algorithms, access_token: None, key: None, nonces: &[], longest_age, now: NOW }
}

/// Everything that this text could be taken for.
fn is_anything(text: &str, keys: &JwkSet) -> bool {
    let (client_id, issuer, algorithms) = ("client", "https://account.example", &Algorithm::ALL[..]);
    let assertion = client_assertion::Rules { client_id, keys, algorithms, issuer, token_endpoint: None, now: NOW };
    let request = request_object::Rules { client_id, keys, algorithms, issuer, now: NOW };
    let _ = client_assertion::claimed_client(text);
    access_token::verify(text, keys, issuer, NOW).is_ok()
        || client_assertion::verify(text, &assertion).is_ok()
        || request_object::verify(text, &request).is_ok()
        || id_token_hint::verify(text, keys, issuer, NOW).is_ok()
        || dpop::verify(text, &proof_rules()).is_ok()
}

#[test]
fn each_character_of_a_token_counts() {
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA] {
        let key = key(algorithm, 1);
        let keys = set(&[&key]);
        let claims = serde_json::json!({ "jti": "one", "htm": "GET", "htu": "https://api.example/", "iat": NOW_SECONDS });
        let header = serde_json::json!({ "typ": "dpop+jwt", "alg": algorithm.name(), "jwk": key.public().to_jwk() });
        let proof = key.compact(&header.to_string(), claims.to_string().as_bytes()).expect("signed");
        for token in [key.sign(&crate::access_token::claims()).expect("signed"), proof] {
            assert!(is_anything(&token, &keys));
            for at in 0..token.len() {
                let mut changed = token.clone().into_bytes();
                // One bit of the value, the least of what a character stands for, and another character altogether.
                let value = ALPHABET.iter().position(|byte| *byte == changed[at]);
                for other in [value.map(|value| ALPHABET[value ^ 1]), Some(b'.'), Some(b'A'), Some(b'=')].into_iter().flatten() {
                    if other != token.as_bytes()[at] {
                        changed[at] = other;
                        assert!(!is_anything(std::str::from_utf8(&changed).expect("text"), &keys), "{at} of {token}");
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn no_text_is_a_token(text in "[A-Za-z0-9_=.-]{0,200}|\\PC{0,60}|ey[A-Za-z0-9_-]{0,40}\\.ey[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,90}") {
        prop_assert!(!is_anything(&text, &set(&[&es256(1)])));
    }

    #[test]
    fn no_header_makes_another_content_right(header in "\\PC{0,60}|\\{\"alg\":\"(ES256|EdDSA|none|RS256)\"(,\"[a-z]{1,4}\":[0-9\\[{\"]{0,3})?\\}", payload in "\\PC{0,80}") {
        let key = es256(1);
        let made = key.compact(&header, payload.as_bytes()).expect("signed");
        prop_assert!(!is_anything(&made, &set(&[&key])));
    }

    #[test]
    fn no_bytes_make_the_readers_of_keys_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(PublicKey::from_jwk(&bytes).is_err());
        prop_assert!(JwkSet::parse(&bytes).is_err());
    }

    /// JWT-07.
    #[test]
    fn any_claim_of_any_value_is_judged(name in "iss|sub|aud|exp|iat|nbf|jti|client_id", number in any::<i64>(), text in "\\PC{0,20}", which in 0..4) {
        let key = es256(1);
        let value = match which { 0 => number.into(), 1 => text.into(), 2 => serde_json::json!([number]), _ => serde_json::json!({ "a": text }) };
        let claims = serde_json::json!({ "iss": "client", "sub": "client", "aud": "https://account.example", "exp": NOW_SECONDS + 60, "jti": "one" });
        let claims = crate::support::with(&claims, &name, value);
        // Taken only where what was changed does not matter to an assertion.
        let taken = is_anything(&token(&key, "", &claims), &set(&[&key]));
        prop_assert!(!taken || matches!(name.as_str(), "client_id" | "jti" | "iat" | "nbf" | "exp"));
    }
}
