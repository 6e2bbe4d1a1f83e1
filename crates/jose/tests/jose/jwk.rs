//! JWKs and sets of them: what goes out, and what is not taken in.

use jose::{Algorithm, JwkRefusal, JwkSet, JwkSetRefusal, MAX_KEYS, PublicKey};
use serde_json::{Value, json};

use crate::support::{es256, key, set, with};

fn read(jwk: &Value) -> Result<PublicKey, JwkRefusal> {
    PublicKey::from_jwk(jwk.to_string().as_bytes())
}

fn refused(jwk: &Value) -> JwkRefusal {
    read(jwk).err().unwrap_or_else(|| panic!("taken: {jwk}"))
}

#[test]
fn ours_go_out_with_public_members_only_and_come_back() {
    for (algorithm, members) in [
        (Algorithm::ES256, &["alg", "crv", "kid", "kty", "use", "x", "y"][..]),
        (Algorithm::EdDSA, &["alg", "crv", "kid", "kty", "use", "x"]),
        (Algorithm::RS256, &["alg", "e", "kid", "kty", "n", "use"]),
    ] {
        let key = key(algorithm, 1);
        let jwk = key.public().to_jwk();
        assert_eq!(jwk.as_object().expect("an object").keys().collect::<Vec<_>>(), members);
        assert_eq!((&jwk["alg"], &jwk["kid"], &jwk["use"]), (&algorithm.name().into(), &key.kid().into(), &"sig".into()));
        let again = read(&jwk).expect("taken");
        assert_eq!(again.thumbprint(), key.kid());
        assert_eq!(again.algorithms().collect::<Vec<_>>(), [algorithm]);
    }
}

#[test]
fn a_key_is_of_the_same_seed_the_same() {
    assert_eq!(es256(1).kid(), es256(1).kid());
    assert_ne!(es256(1).kid(), es256(2).kid());
    assert!(jose::SigningKey::from_pkcs8(Algorithm::ES256, b"").is_err());
    assert!(jose::SigningKey::from_pkcs8(Algorithm::PS256, b"").is_err());
}

#[test]
fn private_and_symmetric_members_are_refused() {
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
        let jwk = key(algorithm, 1).public().to_jwk();
        for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert_eq!(refused(&with(&jwk, member, "AA")), JwkRefusal::Private, "{member}");
        }
    }
    assert_eq!(refused(&json!({ "kty": "oct", "k": "AAAA" })), JwkRefusal::Private);
    assert_eq!(refused(&json!({ "kty": "oct" })), JwkRefusal::Private);
}

#[test]
fn odd_kinds_and_uses_are_refused() {
    let jwk = es256(1).public().to_jwk();
    let unsupported = [
        with(&jwk, "crv", "P-384"),
        with(&jwk, "crv", "secp256k1"),
        with(&jwk, "kty", "AKP"),
        with(&jwk, "alg", "ES384"),
        with(&jwk, "alg", "ECDH-ES"),
        json!({ "kty": "OKP", "crv": "Ed448", "x": "AA" }),
        json!({ "kty": "OKP", "crv": "X25519", "x": "AA" }),
    ];
    for jwk in unsupported {
        assert_eq!(refused(&jwk), JwkRefusal::Unsupported, "{jwk}");
    }
    assert_eq!(refused(&with(&jwk, "use", "enc")), JwkRefusal::NotForSignatures);
    assert_eq!(refused(&with(&jwk, "key_ops", json!(["sign"]))), JwkRefusal::NotForSignatures);
    assert!(read(&with(&jwk, "key_ops", json!(["verify"]))).is_ok());
    assert_eq!(refused(&with(&jwk, "alg", "RS256")), JwkRefusal::WrongAlgorithm);
    assert_eq!(refused(&with(&jwk, "alg", "EdDSA")), JwkRefusal::WrongAlgorithm);
    let ed25519 = key(Algorithm::EdDSA, 1).public().to_jwk();
    assert!(read(&with(&ed25519, "alg", "Ed25519")).expect("the fully specified name").is_for(Algorithm::EdDSA));
    for (member, value) in [("x", json!("AA")), ("y", json!(1)), ("x", Value::Null), ("kid", json!("x".repeat(257))), ("kty", Value::Null)]
    {
        assert!(matches!(refused(&with(&jwk, member, value)), JwkRefusal::Malformed(_)), "{member}");
    }
    // On no curve: y of another key.
    let other = es256(2).public().to_jwk();
    assert_eq!(refused(&with(&jwk, "y", other["y"].clone())), JwkRefusal::Malformed("no point of the curve"));
    assert!(PublicKey::from_jwk(br#"{"kty":"EC","kty":"EC"}"#).is_err());
}

/// JWT-11.
#[test]
fn weak_keys_are_refused() {
    let rsa = key(Algorithm::RS256, 1).public().to_jwk();
    for exponent in ["AQ", "Aw", "AAEAAQ", "AQAA", "A____________w"] {
        assert!(matches!(refused(&with(&rsa, "e", exponent)), JwkRefusal::Weak(_) | JwkRefusal::Malformed(_)), "{exponent}");
    }
    let modulus = rsa["n"].as_str().expect("n");
    assert!(matches!(refused(&with(&rsa, "n", &modulus[..168])), JwkRefusal::Weak(_)));
    assert!(matches!(refused(&with(&rsa, "n", format!("AAAA{modulus}"))), JwkRefusal::Malformed(_)), "zeros before it");
    let without = with(&rsa, "alg", Value::Null);
    assert_eq!(read(&without).expect("taken").algorithms().collect::<Vec<_>>(), [Algorithm::RS256, Algorithm::PS256]);
    let small = [
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
        "7P_______________________________________38",
    ];
    for x in small {
        assert!(matches!(refused(&json!({ "kty": "OKP", "crv": "Ed25519", "x": x })), JwkRefusal::Weak(_)), "{x}");
    }
}

#[test]
fn a_set_is_read_whole_or_not_at_all() {
    let (one, two) = (es256(1).public().to_jwk(), es256(2).public().to_jwk());
    let parse = |keys: Value| JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes());
    assert_eq!(parse(json!([one, two])).expect("taken").keys().len(), 2);
    assert_eq!(parse(json!([one, with(&two, "crv", "P-384"), with(&two, "use", "enc")])).expect("passed over").keys().len(), 1);
    assert_eq!(parse(json!([one, with(&two, "kid", one["kid"].clone())])).err(), Some(JwkSetRefusal::Doubled { index: 1 }));
    assert_eq!(parse(json!([one, with(&two, "d", "AA")])).err(), Some(JwkSetRefusal::Key { index: 1, cause: JwkRefusal::Private }));
    assert_eq!(parse(json!([])).err(), Some(JwkSetRefusal::Empty));
    assert_eq!(parse(json!([one, 1])).err(), Some(JwkSetRefusal::Malformed));
    assert_eq!(parse(json!({})).err(), Some(JwkSetRefusal::Malformed));
    assert_eq!(parse(vec![two.clone(); MAX_KEYS + 1].into()).err(), Some(JwkSetRefusal::TooLarge));
    assert_eq!(JwkSet::parse(&vec![b' '; 200_000]).err(), Some(JwkSetRefusal::TooLarge));
    let ours = set(&[&es256(1), &key(Algorithm::EdDSA, 1)]);
    assert_eq!(JwkSet::parse(ours.to_document().to_string().as_bytes()).expect("taken").to_document(), ours.to_document());
}
