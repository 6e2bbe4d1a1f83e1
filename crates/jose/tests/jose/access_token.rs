//! RFC 9068, and that no other token of ours is taken for an access token.

use jose::access_token::{AccessTokenClaims, verify};
use jose::claims::{Actor, Audience, Confirmation, NumericDate};
use jose::id_token::{IdTokenClaims, at_hash};
use jose::logout_token::{Logout, LogoutTokenClaims};
use jose::response::{IntrospectionClaims, UserinfoClaims};
use jose::{Algorithm, JwsRefusal, Refusal, SigningKey};
use serde_json::{Map, Value};

use crate::support::{NOW, NOW_SECONDS, es256, key, set};

const ISSUER: &str = "https://account.example";

pub(crate) fn claims() -> AccessTokenClaims {
    AccessTokenClaims {
        iss: ISSUER.to_owned(),
        sub: "person".to_owned(),
        aud: Audience::of(vec!["https://api.example".to_owned()]),
        client_id: "client".to_owned(),
        azp: "client".to_owned(),
        iat: NOW.into(),
        exp: NumericDate(NOW_SECONDS + 600),
        jti: "one".to_owned(),
        scope: Some("a b".to_owned()),
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        cnf: Some(Confirmation { jkt: "thumbprint".to_owned() }),
        act: Some(Actor { sub: "software".to_owned(), act: Some(Box::new(Actor { sub: "before".to_owned(), act: None })) }),
    }
}

fn id_token() -> IdTokenClaims {
    IdTokenClaims {
        iss: ISSUER.to_owned(),
        sub: "person".to_owned(),
        aud: Audience::of(vec!["client".to_owned()]),
        azp: "client".to_owned(),
        iat: NOW.into(),
        exp: NumericDate(NOW_SECONDS + 300),
        nbf: None,
        jti: None,
        nonce: Some("n".to_owned()),
        auth_time: None,
        acr: None,
        amr: vec!["pwd".to_owned()],
        at_hash: Some(at_hash("token", Algorithm::ES256)),
        sid: Some("session".to_owned()),
    }
}

/// One token of each of the other kinds.
fn others(key: &SigningKey) -> Vec<String> {
    let [issuer, client_id, sub, jti] = [ISSUER, "client", "person", "one"].map(str::to_owned);
    let logout = Logout { issuer, client_id, sub, sid: None, jti, issued_at: NOW.into(), expires_at: NumericDate(NOW_SECONDS + 60) };
    let content: Value = serde_json::to_value(claims()).expect("JSON");
    let Value::Object(content) = content else { panic!("an object") };
    let introspection = IntrospectionClaims {
        iss: ISSUER.to_owned(),
        aud: "https://api.example".to_owned(),
        iat: NOW.into(),
        token_introspection: content,
    };
    let person = Map::from_iter([("sub".to_owned(), "person".into())]);
    let userinfo = UserinfoClaims { iss: ISSUER.to_owned(), aud: "client".to_owned(), person };
    let signed = [key.sign(&id_token()), key.sign(&LogoutTokenClaims::from(logout)), key.sign(&introspection), key.sign(&userinfo)];
    signed.into_iter().map(|token| token.expect("signed")).collect()
}

fn payload(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

#[test]
fn ours_comes_back_as_it_was_for_each_algorithm() {
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
        let key = key(algorithm, 1);
        let token = key.sign(&claims()).expect("signed");
        assert_eq!(verify(&token, &set(&[&es256(2), &key]), ISSUER, NOW), Ok(claims()));
        assert_eq!(payload(&token)["aud"], "https://api.example");
        assert_eq!(payload(&token)["act"]["act"]["sub"], "before");
        assert!(payload(&token).get("acr").is_none() && payload(&token).get("amr").is_none());
    }
}

/// JWT-10.
#[test]
fn issuer_and_time_are_checked() {
    let key = es256(1);
    let judge = |claims: &AccessTokenClaims| verify(&key.sign(claims).expect("signed"), &set(&[&key]), ISSUER, NOW);
    assert_eq!(judge(&AccessTokenClaims { exp: NOW.into(), ..claims() }), Err(Refusal::Expired));
    assert_eq!(judge(&AccessTokenClaims { iss: format!("{ISSUER}/"), ..claims() }), Err(Refusal::Issuer));
}

/// SUB-01.
#[test]
fn no_other_token_of_ours_is_an_access_token_nor_the_other_way_round() {
    let key = es256(1);
    let keys = set(&[&key]);
    for token in others(&key) {
        assert_eq!(verify(&token, &keys, ISSUER, NOW), Err(Refusal::Jws(JwsRefusal::Type)), "{}", payload(&token));
    }
    let access = key.sign(&claims()).expect("signed");
    assert_eq!(jose::id_token_hint::verify(&access, &keys, ISSUER, NOW), Err(Refusal::Jws(JwsRefusal::Type)));
    // An ID token is a hint; nothing else of ours is.
    let hints: Vec<bool> = others(&key).iter().map(|token| jose::id_token_hint::verify(token, &keys, ISSUER, NOW).is_ok()).collect();
    assert_eq!(hints, [true, false, false, false]);
}

#[test]
fn the_shapes_of_the_other_tokens_are_those_of_their_standards() {
    let tokens = others(&es256(1));
    let [id_token, logout, introspection, userinfo] = [0, 1, 2, 3].map(|at| payload(&tokens[at]));
    assert_eq!(id_token["amr"][0], "pwd");
    // OpenID Connect Core section 3.1.3.6: the left 128 bits of SHA-256.
    assert_eq!(id_token["at_hash"], "PEaenWxYddN6Q_NT1PiOYQ");
    assert!(logout["events"]["http://schemas.openid.net/event/backchannel-logout"].as_object().is_some_and(Map::is_empty));
    assert!(logout.get("nonce").is_none() && logout["jti"] == "one");
    assert!(introspection.get("sub").is_none() && introspection.get("exp").is_none());
    assert_eq!(introspection["token_introspection"]["sub"], "person");
    assert_eq!((&userinfo["iss"], &userinfo["aud"], &userinfo["sub"]), (&ISSUER.into(), &"client".into(), &"person".into()));
}
