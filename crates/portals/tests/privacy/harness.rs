//! A privacy API on port 0, a verifier filled by events, clocks driven by hand, and a client without habits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use domain::access_token::{AccessToken, Few, Granted, MAX_BYTES, Parent};
use domain::client::ClientDefinition;
use domain::credential::format::read_sealed;
use domain::credential::{Installation, Kind};
use domain::delegation::Standing;
use domain::entropy::Entropy;
use domain::organisation_key::PrivateKeyState;
use domain::permission::{Permission, Permissions};
use domain::person::{Role, Roles};
use domain::time::Clock as _;
use domain::workspace::WorkspaceNumber;
use domain::{
    CredentialId, DelegationId, Digest, Event, GrantId, MembershipId, OrganisationId, PersonId, Sequence, Timestamp, WorkspaceId,
};
use poort_portals::privacy::{DemoWorkspace, Dependencies, Options, Privacy, WorkspaceSettings, definition};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use verifier::{AccessTokens, Opener, Proof, Proving, Settings, Verifier};

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
    definition: ClientDefinition,
    pub(crate) public: String,
    pub(crate) private: String,
}

/// Opens access tokens that nobody has sealed, and takes the word `proven` for a proof.
struct Unsealed;

pub(crate) const THUMBPRINT: [u8; 32] = [3; 32];

impl AccessTokens for Unsealed {
    fn open(&self, text: &str) -> Option<AccessToken> {
        let mut buffer = [0; MAX_BYTES];
        let length = read_sealed(text, &mut buffer)?;
        AccessToken::read(&buffer[..length])
    }

    fn prove(&self, proof: &Proof<'_>, _: &Proving<'_>) -> Option<[u8; 32]> {
        let fits = proof.method == "GET" && proof.uri.ends_with("/v1/workspaces") && proof.uri.starts_with("http://127.0.0.1:");
        (proof.value == b"proven" && fits).then_some(THUMBPRINT)
    }
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
        let access_tokens = Some(Opener(Arc::new(Unsealed)));
        let settings = Settings { installations: vec![installation], access_tokens, ..Settings::default() };
        let verifier = Verifier::new(clock.clone(), settings);
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

    /// A key of the organisation that may do this.
    pub(crate) fn key(&self, owner: u8, permissions: Permissions) -> Key {
        self.key_with(owner, None, |client| client.permissions = permissions)
    }

    /// A key of the organisation, or of one of its workspaces.
    pub(crate) fn key_with(&self, owner: u8, number: Option<&str>, change: impl FnOnce(&mut ClientDefinition)) -> Key {
        let installation = Installation::new("prt").expect("a prefix");
        let drawn = |kind| installation.generate(kind, self.entropy.as_ref()).expect("entropy").expose().clone();
        let (public, private) = (drawn(Kind::ClientId), drawn(Kind::OrganisationKey));
        let [id, secret] = [(); 2].map(|()| CredentialId::generate(self.clock.now(), self.entropy.as_ref()).expect("entropy"));
        let digest = Digest::of(private.as_bytes());
        let mut definition: ClientDefinition = serde_json::from_value(json!({
            "client_id": public, "name": "Software", "registration": "organisation", "application_type": "web", "redirect_uris": [],
            "grant_types": ["client_credentials"], "permissions": "all", "authentication": ["client_secret_basic"],
        }))
        .expect("a client");
        change(&mut definition);
        self.record(Event::OrganisationKeyCreated {
            key: id,
            organisation: Some(organisation(owner)),
            workspace: number.map(workspace),
            definition: definition.clone(),
            private_key: Some(PrivateKeyState { id: secret, digest, not_after: None }),
            imported: false,
        });
        Key { id, digest, definition, public, private }
    }

    /// An access token that the key got for the scope `api1`.
    pub(crate) fn access_token(&self, key: &Key, change: impl FnOnce(&mut AccessToken)) -> String {
        let api = self.verifier.api("privacy").expect("defined");
        let scopes = 1 << api.scope_place("api1").expect("a scope");
        let granted = Granted { api: api.tag(), scopes, permissions: 0, vocabulary: api.vocabulary() };
        let now = Timestamp::from_unix_seconds(self.clock.now().unix_seconds());
        let mut token = AccessToken {
            serial: CredentialId::generate(self.clock.now(), self.entropy.as_ref()).expect("entropy"),
            issued_at: now,
            expires_at: now.saturating_add(Duration::from_secs(3_600)),
            key: Parent { id: key.id, generation: 0 },
            secret: None,
            grant: None,
            subject: None,
            exchanged: Few::EMPTY,
            exchanged_secrets: Few::EMPTY,
            session: None,
            family: None,
            key_thumbprint: None,
            identity: 0,
            audiences: Few::of([granted]).expect("one"),
            actors: Few::EMPTY,
        };
        change(&mut token);
        let mut buffer = [0; MAX_BYTES];
        let length = token.write(&mut buffer);
        Installation::new("prt").expect("a prefix").write_sealed(&buffer[..length]).expose().clone()
    }

    /// A person of this organisation, who lets the key act for them.
    pub(crate) fn grant(&self, owner: u8, key: &Key) -> GrantId {
        let id = *CredentialId::generate(self.clock.now(), self.entropy.as_ref()).expect("entropy").as_bytes();
        let (person, membership) = (PersonId::from_bytes(id), MembershipId::from_bytes(id));
        let (organisation, grant) = (organisation(owner), GrantId::from_bytes(id));
        self.record(Event::PersonCreated { person });
        self.record(Event::MembershipCreated { membership, person, organisation, roles: Roles::NONE.with(Role::Member) });
        self.record(Event::GrantMade { grant, membership, key: key.id });
        grant
    }

    pub(crate) fn change(&self, key: &Key, change: impl FnOnce(&mut ClientDefinition)) {
        let mut definition = key.definition.clone();
        change(&mut definition);
        self.record(Event::OrganisationKeyChanged { key: key.id, workspace: None, definition });
    }

    pub(crate) fn revoke(&self, key: &Key) {
        self.record(Event::OrganisationKeysRevoked { keys: vec![key.id], digests: vec![key.digest] });
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
