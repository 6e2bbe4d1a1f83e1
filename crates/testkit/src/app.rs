//! A server under test and what every test of it needs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::entropy::Entropy as _;
use serde_json::{Value, json};
use server::config::Config;
use server::edge::{Edge, Limits, Sites};
use server::node::{Node, Started, System, operator_token_file};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::{Answer, Call, HandClock, SeededEntropy};

/// A server with a database of its own. It ends when dropped.
pub struct App {
    /// Its base URL, without a slash at the end.
    pub url: String,
    /// A good operator token.
    pub operator: String,
    /// The code of the set-up link, not used yet.
    pub set_up_code: String,
    /// Its clock.
    pub clock: Arc<HandClock>,
    /// Its insides, for what has no route.
    pub node: Node,
    data: tempfile::TempDir,
    client: reqwest::Client,
    entropy: Arc<SeededEntropy>,
    _stop: watch::Sender<bool>,
}

impl App {
    /// A server on SQLite.
    pub async fn start() -> Self {
        Self::start_on(String::new(), |_| ()).await
    }

    /// A server on SQLite that is configured otherwise.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(String::new(), change).await
    }

    /// A server on SQLite; one on PostgreSQL too where `POORT_TEST_POSTGRES` names a server.
    pub async fn start_each() -> Vec<Self> {
        Self::start_each_with(|_| ()).await
    }

    /// The same, configured otherwise.
    pub async fn start_each_with(change: impl Fn(&mut Config)) -> Vec<Self> {
        let mut apps = vec![Self::start_with(&change).await];
        if let Some(url) = postgres_database().await {
            apps.push(Self::start_on(url, &change).await);
        }
        apps
    }

    async fn start_on(database: String, change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let trusted_proxies = vec!["127.0.0.1".to_owned()];
        let mut config = Config { data: data.path().join("data"), database, trusted_proxies, ..Config::default() };
        change(&mut config);
        let (clock, entropy) = (Arc::new(HandClock::default()), Arc::new(SeededEntropy::default()));
        let system = System { clock: clock.clone(), entropy: entropy.clone() };
        let Started { node, installed } = Node::start(config, &system).await.expect("a node");
        let operator = std::fs::read_to_string(operator_token_file(&node.config)).expect("the operator token");
        let set_up_code = installed.expect("a first start").set_up_code.expose().clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = watch::channel(false);
        let edge = Edge::new(clock.clone(), &*entropy, Limits::default(), server::serve::guard(&node).expect("a guard")).expect("an edge");
        let sites = Sites::one(server::serve::site(&node).expect("a site"));
        tokio::spawn(edge.serve(listener, None, sites, stopped));
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { url, operator: operator.trim().to_owned(), set_up_code, clock, node, data, client, entropy, _stop: stop }
    }

    /// The folder of everything that the server writes.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// A call without a credential.
    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(&self.client, method, &format!("{}{path}", self.url))
    }

    /// A call by the operator.
    pub fn operate(&self, method: &str, path: &str) -> Call {
        self.call(method, path).token(&self.operator)
    }

    /// What the operator makes with this body; the test ends if that fails.
    pub async fn make(&self, path: &str, body: Value) -> Answer {
        self.operate("POST", path).json(&body).send().await.expect(201)
    }

    /// A new organisation's id.
    pub async fn organisation(&self, name: &str) -> String {
        self.make("/api/v1/organisations", json!({"name": name})).await.member("/id")
    }

    /// A new person's id; `roles` are those in the organisation.
    pub async fn person(&self, name: &str, organisation: &str, roles: &[&str]) -> String {
        let body = json!({"name": name, "email": format!("{name}@example.org"), "organisation": organisation, "roles": roles});
        self.make("/api/v1/people", body).await.member("/id")
    }

    /// A new person's id, who can sign in with this password.
    pub async fn person_with_password(&self, name: &str, organisation: &str, password: &str) -> String {
        let email = format!("{name}@example.org");
        let body = json!({"name": name, "email": email, "organisation": organisation, "roles": ["member"], "password": password});
        self.make("/api/v1/people", body).await.member("/id")
    }

    /// A new token's id and secret. No permissions: all.
    pub async fn token(&self, person: &str, permissions: Option<&[&str]>) -> (String, String) {
        let permissions = permissions.map_or(json!("all"), |names| json!(names));
        let body = json!({"description": format!("token {}", self.number()), "permissions": permissions});
        let made = self.make(&format!("/api/v1/people/{person}/tokens"), body).await;
        (made.member("/id"), made.member("/secret"))
    }

    /// Makes the API `shop` known; gives the secret of a credential of it.
    pub async fn shop(&self) -> String {
        let definition = json!({
            "name": "shop", "title": "Shop", "presentations": ["bare", "bearer", "api_key"], "accepts_imported": true,
            "permissions": [
                {"name": "shop:things:read", "title": "See things"},
                {"name": "shop:things:write", "title": "Change things"},
                {"name": "shop:staff:admin", "title": "Administer", "roles": ["owner"]}
            ],
            "routes": [
                {"method": "GET", "path": "/", "public": true},
                {"method": "GET", "path": "/things/{id}", "permission": "shop:things:read"},
                {"method": "GET", "path": "/projects/{project}", "permission": "shop:things:read", "workspace": "project"}
            ]
        });
        self.make("/api/v1/apis", definition).await;
        self.make("/api/v1/apis/shop/credentials", json!({"description": "the shop itself"})).await.member("/secret")
    }

    /// Makes an API known that takes organisation tokens, imported ones among them; gives the secret of a credential of it.
    pub async fn survey(&self, name: &str) -> String {
        let permission = |thing: &str| format!("{name}:{thing}");
        let definition = json!({
            "name": name, "title": "Survey", "presentations": ["basic"], "credentials": ["organisation_token"], "accepts_imported": true,
            "permissions": [
                {"name": permission("deliveries:create"), "title": "Create deliveries"},
                {"name": permission("documents:validate"), "title": "Validate documents"}
            ],
            "routes": [
                {"method": "POST", "path": "/{project}/uploads", "permission": permission("deliveries:create"), "workspace": "project"},
                {"method": "POST", "path": "/validatie", "permission": permission("documents:validate")}
            ]
        });
        self.make("/api/v1/apis", definition).await;
        let path = format!("/api/v1/apis/{name}/credentials");
        self.make(&path, json!({"description": "the survey itself"})).await.member("/secret")
    }

    /// Makes an API known that takes organisation keys and access tokens, imported ones among them, with the scope `archive`; gives the
    /// secret of a credential of it.
    pub async fn archive(&self) -> String {
        let definition = json!({
            "name": "archive", "title": "Archive", "presentations": ["bearer", "api_key", "basic"], "accepts_imported": true,
            "credentials": ["organisation_key", "access_token"],
            "permissions": [
                {"name": "archive:papers:read", "title": "See papers"},
                {"name": "archive:papers:write", "title": "Change papers"}
            ],
            "scopes": [
                {"name": "archive", "title": "Everything in the archive"},
                {"name": "reading", "title": "See papers", "permissions": ["archive:papers:read"]}
            ],
            "routes": [
                {"method": "GET", "path": "/papers", "permission": "archive:papers:read"},
                {"method": "GET", "path": "/{place}/papers", "permission": "archive:papers:read", "workspace": "place"}
            ]
        });
        self.make("/api/v1/apis", definition).await;
        self.make("/api/v1/apis/archive/credentials", json!({"description": "the archive itself"})).await.member("/secret")
    }

    /// A new key of an organisation, with what else the body says: the answer that shows it.
    pub async fn organisation_key(&self, organisation: &str, mut body: Value) -> Answer {
        if body["name"].is_null() {
            body["name"] = json!(format!("key {}", self.number()));
        }
        self.make(&format!("/api/v1/organisations/{organisation}/organisation-keys"), body).await
    }

    /// A new workspace's id.
    pub async fn workspace(&self, organisation: &str, number: &str) -> String {
        let body = json!({"number": number, "name": format!("Project {number}")});
        self.make(&format!("/api/v1/organisations/{organisation}/workspaces"), body).await.member("/id")
    }

    /// A new organisation token for an API: its id, and `Basic` with its username and code.
    pub async fn organisation_token(&self, organisation: &str, api: &str, username: &str) -> (String, String) {
        let body = json!({"api": api, "username": username, "description": "field teams"});
        let made = self.make(&format!("/api/v1/organisations/{organisation}/organisation-tokens"), body).await;
        (made.member("/id"), crate::basic(&made.member("/username"), &made.member("/code")))
    }

    /// A fresh idempotency key.
    pub fn key(&self) -> String {
        format!("{:016x}{:016x}", self.number(), self.number())
    }

    fn number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.entropy.fill(&mut bytes).expect("seeded");
        u64::from_le_bytes(bytes)
    }
}

/// A database of its own on the PostgreSQL server that the environment names.
async fn postgres_database() -> Option<String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let url = std::env::var("POORT_TEST_POSTGRES").ok()?;
    let name = format!("poort_http_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("the given PostgreSQL");
    let task = tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database");
    drop(client);
    let _ = task.await;
    let (server, _) = url.rsplit_once('/').expect("a URL with a database");
    Some(format!("{server}/{name}"))
}
