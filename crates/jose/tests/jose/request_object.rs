//! RFC 9101: a request object is the client's, for us, of now, and holds the parameters.

use jose::request_object::{RequestObject, Rules, verify};
use jose::{Algorithm, JwsRefusal, Refusal};
use serde_json::{Value, json};

use crate::support::{NOW, NOW_SECONDS, es256, set, token, with};

const ISSUER: &str = "https://account.example";

fn claims() -> Value {
    json!({ "iss": "client", "aud": ISSUER, "exp": NOW_SECONDS + 300, "nbf": NOW_SECONDS, "jti": "one", "client_id": "client",
            "response_type": "code", "max_age": 60, "resource": ["https://a.example", "https://b.example"], "claims": { "id_token": {} } })
}

fn judge_under(typ: &str, claims: &Value) -> Result<RequestObject, Refusal> {
    let key = es256(1);
    let keys = set(&[&key]);
    let rules = Rules { client_id: "client", keys: &keys, algorithms: &Algorithm::ALL, issuer: ISSUER, now: NOW };
    verify(&token(&key, typ, claims), &rules)
}

fn judge(claims: &Value) -> Result<RequestObject, Refusal> {
    judge_under("oauth-authz-req+jwt", claims)
}

#[test]
fn its_parameters_come_out_and_its_own_claims_do_not() {
    let mut parameters = judge(&claims()).expect("right").parameters;
    parameters.sort();
    let expected = [
        ("claims", r#"{"id_token":{}}"#),
        ("client_id", "client"),
        ("max_age", "60"),
        ("resource", "https://a.example"),
        ("resource", "https://b.example"),
        ("response_type", "code"),
    ];
    assert_eq!(parameters, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn each_rule_refuses() {
    let refused = [
        ("iss", json!("other"), Refusal::Issuer),
        ("client_id", json!("other"), Refusal::Client),
        ("client_id", Value::Null, Refusal::Missing("client_id")),
        ("aud", json!("https://other.example"), Refusal::Audience),
        ("aud", Value::Null, Refusal::Missing("aud")),
        ("exp", Value::Null, Refusal::Missing("exp")),
        ("exp", json!(NOW_SECONDS), Refusal::Expired),
        ("exp", json!(NOW_SECONDS + 3_700), Refusal::TooLongLived),
        ("nbf", json!(NOW_SECONDS + 61), Refusal::Ahead("nbf")),
        ("request", json!("x"), Refusal::Forbidden("request")),
        ("request_uri", json!("x"), Refusal::Forbidden("request_uri")),
        ("sub", json!("client"), Refusal::Forbidden("sub")),
        ("resource", json!([["x"]]), Refusal::WrongForm("a request parameter")),
    ];
    for (name, value, refusal) in refused {
        assert_eq!(judge(&with(&claims(), name, value)), Err(refusal), "{name}");
    }
    assert!(judge(&with(&claims(), "aud", json!([ISSUER, "https://other.example"]))).is_ok());
    assert_eq!(judge_under("client-authentication+jwt", &claims()), Err(Refusal::Jws(JwsRefusal::Type)));
}
