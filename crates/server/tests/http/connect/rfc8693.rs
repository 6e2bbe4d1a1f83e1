//! Token exchange (RFC 8693); the names begin with the ids of the project's list of standards.

use std::time::Duration;

use authority::{ClientRequest, Context, NewOrganisationKey, PrivateKeyRotation, RequestedPermissions};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::client::GrantType;
use domain::text::Name;
use domain::{CredentialId, OrganisationId, RequestId};
use serde_json::{Value, json};
use testkit::{Answer, App, basic, encoded};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";

struct Client {
    id: CredentialId,
    public_id: String,
    secret: String,
}

/// An API, and clients of one organisation: `front` gets tokens, `middle` and `back` exchange them.
struct World {
    app: App,
    acme: OrganisationId,
    api: String,
    front: Client,
    middle: Client,
    back: Client,
}

fn context(app: &App) -> Context {
    let (now, entropy) = (app.node.authority.clock().now(), app.node.authority.entropy());
    Context::system(RequestId::generate(now, &**entropy).expect("an id"), now)
}

async fn client(app: &App, organisation: OrganisationId, grants: &[GrantType], permissions: RequestedPermissions) -> Client {
    let (name, grant_types) = (Some(Name::new("App").expect("a name")), Some(grants.to_vec()));
    let client = ClientRequest { name, grant_types, permissions: Some(permissions), ..ClientRequest::default() };
    let new = NewOrganisationKey { workspace: None, client, contact: None, private_key_ends_at: None };
    let issued = app.node.authority.create_organisation_key(&context(app), organisation, new).await.expect("made").value;
    let secret = issued.private_key.expect("a private key").expose().clone();
    Client { id: issued.key.id, public_id: issued.key.definition.client_id, secret }
}

const BOTH: [GrantType; 2] = [GrantType::ClientCredentials, GrantType::TokenExchange];

impl World {
    async fn new(algorithm: Option<&str>) -> Self {
        let app = App::start().await;
        let mut definition = json!({
            "name": "orders", "title": "Orders", "presentations": ["bearer"], "credentials": ["access_token"],
            "resource": "https://orders.example/",
            "permissions": [{"name": "orders:all:read", "title": "See"}, {"name": "orders:all:write", "title": "Change"}],
            "scopes": [{"name": "see", "title": "See", "permissions": ["orders:all:read"]},
                {"name": "change", "title": "Change", "permissions": ["orders:all:write"]}],
            "routes": [{"method": "GET", "path": "/orders", "permission": "orders:all:read"},
                {"method": "POST", "path": "/orders", "permission": "orders:all:write"}]
        });
        if let Some(algorithm) = algorithm {
            definition["access_token_algorithm"] = json!(algorithm);
        }
        app.make("/api/v1/apis", definition).await;
        let api = app.make("/api/v1/apis/orders/credentials", json!({"description": "orders itself"})).await.member("/secret");
        let acme = app.organisation("Acme").await.parse().expect("an id");
        let front = client(&app, acme, &[GrantType::ClientCredentials], RequestedPermissions::All).await;
        let middle = client(&app, acme, &BOTH, RequestedPermissions::All).await;
        let back = client(&app, acme, &BOTH, RequestedPermissions::All).await;
        Self { app, acme, api, front, middle, back }
    }

    async fn post(&self, path: &str, client: &Client, form: &[(&str, &str)]) -> Answer {
        let call = self.app.call("POST", path).header("authorization", &basic(&client.public_id, &client.secret));
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        call.bytes(encoded(form).into_bytes()).send().await
    }

    /// A token that a client gets for itself.
    async fn own(&self, client: &Client) -> String {
        let answer = self.post("/connect/token", client, &[("grant_type", "client_credentials"), ("scope", "see change")]).await;
        answer.expect(200).member("/access_token")
    }

    async fn exchange(&self, client: &Client, subject: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![("grant_type", EXCHANGE), ("subject_token", subject), ("subject_token_type", ACCESS)];
        form.extend(more);
        self.post("/connect/token", client, &form).await
    }

    async fn refused(&self, client: &Client, subject: &str, more: &[(&str, &str)], error: &str) {
        let answer = self.exchange(client, subject, more).await.expect(400);
        assert_eq!(answer.member("/error"), error, "{more:?}");
        assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")));
    }

    async fn may(&self, token: &str, method: &str) -> bool {
        let body = json!({"authorization": format!("Bearer {token}"), "method": method, "path": "/orders"});
        self.app.call("POST", "/api/v1/verify").token(&self.api).json(&body).send().await.expect(200).json()["allowed"] == true
    }
}

/// TX-02.
#[tokio::test]
async fn rfc8693_01_what_is_required_must_be_there() {
    let world = World::new(None).await;
    let token = world.own(&world.front).await;
    let all = [("grant_type", EXCHANGE), ("subject_token", token.as_str()), ("subject_token_type", ACCESS)];
    for missing in ["subject_token", "subject_token_type"] {
        for empty in [false, true] {
            let mut form: Vec<(&str, &str)> = all.into_iter().filter(|(name, _)| *name != missing).collect();
            if empty {
                form.push((missing, ""));
            }
            let answer = world.post("/connect/token", &world.middle, &form).await.expect(400);
            assert_eq!(answer.member("/error"), "invalid_request", "{missing}");
        }
    }
}

