//! Both portals on port 0, a verifier filled by events, clocks driven by hand, and a client without habits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use domain::credential::{Installation, Kind};
use domain::delegation::Standing;
use domain::entropy::Entropy;
use domain::event::{SecretState, UsernameKey};
use domain::organisation_token::{bound, username_key};
use domain::permission::{Permission, Permissions};
use domain::time::Clock as _;
use domain::workspace::WorkspaceNumber;
use domain::{CredentialId, DelegationId, Digest, Event, OrganisationId, Sequence, Timestamp, WorkspaceId};
use poort_portals::subsurface::{Dependencies, Environment, Options, ProjectSettings, Subsurface, definition};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use verifier::{Settings, Verifier};

pub(crate) use crate::common::{self, Counting, HandClock, Reply};

pub(crate) const GMW: &str = include_str!("documents/gmw_construction.xml");
pub(crate) const GLD: &str = include_str!("documents/gld_start.xml");
pub(crate) const ADDITION: &str = include_str!("documents/gld_addition.xml");

pub(crate) const PRODUCTION: &str = "subsurface";
pub(crate) const DEMO: &str = "subsurface-demo";
/// The source holder, its supplier, and another supplier.
pub(crate) const HOLDER: u8 = 1;
pub(crate) const SUPPLIER: u8 = 2;
pub(crate) const OTHER: u8 = 3;

/// Poort's side: the journal, as far as the verifier needs it.
pub(crate) struct Poort {
    pub(crate) verifier: Arc<Verifier>,
    clock: Arc<HandClock>,
    entropy: Arc<dyn Entropy>,
}

pub(crate) struct Token {
    pub(crate) id: CredentialId,
    digest: Digest,
    pub(crate) username: String,
    pub(crate) code: String,
}

impl Token {
    pub(crate) fn header(&self) -> String {
        basic(&self.username, &self.code)
    }
}

pub(crate) fn basic(username: &str, code: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{code}")))
}

pub(crate) fn organisation(number: u8) -> OrganisationId {
    OrganisationId::from_bytes([number; 16])
}

fn workspace(number: &str) -> WorkspaceId {
    let mut bytes = [0; 16];
    bytes[..number.len()].copy_from_slice(number.as_bytes());
    WorkspaceId::from_bytes(bytes)
}

impl Poort {
    fn new(clock: Arc<HandClock>, entropy: Arc<dyn Entropy>) -> Self {
        let installation = Installation::new("prt").expect("a prefix");
        let verifier = Verifier::new(clock.clone(), Settings { installations: vec![installation], ..Settings::default() });
        verifier.loader().finish(Sequence(0));
        verifier.lease().hold();
        let poort = Self { verifier: Arc::new(verifier), clock, entropy };
        for number in [HOLDER, SUPPLIER, OTHER] {
            poort.record(Event::OrganisationCreated { organisation: organisation(number) });
        }
        for environment in [Environment::Production, Environment::Demo] {
            poort.record(Event::ApiDefined { definition: definition(environment) });
        }
        for (number, owner) in [("1255", HOLDER), ("1300", HOLDER), ("9999", OTHER)] {
            let (workspace, number) = (workspace(number), WorkspaceNumber::new(number).expect("a number"));
            poort.record(Event::WorkspaceCreated { workspace, organisation: organisation(owner), number });
        }
        poort
    }

    pub(crate) fn record(&self, event: Event) {
        let next = Sequence(self.verifier.applied().0 + 1);
        self.verifier.apply(next, self.clock.now(), &event).expect("no gap");
    }

    pub(crate) fn token(&self, owner: u8, api: &str, permissions: Permissions) -> Token {
        let id = CredentialId::generate(self.clock.now(), self.entropy.as_ref()).expect("entropy");
        let installation = Installation::new("prt").expect("a prefix");
        let code = installation.generate(Kind::OrganisationToken, self.entropy.as_ref()).expect("entropy").expose().clone();
        let username = format!("supplier-{owner}-{}", id.to_string().replace('-', "").split_at(12).1);
        let digest = bound(&Digest::of(code.as_bytes()), api, &username);
        self.record(Event::OrganisationTokenCreated {
            token: id,
            organisation: organisation(owner),
            api: api.to_owned(),
            username_key: UsernameKey::from_bytes(username_key(api, &username)),
            secret: SecretState { digest, not_after: None },
            permissions,
            imported: false,
        });
        Token { id, digest, username, code }
    }

    pub(crate) fn revoke(&self, token: &Token) {
        self.record(Event::TokensRevoked { tokens: vec![token.id], digests: vec![token.digest] });
    }

    /// Opens a delegation to this organisation for a project of the holder.
    pub(crate) fn open(&self, api: &str, project: &str, to: u8) -> DelegationId {
        let delegation = DelegationId::generate(self.clock.now(), self.entropy.as_ref()).expect("entropy");
        self.record(Event::DelegationOpened {
            delegation,
            api: api.to_owned(),
            workspace: workspace(project),
            from: organisation(HOLDER),
            to: organisation(to),
            parent: None,
            permissions: Permissions::All,
            standing: Standing::Open,
            opens_at: Timestamp::from_unix_seconds(0),
            not_after: None,
        });
        delegation
    }

