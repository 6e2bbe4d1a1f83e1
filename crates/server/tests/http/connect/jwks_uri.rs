//! Clients whose keys are where they say: fetched, kept for a while, asked for again, and what happens when that does not go well.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use domain::client::GrantType;
use serde_json::{Value, json};
use store::Outcome;
use testkit::{Answer, App};

use super::fapi::*;
use super::signer::Signer;
use super::world::*;

/// Where a client's keys are: what it says, and how often it was asked.
#[derive(Clone)]
struct Keys {
    url: String,
    said: Arc<Mutex<Said>>,
    asked: Arc<AtomicU32>,
}

struct Said {
    status: u16,
    content_type: &'static str,
    body: String,
}

impl Keys {
    async fn start(keys: &[&Signer]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/jwks", listener.local_addr().expect("an address"));
        let said = Said { status: 200, content_type: "application/jwk-set+json", body: String::new() };
        let here = Self { url, said: Arc::new(Mutex::new(said)), asked: Arc::default() };
        here.publish(keys);
        let router = Router::new().route("/jwks", get(answer)).with_state(here.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        here
    }

    fn publish(&self, keys: &[&Signer]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
        self.say(200, "application/jwk-set+json", &json!({"keys": keys}).to_string());
    }

    fn say(&self, status: u16, content_type: &'static str, body: &str) {
        *self.said.lock().expect("not poisoned") = Said { status, content_type, body: body.to_owned() };
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    /// A client whose keys are here, in a world that may ask this machine if `reachable`.
    async fn client(&self, key: Signer, reachable: bool) -> Fapi {
        let app = App::start_with(|config| config.outbound_networks = reachable.then(|| "127.0.0.1".to_owned()).into_iter().collect());
        let world = World::on(app.await).await;
        let client = world.client(|definition| {
            definition.jwks_uri = Some("https://keys.example/jwks".to_owned());
            strict(definition);
            definition.grant_types.push(GrantType::ClientCredentials);
        });
        let client = client.await;
        lead_to(&world, client.key, &self.url).await;
        Fapi { client, world, key, holder: Signer::es256(), number: 0.into() }
    }
}

async fn answer(State(keys): State<Keys>) -> Response {
    keys.asked.fetch_add(1, Ordering::SeqCst);
    let said = keys.said.lock().expect("not poisoned");
    let status = http::StatusCode::from_u16(said.status).expect("a status");
    (status, [("content-type", said.content_type), ("location", "https://elsewhere.example/")], said.body.clone()).into_response()
}

/// Registered are only addresses with https; this machine has no certificate that others trust.
async fn lead_to(world: &World, key: domain::CredentialId, url: &str) {
    let (by, url) = (world.context().by(), url.to_owned());
    let changed = world.app.node.authority.store().write::<(), authority::Error, _>(move |tx| {
        let (by, url) = (by.clone(), url.clone());
        Box::pin(async move {
            let mut row = tx.organisation_key(key).await?.expect("it was made");
            row.definition.jwks_uri = Some(url);
            tx.update_organisation_key(&row, row.revision).await?;
            let event = domain::Event::OrganisationKeyChanged { key, workspace: None, definition: row.definition };
            Ok(Outcome::Changed((), tx.record(&by, event).await?))
        })
    });
    changed.await.map(drop).expect("changed");
}

async fn ask(fapi: &Fapi) -> Answer {
    fapi.send(TOKEN, &[("grant_type", "client_credentials")]).await
}

async fn ask_with(fapi: &Fapi, key: &Signer) -> Answer {
    let (assertion, proof) = (key.sign(json!({}), &fapi.assertion()), fapi.proven("POST", TOKEN, None));
    let from = fapi.address();
    let fields = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &assertion), ("grant_type", "client_credentials")];
    fapi.post(TOKEN, &[("dpop", &proof), ("x-forwarded-for", &from)], &fields).await
}

