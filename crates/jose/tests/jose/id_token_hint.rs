//! `id_token_hint`: ours, whether it has expired or not, and nothing that only resembles it.

use jose::id_token_hint::{IdTokenHint, verify};
use jose::{JwsRefusal, Refusal};
use serde_json::{Value, json};

use crate::support::{NOW, NOW_SECONDS, es256, set, token, with};

const ISSUER: &str = "https://account.example";

fn claims() -> Value {
    json!({ "iss": ISSUER, "sub": "person", "aud": "client", "azp": "client", "sid": "session",
            "iat": NOW_SECONDS - 7_200, "exp": NOW_SECONDS - 6_900 })
}

fn judge(typ: &str, claims: &Value) -> Result<IdTokenHint, Refusal> {
    let key = es256(1);
    verify(&token(&key, typ, claims), &set(&[&key, &es256(2)]), ISSUER, NOW)
}

#[test]
fn an_expired_one_is_taken() {
    let hint = judge("JWT", &claims()).expect("ours");
    assert_eq!((hint.sub.as_str(), hint.sid.as_deref()), ("person", Some("session")));
    assert!(hint.is_for("client") && !hint.is_for("other"));
    let for_two = judge("", &with(&claims(), "aud", json!(["client", "other"]))).expect("ours");
    assert!(for_two.is_for("client") && !for_two.is_for("other"), "azp names the one");
}

#[test]
fn what_only_resembles_it_is_refused() {
    assert_eq!(judge("JWT", &with(&claims(), "iss", "https://account.example/")), Err(Refusal::Issuer));
    assert_eq!(judge("JWT", &with(&claims(), "iat", NOW_SECONDS + 61)), Err(Refusal::Ahead("iat")));
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        assert_eq!(judge("JWT", &with(&claims(), name, Value::Null)), Err(Refusal::Missing(name)));
    }
    for typ in ["at+jwt", "logout+jwt", "token-introspection+jwt"] {
        assert_eq!(judge(typ, &claims()), Err(Refusal::Jws(JwsRefusal::Type)));
    }
    let foreign = es256(3);
    let judged = verify(&token(&foreign, "JWT", &claims()), &set(&[&es256(1)]), ISSUER, NOW);
    assert_eq!(judged, Err(Refusal::Jws(JwsRefusal::UnknownKey)));
}
