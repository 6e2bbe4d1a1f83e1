//! OpenID Connect Back-Channel Logout 1.0: which clients are told that a session has ended, what, and how often it is tried.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jose::TypeRule;
use serde_json::{Value, json};
use testkit::{App, Visitor};

use super::world::*;

/// A client's server, which keeps what it is sent.
struct Receiver {
    uri: String,
    got: Arc<Mutex<Vec<String>>>,
    status: Arc<AtomicU16>,
}

impl Receiver {
    async fn start() -> Self {
        let (got, status) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU16::new(200)));
        let (kept, answered) = (got.clone(), status.clone());
        let answer = move |headers: axum::http::HeaderMap, body: String| async move {
            assert_eq!(headers.get("content-type").expect("a form"), "application/x-www-form-urlencoded");
            kept.lock().expect("kept").push(body);
            axum::http::StatusCode::from_u16(answered.load(Ordering::SeqCst)).expect("a status")
        };
        let router = axum::Router::new().route("/told", axum::routing::post(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let uri = format!("http://{}/told", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { uri, got, status }
    }

    /// What it was sent since it was last asked.
    fn took(&self) -> Vec<String> {
        let bodies = std::mem::take(&mut *self.got.lock().expect("kept"));
        bodies.into_iter().map(|body| percent_decode(body.strip_prefix("logout_token=").expect("one field"))).collect()
    }
}

/// A server that may reach this machine.
async fn world() -> World {
    World::on(App::start_with(|config| config.outbound_networks = vec!["127.0.0.1".to_owned()]).await).await
}

async fn told(world: &World, receiver: &Receiver) -> Made {
    let uri = receiver.uri.clone();
    world.client(|definition| definition.backchannel_logout_uri = Some(uri)).await
}

/// Signs the person in this browser in to a client; gives what the token endpoint answers.
async fn use_client(world: &World, visitor: &mut Visitor<'_>, client: &Made, scope: &str) -> Value {
    let sent = allow(visitor, &Request::of(client).with("scope", scope).with("nonce", "n")).await;
    world.post_as(client, "/connect/token", &code_form(&sent)).await.expect(200).json()
}

fn code_form(sent: &Sent) -> [(&str, &str); 3] {
    [("grant_type", "authorization_code"), ("code", sent.get("code")), ("redirect_uri", REDIRECT)]
}

async fn sign_out(visitor: &mut Visitor<'_>) {
    visitor.fill("/sign-out", &[("decision", "allow")]).await.expect(303);
}

/// What a logout token says, its type and signature verified.
async fn verified(world: &World, token: &str) -> (jose::Algorithm, Value) {
    let keys = world.app.call("GET", "/connect/jwks").send().await.expect(200);
    let keys = jose::JwkSet::parse(keys.text.as_bytes()).expect("keys");
    let verified = jose::verify(token, TypeRule::exactly(&["logout+jwt"]), &jose::Algorithm::ALL, &keys).expect("signed");
    (verified.algorithm, serde_json::from_slice(&verified.payload).expect("claims"))
}

#[tokio::test]
async fn logo_10_discovery_says_so() {
    let world = World::start().await;
    let metadata = world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    assert_eq!(metadata["backchannel_logout_supported"], true);
    assert_eq!(metadata["backchannel_logout_session_supported"], true);
}

#[tokio::test]
async fn logo_11_which_uris_are_registered() {
    let world = World::start().await;
    let path = format!("/api/v1/organisations/{}/organisation-keys", world.organisation);
    let asked = |uri: &str| json!({"name": "Told", "redirect_uris": [REDIRECT], "backchannel_logout_uri": uri});
    for uri in ["http://app.example/out", "https://app.example/out#x", "/out", "https://ann@app.example/out", "com.example.app:/out", ""] {
        let refused = world.app.operate("POST", &path).json(&asked(uri)).send().await.expect(400);
        assert_eq!(refused.member("/errors/0/field"), "backchannel_logout_uri", "{uri}");
    }
    let body = json!({"name": "Told", "redirect_uris": [REDIRECT], "backchannel_logout_session_required": true});
    world.app.operate("POST", &path).json(&body).send().await.expect(400);
    let mut native = asked("http://127.0.0.1/out");
    native["application_type"] = "native".into();
    world.app.operate("POST", &path).json(&native).send().await.expect(400);
    let mut good = asked("https://app.example:8443/out?tenant=1");
    good["backchannel_logout_session_required"] = true.into();
    let made = world.app.make(&path, good).await.json();
    let made = made.get("organisation_key").unwrap_or(&made);
    assert_eq!(made["backchannel_logout_uri"], "https://app.example:8443/out?tenant=1");
    assert_eq!(made["backchannel_logout_session_required"], true);
    world.app.make(&path, asked("http://127.0.0.1:8080/out")).await;
}

#[tokio::test]
async fn logo_12_13_each_client_of_the_session_is_told_in_its_own_token() {
    let world = world().await;
    let (receiver, other) = (Receiver::start().await, Receiver::start().await);
    let client = told(&world, &receiver).await;
    let uri = other.uri.clone();
    let second = world
        .client(|definition| {
            definition.backchannel_logout_uri = Some(uri);
            definition.id_token_algorithm = Some(domain::client::SigningAlgorithm::EdDsa);
        })
        .await;
    let mut ann = world.ann().await;
    let id_token = use_client(&world, &mut ann, &client, "openid").await["id_token"].as_str().expect("one").to_owned();
    use_client(&world, &mut ann, &second, "openid").await;
    use_client(&world, &mut ann, &world.client, "openid").await;
    world.app.clock.advance(Duration::from_secs(7));
    sign_out(&mut ann).await;
    assert_eq!(receiver.took(), Vec::<String>::new(), "nobody waits for it");
    world.app.node.send_logout_notices().await;

    let [token] = &receiver.took()[..] else { panic!("one token") };
    let (algorithm, claims) = verified(&world, token).await;
    assert_eq!(algorithm, jose::Algorithm::ES256);
    let keys = world.app.node.authority.jwks(world.context().now);
    let id_claims = jose::id_token_hint::verify(&id_token, &keys, &world.issuer(), world.context().now).expect("ours");
    let now = world.context().now.unix_seconds();
    assert_eq!((&claims["iss"], &claims["aud"]), (&world.issuer().into(), &client.id.as_str().into()));
    assert_eq!((claims["sub"].as_str(), claims["sid"].as_str()), (Some(world.ann.as_str()), id_claims.sid.as_deref()));
    assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(now), Some(now + 120)));
    assert_eq!(claims["events"], json!({"http://schemas.openid.net/event/backchannel-logout": {}}));
    assert!(claims.get("nonce").is_none() && claims["jti"].as_str().is_some_and(|jti| jti.len() >= 32));
    assert!(jose::id_token_hint::verify(token, &keys, &world.issuer(), world.context().now).is_err(), "never an ID token");

    let [token] = &other.took()[..] else { panic!("one token") };
    let (algorithm, claims_of_other) = verified(&world, token).await;
    assert_eq!((algorithm, &claims_of_other["aud"]), (jose::Algorithm::EdDSA, &second.id.as_str().into()));
    assert_ne!(claims["jti"], claims_of_other["jti"]);
    world.app.node.send_logout_notices().await;
    assert!(receiver.took().is_empty() && other.took().is_empty(), "told once");
}