fn later(fapi: &Fapi, seconds: u64) {
    fapi.world.app.clock.advance(Duration::from_secs(seconds));
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_when_they_are_old() {
    let key = Signer::es256().named("one");
    let keys = Keys::start(&[&key]).await;
    let fapi = keys.client(key, true).await;
    assert_eq!(keys.asked(), 0);
    for _ in 0..3 {
        ask(&fapi).await.expect(200);
    }
    let together = (0..5).map(|_| ask(&fapi));
    for answer in futures_util::future::join_all(together).await {
        answer.expect(200);
    }
    assert_eq!(keys.asked(), 1);
    later(&fapi, 600);
    ask(&fapi).await.expect(200);
    assert_eq!(keys.asked(), 2);
    // A key that was taken out stops.
    let other = Signer::es256().named("other");
    keys.publish(&[&other]);
    later(&fapi, 600);
    refused(&ask(&fapi).await, 401, "invalid_client");
    ask_with(&fapi, &other).await.expect(200);
    assert_eq!(keys.asked(), 3);
}

#[tokio::test]
async fn an_unknown_key_is_a_reason_to_ask_once_more() {
    let (key, new) = (Signer::es256().named("one"), Signer::es256().named("two"));
    let keys = Keys::start(&[&key]).await;
    let fapi = keys.client(key, true).await;
    ask(&fapi).await.expect(200);
    keys.publish(&[&fapi.key, &new]);
    // What was just fetched is true enough.
    refused(&ask_with(&fapi, &new).await, 401, "invalid_client");
    assert_eq!(keys.asked(), 1);
    later(&fapi, 30);
    ask_with(&fapi, &new).await.expect(200);
    assert_eq!(keys.asked(), 2);
    // Names that nobody has do not make a flood of questions of it.
    for number in 0..20 {
        let unknown = Signer::es256().named(&format!("unknown {number}"));
        refused(&ask_with(&fapi, &unknown).await, 401, "invalid_client");
    }
    assert_eq!(keys.asked(), 2);
    // A wrong signature under a known name is none.
    later(&fapi, 31);
    refused(&ask_with(&fapi, &Signer::es256().named("two")).await, 401, "invalid_client");
    assert_eq!(keys.asked(), 2);
}

#[tokio::test]
async fn an_outage_of_the_clients_server_is_no_denial() {
    let key = Signer::es256().named("one");
    let keys = Keys::start(&[&key]).await;
    let fapi = keys.client(key, true).await;
    keys.say(503, "text/plain", "down");
    for _ in 0..2 {
        let answer = ask(&fapi).await;
        refused(&answer, 503, "temporarily_unavailable");
        assert!(answer.member("/error_description").contains("jwks_uri") && answer.header("retry-after").is_some());
    }
    assert_eq!(keys.asked(), 1, "a failure is an answer for some seconds");
    let mut ann = fapi.world.ann().await;
    let object = fapi.key.sign(json!({}), &json!({"iss": fapi.client.id}));
    let asked = fapi.request().with("request", &object);
    assert_page(&ann.get(&asked.path()).await, 503);
    later(&fapi, 10);
    keys.publish(&[&fapi.key]);
    ask(&fapi).await.expect(200);
    // What is known is used for an hour where nothing newer can be had; for an unknown key nobody can tell.
    keys.say(500, "text/plain", "down");
    later(&fapi, 1_200);
    ask(&fapi).await.expect(200);
    refused(&ask_with(&fapi, &Signer::es256().named("two")).await, 503, "temporarily_unavailable");
    later(&fapi, 2_400);
    refused(&ask(&fapi).await, 503, "temporarily_unavailable");
}

/// JWT-11.
#[tokio::test]
async fn what_is_no_set_of_keys_is_told_and_used_for_nothing() {
    let key = Signer::es256().named("one");
    let keys = Keys::start(&[&key]).await;
    let fapi = keys.client(key, true).await;
    let good = json!({"keys": [fapi.key.jwk()]}).to_string();
    let mut private = fapi.key.jwk();
    private["d"] = "AAAA".into();
    let weak = json!({"kty": "RSA", "n": "q6s", "e": "AQAB"});
    let cases = [
        (302, "application/json", good.clone()),
        (404, "application/json", good.clone()),
        (200, "text/html", good.clone()),
        (200, "application/json", "<html>".to_owned()),
        (200, "application/json", json!({"keys": []}).to_string()),
        (200, "application/json", json!({"keys": [private]}).to_string()),
        (200, "application/json", json!({"keys": [fapi.key.jwk(), weak]}).to_string()),
        (200, "application/json", format!("{good}{}", " ".repeat(300_000))),
    ];
    for (status, content_type, body) in cases {
        keys.say(status, content_type, &body);
        later(&fapi, 60);
        let answer = ask(&fapi).await;
        refused(&answer, 401, "invalid_client");
        assert!(answer.member("/error_description").contains("jwks_uri"), "{}", answer.text);
    }
    keys.say(200, "application/json; charset=utf-8", &good);
    later(&fapi, 60);
    ask(&fapi).await.expect(200);
}

/// DCR-03 for clients of organisations.
#[tokio::test]
async fn inner_addresses_are_never_asked() {
    let key = Signer::es256().named("one");
    let keys = Keys::start(&[&key]).await;
    let fapi = keys.client(key, false).await;
    let port = keys.url.rsplit(':').next().and_then(|rest| rest.split('/').next()).expect("a port").to_owned();
    let inner =
        ["http://127.0.0.1", "https://127.0.0.1", "https://[::1]", "https://169.254.169.254", "https://2130706433", "https://0x7f.1"];
    for base in inner {
        lead_to(&fapi.world, fapi.client.key, &format!("{base}:{port}/jwks")).await;
        refused(&ask(&fapi).await, 401, "invalid_client");
    }
    // A name that leads there: who it is cannot be known.
    lead_to(&fapi.world, fapi.client.key, &format!("https://localhost:{port}/jwks")).await;
    refused(&ask(&fapi).await, 503, "temporarily_unavailable");
    assert_eq!(keys.asked(), 0);
}
