//! A learning platform on port 0, a verifier filled by events, clocks driven by hand, and a client without habits.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use domain::credential::Installation;
use domain::entropy::Entropy;
use domain::event::SecretState;
use domain::permission::{Permission, Permissions};
use domain::person::{Role, Roles};
use domain::time::Clock;
use domain::{CredentialId, Digest, Event, Kind, MembershipId, OrganisationId, PersonId, Sequence, Timestamp};
use poort_portals::learning::{DemoPeople, Dependencies, Learning, Options, definition};
use poort_portals::tokens::{Answer, Caller, CreatedToken, ListedToken, PersonTokens, TokenError};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use verifier::{Settings, Verifier};

pub(crate) use crate::common::{self, Counting, HandClock, NOON, Reply};

/// Poort's side: the journal, as far as the verifier needs it, and people's tokens.
pub(crate) struct Poort {
    pub(crate) verifier: Arc<Verifier>,
    clock: Arc<HandClock>,
    entropy: Arc<dyn Entropy>,
    tokens: Mutex<Vec<Kept>>,
    pub(crate) unavailable: AtomicBool,
    pub(crate) last_caller: Mutex<Option<Caller>>,
}

struct Kept {
    person: PersonId,
    digest: Digest,
    listed: ListedToken,
}

pub(crate) fn person(number: u8) -> PersonId {
    PersonId::from_bytes([number; 16])
}

fn membership(person: PersonId) -> MembershipId {
    MembershipId::from_bytes(*person.as_bytes())
}

impl Poort {
    fn new(clock: Arc<HandClock>, entropy: Arc<dyn Entropy>) -> Arc<Self> {
        let installation = Installation::new("prt").expect("a prefix");
        let verifier = Verifier::new(clock.clone(), Settings { installations: vec![installation], ..Settings::default() });
        verifier.loader().finish(Sequence(0));
        verifier.lease().hold();
        let poort = Self {
            verifier: Arc::new(verifier),
            clock,
            entropy,
            tokens: Mutex::default(),
            unavailable: AtomicBool::new(false),
            last_caller: Mutex::default(),
        };
        let organisation = OrganisationId::from_bytes([9; 16]);
        poort.record(Event::OrganisationCreated { organisation });
        poort.record(Event::ApiDefined { definition: definition() });
        for number in 1..=4 {
            let person = person(number);
            poort.record(Event::PersonCreated { person });
            let roles = Roles::NONE.with(Role::Member);
            poort.record(Event::MembershipCreated { membership: membership(person), person, organisation, roles });
        }
        for (number, text) in [(1, "zeus"), (2, "staff"), (3, "student"), (4, "stranger")] {
            poort.import(person(number), text, Permissions::All);
        }
        poort.import(person(3), "powerless", Permissions::Only([].into()));
        let profile = Permission::new("learning:profile:read").expect("a permission");
        poort.import(person(3), "profile-only", Permissions::Only([profile].into()));
        Arc::new(poort)
    }

    pub(crate) fn record(&self, event: Event) {
        let next = Sequence(self.verifier.applied().0 + 1);
        self.verifier.apply(next, self.clock.now(), &event).expect("no gap");
    }

    fn import(&self, person: PersonId, text: &str, permissions: Permissions) -> CredentialId {
        self.keep(person, text, text, permissions)
    }

    fn keep(&self, person: PersonId, text: &str, description: &str, permissions: Permissions) -> CredentialId {
        let id = CredentialId::generate(self.clock.now(), self.entropy.as_ref()).expect("entropy");
        let digest = Digest::of(text.as_bytes());
        let secret = SecretState { digest, not_after: None };
        let imported = !text.starts_with("prtp_");
        self.record(Event::TokenCreated { token: id, membership: membership(person), secret, permissions, imported });
        let listed = ListedToken { id, description: description.to_owned(), created_at: self.clock.now() };
        self.tokens.lock().expect("no panic").push(Kept { person, digest, listed });
        id
    }

    fn reachable(&self) -> Result<(), TokenError> {
        if self.unavailable.load(Ordering::SeqCst) { Err(TokenError::Unavailable) } else { Ok(()) }
    }
}

impl PersonTokens for Poort {
    fn create<'a>(&'a self, person: PersonId, description: &'a str, by: Caller) -> Answer<'a, CreatedToken> {
        Box::pin(async move {
            self.reachable()?;
            *self.last_caller.lock().expect("no panic") = Some(by);
            let description =
                domain::text::Description::new(description).map_err(|error| TokenError::InvalidDescription(error.to_string()))?;
            let taken = self
                .tokens
                .lock()
                .expect("no panic")
                .iter()
                .any(|kept| kept.person == person && domain::text::fold(&kept.listed.description) == description.folded());
            if taken {
                return Err(TokenError::DescriptionTaken);
            }
            let installation = Installation::new("prt").expect("a prefix");
            let secret = installation.generate(Kind::PersonalToken, self.entropy.as_ref()).expect("entropy");
            let id = self.keep(person, secret.expose(), description.as_str(), Permissions::All);
            Ok(CreatedToken { id, secret })
        })
    }

