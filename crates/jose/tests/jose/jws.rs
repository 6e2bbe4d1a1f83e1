//! The compact form: what is refused before or without a signature, and how the key is chosen.

use jose::{Algorithm, JwkSet, JwsRefusal, MAX_TOKEN_BYTES, PublicKey, SigningKey, TypeRule, Verified, verify};
use serde_json::{Value, json};

use crate::support::{es256, key, set, with};

const ANY: TypeRule = TypeRule::or_none(&["JWT"]);

fn judge(header: &str, keys: &JwkSet) -> Result<Verified, JwsRefusal> {
    verify(&es256(1).compact(header, b"{}").expect("signed"), ANY, &Algorithm::ALL, keys)
}

fn refused(header: &str) -> JwsRefusal {
    judge(header, &set(&[&es256(1)])).err().expect(header)
}

/// The key of seed 1 under this `kid`.
fn named(key: &SigningKey, kid: impl Into<Value>) -> PublicKey {
    PublicKey::from_jwk(with(&key.public().to_jwk(), "kid", kid).to_string().as_bytes()).expect("a key")
}

/// JWT-01.
#[test]
fn the_header_is_read_strictly() {
    for header in
        [r#"{"alg":"ES256","alg":"ES256"}"#, r#"{"alg":"ES256"} "#.trim_end_matches(' ').strip_suffix('}').expect("cut"), "[]", ""]
    {
        assert!(matches!(refused(header), JwsRefusal::Header(_)), "{header}");
    }
    for header in [r#"{"alg":["ES256"]}"#, r#"{"alg":"ES256","kid":1}"#, r#"{"alg":"ES256","typ":null}"#] {
        assert!(matches!(refused(header), JwsRefusal::Header("alg" | "kid" | "typ")), "{header}");
    }
    for header in ["{}", r#"{"alg":"none"}"#, r#"{"alg":"nOnE"}"#, r#"{"alg":""}"#, r#"{"alg":"HS256"}"#, r#"{"alg":"ES256 "}"#] {
        assert_eq!(refused(header), JwsRefusal::Algorithm, "{header}");
    }
    for header in
        [r#"{"alg":"ES256","crit":["b64"],"b64":false}"#, r#"{"alg":"ES256","crit":[]}"#, r#"{"alg":"ES256","crit":["exp"],"exp":1}"#]
    {
        assert_eq!(refused(header), JwsRefusal::Critical, "{header}");
    }
    assert_eq!(refused(r#"{"alg":"ES256","typ":"at+jwt"}"#), JwsRefusal::Type);
    assert!(judge(r#"{"alg":"ES256","unknown":{"a":1}}"#, &set(&[&es256(1)])).is_ok());
}

#[test]
fn keys_that_the_token_names_itself_are_not_looked_at() {
    let (mine, other) = (es256(1), es256(2));
    let header =
        json!({ "alg": "ES256", "jwk": mine.public().to_jwk(), "jku": "http://127.0.0.1/", "x5u": "http://127.0.0.1/", "x5c": ["AA"] });
    assert_eq!(judge(&header.to_string(), &set(&[&other])).err(), Some(JwsRefusal::Signature));
}

#[test]
fn the_key_is_chosen_by_name_and_algorithm() {
    let (mine, other, rsa) = (es256(1), es256(2), key(Algorithm::RS256, 1));
    let header = r#"{"alg":"ES256"}"#;
    assert_eq!(judge(header, &set(&[&mine, &other])).err(), Some(JwsRefusal::AmbiguousKey));
    assert!(judge(header, &set(&[&mine, &rsa])).is_ok(), "the only one of its algorithm");
    assert_eq!(judge(header, &set(&[&rsa])).err(), Some(JwsRefusal::UnknownKey));
    let named_header = r#"{"alg":"ES256","kid":"a"}"#;
    let keys = |name: &str| JwkSet::new([named(&mine, name), named(&other, "b"), named(&rsa, "a")]);
    assert!(judge(named_header, &keys("a")).is_ok(), "one name for two algorithms");
    assert_eq!(judge(named_header, &keys("c")).err(), Some(JwsRefusal::UnknownKey));
    assert_eq!(judge(named_header, &JwkSet::new([named(&mine, Value::Null)])).err(), Some(JwsRefusal::UnknownKey));
}

/// JWT-01.
#[test]
fn the_form_is_three_parts_of_base64url() {
    let key = es256(1);
    let keys = set(&[&key]);
    let token = key.compact(r#"{"alg":"ES256"}"#, b"{}").expect("signed");
    let judge = |token: &str| verify(token, ANY, &Algorithm::ALL, &keys).err();
    assert_eq!(judge(&token), None);
    let wrong = [
        String::new(),
        "..".to_owned(),
        "a.b".to_owned(),
        format!("{token}="),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}.e30"),
        token.replacen('.', "..", 1),
        token.rsplit_once('.').expect("parts").0.to_owned(),
        format!("{}+{}", &token[..9], &token[10..]),
    ];
    for token in wrong {
        assert!(matches!(judge(&token), Some(JwsRefusal::Malformed | JwsRefusal::Header(_))), "{token}");
    }
    assert_eq!(judge(&format!("{}.", token.rsplit_once('.').expect("parts").0)), Some(JwsRefusal::Signature));
    let long = key.compact(r#"{"alg":"ES256"}"#, &vec![b' '; MAX_TOKEN_BYTES]).expect("signed");
    assert_eq!(judge(&long), Some(JwsRefusal::TooLong));
}
