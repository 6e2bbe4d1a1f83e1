//! RFC 9449: the list of section 4.3, one case for each line.

use std::time::Duration;

use jose::dpop::{LONGEST_AGE, Proof, ProofRefusal, Rules, verify};
use jose::{Algorithm, JwkRefusal, JwsRefusal, Refusal, SigningKey};
use serde_json::{Value, json};

use crate::support::{NOW, NOW_SECONDS, es256, with};

const URL: &str = "https://api.example/v1/things";
/// The digest of `token`, in base64url.
const ATH_OF_TOKEN: &str = "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A";

fn claims() -> Value {
    json!({ "jti": "one", "htm": "GET", "htu": URL, "iat": NOW_SECONDS })
}

fn proof(key: &SigningKey, jwk: &Value, claims: &Value) -> String {
    let header = json!({ "typ": "dpop+jwt", "alg": key.algorithm().name(), "jwk": jwk });
    key.compact(&header.to_string(), claims.to_string().as_bytes()).expect("signed")
}

fn right(claims: &Value) -> String {
    let key = es256(1);
    proof(&key, &key.public().to_jwk(), claims)
}

fn rules() -> Rules<'static> {
    Rules {
        method: "GET",
        url: URL,
        algorithms: &Algorithm::ALL,
        access_token: None,
        key: None,
        nonces: &[],
        longest_age: LONGEST_AGE,
        now: NOW,
    }
}

fn judge(claims: &Value) -> Result<Proof, ProofRefusal> {
    verify(&right(claims), &rules())
}

#[test]
fn a_right_one_is_taken_for_each_algorithm() {
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
        let key = crate::support::key(algorithm, 1);
        let taken = verify(&proof(&key, &key.public().to_jwk(), &claims()), &rules()).expect("right");
        assert_eq!((taken.key.as_str(), taken.jti.as_str()), (key.kid(), "one"));
        assert!(taken.expires_at > NOW);
        let fapi = verify(&proof(&key, &key.public().to_jwk(), &claims()), &Rules { algorithms: &Algorithm::FAPI, ..rules() });
        assert_eq!(fapi.is_ok(), algorithm != Algorithm::RS256);
    }
}

#[test]
fn each_required_claim_is_required() {
    for name in ["jti", "htm", "htu", "iat"] {
        assert_eq!(judge(&with(&claims(), name, Value::Null)), Err(Refusal::Missing(name).into()));
    }
    assert_eq!(judge(&with(&claims(), "iat", "now")), Err(Refusal::WrongForm("iat").into()));
    assert_eq!(judge(&with(&claims(), "jti", "x".repeat(513))), Err(Refusal::WrongForm("jti").into()));
}

#[test]
fn method_and_url_are_those_of_the_request() {
    for method in ["POST", "get", "GET "] {
        assert_eq!(judge(&with(&claims(), "htm", method)), Err(ProofRefusal::Method));
    }
    for url in ["https://api.example/v1/things?x=1#y", "HTTPS://API.example:443/v1/%74hings"] {
        assert!(judge(&with(&claims(), "htu", url)).is_ok(), "{url}");
    }
    let other = ["https://api.example/v1/things/", "http://api.example/v1/things", "https://other.example/v1/things", "/v1/things", ""];
    for url in other {
        assert_eq!(judge(&with(&claims(), "htu", url)), Err(ProofRefusal::Url), "{url}");
    }
}

#[test]
fn it_is_fresh() {
    assert!(judge(&with(&claims(), "iat", NOW_SECONDS - 290)).is_ok());
    assert_eq!(judge(&with(&claims(), "iat", NOW_SECONDS - 600)), Err(Refusal::TooOld.into()));
    assert!(judge(&with(&claims(), "iat", NOW_SECONDS + 8)).is_ok());
    assert_eq!(judge(&with(&claims(), "iat", NOW_SECONDS + 61)), Err(Refusal::Ahead("iat").into()));
    assert_eq!(judge(&with(&claims(), "exp", NOW_SECONDS)), Err(Refusal::Expired.into()));
    // What is remembered until `expires_at` is refused from then on by its age.
    let taken = judge(&claims()).expect("right");
    let later = Rules { now: taken.expires_at, ..rules() };
    assert_eq!(verify(&right(&claims()), &later), Err(Refusal::TooOld.into()));
    let before = Rules { now: taken.expires_at.saturating_sub(Duration::from_micros(1)), ..rules() };
    assert!(verify(&right(&claims()), &before).is_ok());
}

#[test]
fn token_key_and_nonce_are_bound() {
    let at_api = Rules { access_token: Some("token"), ..rules() };
    assert_eq!(verify(&right(&claims()), &at_api), Err(Refusal::Missing("ath").into()));
    let bound = right(&with(&claims(), "ath", ATH_OF_TOKEN));
    assert!(verify(&bound, &at_api).is_ok());
    assert_eq!(verify(&bound, &Rules { access_token: Some("Token"), ..rules() }), Err(ProofRefusal::AccessToken));

    let (mine, other) = (es256(1), es256(2));
    assert!(verify(&right(&claims()), &Rules { key: Some(mine.kid()), ..rules() }).is_ok());
    assert_eq!(verify(&right(&claims()), &Rules { key: Some(other.kid()), ..rules() }), Err(ProofRefusal::Key));

    let asked = Rules { nonces: &["new", "old"], ..rules() };
    assert!(verify(&right(&with(&claims(), "nonce", "old")), &asked).is_ok());
    for given in [claims(), with(&claims(), "nonce", "older")] {
        assert_eq!(verify(&right(&given), &asked), Err(ProofRefusal::Nonce));
    }
}

#[test]
fn the_header_has_the_type_an_asymmetric_algorithm_and_a_public_key() {
    let key = es256(1);
    let jwk = key.public().to_jwk();
    let judge = |header: Value| {
        let proof = key.compact(&header.to_string(), claims().to_string().as_bytes()).expect("signed");
        verify(&proof, &rules()).expect_err("refused")
    };
    for typ in [json!("JWT"), json!("at+jwt"), Value::Null] {
        let refusal = judge(with(&json!({ "alg": "ES256", "jwk": jwk }), "typ", typ));
        assert_eq!(refusal, JwsRefusal::Type.into());
    }
    for algorithm in ["none", "HS256", "ES384", "es256", ""] {
        assert_eq!(judge(json!({ "typ": "dpop+jwt", "alg": algorithm, "jwk": jwk })), JwsRefusal::Algorithm.into());
    }
    assert_eq!(judge(json!({ "typ": "dpop+jwt", "alg": "ES256" })), JwsRefusal::Header("jwk").into());
    assert_eq!(judge(json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": with(&jwk, "d", "AA") })), JwkRefusal::Private.into());
    let other = es256(2).public().to_jwk();
    assert_eq!(judge(json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": other })), JwsRefusal::Signature.into());
    assert_eq!(judge(json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": jwk })), JwsRefusal::Signature.into());
}