    fn list<'a>(&'a self, person: PersonId) -> Answer<'a, Vec<ListedToken>> {
        Box::pin(async move {
            self.reachable()?;
            let tokens = self.tokens.lock().expect("no panic");
            Ok(tokens.iter().filter(|kept| kept.person == person).map(|kept| kept.listed.clone()).collect())
        })
    }

    fn owner<'a>(&'a self, token: CredentialId) -> Answer<'a, Option<PersonId>> {
        Box::pin(async move {
            self.reachable()?;
            let tokens = self.tokens.lock().expect("no panic");
            Ok(tokens.iter().find(|kept| kept.listed.id == token).map(|kept| kept.person))
        })
    }

    fn delete<'a>(&'a self, person: PersonId, token: CredentialId, by: Caller) -> Answer<'a, bool> {
        Box::pin(async move {
            self.reachable()?;
            *self.last_caller.lock().expect("no panic") = Some(by);
            let mut tokens = self.tokens.lock().expect("no panic");
            let Some(place) = tokens.iter().position(|kept| kept.person == person && kept.listed.id == token) else {
                return Ok(false);
            };
            let kept = tokens.remove(place);
            self.record(Event::TokensRevoked { tokens: vec![token], digests: vec![kept.digest] });
            Ok(true)
        })
    }
}

/// A running platform. Dropped: stopped, its data gone unless it was taken by [`World::stop`].
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) poort: Arc<Poort>,
    tasks: JoinSet<()>,
    folder: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_in(TempDir::new().expect("a folder"), true).await
    }

    /// Starts on what an earlier platform left in this folder.
    pub(crate) async fn start_in(folder: TempDir, with_judge: bool) -> Self {
        let now = Timestamp::parse(NOON).expect("a time");
        let clock = Arc::new(HandClock::at_noon());
        let entropy: Arc<dyn Entropy> = Arc::new(Counting::default());
        let poort = Poort::new(clock.clone(), entropy.clone());
        let learning = Learning::open(Options { path: folder.path().join("learning.sqlite") }).await;
        let learning = Arc::new(learning.expect("opened"));
        let people = DemoPeople { zeus: person(1), staff: person(2), student: person(3) };
        learning.seed(&people, now).await.expect("seeded");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let dependencies = Dependencies {
            verifier: poort.verifier.clone(),
            clock: clock.clone(),
            entropy,
            tokens: poort.clone(),
            base_urls: vec![format!("http://{address}"), "https://dodona.be".to_owned()],
            console: Some("https://poort.example".to_owned()),
        };
        let router = learning.clone().router(dependencies).expect("base URLs");
        let mut tasks = JoinSet::new();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tasks.spawn(async move { axum::serve(listener, service).await.expect("served") });
        if with_judge {
            tasks.spawn(learning.judge());
        }
        Self { address, clock, poort, tasks, folder }
    }

    /// Stops at once, as a killed process would, and gives what is left on disk.
    pub(crate) async fn stop(mut self) -> TempDir {
        self.tasks.shutdown().await;
        self.folder
    }

    pub(crate) fn database_path(&self) -> std::path::PathBuf {
        Path::new(self.folder.path()).join("learning.sqlite")
    }

    /// Waits until the judge has nothing left to do for this submission.
    pub(crate) async fn judged(&self, url: &str) -> serde_json::Value {
        loop {
            let submission = self.get(url, "student").await.json();
            if !["queued", "running"].contains(&submission["status"].as_str().expect("a status")) {
                return submission;
            }
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn get(&self, target: &str, token: &str) -> Reply {
        self.send("GET", target, &[("Accept", "application/json"), ("Authorization", token)], "").await
    }

    pub(crate) async fn post(&self, target: &str, token: &str, body: &serde_json::Value) -> Reply {
        let headers = [("Accept", "application/json"), ("Content-Type", "application/json"), ("Authorization", token)];
        self.send("POST", target, &headers, &body.to_string()).await
    }

    /// Sends a request to the platform's own host. An absolute URL of that host may stand for its path.
    pub(crate) async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let target = target.strip_prefix(&format!("http://{}", self.address)).unwrap_or(target);
        let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.raw(text.as_bytes()).await
    }

    /// Sends these very bytes.
    pub(crate) async fn raw(&self, request: &[u8]) -> Reply {
        common::send(self.address, request).await
    }
}