#[tokio::test]
async fn logo_13_only_clients_that_know_who_it_is_in_this_session() {
    let world = world().await;
    let receiver = Receiver::start().await;
    let client = told(&world, &receiver).await;
    let (mut one, mut two) = (world.ann().await, world.ann().await);
    use_client(&world, &mut one, &client, "api1").await;
    use_client(&world, &mut two, &client, "openid").await;
    sign_out(&mut one).await;
    world.app.node.send_logout_notices().await;
    assert_eq!(receiver.took().len(), 0);
    sign_out(&mut two).await;
    world.app.node.send_logout_notices().await;
    assert_eq!(receiver.took().len(), 1);
}

#[tokio::test]
async fn logo_14_however_a_session_ends() {
    let world = world().await;
    let receiver = Receiver::start().await;
    let client = told(&world, &receiver).await;
    let ended = |count: usize, how: &'static str| {
        let (world, receiver) = (&world, &receiver);
        async move {
            world.app.node.send_logout_notices().await;
            assert_eq!(receiver.took().len(), count, "{how}");
        }
    };
    let mut ann = world.ann().await;
    let hint = use_client(&world, &mut ann, &client, "openid").await["id_token"].as_str().expect("one").to_owned();
    ann.get(&format!("/connect/endsession?id_token_hint={hint}")).await.expect(303);
    ended(1, "at a program's request").await;

    let (mut ann, mut elsewhere) = (world.ann().await, world.ann().await);
    use_client(&world, &mut elsewhere, &client, "openid").await;
    ann.fill("/en/profile/sign-in", &[("end", "others")]).await.expect(303);
    ended(1, "from the list").await;

    world.app.person_with_password("bob", &world.organisation.to_string(), PASSWORD).await;
    use_client(&world, &mut ann, &client, "openid").await;
    ann.fill("/sign-in?switch=1", &[("email", "bob@example.org"), ("password", PASSWORD)]).await.expect(303);
    ended(1, "somebody else signed in here").await;

    let mut ann = world.ann().await;
    use_client(&world, &mut ann, &client, "openid").await;
    world.app.operate("PUT", &format!("/api/v1/people/{}/suspension", world.ann)).send().await.expect(200);
    ended(1, "suspended").await;
    world.app.operate("DELETE", &format!("/api/v1/people/{}/suspension", world.ann)).send().await.expect(200);
    assert_eq!(ann.get("/en/profile/sign-in").await.status, 303, "they sign in anew");

    let mut ann = world.ann().await;
    use_client(&world, &mut ann, &client, "openid").await;
    world.app.operate("DELETE", &format!("/api/v1/people/{}", world.ann)).send().await.expect(200);
    ended(1, "erased").await;
}

