//! The yardstick of the OAuth measurements: a bare axum server that does the least of the same work. It reads the form, hashes the
//! client's secret, looks it up, and seals, opens or signs; it decides nothing.
//!
//! Same allocator, same runtime, same HTTP and cryptographic libraries as the real server. Arguments: the address to listen on, the
//! client's id and secret, and the credential of the API that asks.
#![allow(clippy::disallowed_methods, reason = "a yardstick, no part of the product")]

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{any, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ID: &str = "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f";
/// As many bytes as an access token of one API says.
const SAID: usize = 88;

struct Work {
    secrets: HashMap<Vec<u8>, String>,
    sealing: LessSafeKey,
    ed25519: Ed25519KeyPair,
    es256: EcdsaKeyPair,
    random: SystemRandom,
    /// The hashes of what counts once: codes and refresh tokens.
    once: Mutex<HashSet<Vec<u8>>>,
}

type Answer = (StatusCode, HeaderMap, String);

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("address, client id, secret, API credential");
    let (address, client, secret, asking) = (next(), next(), next(), next());
    let hash = |text: &str| digest(&SHA256, text.as_bytes()).as_ref().to_vec();
    let ed25519 = Ed25519KeyPair::generate().expect("a key");
    let es256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let work = Work {
        secrets: HashMap::from([(hash(&secret), client), (hash(&asking), "api".to_owned())]),
        sealing: LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, &[7; 32]).expect("a key")),
        ed25519,
        es256,
        random: SystemRandom::new(),
        once: Mutex::default(),
    };
    let routes = Router::new()
        .route("/readyz", any(async || "ready"))
        .route("/opaque/token", post(opaque))
        .route("/eddsa/token", post(eddsa))
        .route("/es256/token", post(es256_token))
        .route("/introspect", post(introspect))
        .route("/bench/code", post(new_code))
        .route("/code/token", post(redeem))
        .route("/refresh/token", post(redeem))
        .with_state(Arc::new(work));
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, routes).await
}

async fn opaque(State(work): State<Arc<Work>>, headers: HeaderMap, body: Bytes) -> Answer {
    if !work.knows(&headers) || form(&body, "grant_type").is_none() {
        return refused();
    }
    token(&work.seal())
}

async fn eddsa(State(work): State<Arc<Work>>, headers: HeaderMap, body: Bytes) -> Answer {
    if !work.knows(&headers) || form(&body, "grant_type").is_none() {
        return refused();
    }
    let signed = work.said("EdDSA");
    let signature = work.ed25519.sign(signed.as_bytes());
    token(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

async fn es256_token(State(work): State<Arc<Work>>, headers: HeaderMap, body: Bytes) -> Answer {
    if !work.knows(&headers) || form(&body, "grant_type").is_none() {
        return refused();
    }
    let signed = work.said("ES256");
    let signature = work.es256.sign(&work.random, signed.as_bytes()).expect("signed");
    token(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

async fn new_code(State(work): State<Arc<Work>>) -> Answer {
    answer(work.new_once())
}

/// A code or refresh token for tokens: each is taken out, and another put in. In memory only, unlike the real ones.
async fn redeem(State(work): State<Arc<Work>>, headers: HeaderMap, body: Bytes) -> Answer {
    let Some(text) = form(&body, "code").or_else(|| form(&body, "refresh_token")) else { return refused() };
    if !work.knows(&headers) || !work.once.lock().expect("no panic").remove(digest(&SHA256, text.as_bytes()).as_ref()) {
        return refused();
    }
    let (access, refresh) = (work.seal(), work.new_once());
    answer(format!(
        r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","refresh_token":"{refresh}","scope":"api1 offline_access"}}"#
    ))
}

async fn introspect(State(work): State<Arc<Work>>, headers: HeaderMap, body: Bytes) -> Answer {
    // A real token cannot be opened here: one of its own, as long, is.
    let known = work.knows(&headers) && form(&body, "token").is_some_and(|token| token.len() > 100);
    let sealed = work.seal();
    if !known || !work.opens(&sealed) {
        return refused();
    }
    let text = format!(
        r#"{{"active":true,"scope":"api1","client_id":"{ID}","sub":"{ID}","aud":"privacy","iss":"http://127.0.0.1:8000","iat":1800000000,"exp":1800003600,"jti":"{ID}","token_type":"Bearer"}}"#
    );
    answer(text)
}

impl Work {
    fn knows(&self, headers: &HeaderMap) -> bool {
        let Some(value) = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) else { return false };
        let secret = match value.strip_prefix("Basic ") {
            Some(encoded) => STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok()),
            None => value.strip_prefix("Bearer ").map(str::to_owned),
        };
        let secret = secret.as_deref().map(|pair| pair.split_once(':').map_or(pair, |(_, secret)| secret));
        secret.is_some_and(|secret| self.secrets.contains_key(digest(&SHA256, secret.as_bytes()).as_ref()))
    }

    fn new_once(&self) -> String {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).expect("randomness");
        let text = URL_SAFE_NO_PAD.encode(bytes);
        self.once.lock().expect("no panic").insert(digest(&SHA256, text.as_bytes()).as_ref().to_vec());
        text
    }

    fn seal(&self) -> String {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).expect("randomness");
        let mut said = vec![1; SAID];
        self.sealing.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut said).expect("sealed");
        let mut text = URL_SAFE_NO_PAD.encode(nonce);
        text.push_str(&URL_SAFE_NO_PAD.encode(said));
        text
    }

    fn opens(&self, text: &str) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let Some((nonce, sealed)) = bytes.split_at_checked(NONCE_LEN) else { return false };
        let nonce = Nonce::try_assume_unique_for_key(nonce).expect("a nonce");
        self.sealing.open_in_place(nonce, Aad::empty(), &mut sealed.to_vec()).is_ok()
    }

    /// Header and claims of a JWT as long as a real one.
    fn said(&self, algorithm: &str) -> String {
        let header = format!(r#"{{"typ":"at+jwt","alg":"{algorithm}","kid":"0123456789012345678901234567890123456789012"}}"#);
        let claims = format!(
            r#"{{"iss":"http://127.0.0.1:8000","sub":"{ID}","aud":"privacy","client_id":"{ID}","azp":"{ID}","iat":1800000000,"exp":1800003600,"jti":"{ID}","scope":"api1","poort":"{}"}}"#,
            self.seal()
        );
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    }
}

/// A member of a form.
fn form<'b>(body: &'b [u8], name: &str) -> Option<&'b str> {
    let text = std::str::from_utf8(body).ok()?;
    text.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
}

fn token(text: &str) -> Answer {
    answer(format!(r#"{{"access_token":"{text}","expires_in":3600,"token_type":"Bearer","scope":"api1"}}"#))
}

fn refused() -> Answer {
    (StatusCode::UNAUTHORIZED, HeaderMap::new(), r#"{"error":"invalid_client"}"#.to_owned())
}

fn answer(text: String) -> Answer {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("request-id", ID),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    (StatusCode::OK, headers, text)
}
