//! A gate for tests: the edge with forward-auth on a free port, around a verifier that is filled with events.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use axum::Router;
use domain::api::ApiDefinition;
use domain::credential::{Digest, Installation, Kind};
use domain::event::{Event, SecretState, Sequence};
use domain::permission::{Permission, Permissions};
use domain::person::{Role, Roles};
use domain::time::Clock as _;
use domain::workspace::WorkspaceNumber;
use domain::{CredentialId, MembershipId, OrganisationId, PersonId, WorkspaceId};
use gateway::{Trust, TrustedPeers};
use rustls::ServerConfig;
use server::edge::forward_auth::ForwardAuth;
use server::edge::{Edge, Guard, Limits, Site, Sites};
use server::system::{SystemClock, SystemEntropy};
use tokio::net::TcpListener;
use tokio::sync::watch;
use verifier::{Settings, Verifier};

pub(crate) const PERSON: PersonId = PersonId::from_bytes([1; 16]);
pub(crate) const ORGANISATION: OrganisationId = OrganisationId::from_bytes([2; 16]);
const MEMBERSHIP: MembershipId = MembershipId::from_bytes([3; 16]);

/// The API that the tests' proxies protect.
pub(crate) fn shop() -> ApiDefinition {
    serde_json::from_value(serde_json::json!({
        "name": "shop", "title": "Shop", "presentations": ["bare", "bearer", "basic", "api_key"],
        "permissions": [
            {"name": "shop:things:read", "title": "See things"},
            {"name": "shop:things:write", "title": "Change things"},
            {"name": "shop:admin:use", "title": "Administer", "roles": ["owner"]}
        ],
        "routes": [
            {"method": "GET", "path": "/", "public": true},
            {"method": "GET", "path": "/public", "public": true},
            {"method": "GET", "path": "/public/{*rest}", "public": true},
            {"method": "GET", "path": "/things/{id}", "permission": "shop:things:read"},
            {"method": "POST", "path": "/things", "permission": "shop:things:write"},
            {"method": "GET", "path": "/projects/{project}/things", "permission": "shop:things:read", "workspace": "project"},
            {"method": "GET", "path": "/admin", "permission": "shop:admin:use"},
            {"method": "GET", "path": "/admin/{*rest}", "permission": "shop:admin:use"}
        ]
    }))
    .expect("a definition")
}

/// A server that decides, and the events that it decides with.
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    pub(crate) verifier: Arc<Verifier>,
    sequence: AtomicI64,
    tokens: AtomicU8,
    stop: watch::Sender<bool>,
    pub(crate) serving: tokio::task::JoinHandle<()>,
}

/// A token of the one person.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) id: CredentialId,
    digest: Digest,
}

impl Token {
    /// The value of `Authorization` that presents it.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.text)
    }
}

impl Gate {
    /// A gate that believes this machine, and to which no address is another machine's: Envoy calls a caller on its own
    /// machine by that machine's address.
    pub(crate) async fn start() -> Self {
        Self::start_within(&["0.0.0.0/0", "::/0"]).await
    }

    /// A gate that believes this machine, and takes credentials over plain HTTP from these networks.
    pub(crate) async fn start_within(local: &[&str]) -> Self {
        let networks = |networks: &[&str]| TrustedPeers::parse(networks).expect("networks");
        let trust = Trust { local: networks(local), ..Trust::new(networks(&["127.0.0.0/8"])) };
        Self::start_trusting(Limits::default(), trust, None, Router::new()).await
    }

    pub(crate) async fn start_with(limits: Limits, trusted: &[&str], router: Router) -> Self {
        Self::start_trusting(limits, Trust::new(TrustedPeers::parse(trusted).expect("networks")), None, router).await
    }

    /// A gate with this trust, over TLS if it has certificates.
    pub(crate) async fn start_trusting(limits: Limits, trust: Trust, tls: Option<Arc<ServerConfig>>, router: Router) -> Self {
        let clock = Arc::new(SystemClock);
        let settings = Settings { installations: vec![Installation::new("prt").expect("letters")], ..Settings::default() };
        let verifier = Arc::new(Verifier::new(clock.clone(), settings));
        verifier.lease().hold();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let forward_auth = ForwardAuth::new(verifier.clone(), trust.clone());
        let site = Site { direct: Some(Arc::new(forward_auth)), ..Site::new(router) };
        let (stop, stopped) = watch::channel(false);
        let edge = Edge::new(clock, &SystemEntropy, limits, Guard::new(verifier.clone(), trust)).expect("entropy");
        let serving = tokio::spawn(edge.serve(listener, tls, Sites::one(site), stopped));
        let gate = Self { address, verifier, sequence: AtomicI64::new(0), tokens: AtomicU8::new(0), stop, serving };
        let roles = Roles::NONE.with(Role::Member);
        gate.apply(&Event::OrganisationCreated { organisation: ORGANISATION });
        gate.apply(&Event::PersonCreated { person: PERSON });
        gate.apply(&Event::MembershipCreated { membership: MEMBERSHIP, person: PERSON, organisation: ORGANISATION, roles });
        gate.apply(&Event::ApiDefined { definition: shop() });
        let (workspace, number) = (WorkspaceId::from_bytes([4; 16]), WorkspaceNumber::new("1255").expect("a number"));
        gate.apply(&Event::WorkspaceCreated { workspace, organisation: ORGANISATION, number });
        gate
    }

    pub(crate) fn apply(&self, event: &Event) {
        let sequence = Sequence(self.sequence.fetch_add(1, Ordering::Relaxed) + 1);
        self.verifier.apply(sequence, SystemClock.now(), event).expect("no gap");
    }

    /// Makes a token that may do this.
    pub(crate) fn issue(&self, permissions: &[&str]) -> Token {
        let text = Installation::new("prt").expect("letters").generate(Kind::PersonalToken, &SystemEntropy).expect("entropy");
        let digest = Digest::of(text.expose().as_bytes());
        let id = CredentialId::from_bytes([100 + self.tokens.fetch_add(1, Ordering::Relaxed); 16]);
        let permissions = permissions.iter().map(|name| Permission::new(name).expect("a permission")).collect();
        self.apply(&Event::TokenCreated {
            token: id,
            membership: MEMBERSHIP,
            secret: SecretState { digest, not_after: None },
            permissions: Permissions::Only(permissions),
            imported: false,
        });
        Token { text: text.expose().clone(), id, digest }
    }

    /// Ends a token.
    pub(crate) fn revoke(&self, token: &Token) {
        self.apply(&Event::TokensRevoked { tokens: vec![token.id], digests: vec![token.digest] });
    }

    /// What refuses credentials that come over plain HTTP, of a gate that trusts nobody.
    pub(crate) fn guard(&self) -> Guard {
        Guard::new(self.verifier.clone(), Trust::new(TrustedPeers::default()))
    }

    /// Tells the server to stop.
    pub(crate) fn stop(&self) {
        let _ = self.stop.send(true);
    }
}
