//! RFC 7523 and rfc7523bis: what an assertion must say, one case for each rule.

use jose::client_assertion::{ClientAssertion, Rules, claimed_client, verify};
use jose::{Algorithm, JwsRefusal, Refusal};
use serde_json::{Value, json};

use crate::support::{NOW, NOW_SECONDS, es256, key, set, token, with};

const ISSUER: &str = "https://account.example";
const TOKEN_ENDPOINT: &str = "https://account.example/connect/token";
const CLIENT: &str = "prtk_client";

fn claims() -> Value {
    json!({ "iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "exp": NOW_SECONDS + 60, "iat": NOW_SECONDS, "jti": "one" })
}

fn judge_under(typ: &str, claims: &Value, token_endpoint: Option<&str>) -> Result<ClientAssertion, Refusal> {
    let key = es256(1);
    let keys = set(&[&key]);
    let rules = Rules { client_id: CLIENT, keys: &keys, algorithms: &Algorithm::FAPI, issuer: ISSUER, token_endpoint, now: NOW };
    verify(&token(&key, typ, claims), &rules)
}

fn judge(claims: &Value) -> Result<ClientAssertion, Refusal> {
    judge_under("", claims, None)
}

#[test]
fn a_right_one_is_taken_and_says_until_when_to_remember_it() {
    let taken = judge(&claims()).expect("right");
    assert_eq!((taken.jti.as_str(), taken.expires_at.unix_seconds(), taken.key.as_str()), ("one", NOW_SECONDS + 60, es256(1).kid()));
    assert_eq!(claimed_client(&token(&es256(1), "", &claims())).as_deref(), Some(CLIENT));
    assert_eq!(claimed_client("a.b.c"), None);
}

#[test]
fn each_required_claim_is_required_and_has_one_form() {
    for name in ["iss", "sub", "aud", "exp", "jti"] {
        assert_eq!(judge(&with(&claims(), name, Value::Null)).expect_err(name), Refusal::Missing(name));
    }
    let wrong = [
        ("exp", json!((NOW_SECONDS + 60).to_string())),
        ("exp", json!(NOW_SECONDS as f64 + 60.5)),
        ("exp", json!(-1)),
        ("exp", json!(i64::MAX)),
        ("iat", json!("now")),
        ("nbf", json!([])),
        ("jti", json!("")),
        ("jti", json!(1)),
        ("jti", json!("x".repeat(513))),
        ("iss", json!([CLIENT])),
        ("sub", json!({})),
        ("aud", json!(1)),
        ("aud", json!([])),
        ("aud", json!([1])),
    ];
    for (name, value) in wrong {
        assert_eq!(judge(&with(&claims(), name, value.clone())).expect_err(name), Refusal::WrongForm(name), "{name} {value}");
    }
}

#[test]
fn issuer_and_subject_are_the_client() {
    assert_eq!(judge(&with(&claims(), "iss", "another")), Err(Refusal::Issuer));
    assert_eq!(judge(&with(&claims(), "sub", "another")), Err(Refusal::Subject));
    assert_eq!(judge(&with(&claims(), "iss", CLIENT.to_uppercase())), Err(Refusal::Issuer));
}

#[test]
fn the_audience_is_the_issuer_as_one_string() {
    let refused = [
        json!([ISSUER]),
        json!([ISSUER, "https://other.example"]),
        json!(TOKEN_ENDPOINT),
        json!("https://account.example/"),
        json!("https://Account.example"),
        json!("https://account.example/connect/par"),
    ];
    for audience in refused {
        assert_eq!(judge(&with(&claims(), "aud", audience.clone())), Err(Refusal::Audience), "{audience}");
    }
}

#[test]
fn under_nlgov_the_token_endpoint_is_taken_too() {
    let claims = with(&claims(), "aud", TOKEN_ENDPOINT);
    assert!(judge_under("JWT", &claims, Some(TOKEN_ENDPOINT)).is_ok());
    let list = with(&claims, "aud", json!([TOKEN_ENDPOINT]));
    assert_eq!(judge_under("JWT", &list, Some(TOKEN_ENDPOINT)), Err(Refusal::Audience));
}

#[test]
fn time_has_a_window() {
    assert_eq!(judge(&with(&claims(), "exp", NOW_SECONDS)), Err(Refusal::Expired));
    assert!(judge(&with(&claims(), "exp", NOW_SECONDS + 1)).is_ok());
    assert!(judge(&with(&claims(), "exp", NOW_SECONDS + 3_600)).is_ok());
    assert_eq!(judge(&with(&claims(), "exp", NOW_SECONDS + 3_700)), Err(Refusal::TooLongLived));
    for name in ["iat", "nbf"] {
        assert!(judge(&with(&claims(), name, NOW_SECONDS + 10)).is_ok(), "{name}");
        assert_eq!(judge(&with(&claims(), name, NOW_SECONDS + 60)), Err(Refusal::Ahead(name)));
    }
    assert!(judge(&with(&claims(), "iat", Value::Null)).is_ok());
}

/// JWT-10.
#[test]
fn the_type_is_an_assertions_or_says_nothing() {
    for typ in ["", "JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"] {
        assert!(judge_under(typ, &claims(), None).is_ok(), "{typ}");
    }
    for typ in ["at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt", "application/", "x"] {
        assert_eq!(judge_under(typ, &claims(), None), Err(Refusal::Jws(JwsRefusal::Type)), "{typ}");
    }
}

#[test]
fn algorithm_and_key_are_those_that_are_registered() {
    let (mine, other, rsa) = (es256(1), es256(2), key(Algorithm::RS256, 3));
    let judge = |signer: &jose::SigningKey, keys: &[&jose::SigningKey]| {
        let keys = set(keys);
        let rules = Rules { client_id: CLIENT, keys: &keys, algorithms: &Algorithm::FAPI, issuer: ISSUER, token_endpoint: None, now: NOW };
        verify(&token(signer, "", &claims()), &rules)
    };
    assert_eq!(judge(&other, &[&mine]), Err(Refusal::Jws(JwsRefusal::UnknownKey)));
    assert!(judge(&other, &[&mine, &other]).is_ok());
    assert_eq!(judge(&rsa, &[&rsa]), Err(Refusal::Jws(JwsRefusal::Algorithm)), "no RS256 under FAPI");
    assert_eq!(judge(&mine, &[]), Err(Refusal::Jws(JwsRefusal::UnknownKey)));
}
