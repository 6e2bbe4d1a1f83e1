//! Several nodes on one throw-away PostgreSQL, each a whole node with its own index, lease and connections.

mod announcements;
mod assertions;
mod delegations;
mod drain;
mod eras;
mod failover;
mod faults;
mod http;
mod keys;
mod limits;
mod oauth;
mod oauth_device;
mod oauth_ended;
mod oauth_once;
mod oauth_outage;
mod oauth_restart;
mod processes;
mod rounds;
mod signing_keys;
mod upgrade;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use authority::{Changed, Context, Error, IssuedToken, NewOrganisation, NewPerson, NewToken};
use domain::entropy::Entropy as _;
use domain::permission::Permissions;
use domain::person::{Role, Roles};
use domain::presentation::{Presentation, Presented};
use domain::text::{Description, Email, Name};
use domain::time::Clock as _;
use domain::{PersonId, RequestId};
use server::config::Config;
use server::node::{Node, Started, System};
use server::system::{SystemClock, SystemEntropy};
use testkit::Postgres;
use tokio::task::JoinHandle;

/// The lease of the nodes here.
const LEASE: Duration = Duration::from_millis(1_500);
/// How long a change may wait for a node that is gone: 1.1/0.9 leases; generously, on a busy machine.
const BOUND: Duration = Duration::from_millis(1_834);
const GENEROUS: Duration = Duration::from_secs(5);

/// A database and what its nodes share.
struct Cluster {
    postgres: Postgres,
    folder: tempfile::TempDir,
    people: AtomicU64,
}

/// A running node.
struct Member {
    node: Node,
    upkeep: JoinHandle<()>,
}

/// What a node says about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Allow,
    Deny,
    Unavailable,
}

impl Cluster {
    fn start() -> Self {
        Self { postgres: Postgres::start(), folder: tempfile::tempdir().expect("a folder"), people: AtomicU64::new(0) }
    }

    async fn member(&self) -> Member {
        self.member_with(&self.postgres.url(), |_| {}).await
    }

    /// A node whose lease does not run out on a busy machine: for what is about healthy nodes.
    async fn patient(&self) -> Member {
        self.member_with(&self.postgres.url(), |config| config.lease_milliseconds = 20_000).await
    }

    async fn member_with(&self, url: &str, set: impl FnOnce(&mut Config)) -> Member {
        let number = self.people.fetch_add(1, Ordering::Relaxed);
        let mut config = Config {
            data: self.folder.path().join(format!("node-{number}")),
            master_key_file: Some(self.folder.path().join("master-key")),
            database: url.to_owned(),
            lease_milliseconds: LEASE.as_millis() as u64,
            ..Config::default()
        };
        set(&mut config);
        let Started { node, .. } = Node::start(config, &System::of_this_machine()).await.expect("a node");
        let upkeep = tokio::spawn(node.clone().upkeep());
        Member { node, upkeep }
    }
}

impl Member {
    fn context(&self) -> Context {
        Context::system(RequestId::generate(SystemClock.now(), &SystemEntropy).expect("entropy"), SystemClock.now())
    }

    /// A new person in a new organisation.
    async fn person(&self) -> PersonId {
        let mut random = [0; 8];
        SystemEntropy.fill(&mut random).expect("entropy");
        let name = format!("p{:016x}", u64::from_le_bytes(random));
        let organisation = NewOrganisation { name: Name::new(&name).expect("a name") };
        let organisation = self.node.authority.create_organisation(&self.context(), organisation).await.expect("made").value.id;
        let new = NewPerson {
            email_verified: false,
            name: Name::new(&name).expect("a name"),
            email: Email::new(&format!("{name}@example.org")).expect("an address"),
            password: None,
            member_of: Some((organisation, Roles::NONE.with(Role::Member))),
        };
        self.node.authority.create_person(&self.context(), new).await.expect("made").value.id
    }

    async fn token(&self, person: PersonId, description: &str) -> Changed<IssuedToken> {
        let description = Description::new(description).expect("a description");
        let new = NewToken { description, expires_at: None, permissions: Permissions::All, organisation: None };
        self.node.authority.create_token(&self.context(), person, new).await.expect("made")
    }

    async fn revoke(&self, token: &IssuedToken) -> Result<Changed<()>, Error> {
        self.node.authority.revoke_token(&self.context(), token.token.id).await
    }

    fn says(&self, token: &IssuedToken) -> Said {
        says(&self.node, token)
    }

    /// Stops the part that renews and follows, as a machine that hangs does. Checks go on being answered, or not.
    fn freeze(&self) {
        self.upkeep.abort();
    }

    fn thaw(&mut self) {
        self.upkeep = tokio::spawn(self.node.clone().upkeep());
    }

    async fn until(&self, token: &IssuedToken, wanted: Said) {
        let began = Instant::now();
        while self.says(token) != wanted {
            assert!(began.elapsed() < GENEROUS * 4, "still {:?}, not {wanted:?}", self.says(token));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn says(node: &Node, token: &IssuedToken) -> Said {
    let presented = Presented { presentation: Presentation::Bearer, text: token.secret.expose().as_str().into(), username: None };
    match node.authority.verifier().authenticate(Some(&presented), SystemClock.now(), &[]) {
        Ok(Ok(_)) => Said::Allow,
        Ok(Err(_)) => Said::Deny,
        Err(_) => Said::Unavailable,
    }
}
