//! RFC 9449: DPoP at the token endpoint.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

/// What is wrong with a proof: done to its header and its claims.
type Change = fn(&mut Value, &mut Value);

/// A key of a client.
pub(super) struct Key(EcdsaKeyPair);

impl Key {
    pub(super) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    pub(super) fn proof(&self, world: &World, jti: &str, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let point = self.0.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let mut header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256", "x": x, "y": y}});
        let url = format!("{}/connect/token", world.issuer());
        let now = world.app.node.authority.clock().now().unix_seconds();
        let mut claims = json!({"jti": jti, "htm": "POST", "htu": url, "iat": now});
        change(&mut header, &mut claims);
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

pub(super) async fn ask(world: &World, client: &TestClient, proof: &str, fields: &[(&str, &str)]) -> Answer {
    let fields = [fields, &[("client_id", client.id.as_str())]].concat();
    if client.is_public {
        return world.post_with("/connect/token", &[("dpop", proof)], &fields).await;
    }
    world.post_with("/connect/token", &[("dpop", proof), ("authorization", &client.basic())], &fields).await
}

const OWN: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "shop")];

#[tokio::test]
async fn r9449_01_02_04_05_06_07_a_proof_is_right_and_counts_once() {
    let world = World::new().await;
    let (client, key) = (world.confidential().await, Key::new());
    let good = key.proof(&world, "one", |_, _| {});
    let answer = ask(&world, &client, &good, &OWN).await.expect(200);
    assert_eq!(answer.member("/token_type"), "DPoP");
    refused(&ask(&world, &client, &good, &OWN).await, 400, "invalid_dpop_proof");
    let wrong: [(&str, Change); 8] = [
        ("typ", |header, _| header["typ"] = "JWT".into()),
        ("alg", |header, _| header["alg"] = "HS256".into()),
        ("private key", |header, _| header["jwk"]["d"] = "AA".into()),
        ("htm", |_, claims| claims["htm"] = "GET".into()),
        ("htu", |_, claims| claims["htu"] = "https://other.example/connect/token".into()),
        ("old", |_, claims| claims["iat"] = (claims["iat"].as_i64().unwrap_or_default() - 600).into()),
        ("ahead", |_, claims| claims["iat"] = (claims["iat"].as_i64().unwrap_or_default() + 600).into()),
        ("jti", |_, claims| drop(claims.as_object_mut().map(|claims| claims.remove("jti")))),
    ];
    for (name, change) in wrong {
        let proof = key.proof(&world, name, change);
        let answer = ask(&world, &client, &proof, &OWN).await;
        refused(&answer, 400, "invalid_dpop_proof");
    }
    let mut tampered = key.proof(&world, "two", |_, _| {});
    tampered.replace_range(tampered.len() - 6..tampered.len() - 5, if tampered.ends_with('A') { "B" } else { "A" });
    assert_eq!(ask(&world, &client, &format!("{tampered}x"), &OWN).await.status, 400);
}

#[tokio::test]
async fn r9449_03_there_is_one_proof() {
    let world = World::new().await;
    let (client, key) = (world.confidential().await, Key::new());
    let (one, two) = (key.proof(&world, "one", |_, _| {}), key.proof(&world, "two", |_, _| {}));
    let headers = [("dpop", one.as_str()), ("dpop", two.as_str()), ("authorization", &client.basic())];
    refused(&world.post_with("/connect/token", &headers, &OWN).await, 400, "invalid_dpop_proof");
}

#[tokio::test]
async fn r9449_09_11_refresh_tokens_of_public_clients_are_bound_to_the_key() {
    let world = World::new().await;
    let (client, key, other) = (world.public().await, Key::new(), Key::new());
    let code = world.code(&client, |_| {}).await;
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    let answer = ask(&world, &client, &key.proof(&world, "1", |_, _| {}), &fields).await.expect(200);
    assert_eq!(answer.member("/token_type"), "DPoP");
    let seen = world.introspect(&world.shop, &answer.member("/access_token")).await;
    assert_eq!((seen["active"].as_bool(), seen["token_type"].as_str()), (Some(true), Some("DPoP")));
    assert!(seen["cnf"]["jkt"].is_string());
    let refresh = answer.member("/refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    refused(&ask(&world, &client, &other.proof(&world, "2", |_, _| {}), &fields).await, 400, "invalid_grant");
    refused(&world.refresh(&client, &refresh).await, 400, "invalid_grant");
    ask(&world, &client, &key.proof(&world, "3", |_, _| {}), &fields).await.expect(200);
}

#[tokio::test]
async fn r9449_16_a_code_that_is_bound_to_a_key_needs_its_proof() {
    let world = World::new().await;
    let (client, key) = (world.public().await, Key::new());
    let code = world.code(&client, |authorization| authorization.key_thumbprint = Some([9; 32])).await;
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    refused(&ask(&world, &client, &key.proof(&world, "1", |_, _| {}), &fields).await, 400, "invalid_grant");
    let strict = world.client(|definition| definition.requires_dpop = true).await;
    refused(&world.token(&strict, &OWN).await, 400, "invalid_dpop_proof");
}
