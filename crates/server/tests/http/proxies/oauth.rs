//! What must hold where a proxy asks about access tokens, whether it introspects them or has each request decided.

use std::time::Duration;

use serde_json::json;
use testkit::{App, basic, encoded};

use super::fault::Fault;
use super::process::{Kind, Proxy};
use super::upstream::Upstream;
use crate::raw::{Answer, header_values, request};

/// A proxy as the one that enforces.
pub(crate) struct Point {
    pub(crate) kind: &'static Kind,
    /// The header that tells the API on whose behalf a request comes.
    pub(crate) identity: &'static str,
    /// Whether it introspects; else it asks by forward-auth.
    pub(crate) introspects: bool,
    /// What it answers where nothing can be known.
    pub(crate) outage: u16,
}

struct Scene {
    app: App,
    upstream: Upstream,
    proxy: Proxy,
    organisation: String,
    client: Client,
}

struct Client {
    path: String,
    id: String,
    secret: String,
}

impl Scene {
    async fn set(point: &Point) -> Self {
        let app = App::start().await;
        for (name, scopes) in [("shop", ["reading", "writing"]), ("other", ["elsewhere", "nowhere"])] {
            let permission = |word: &str| format!("{name}:things:{word}");
            let definition = json!({
                "name": name, "title": "Shop", "presentations": ["bearer"], "credentials": ["access_token"],
                "permissions": [{"name": permission("read"), "title": "See"}, {"name": permission("write"), "title": "Change"}],
                "scopes": [{"name": scopes[0], "title": "See", "permissions": [permission("read")]},
                    {"name": scopes[1], "title": "Change", "permissions": [permission("write")]}],
                "routes": [{"method": "GET", "path": "/things/{id}", "permission": permission("read")}]
            });
            app.make("/api/v1/apis", definition).await;
        }
        let credential = app.make("/api/v1/apis/shop/credentials", json!({"description": "the proxy"})).await.member("/secret");
        let (organisation, upstream) = (app.organisation("Acme").await, Upstream::start().await);
        let poort = app.url.strip_prefix("http://").and_then(|address| address.parse().ok()).expect("an address");
        let proxy = Proxy::start_with(point.kind, poort, upstream.address, &credential).await;
        let client = Client::new(&app, &organisation).await;
        Self { app, upstream, proxy, organisation, client }
    }

    async fn form(&self, path: &str, client: &Client, fields: &[(&str, &str)]) -> testkit::Answer {
        let call = self.app.call("POST", path).header("authorization", &basic(&client.id, &client.secret));
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        call.bytes(encoded(fields).into_bytes()).send().await.expect(200)
    }

    async fn token(&self, client: &Client, scope: &str) -> String {
        let answer = self.form("/connect/token", client, &[("grant_type", "client_credentials"), ("scope", scope)]).await;
        answer.member("/access_token")
    }

    async fn ask(&self, headers: &[(&str, &str)]) -> Answer {
        request(self.proxy.address, "GET", "/things/1", headers).await
    }

    /// Shows a token: the answer, and what reached the upstream.
    async fn show(&self, token: &str) -> (u16, usize) {
        let answer = self.ask(&[("Authorization", &format!("Bearer {token}"))]).await;
        (answer.status, self.upstream.take().len())
    }
}

impl Client {
    async fn new(app: &App, organisation: &str) -> Self {
        let made = app.organisation_key(organisation, json!({"grant_types": ["client_credentials"]})).await;
        let path = format!("/api/v1/organisation-keys/{}", made.member("/id"));
        Self { path, id: made.member("/client_id"), secret: made.member("/private_key") }
    }
}

const GOOD: (u16, usize) = (200, 1);
const REFUSED: (u16, usize) = (401, 0);

