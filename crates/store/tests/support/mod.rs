//! A throw-away PostgreSQL and things to put into a store.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::disallowed_methods,
    reason = "tests read the environment and the clock; not every test uses everything"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use domain::credential::Digest;
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::event::{Actor, Event, SecretState};
use domain::id::{CredentialId, MembershipId, OrganisationId, PersonId, RequestId};
use domain::organisation::Organisation;
use domain::person::{Membership, Person, Role, Roles};
use domain::personal_token::PersonalToken;
use domain::text::{Description, Email, Name};
use domain::time::Timestamp;
use poort_store::{Abort, By, Committed, DatabaseUrl, NewToken, Options, Outcome, Store, StoreError, WriteError};
use test_postgres::Postgres;

/// The operating system's randomness.
pub struct System;

impl Entropy for System {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        use std::io::Read as _;
        std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(buffer)).map_err(|_| EntropyUnavailable)
    }
}

pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp::from_unix_microseconds(i64::try_from(since.as_micros()).expect("before 294 000"))
}

/// A server of this test's own.
pub fn postgres() -> Postgres {
    Postgres::start("max_connections = 100").expect("a server")
}

/// A database of its own on the server that the test command gives, or on one that this test starts.
pub async fn postgres_database() -> (String, Option<Postgres>) {
    let Ok(url) = std::env::var("POORT_TEST_POSTGRES") else {
        let server = postgres();
        return (server.url(), Some(server));
    };
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let name = format!("poort_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("the given PostgreSQL");
    let task = tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database");
    drop(client);
    let _ = task.await;
    let (server, _) = url.rsplit_once('/').expect("a URL with a database");
    (format!("{server}/{name}"), None)
}

pub fn options(url: &str) -> Options {
    Options { exclusive: false, ..Options::new(DatabaseUrl::parse(url).expect("a database URL")) }
}

pub async fn open(url: &str) -> Store {
    let store = Store::open(options(url)).await.expect("opened");
    store.migrate().await.expect("migrated");
    store
}

pub fn by() -> By {
    let request = RequestId::generate(now(), &System).expect("an id");
    By { at: now(), actor: Actor::System, request, address: Some("192.0.2.7".to_owned()) }
}

pub fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

pub fn email(text: &str) -> Email {
    Email::new(text).expect("an address")
}

pub fn organisation(text: &str) -> Organisation {
    Organisation { id: OrganisationId::generate(now(), &System).expect("an id"), name: name(text), created_at: now(), suspended_at: None }
}

pub fn person(text: &str) -> Person {
    Person {
        id: PersonId::generate(now(), &System).expect("an id"),
        name: Some(name(text)),
        email: Some(email(&format!("{text}@example.org"))),
        email_verified: false,
        created_at: now(),
        suspended_at: None,
        erased_at: None,
    }
}

pub fn membership(person: &Person, organisation: &Organisation) -> Membership {
    Membership {
        id: MembershipId::generate(now(), &System).expect("an id"),
        person: person.id,
        organisation: organisation.id,
        roles: Roles::NONE.with(Role::Member),
        created_at: now(),
    }
}

pub fn token(membership: &Membership, description: &str) -> PersonalToken {
    let id = CredentialId::generate(now(), &System).expect("an id");
    let description = Description::new(description).expect("a description");
    PersonalToken::made(id, membership, description, Some("prtp_abcd".to_owned()), now())
}

pub type Written<T> = Result<Committed<T>, WriteError<&'static str>>;

/// An organisation with one member.
pub async fn member(store: &Store, text: &str) -> Membership {
    let (organisation, person) = (organisation(text), person(text));
    let membership = membership(&person, &organisation);
    let done: Written<()> = store
        .write(move |tx| {
            let (organisation, person, membership) = (organisation.clone(), person.clone(), membership.clone());
            Box::pin(async move {
                tx.insert_organisation(&organisation).await?;
                tx.record(&by(), Event::OrganisationCreated { organisation: organisation.id }).await?;
                tx.insert_person(&person, Some("$argon2id$hash".to_owned())).await?;
                tx.record(&by(), Event::PersonCreated { person: person.id }).await?;
                tx.insert_membership(&membership).await?;
                let Membership { id, person, organisation, roles, .. } = membership;
                let recorded = tx.record(&by(), Event::MembershipCreated { membership: id, person, organisation, roles }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await;
    done.expect("written");
    membership_of(store, text).await
}

async fn membership_of(store: &Store, text: &str) -> Membership {
    let address = email(&format!("{text}@example.org"));
    let found = store
        .read(move |reader| {
            Box::pin(async move {
                let person = reader.person_by_email(&address).await?.expect("there");
                reader.memberships_of(person.id).await
            })
        })
        .await;
    found.expect("read").remove(0)
}

/// Makes a token in a change of its own.
pub async fn create(store: &Store, token: &PersonalToken, digest: Digest) -> Written<()> {
    let token = token.clone();
    store
        .write(move |tx| {
            let token = token.clone();
            Box::pin(async move {
                tx.insert_token(&NewToken { token: &token, digest, imported: false }).await?;
                let recorded = tx.record(&by(), created(&token, digest)).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
}

pub fn created(token: &PersonalToken, digest: Digest) -> Event {
    Event::TokenCreated {
        token: token.id,
        membership: token.membership,
        secret: SecretState { digest, not_after: token.expires_at },
        permissions: token.permissions.clone(),
        imported: false,
    }
}

pub fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// The conflict that a change ended with.
pub fn conflict<T: std::fmt::Debug>(done: Written<T>) -> &'static str {
    match done {
        Err(WriteError::Unavailable(StoreError::Conflict(name))) => name,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

pub fn refuse(reason: &'static str) -> Abort<&'static str> {
    Abort::Refused(reason)
}

/// A connection's middle man: cuts it, or keeps the answers of COMMIT to itself.
pub struct Proxy {
    port: u16,
    pub swallow_answers_of_commits: Arc<AtomicBool>,
    cut: tokio::sync::watch::Sender<u64>,
}

impl Proxy {
    pub async fn start(url: &str) -> Self {
        let server = url.split('@').nth(1).and_then(|rest| rest.split('/').next()).expect("a host").to_owned();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let swallow = Arc::new(AtomicBool::new(false));
        let (cut, watched) = tokio::sync::watch::channel(0);
        let swallowing = swallow.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = tokio::net::TcpStream::connect(&server).await else { continue };
                let (mut watched, swallowing) = (watched.clone(), swallowing.clone());
                watched.borrow_and_update();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = watched.changed() => {}
                        () = pass(client, server, swallowing) => {}
                    }
                });
            }
        });
        Self { port, swallow_answers_of_commits: swallow, cut }
    }

    pub fn url(&self) -> String {
        format!("postgres://poort@127.0.0.1:{}/postgres", self.port)
    }

    pub fn cut(&self) {
        self.cut.send_modify(|number| *number += 1);
    }
}

async fn pass(mut client: tokio::net::TcpStream, mut server: tokio::net::TcpStream, swallow: Arc<AtomicBool>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let (mut from_client, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
    let mut committing = false;
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(length @ 1..) = read else { return };
                committing = swallow.load(Ordering::SeqCst) && from_client[..length].windows(7).any(|part| part == b"COMMIT\0");
                if server.write_all(&from_client[..length]).await.is_err() { return }
            }
            read = server.read(&mut from_server) => {
                let Ok(length @ 1..) = read else { return };
                // The commit is done; its answer never arrives.
                if committing { return }
                if client.write_all(&from_server[..length]).await.is_err() { return }
            }
        }
    }
}
