//! What counts once counts once on all nodes together: codes, refresh tokens, proofs, assertions. And keys that are replaced.

use super::oauth::*;
use super::*;

use authority::Purpose;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};

const OWN: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "shop")];

/// CODE-02.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn code_02_a_code_counts_on_one_node_and_its_replay_on_another_ends_what_came_of_it_everywhere() {
    let cloud = Cloud::start(3).await;
    let client = cloud.client(|_| {}).await;
    let code = cloud.code(&client, None).await;
    let made = cloud.nodes[1].redeem(&client, &code).await.expect(200);
    let (token, refresh) = (made.member("/access_token"), made.member("/refresh_token"));
    let next = cloud.nodes[2].refresh(&client, &refresh).await.expect(200);
    assert_eq!(cloud.says(&next.member("/access_token")).await, [(true, true, 200); 3]);
    refused(&cloud.nodes[2].redeem(&client, &code).await, "invalid_grant");
    for token in [token, next.member("/access_token")] {
        assert_eq!(cloud.says(&token).await, [(false, false, 401); 3]);
    }
    for node in &cloud.nodes {
        refused(&node.refresh(&client, &next.member("/refresh_token")).await, "invalid_grant");
        refused(&node.redeem(&client, &code).await, "invalid_grant");
    }
}

/// CODE-03, RT-02.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn code_03_rt_02_at_the_same_time_on_three_nodes_there_is_one_winner_and_one_successor() {
    let cloud = Cloud::start(3).await;
    let client = cloud.client(|client| client.rotates_refresh_tokens = Some(Some(true))).await;
    for _ in 0..5 {
        let code = cloud.code(&client, None).await;
        let answers = join_all((0..18).map(|number| cloud.nodes[number % 3].redeem(&client, &code))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        lost.iter().for_each(|answer| refused(answer, "invalid_grant"));
        assert_eq!(cloud.says(&won[0].member("/access_token")).await, [(false, false, 401); 3]);

        let code = cloud.code(&client, None).await;
        let mut refresh = cloud.nodes[0].redeem(&client, &code).await.expect(200).member("/refresh_token");
        for _ in 0..3 {
            let answers = join_all((0..18).map(|number| cloud.nodes[number % 3].refresh(&client, &refresh))).await;
            let mut successors: Vec<String> = answers.into_iter().map(|answer| answer.expect(200).member("/refresh_token")).collect();
            successors.sort_unstable();
            successors.dedup();
            assert_eq!(successors.len(), 1, "no forked family");
            assert_ne!(successors[0], refresh);
            refresh = successors.remove(0);
        }
    }
}

/// DPOP-01, CA-08.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ca_08_dpop_01_a_proof_and_an_assertion_count_once_on_all_nodes() {
    let cloud = Cloud::start(3).await;
    let key = Key::new();
    let (plain, signing) = (cloud.client(|_| {}).await, cloud.signing_client(&key.jwk()).await);
    let issuer = cloud.nodes[0].member.node.config.base_url();
    let now = SystemClock.now().unix_seconds();
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()});
    let claims = json!({"jti": "one", "htm": "POST", "htu": format!("{issuer}/connect/token"), "iat": now});
    let proof = key.sign(&header, &claims);
    let headers = [("dpop", proof.as_str()), ("authorization", &plain.basic())];
    let answers = join_all((0..9).map(|number| cloud.nodes[number % 3].post("/connect/token", &headers, &OWN))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((won.len(), won[0].member("/token_type").as_str()), (1, "DPoP"));
    lost.iter().for_each(|answer| refused(answer, "invalid_dpop_proof"));

    let claims = json!({"iss": signing.id, "sub": signing.id, "aud": issuer, "jti": "two", "iat": now, "exp": now + 60});
    let assertion = key.sign(&json!({"alg": "ES256", "typ": "client-authentication+jwt"}), &claims);
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let fields = [&OWN[..], &[("client_assertion_type", kind), ("client_assertion", &assertion)]].concat();
    let answers = join_all((0..9).map(|number| cloud.nodes[number % 3].post("/connect/token", &[], &fields))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|answer| answer.member("/error") == "invalid_client"), "{lost:?}");
}

/// KEY-01.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn key_01_a_jwt_of_any_node_is_known_to_all_whenever_a_signing_key_was_replaced() {
    let cloud = Cloud::start(3).await;
    let client = cloud.client(|_| {}).await;
    let mut tokens = Vec::new();
    for round in 0..4 {
        let done = cloud.first().replace_server_key(&cloud.context(), Purpose::SigningEs256, true).await.expect("replaced");
        let kid = done.value.kid.expect("a name");
        for node in &cloud.nodes {
            let answer = node.token(&client, &[("grant_type", "client_credentials"), ("scope", "depot")]).await.expect(200);
            let token = answer.member("/access_token");
            assert_eq!(header(&token)["kid"], kid.as_str(), "round {round}: whoever signs now signs with it");
            tokens.push(token);
        }
        for node in &cloud.nodes {
            let known = node.send("GET", "/connect/jwks", &[], String::new()).await.expect(200).json();
            let known: Vec<&Value> = known["keys"].as_array().expect("keys").iter().map(|key| &key["kid"]).collect();
            for token in &tokens {
                assert!(known.contains(&&header(token)["kid"]), "round {round}");
                assert!(node.is_active(&cloud.depot, token).await, "round {round}");
            }
        }
        // What seals opaque ones may be replaced as well.
        cloud.first().rotate_server_key(&cloud.context(), Purpose::AccessTokens).await.expect("rotated");
    }
}

fn header(token: &str) -> Value {
    let first = token.split('.').next().expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(first).expect("base64url")).expect("JSON")
}

/// A key of a client.
struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..65])})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}