/// Nobody ended it: by its idling or by its age.
#[tokio::test]
async fn a_session_that_runs_out_is_told_of_once_and_its_tokens_go_on() {
    let world = world().await;
    let receiver = Receiver::start().await;
    let client = told(&world, &receiver).await;
    let (authority, idle) = (&world.app.node.authority, Duration::from_secs(8 * 3_600));
    let sweep = async || {
        let now = authority.clock().now();
        authority.note_run_out_sessions(now, idle).await.expect("noted");
        authority.forget_old_sign_ins(now).await.expect("swept");
        world.app.node.send_logout_notices().await;
        receiver.took().len()
    };
    let mut ann = world.ann().await;
    let tokens = use_client(&world, &mut ann, &client, "openid api1 offline_access").await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().expect("one"))];
    world.app.clock.advance(Duration::from_secs(8 * 3_600));
    assert_eq!(sweep().await, 0, "it may have been used a minute ago");
    world.app.clock.advance(Duration::from_secs(120));
    assert_eq!((sweep().await, sweep().await), (1, 0), "idle");
    world.post_as(&client, "/connect/token", &refresh).await.expect(200);
    let mut ann = world.ann().await;
    use_client(&world, &mut ann, &client, "openid").await;
    for _ in 0..7 * 24 / 7 {
        world.app.clock.advance(Duration::from_secs(7 * 3_600));
        ann.get("/en/profile/sign-in").await;
    }
    assert_eq!((sweep().await, sweep().await), (1, 0), "a week old");
}