#[tokio::test]
async fn rfc8693_02_an_actor_token_comes_with_its_type() {
    let world = World::new(None).await;
    let (token, own) = (world.own(&world.front).await, world.own(&world.middle).await);
    world.refused(&world.middle, &token, &[("actor_token", &own)], "invalid_request").await;
    world.refused(&world.middle, &token, &[("actor_token_type", ACCESS)], "invalid_request").await;
    world.exchange(&world.middle, &token, &[("actor_token", &own), ("actor_token_type", ACCESS)]).await.expect(200);
}

#[tokio::test]
async fn rfc8693_03_targets_may_repeat_and_have_no_fragment() {
    let world = World::new(None).await;
    let token = world.own(&world.front).await;
    let twice = [("audience", "orders"), ("audience", "https://orders.example/"), ("resource", "https://orders.example/")];
    world.exchange(&world.middle, &token, &twice).await.expect(200);
    world.refused(&world.middle, &token, &[("resource", "https://orders.example/#x")], "invalid_target").await;
    world.refused(&world.middle, &token, &[("resource", "orders")], "invalid_target").await;
}

/// TX-02.
#[tokio::test]
async fn rfc8693_04_a_subject_token_must_work() {
    let world = World::new(None).await;
    let token = world.own(&world.front).await;
    world.refused(&world.middle, "x", &[], "invalid_request").await;
    let mut altered = token.clone();
    altered.replace_range(20..21, if &altered[20..21] == "a" { "b" } else { "a" });
    world.refused(&world.middle, &altered, &[], "invalid_request").await;
    world.post("/connect/revocation", &world.front, &[("token", &token)]).await.expect(200);
    world.refused(&world.middle, &token, &[], "invalid_request").await;
    let late = world.own(&world.front).await;
    world.app.clock.advance(Duration::from_secs(3_601));
    world.refused(&world.middle, &late, &[], "invalid_request").await;
}

#[tokio::test]
async fn rfc8693_05_the_answer_says_what_was_issued() {
    let world = World::new(None).await;
    let token = world.own(&world.front).await;
    let answer = world.exchange(&world.middle, &token, &[("requested_token_type", ACCESS)]).await.expect(200);
    assert_eq!(answer.member("/issued_token_type"), ACCESS);
    assert_eq!((answer.member("/token_type"), answer.member("/scope")), ("Bearer".to_owned(), "see change".to_owned()));
    assert_eq!(answer.json().get("refresh_token"), None);
    assert!(world.may(&answer.member("/access_token"), "POST").await);
    let other = [("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")];
    world.refused(&world.middle, &token, &other, "invalid_request").await;
}

#[tokio::test]
async fn rfc8693_06_nothing_gets_wider_or_lasts_longer() {
    let world = World::new(None).await;
    let token = world.own(&world.front).await;
    let narrow = world.exchange(&world.middle, &token, &[("scope", "see")]).await.expect(200);
    assert_eq!(narrow.member("/scope"), "see");
    let narrow = narrow.member("/access_token");
    assert_eq!((world.may(&narrow, "GET").await, world.may(&narrow, "POST").await), (true, false));
    world.refused(&world.back, &narrow, &[("scope", "change")], "invalid_scope").await;
    world.refused(&world.back, &narrow, &[("scope", "see nothing")], "invalid_scope").await;
    world.app.clock.advance(Duration::from_secs(3_000));
    assert_eq!(world.exchange(&world.back, &narrow, &[]).await.expect(200).json()["expires_in"], 600);
    let only = RequestedPermissions::Named(vec!["orders:all:read".to_owned()]);
    let weak = client(&world.app, world.acme, &BOTH, only).await;
    let weakened = world.exchange(&weak, &token, &[]).await.expect(200).member("/access_token");
    assert_eq!((world.may(&weakened, "GET").await, world.may(&weakened, "POST").await), (true, false));
}

#[tokio::test]
async fn rfc8693_07_an_unknown_target_is_refused() {
    let world = World::new(None).await;
    let token = world.own(&world.front).await;
    for name in ["audience", "resource"] {
        world.refused(&world.middle, &token, &[(name, "https://elsewhere.example/")], "invalid_target").await;
    }
}

#[tokio::test]
async fn rfc8693_08_who_acts_for_whom_is_told() {
    let world = World::new(Some("ES256")).await;
    let first = world.own(&world.front).await;
    let second = world.exchange(&world.middle, &first, &[]).await.expect(200).member("/access_token");
    let third = world.exchange(&world.back, &second, &[]).await.expect(200).member("/access_token");
    let claims = |token: &str| -> Value {
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("a JWT")).expect("base64url");
        serde_json::from_slice(&payload).expect("JSON")
    };
    let (front, middle, back) = (&world.front.public_id, &world.middle.public_id, &world.back.public_id);
    assert_eq!(claims(&first).get("act"), None);
    assert_eq!((&claims(&second)["sub"], &claims(&second)["act"]), (&json!(front), &json!({"sub": middle})));
    assert_eq!((&claims(&third)["sub"], &claims(&third)["act"]), (&json!(front), &json!({"sub": back, "act": {"sub": middle}})));
    assert_eq!(claims(&third)["client_id"], json!(back));
    assert!(world.may(&third, "POST").await);
}

