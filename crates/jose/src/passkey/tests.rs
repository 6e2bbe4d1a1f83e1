//! The test vectors of Web Authentication Level 3 (section 16), and an authenticator of our own that does each thing wrong.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;

use super::*;

const CHALLENGE: &[u8] = b"sixteen bytes, and some more of them";

fn rp() -> RelyingParty {
    RelyingParty::at("https://example.org").expect("a host")
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal")).collect()
}

#[test]
fn the_vectors_of_the_standard_are_read_as_it_says() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).expect("JSON");
    assert_eq!(vectors.len(), 7);
    for vector in &vectors {
        let part = |name: &str| from_hex(vector[name].as_str().expect("text"));
        let name = vector["name"].as_str().expect("a name");
        let framed = name.ends_with("origin");
        let client_data = check_client_data(&part("client_data"), "webauthn.create", &rp(), &part("challenge"));
        assert_eq!(client_data, if framed { Err(PasskeyRefusal::WrongOrigin) } else { Ok(()) }, "{name}");

        let object = part("object");
        let object = cbor::map(&object).expect("a map");
        let Some(cbor::Value::Bytes(data)) = object.text("authData") else { panic!("{name}: no data") };
        let (data, rest) = AuthenticatorData::read(data, &rp()).expect("data");
        let made = made(&data, rest);
        if name == "es384" {
            assert_eq!(made, Err(PasskeyRefusal::Unsupported));
            continue;
        }
        let (credential, public_key) = made.expect("a key");
        assert_eq!(credential, part("credential"), "{name}");

        let (data, client_data, signature) = (part("data"), part("client_data_2"), part("signature"));
        assert_eq!(is_signed((&data, &client_data), &signature, public_key), Ok(true), "{name}");
        let mut other = client_data.clone();
        *other.last_mut().expect("bytes") ^= 1;
        assert_eq!(is_signed((&data, &other), &signature, public_key), Ok(false), "{name}");
        let verified = AuthenticatorData::read(&data, &rp()).expect("data").0.check_person();
        assert_eq!(verified.is_ok(), data[32] & VERIFIED != 0, "{name}");
    }
}

/// An authenticator with one key, that can be told to lie.
struct Authenticator {
    key: EcdsaKeyPair,
    flags: u8,
    counter: u32,
    rp_id: &'static str,
    origin: &'static str,
    extra: Option<(&'static str, Value)>,
}

impl Authenticator {
    fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        Self { key, flags: PRESENT | VERIFIED, counter: 3, rp_id: "example.org", origin: "https://example.org", extra: None }
    }

    fn public_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], &point[1..33], &[0x22, 0x58, 32], &point[33..]].concat()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let digest = digest(&SHA256, self.rp_id.as_bytes());
        [digest.as_ref(), &[self.flags | flags], &self.counter.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, challenge: &[u8]) -> Vec<u8> {
        let mut data = json!({"type": kind, "challenge": base64url::encode(challenge), "origin": self.origin, "crossOrigin": false});
        if let Some((name, value)) = &self.extra {
            data[*name] = value.clone();
        }
        data.to_string().into_bytes()
    }

    fn make(&self, challenge: &[u8]) -> String {
        let data = [self.data(HAS_CREDENTIAL).as_slice(), &[0; 16], &[0, 4], b"name", &self.public_key()].concat();
        let object = [
            &[0xa3, 0x63][..],
            b"fmt",
            &[0x64],
            b"none",
            &[0x67],
            b"attStmt",
            &[0xa0, 0x68],
            b"authData",
            &[0x58],
            &[data.len() as u8],
            &data,
        ];
        let client_data = self.client_data("webauthn.create", challenge);
        json!({"id": "bmFtZQ", "rawId": "bmFtZQ", "type": "public-key", "clientExtensionResults": {}, "response": {
            "clientDataJSON": base64url::encode(&client_data), "attestationObject": base64url::encode(&object.concat()),
            "transports": ["internal", "hybrid", "<script>", 7]
        }})
        .to_string()
    }

    fn answer(&self, challenge: &[u8]) -> String {
        let (data, client_data) = (self.data(0), self.client_data("webauthn.get", challenge));
        let signed = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("signed");
        json!({"id": "bmFtZQ", "rawId": "bmFtZQ", "type": "public-key", "response": {
            "clientDataJSON": base64url::encode(&client_data), "authenticatorData": base64url::encode(&data),
            "signature": base64url::encode(signature.as_ref()), "userHandle": "AQID"
        }})
        .to_string()
    }
}

#[test]
fn a_passkey_is_made_and_used() {
    let authenticator = Authenticator::new();
    let attestation = Attestation::read(&authenticator.make(CHALLENGE)).expect("read");
    assert_eq!(attestation.challenge().as_deref(), Some(CHALLENGE));
    let made = attestation.verify(&rp(), CHALLENGE).expect("good");
    let expected = (b"name".to_vec(), authenticator.public_key(), 3, false, "internal hybrid");
    assert_eq!((made.credential, made.public_key.clone(), made.counter, made.is_synced, made.transports.as_str()), expected);
    let assertion = Assertion::read(&authenticator.answer(CHALLENGE)).expect("read");
    assert_eq!((assertion.credential.as_slice(), assertion.user_handle.as_deref()), (&b"name"[..], Some(&[1, 2, 3][..])));
    assert_eq!(assertion.verify(&rp(), CHALLENGE, &made.public_key), Ok(3));
}