    pub(crate) fn close(&self, delegation: DelegationId) {
        self.record(Event::DelegationsClosed { delegations: vec![delegation] });
    }
}

pub(crate) fn only(names: &[&str]) -> Permissions {
    Permissions::Only(names.iter().map(|name| Permission::new(name).expect("a permission")).collect())
}

/// One running portal.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) portal: Arc<Subsurface>,
}

/// Both portals. Dropped: stopped, their data gone unless it was taken by [`World::stop`].
pub(crate) struct World {
    pub(crate) poort: Poort,
    pub(crate) production: Site,
    pub(crate) demo: Site,
    pub(crate) delegation: DelegationId,
    pub(crate) supplier: Token,
    pub(crate) holder: Token,
    tasks: JoinSet<()>,
    folder: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_in(TempDir::new().expect("a folder"), true).await
    }

    /// Starts on what earlier portals left in this folder, with or without what takes deliveries through their steps.
    pub(crate) async fn start_in(folder: TempDir, with_steps: bool) -> Self {
        let clock = Arc::new(HandClock::at_noon());
        let entropy: Arc<dyn Entropy> = Arc::new(Counting::default());
        let poort = Poort::new(clock.clone(), entropy.clone());
        let mut tasks = JoinSet::new();
        let mut sites = Vec::new();
        for environment in [Environment::Production, Environment::Demo] {
            let path = folder.path().join(environment.api());
            let options = Options { folder: path, environment, step_delay: Duration::ZERO };
            let portal = Subsurface::open(options, clock.clone(), entropy.clone()).await.expect("opened");
            let portal = Arc::new(portal);
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let base_urls = vec![format!("http://{address}"), "https://www.bronhouderportaal-bro.nl".to_owned()];
            let router = portal.clone().router(Dependencies { verifier: poort.verifier.clone(), base_urls }).expect("base URLs");
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            tasks.spawn(async move { axum::serve(listener, service).await.expect("served") });
            if with_steps {
                tasks.spawn(portal.clone().deliver());
            }
            sites.push(Site { address, portal });
        }
        let demo = sites.pop().expect("two");
        let production = sites.pop().expect("two");
        let delegation = poort.open(PRODUCTION, "1255", SUPPLIER);
        let supplier = poort.token(SUPPLIER, PRODUCTION, Permissions::All);
        let holder = poort.token(HOLDER, PRODUCTION, Permissions::All);
        Self { poort, production, demo, delegation, supplier, holder, tasks, folder }
    }

    /// Stops at once, as a killed process would, and gives what is left on disk.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.tasks.shutdown().await;
        self.folder
    }

    pub(crate) fn database_path(&self) -> std::path::PathBuf {
        self.folder.path().join(PRODUCTION).join("portal.sqlite")
    }

    pub(crate) fn documents(&self) -> Vec<String> {
        let folder = self.folder.path().join(PRODUCTION).join("documents");
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        entries.map(|name| name.into_string().expect("UTF-8")).collect()
    }

    pub(crate) async fn set(&self, project: &str, settings: ProjectSettings) {
        self.production.portal.set_project(project, settings).await.expect("set");
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send("GET", target, &self.supplier.header(), "").await
    }

    pub(crate) async fn post(&self, target: &str, body: &str) -> Reply {
        self.send("POST", target, &self.supplier.header(), body).await
    }

    /// Sends a request to production. An absolute URL of it may stand for its path.
    pub(crate) async fn send(&self, method: &str, target: &str, authorization: &str, body: &str) -> Reply {
        send(self.production.address, method, target, &[("Authorization", authorization)], body).await
    }

    /// A new upload with these documents: its URL and number.
    pub(crate) async fn upload(&self, documents: &[&str]) -> (String, i64) {
        let made = self.post("/api/v2/1255/uploads", "").await;
        assert_eq!(made.status, 201, "{}", made.body);
        let location = made.header("location").expect("a location").to_owned();
        for (number, document) in documents.iter().enumerate() {
            let added = self.post(&format!("{location}/brondocumenten?filename=doc%20{number}"), document).await;
            assert_eq!(added.status, 201, "{}", added.body);
        }
        let id = last(&location);
        (location, id)
    }

    /// A delivery of these documents: its URL.
    pub(crate) async fn deliver(&self, documents: &[&str]) -> String {
        let (_, upload) = self.upload(documents).await;
        let made = self.post("/api/v2/1255/leveringen", &format!("{{\"upload\": {upload}}}")).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.header("location").expect("a location").to_owned()
    }

    /// Waits until a delivery has this status.
    pub(crate) async fn reach(&self, url: &str, status: &str) -> Value {
        for _ in 0..2_000 {
            let delivery = self.get(url).await.ok();
            if delivery["status"] == status {
                return delivery;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{url} did not come to {status}: {}", self.get(url).await.body);
    }
}

/// Sends a request; an absolute URL of the address may stand for its path.
pub(crate) async fn send(address: SocketAddr, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let target = target.strip_prefix(&format!("http://{address}")).unwrap_or(target);
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    common::send(address, text.as_bytes()).await
}

/// The number at the end of a URL, as clients take it.
pub(crate) fn last(url: &str) -> i64 {
    url.rsplit('/').next().and_then(|number| number.parse().ok()).expect("a number")
}