/// TX-05.
#[tokio::test]
async fn rfc8693_09_nobody_acts_with_the_token_of_somebody_else() {
    let world = World::new(None).await;
    let (token, others) = (world.own(&world.front).await, world.own(&world.back).await);
    world.refused(&world.middle, &token, &[("actor_token", &others), ("actor_token_type", ACCESS)], "invalid_request").await;
    let exchanged = world.exchange(&world.middle, &token, &[]).await.expect(200).member("/access_token");
    world.refused(&world.middle, &token, &[("actor_token", &exchanged), ("actor_token_type", ACCESS)], "invalid_request").await;
}

#[tokio::test]
async fn rfc8693_10_only_clients_that_may_exchange_do() {
    let world = World::new(None).await;
    let token = world.own(&world.front).await;
    world.refused(&world.front, &token, &[], "unauthorized_client").await;
}

#[tokio::test]
async fn rfc8693_11_what_was_exchanged_ends_with_what_it_came_from() {
    let world = World::new(None).await;
    let first = world.own(&world.front).await;
    let second = world.exchange(&world.middle, &first, &[]).await.expect(200).member("/access_token");
    let third = world.exchange(&world.back, &second, &[]).await.expect(200).member("/access_token");
    let spare = world.own(&world.front).await;
    let spare = world.exchange(&world.middle, &spare, &[]).await.expect(200).member("/access_token");
    let last = world.exchange(&world.back, &spare, &[]).await.expect(200).member("/access_token");
    assert!(world.may(&third, "GET").await && world.may(&last, "GET").await);
    world.post("/connect/revocation", &world.front, &[("token", &first)]).await.expect(200);
    assert!(!world.may(&second, "GET").await && !world.may(&third, "GET").await, "the first of the chain has ended");
    assert!(world.may(&last, "GET").await);
    let authority = &world.app.node.authority;
    for client in [&world.middle, &world.front] {
        authority.suspend_organisation_key(&context(&world.app), client.id, true).await.expect("suspended");
        assert!(!world.may(&last, "GET").await, "whoever is in the chain");
        authority.suspend_organisation_key(&context(&world.app), client.id, false).await.expect("resumed");
        assert!(world.may(&last, "GET").await);
    }
    authority.revoke_organisation_key(&context(&world.app), world.middle.id).await.expect("revoked");
    assert!(!world.may(&last, "GET").await);
}

#[tokio::test]
async fn what_was_exchanged_ends_with_each_private_key_of_the_chain() {
    for place in 0..3 {
        let world = World::new(None).await;
        let authority = &world.app.node.authority;
        let first = world.own(&world.front).await;
        let second = world.exchange(&world.middle, &first, &[]).await.expect(200).member("/access_token");
        let third = world.exchange(&world.back, &second, &[]).await.expect(200).member("/access_token");
        let client = [&world.front, &world.middle, &world.back][place];
        let overlap = Duration::from_secs(3_600);
        authority
            .rotate_organisation_key(&context(&world.app), client.id, PrivateKeyRotation { overlap, ends_at: None })
            .await
            .expect("rotated");
        assert!(world.may(&third, "GET").await, "the old private key goes on for a time");
        let known = authority.verifier().client_of(&client.id).expect("a lease").expect("a client");
        let old = known.client.private_keys.iter().find(|key| key.digest == domain::Digest::of(client.secret.as_bytes())).expect("kept");
        authority.revoke_private_key(&context(&world.app), client.id, old.id).await.expect("ended");
        assert!(!world.may(&third, "GET").await, "of client {place}");
        assert_eq!((world.may(&first, "GET").await, world.may(&second, "GET").await), (place > 0, place > 1));
    }
}

/// TX-02.
#[tokio::test]
async fn rfc8693_12_nothing_crosses_between_organisations_or_kinds() {
    let world = World::new(None).await;
    let app = &world.app;
    let other: OrganisationId = app.organisation("Other").await.parse().expect("an id");
    let foreign = client(app, other, &BOTH, RequestedPermissions::All).await;
    let token = world.own(&world.front).await;
    world.refused(&foreign, &token, &[], "invalid_request").await;
    let person = app.person("ada", &world.acme.to_string(), &["member"]).await;
    let (_, personal) = app.token(&person, None).await;
    world.refused(&world.middle, &personal, &[], "invalid_request").await;
    world.refused(&world.middle, &world.front.secret, &[], "invalid_request").await;
    for wrong in ["urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:refresh_token", "x"] {
        let form = [("grant_type", EXCHANGE), ("subject_token", token.as_str()), ("subject_token_type", wrong)];
        assert_eq!(world.post("/connect/token", &world.middle, &form).await.expect(400).member("/error"), "invalid_request");
    }
}
