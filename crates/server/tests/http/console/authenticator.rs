//! A device with passkeys, in software: it answers as a browser hands it on (Web Authentication Level 3).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Somebody is there, and has proved who they are.
const VERIFIED: u8 = 0x05;
const HAS_CREDENTIAL: u8 = 0x40;

/// A device with one passkey. Its fields can be changed, so that it lies.
pub(super) struct Authenticator {
    key: EcdsaKeyPair,
    pub(super) credential: Vec<u8>,
    pub(super) counter: u32,
    pub(super) flags: u8,
    pub(super) origin: String,
    user: String,
}

impl Authenticator {
    pub(super) fn new(name: &str, origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let (credential, origin) = (format!("credential {name}").into_bytes(), origin.to_owned());
        Self { key, credential, counter: 1, flags: VERIFIED, origin, user: String::new() }
    }

    /// Makes the passkey that these options ask for.
    pub(super) fn make(&mut self, options: &Value) -> String {
        options["user"]["id"].as_str().expect("a user").clone_into(&mut self.user);
        let point = self.key.public_key().as_ref();
        let key = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], &point[1..33], &[0x22, 0x58, 32], &point[33..]].concat();
        let length = u8::try_from(self.credential.len()).expect("short");
        let rp_id = options["rp"]["id"].as_str().expect("an id");
        let data = [&self.data(rp_id, HAS_CREDENTIAL), &[0; 16][..], &[0, length], &self.credential, &key].concat();
        let length = u8::try_from(data.len()).expect("short");
        let object =
            [&[0xa3, 0x63][..], b"fmt", &[0x64], b"none", &[0x67], b"attStmt", &[0xa0, 0x68], b"authData", &[0x58, length], &data].concat();
        let client_data = self.client_data("webauthn.create", options);
        self.answer(&json!({"clientDataJSON": encode(&client_data), "attestationObject": encode(&object), "transports": ["internal"]}))
    }

    /// Uses it.
    pub(super) fn sign(&mut self, options: &Value) -> String {
        if self.counter > 0 {
            self.counter += 1;
        }
        let data = self.data(options["rpId"].as_str().expect("an id"), 0);
        let client_data = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("signed");
        self.answer(&json!({
            "clientDataJSON": encode(&client_data), "authenticatorData": encode(&data), "signature": encode(signature.as_ref()),
            "userHandle": self.user
        }))
    }

    fn data(&self, rp_id: &str, flags: u8) -> Vec<u8> {
        [digest(&SHA256, rp_id.as_bytes()).as_ref(), &[self.flags | flags], &self.counter.to_be_bytes()].concat()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false}).to_string().into_bytes()
    }

    fn answer(&self, response: &Value) -> String {
        let id = encode(&self.credential);
        json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response}).to_string()
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