/// No token, bad, good, insufficient and another API's.
pub(crate) async fn callers(point: &Point) {
    let scene = Scene::set(point).await;
    let good = scene.token(&scene.client, "reading").await;

    let none = scene.ask(&[]).await;
    assert_eq!(none.status, 401, "{none:?}");
    assert!(header_values(&none.head, "www-authenticate").any(|value| value.contains("Bearer realm=\"poort\"")), "{none:?}");
    let mut altered = good.clone();
    altered.replace_range(20..21, if &altered[20..21] == "a" { "b" } else { "a" });
    for bad in [altered.as_str(), "x", "", &good[1..], &format!("{good} x"), &format!("{good}&token=x"), &format!("x,Bearer {good}")] {
        assert_eq!(scene.show(bad).await, REFUSED, "{bad}");
    }
    assert_eq!(scene.show(&scene.client.secret).await, REFUSED, "a private key is no token");
    let (bearer, basic) = (format!("Bearer {good}"), basic(&scene.client.id, &scene.client.secret));
    let two = scene.ask(&[("Authorization", &bearer), ("Authorization", &bearer)]).await;
    assert!(matches!(two.status, 400..=403), "{two:?}");
    assert_eq!(scene.ask(&[("Authorization", &basic)]).await.status, 401, "a client is no caller");
    let elsewhere = scene.token(&scene.client, "elsewhere").await;
    let (status, reached) = scene.show(&elsewhere).await;
    assert!(matches!(status, 401 | 403) && reached == 0, "another API's: {status}");
    assert_eq!(scene.show(&scene.token(&scene.client, "writing").await).await, (403, 0), "the scope is missing");
    assert_eq!(scene.upstream.take(), Vec::<String>::new(), "nothing was let through");

    assert_eq!(scene.show(&scene.token(&scene.client, "writing reading").await).await, GOOD);
    let answer = scene.ask(&[(point.identity, "a-lie"), ("Authorization", &bearer)]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let head = scene.upstream.take().pop().expect("a request");
    let identity: Vec<&str> = header_values(&head, point.identity).collect();
    let expected = if point.introspects { &scene.client.id } else { &scene.organisation };
    assert_eq!(identity, [expected.as_str()], "{head}");
    assert!(!point.introspects || !head.contains(&good), "the API needs no token: {head}");
}

/// What ends is refused on the next request.
pub(crate) async fn ended(point: &Point) {
    let scene = Scene::set(point).await;
    let (first, second) = (scene.token(&scene.client, "reading").await, scene.token(&scene.client, "reading").await);
    assert_eq!((scene.show(&first).await, scene.show(&second).await), (GOOD, GOOD));
    scene.form("/connect/revocation", &scene.client, &[("token", &first)]).await;
    assert_eq!((scene.show(&first).await, scene.show(&second).await), (REFUSED, GOOD), "one token was revoked");
    scene.app.operate("DELETE", &scene.client.path).send().await.expect(200);
    assert_eq!(scene.show(&second).await, REFUSED, "its key was revoked");

    let other = Client::new(&scene.app, &scene.organisation).await;
    let token = scene.token(&other, "reading").await;
    assert_eq!(scene.show(&token).await, GOOD);
    scene.app.clock.advance(Duration::from_secs(3_601));
    assert_eq!(scene.show(&token).await, REFUSED, "its hour is over");

    let token = scene.token(&other, "reading").await;
    assert_eq!(scene.show(&token).await, GOOD);
    scene.app.node.authority.verifier().lease().end();
    assert_eq!(scene.show(&token).await, (point.outage, 0), "nothing can be known");
}

macro_rules! says {
    ($body:literal) => {
        Fault::Says(concat!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n", $body))
    };
}

/// What is no clear yes is no yes.
pub(crate) async fn outages(point: &'static Point) {
    let unknown = [
        Fault::Gone,
        Fault::Silent,
        Fault::Says("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Fault::Says("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        // The proxy's own credential has ended: that is nothing that its callers did.
        Fault::Says("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Fault::Says("HTTP/1.1 302 Found\r\nLocation: /public\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Fault::Says("rubbish\r\n\r\n"),
        says!(""),
        says!("<p>{\"active\":true,\"scope\":\"reading\",\"token_type\":\"Bearer\",\"sub\":\"x\"}"),
        says!("{\"active\":\"true\",\"scope\":\"reading\",\"token_type\":\"Bearer\",\"sub\":\"x\"}"),
    ];
    let no = [
        says!("{\"active\":false,\"scope\":\"reading\",\"token_type\":\"Bearer\",\"sub\":\"x\"}"),
        says!("{\"active\":false,\"sub\":\"\\\",\\\"active\\\":true,\",\"scope\":\"reading\",\"token_type\":\"Bearer\"}"),
        says!("{\"active\":true,\"scope\":\"reading\",\"token_type\":\"DPoP\",\"sub\":\"x\",\"cnf\":{\"jkt\":\"x\"}}"),
        says!("{\"active\":true,\"scope\":\"readings unreading\",\"token_type\":\"Bearer\",\"sub\":\"x reading\"}"),
        says!("{\"active\":true,\"sub\":\"\\\",\\\"scope\\\":\\\"reading\\\"\",\"scope\":\"\",\"token_type\":\"Bearer\"}"),
    ];
    let faults = unknown.map(|fault| (fault, true)).into_iter().chain(no.map(|fault| (fault, false)));
    // Side by side: a proxy may be patient.
    let outages: Vec<_> = faults.map(|(fault, unknown)| tokio::spawn(outage(point, fault, unknown))).collect();
    for outage in outages {
        outage.await.expect("as it must be");
    }
}

async fn outage(point: &Point, fault: Fault, unknown: bool) {
    let upstream = Upstream::start().await;
    let proxy = Proxy::start(point.kind, fault.listen().await, upstream.address).await;
    let answer = request(proxy.address, "GET", "/things/1", &[("Authorization", "Bearer x")]).await;
    assert_eq!(upstream.take(), Vec::<String>::new(), "{fault:?}: nothing is let through");
    assert!(answer.status >= 400 && (!unknown || answer.status == point.outage), "{fault:?}: {answer:?}");
}