#[test]
fn each_lie_is_refused_in_both_ceremonies() {
    type Lie = fn(&mut Authenticator);
    let lies: [(Lie, PasskeyRefusal); 8] = [
        (|one| one.flags = PRESENT, PasskeyRefusal::NotVerified),
        (|one| one.flags = VERIFIED, PasskeyRefusal::NotVerified),
        (|one| one.flags |= IS_SYNCED, PasskeyRefusal::Malformed("synced, and cannot be")),
        (|one| one.rp_id = "example.com", PasskeyRefusal::WrongOrigin),
        (|one| one.origin = "https://login.example.org", PasskeyRefusal::WrongOrigin),
        (|one| one.origin = "http://example.org", PasskeyRefusal::WrongOrigin),
        (|one| one.extra = Some(("crossOrigin", json!(true))), PasskeyRefusal::WrongOrigin),
        (|one| one.extra = Some(("topOrigin", json!("https://evil.example"))), PasskeyRefusal::WrongOrigin),
    ];
    for (lie, refusal) in lies {
        let mut authenticator = Authenticator::new();
        lie(&mut authenticator);
        let made = Attestation::read(&authenticator.make(CHALLENGE)).expect("read").verify(&rp(), CHALLENGE);
        assert_eq!(made.map(drop), Err(refusal));
        let public_key = authenticator.public_key();
        let used = Assertion::read(&authenticator.answer(CHALLENGE)).expect("read").verify(&rp(), CHALLENGE, &public_key);
        assert_eq!(used, Err(refusal));
    }
}

#[test]
fn an_answer_is_to_one_challenge_of_one_ceremony_by_one_key() {
    let (one, other) = (Authenticator::new(), Authenticator::new());
    let verify = |text: &str, key: &[u8]| Assertion::read(text).expect("read").verify(&rp(), CHALLENGE, key);
    assert_eq!(verify(&one.answer(b"another"), &one.public_key()), Err(PasskeyRefusal::WrongChallenge));
    assert_eq!(verify(&one.answer(CHALLENGE), &other.public_key()), Err(PasskeyRefusal::WrongSignature));
    let made = one.make(b"another");
    assert_eq!(Attestation::read(&made).expect("read").verify(&rp(), CHALLENGE).map(drop), Err(PasskeyRefusal::WrongChallenge));
    // What was said for one ceremony is no answer in the other.
    let mut crossed: Value = serde_json::from_str(&one.make(CHALLENGE)).expect("JSON");
    crossed["response"]["clientDataJSON"] = base64url::encode(&one.client_data("webauthn.get", CHALLENGE)).into();
    assert_eq!(Attestation::read(&crossed.to_string()).expect("read").verify(&rp(), CHALLENGE).map(drop), Err(PasskeyRefusal::WrongType));
    for wrong in ["", "{}", "[]", "null", r#"{"rawId":"","response":{}}"#, r#"{"rawId":"bmFtZQ","response":[]}"#, &"x".repeat(20_000)] {
        assert!(Attestation::read(wrong).is_err() && Assertion::read(wrong).is_err(), "{wrong:.40}");
    }
}

#[test]
fn cut_and_changed_answers_are_refused_and_break_nothing() {
    let authenticator = Authenticator::new();
    let text = authenticator.make(CHALLENGE);
    let object =
        base64url::decode(serde_json::from_str::<Value>(&text).expect("JSON")["response"]["attestationObject"].as_str().expect("text"));
    let object = object.expect("bytes");
    for length in 0..object.len() {
        let mut cut: Value = serde_json::from_str(&text).expect("JSON");
        cut["response"]["attestationObject"] = base64url::encode(&object[..length]).into();
        assert!(Attestation::read(&cut.to_string()).expect("read").verify(&rp(), CHALLENGE).is_err(), "{length}");
    }
    let answer: Value = serde_json::from_str(&authenticator.answer(CHALLENGE)).expect("JSON");
    for part in ["authenticatorData", "signature", "clientDataJSON"] {
        let bytes = base64url::decode(answer["response"][part].as_str().expect("text")).expect("bytes");
        for place in 0..bytes.len() {
            let (mut changed, mut bytes) = (answer.clone(), bytes.clone());
            bytes[place] ^= 0x55;
            changed["response"][part] = base64url::encode(&bytes).into();
            let judged = Assertion::read(&changed.to_string()).and_then(|read| read.verify(&rp(), CHALLENGE, &authenticator.public_key()));
            assert!(judged.is_err(), "{part} {place}");
        }
    }
}

#[test]
fn there_are_passkeys_where_browsers_make_them() {
    for (url, id, origin) in [
        ("https://Poort.example", "poort.example", "https://poort.example"),
        ("https://poort.example:8443", "poort.example", "https://poort.example:8443"),
        ("http://localhost:8600", "localhost", "http://localhost:8600"),
        ("http://id.localhost", "id.localhost", "http://id.localhost"),
    ] {
        let rp = RelyingParty::at(url).expect(url);
        assert_eq!((rp.id(), rp.origin()), (id, origin));
    }
    for url in ["http://poort.example", "https://127.0.0.1", "http://127.0.0.1:8600", "https://[::1]:8443", "https://", "poort.example"] {
        assert_eq!(RelyingParty::at(url), None, "{url}");
    }
}
