//! A privacy API on port 0, a verifier filled by events, clocks driven by hand, and a client without habits.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use domain::credential::{Installation, Kind};
use domain::delegation::Standing;
use domain::entropy::Entropy;
use domain::event::SecretState;
use domain::permission::{Permission, Permissions};
use domain::person::{Role, Roles};
use domain::time::Clock as _;
use domain::workspace::WorkspaceNumber;
use domain::{CredentialId, DelegationId, Digest, Event, MembershipId, OrganisationId, PersonId, Sequence, Timestamp, WorkspaceId};
use poort_portals::privacy::{DemoWorkspace, Dependencies, Options, Privacy, WorkspaceSettings, definition};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use verifier::{Settings, Verifier};

pub(crate) use crate::common::{self, Counting, HandClock, Reply};

/// The organisation whose keys are tried, and another one.
pub(crate) const OWN: u8 = 1;
pub(crate) const OTHER: u8 = 2;
pub(crate) const ISSUER: &str = "https://account.dastra.eu";

/// Poort's side: the journal, as far as the verifier needs it.
pub(crate) struct Poort {
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) clock: Arc<HandClock>,
    entropy: Arc<dyn Entropy>,
}

pub(crate) struct Key {
    pub(crate) id: CredentialId,
    digest: Digest,
    pub(crate) private: String,
}

pub(crate) fn basic(username: &str, code: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{code}")))
}

pub(crate) fn only(names: &[&str]) -> Permissions {
    Permissions::Only(names.iter().map(|name| Permission::new(name).expect("a permission")).collect())
}

pub(crate) fn organisation(number: u8) -> OrganisationId {
    OrganisationId::from_bytes([number; 16])
}

pub(crate) fn workspace(number: &str) -> WorkspaceId {
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
        for number in [OWN, OTHER] {
            poort.record(Event::OrganisationCreated { organisation: organisation(number) });
        }
        poort.record(Event::ApiDefined { definition: definition() });
        for (number, owner) in [("1", OWN), ("2", OWN), ("3", OWN), ("noord", OWN), ("7", OTHER)] {
            let (workspace, number) = (workspace(number), WorkspaceNumber::new(number).expect("a number"));
            poort.record(Event::WorkspaceCreated { workspace, organisation: organisation(owner), number });
        }
        poort
    }

    pub(crate) fn record(&self, event: Event) {
        let next = Sequence(self.verifier.applied().0 + 1);
        self.verifier.apply(next, self.clock.now(), &event).expect("no gap");
    }

    /// A key that may do this, of a person of its own.
    pub(crate) fn key(&self, owner: u8, permissions: Permissions) -> Key {
        let id = CredentialId::generate(self.clock.now(), self.entropy.as_ref()).expect("entropy");
        let person = PersonId::from_bytes(*id.as_bytes());
        let (membership, organisation) = (MembershipId::from_bytes(*id.as_bytes()), organisation(owner));
        self.record(Event::PersonCreated { person });
        self.record(Event::MembershipCreated { membership, person, organisation, roles: Roles::NONE.with(Role::Member) });
        self.token(id, membership, permissions)
    }

    fn token(&self, id: CredentialId, membership: MembershipId, permissions: Permissions) -> Key {
        let installation = Installation::new("prt").expect("a prefix");
        let private = installation.generate(Kind::PersonalToken, self.entropy.as_ref()).expect("entropy").expose().clone();
        let digest = Digest::of(private.as_bytes());
        let secret = SecretState { digest, not_after: None };
        self.record(Event::TokenCreated { token: id, membership, secret, permissions, imported: false });
        Key { id, digest, private }
    }

    /// Opens a delegation for a workspace from its organisation to another.
    pub(crate) fn open(&self, permissions: Permissions, number: &str, from: u8, to: u8) -> DelegationId {
        let delegation = DelegationId::generate(self.clock.now(), self.entropy.as_ref()).expect("entropy");
        self.record(Event::DelegationOpened {
            delegation,
            api: "privacy".to_owned(),
            workspace: workspace(number),
            from: organisation(from),
            to: organisation(to),
            parent: None,
            permissions,
            standing: Standing::Open,
            opens_at: Timestamp::from_unix_seconds(0),
            not_after: None,
        });
        delegation
    }

    pub(crate) fn revoke(&self, key: &Key) {
        self.record(Event::TokensRevoked { tokens: vec![key.id], digests: vec![key.digest] });
    }
}

/// A running API. Dropped: stopped, its data gone unless it was taken by [`World::stop`].
pub(crate) struct World {
    pub(crate) poort: Poort,
    pub(crate) address: SocketAddr,
    pub(crate) key: Key,
    tasks: JoinSet<()>,
    folder: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_in(TempDir::new().expect("a folder")).await
    }

    /// Starts on what an earlier one left in this folder.
    pub(crate) async fn start_in(folder: TempDir) -> Self {
        let clock = Arc::new(HandClock::at_noon());
        let entropy: Arc<dyn Entropy> = Arc::new(Counting::default());
        let poort = Poort::new(clock.clone(), entropy.clone());
        let options = Options { path: folder.path().join("privacy.sqlite") };
        let portal = Arc::new(Privacy::open(options, clock, entropy).await.expect("opened"));
        let settings = |label: &str| WorkspaceSettings {
            label: label.to_owned(),
            primary_color: None,
            secondary_color: None,
            logo_url: None,
            retention_days: None,
        };
        let demo = |number, label, entity| DemoWorkspace { number, settings: settings(label), entity, processings: &[] };
        let workspaces = vec![demo(1, "My data company", Some("My data company")), demo(2, "Étage", None)];
        portal.seed(organisation(OWN), workspaces).await.expect("written");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let base_urls = vec![format!("http://{address}"), "https://api.dastra.eu".to_owned()];
        let dependencies = Dependencies { verifier: poort.verifier.clone(), base_urls, issuer: Some(ISSUER.to_owned()) };
        let service = portal.router(dependencies).expect("base URLs").into_make_service_with_connect_info::<SocketAddr>();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, service).await.expect("served") });
        let key = poort.key(OWN, Permissions::All);
        Self { poort, address, key, tasks, folder }
    }

    /// Stops at once, as a killed process would, and gives what is left on disk.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.tasks.shutdown().await;
        self.folder
    }

    pub(crate) fn database_path(&self) -> std::path::PathBuf {
        self.folder.path().join("privacy.sqlite")
    }

    pub(crate) async fn get(&self, target: &str) -> Reply {
        self.send("GET", target, "").await
    }

    /// Sends a request with the key as `X-API-Key`.
    pub(crate) async fn send(&self, method: &str, target: &str, body: &str) -> Reply {
        self.as_key(&self.key, method, target, body).await
    }

    pub(crate) async fn as_key(&self, key: &Key, method: &str, target: &str, body: &str) -> Reply {
        send(self.address, method, target, &[("X-API-Key", &key.private)], body).await
    }

    /// Sends a body and gives what was made or changed.
    pub(crate) async fn put(&self, status: u16, method: &str, target: &str, body: Value) -> Value {
        let reply = self.send(method, target, &body.to_string()).await;
        assert_eq!(reply.status, status, "{method} {target} {}", reply.body);
        reply.json()
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