#[tokio::test]
async fn logo_15_a_client_that_does_not_answer_is_told_later_and_not_for_ever() {
    let world = world().await;
    let receiver = Receiver::start().await;
    let client = told(&world, &receiver).await;
    let mut ann = world.ann().await;
    use_client(&world, &mut ann, &client, "openid").await;
    for status in [500, 400, 303] {
        receiver.status.store(status, Ordering::SeqCst);
        if status == 500 {
            sign_out(&mut ann).await;
        }
        world.app.node.send_logout_notices().await;
        assert_eq!(receiver.took().len(), 1, "{status}");
        world.app.node.send_logout_notices().await;
        assert_eq!(receiver.took().len(), 0, "not at once");
        world.app.clock.advance(Duration::from_secs(601));
    }
    receiver.status.store(204, Ordering::SeqCst);
    // Of several nodes one sends.
    tokio::join!(world.app.node.send_logout_notices(), world.app.node.send_logout_notices());
    let [token] = &receiver.took()[..] else { panic!("one token") };
    let now = world.context().now.unix_seconds();
    assert_eq!(verified(&world, token).await.1["iat"], now, "signed anew");
    world.app.clock.advance(Duration::from_secs(86_400));
    world.app.node.send_logout_notices().await;
    assert_eq!(receiver.took().len(), 0);

    receiver.status.store(500, Ordering::SeqCst);
    let mut ann = world.ann().await;
    use_client(&world, &mut ann, &client, "openid").await;
    sign_out(&mut ann).await;
    let mut tries = 0;
    for _ in 0..12 {
        world.app.node.send_logout_notices().await;
        tries += receiver.took().len();
        world.app.clock.advance(Duration::from_secs(10_801));
    }
    assert_eq!(tries, 7);
    let meters = world.app.node.authority.meters();
    assert_eq!((meters.logouts_told.load(Ordering::Relaxed), meters.logouts_given_up.load(Ordering::Relaxed)), (1, 1));
}

#[tokio::test]
async fn logo_16_no_inner_address_is_asked() {
    let world = World::start().await;
    let receiver = Receiver::start().await;
    let client = told(&world, &receiver).await;
    let mut ann = world.ann().await;
    use_client(&world, &mut ann, &client, "openid").await;
    sign_out(&mut ann).await;
    world.app.node.send_logout_notices().await;
    assert_eq!(receiver.took().len(), 0);
    assert_eq!(world.app.node.authority.meters().logouts_failed.load(Ordering::Relaxed), 1);
}

/// RFC 6749 section 4.1.3: a code is worth what its session is.
#[tokio::test]
async fn logo_17_nothing_is_exchanged_once_the_session_has_ended() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let request = Request::of(&world.client).with("scope", "openid api1 offline_access");
    let sent = allow(&mut ann, &request).await;
    let tokens = world.post_as(&world.client, "/connect/token", &code_form(&sent)).await.expect(200);
    let sent = allow(&mut ann, &request).await;
    sign_out(&mut ann).await;
    let refused = world.post_as(&world.client, "/connect/token", &code_form(&sent)).await.expect(400);
    assert_eq!((refused.member("/error"), refused.json().get("id_token")), ("invalid_grant".to_owned(), None));
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.member("/refresh_token"))];
    let refused = world.post_as(&world.client, "/connect/token", &refresh).await.expect(400);
    assert_eq!(refused.member("/error"), "invalid_grant");
}

#[tokio::test]
async fn a_persons_acts_at_the_pages_are_their_own() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    use_client(&world, &mut ann, &world.client, "openid").await;
    sign_out(&mut ann).await;
    let entries = world.app.operate("GET", "/api/v1/audit?limit=200").send().await.expect(200).json();
    let entries = entries["items"].as_array().expect("items").clone();
    for name in ["session_started", "grant_made", "sessions_ended"] {
        let entry = entries.iter().find(|entry| entry["event"]["type"] == name).unwrap_or_else(|| panic!("no {name}: {entries:?}"));
        assert_eq!((&entry["actor"]["type"], &entry["actor"]["id"]), (&"person".into(), &world.ann.as_str().into()), "{name}");
    }
}
