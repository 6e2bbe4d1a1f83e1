//! What happens when something fails: one change of many, the database, the connection at the wrong moment.

#![allow(clippy::disallowed_methods, reason = "tests start tasks")]

mod support;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::event::{Event, Sequence};
use domain::id::NodeId;
use futures_util::future::join_all;
use poort_store::{Options, Outcome, Store, StoreError, WriteError};
use support::*;

fn sqlite(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("poort.db").display())
}

/// The batch begins when a change that is alone in its own, and waits for the others to be queued, lets go of the writer.
async fn one_of_64_fails(url: &str) {
    let store = open(url).await;
    let member = member(&store, "batch").await;
    let before = store.tail(Sequence(0), 1_000).await.expect("read").len();
    let fed = Arc::new(Mutex::new(Vec::<usize>::new()));
    let batches = fed.clone();
    store.feed(Arc::new(move |entries| batches.lock().expect("not poisoned").push(entries.len())));
    let hold = Arc::new(AtomicBool::new(true));
    let running = Arc::new(AtomicBool::new(false));
    let (held, runs, writing) = (hold.clone(), running.clone(), store.clone());
    let blocker = tokio::spawn(async move {
        let done = writing.write(move |_| {
            runs.store(true, Ordering::SeqCst);
            // The only writer stands still here, in a test, so that the 64 wait together.
            while held.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            Box::pin(async move { Ok::<_, poort_store::Abort<&'static str>>(Outcome::Unchanged(())) })
        });
        done.await.map(|_| ())
    });
    while !running.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let changes = (0..64).map(|number| {
        // Number 40 takes the description of number 3.
        let described = if number == 40 { 3 } else { number };
        let token = token(&member, &format!("token {described}"));
        let store = store.clone();
        async move { create(&store, &token, digest(&format!("secret {number}"))).await }
    });
    let release = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        hold.store(false, Ordering::SeqCst);
    };
    let (blocked, done, ()) = tokio::join!(blocker, join_all(changes), release);
    blocked.expect("no panic").expect("let go");
    let failed: Vec<usize> = (0..64).filter(|number| done[*number].is_err()).collect();
    assert_eq!(failed, [40]);
    assert!(matches!(done[40], Err(WriteError::Unavailable(StoreError::Conflict("personal_token_description")))));
    assert_eq!(*fed.lock().expect("not poisoned"), [63], "one batch, one call of the feed");
    let entries = store.tail(Sequence(0), 1_000).await.expect("read");
    assert_eq!(entries.len(), before + 63);
    assert!(entries.iter().zip(1..).all(|(entry, place)| entry.sequence == Sequence(place)), "a gap");
    let person = member.person;
    let count = store.read(move |reader| Box::pin(async move { reader.count_live_tokens(person).await })).await.expect("read");
    assert_eq!(count, 63);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_64_waiting_changes_fails_alone_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    one_of_64_fails(&sqlite(&folder)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_64_waiting_changes_fails_alone_on_postgres() {
    let (url, _server) = postgres_database().await;
    one_of_64_fails(&url).await;
}

async fn panics_and_waiting(url: &str) {
    let store = open(url).await;
    let member = member(&store, "panic").await;
    let panicking: Written<()> = store.write(|_| Box::pin(async { panic!("a defect of a use case") })).await;
    assert!(matches!(panicking, Err(WriteError::Unavailable(StoreError::Defect(_)))), "{panicking:?}");
    let reading = store.read::<(), _>(|_| Box::pin(async { panic!("a defect of a reading") }));
    if store.is_embedded() {
        assert!(matches!(reading.await, Err(StoreError::Defect(_))));
    }
    create(&store, &token(&member, "afterwards"), digest("afterwards")).await.expect("the writer goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_leaves_the_writer_alive() {
    let folder = tempfile::tempdir().expect("a folder");
    panics_and_waiting(&sqlite(&folder)).await;
    let (url, _server) = postgres_database().await;
    panics_and_waiting(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_change_that_waits_for_something_else_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&sqlite(&folder)).await;
    let waiting: Written<()> = store
        .write(|_| {
            Box::pin(async {
                tokio::task::yield_now().await;
                Ok(Outcome::Unchanged(()))
            })
        })
        .await;
    assert!(matches!(waiting, Err(WriteError::Unavailable(StoreError::Defect(_)))));
    member(&store, "afterwards").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_waits_for_the_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&sqlite(&folder)).await;
    assert_eq!(store.database_setting("journal_mode").await.expect("read"), "wal");
    assert_eq!(store.database_setting("synchronous").await.expect("read"), "2", "FULL");
    assert_eq!(store.database_setting("foreign_keys").await.expect("read"), "1");
}

/// A full disk, as far as SQLite can tell: the file may not grow.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_sqlite_file_is_no_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("poort.db");
    std::fs::write(&path, vec![7; 8192]).expect("written");
    let opened = Store::open(options(&sqlite(&folder))).await;
    assert!(matches!(opened, Err(StoreError::Corrupt(_))), "{:?}", opened.err());
}

/// Two writing stores and a reader that tails: no gap, no disorder.
#[tokio::test(flavor = "multi_thread")]
async fn two_writing_processes_leave_no_gap_in_the_journal() {
    const EACH: usize = 150;
    let (url, _server) = postgres_database().await;
    let (one, other, reader) = (open(&url).await, open(&url).await, open(&url).await);
    let start = reader.tail(Sequence(0), 1).await.expect("read").len();
    assert_eq!(start, 0);
    let writing = [one, other].into_iter().enumerate().map(|(number, store)| async move {
        let member = member(&store, &format!("writer{number}")).await;
        for part in 0..EACH / 10 {
            let batch = (0..10).map(|place| {
                let token = token(&member, &format!("token {part} {place}"));
                let store = store.clone();
                async move { create(&store, &token, digest(&format!("{number} {part} {place}"))).await }
            });
            for done in join_all(batch).await {
                done.expect("created");
            }
        }
    });
    let wanted = 2 * (EACH + 3);
    let tailing = async {
        let mut after = Sequence(0);
        while after.0 < wanted as i64 {
            for entry in reader.tail(after, 100).await.expect("read") {
                assert_eq!(entry.sequence.0, after.0 + 1, "a gap or disorder");
                after = entry.sequence;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), async { tokio::join!(join_all(writing), tailing) }).await.expect("all written");
}

/// A reader that follows through the feed sees what another process wrote, too.
#[tokio::test(flavor = "multi_thread")]
async fn the_feed_gets_what_another_process_wrote() {
    let (url, _server) = postgres_database().await;
    let (server, maintenance) = (open(&url).await, open(&url).await);
    let poured = server.snapshot(now(), |snapshot| snapshot.pour(&mut Nothing)).await.expect("loaded");
    assert_eq!(poured, Sequence(0));
    let fed = Arc::new(Mutex::new(Vec::new()));
    let seen = fed.clone();
    server.feed(Arc::new(move |entries| seen.lock().expect("not poisoned").extend(entries.iter().map(|entry| entry.sequence.0))));
    let member = member(&maintenance, "elsewhere").await;
    create(&server, &token(&member, "here"), digest("here")).await.expect("created");
    assert_eq!(*fed.lock().expect("not poisoned"), [1, 2, 3, 4]);
}

struct Nothing;

impl poort_store::SnapshotSink for Nothing {
    fn workspace(&mut self, _: &poort_store::WorkspaceRecord) {}
    fn delegation(&mut self, _: &poort_store::DelegationRecord<'_>) {}
    fn organisation_token(&mut self, _: &poort_store::OrganisationTokenRecord<'_>) {}
    fn organisation(&mut self, _: domain::OrganisationId, _: bool) {}
    fn person(&mut self, _: domain::PersonId, _: bool) {}
    fn membership(&mut self, _: &poort_store::MembershipRecord) {}
    fn api(&mut self, _: domain::api::ApiDefinition) {}
    fn announcement(&mut self, _: domain::AnnouncementId, _: &str, _: domain::announcement::Signal) {}
    fn token(&mut self, _: &poort_store::TokenRecord<'_>) {}
    fn api_credential(&mut self, _: domain::CredentialId, _: &str, _: domain::Digest) {}
    fn operator_token(&mut self, _: domain::CredentialId, _: domain::Digest) {}
    fn organisation_key(&mut self, _: &domain::organisation_key::OrganisationKeyRecord) {}
    fn grant(&mut self, _: &domain::grant::GrantRecord) {}
    fn ended(&mut self, _: [u8; 16], _: domain::Timestamp) {}
    fn fence(&mut self, _: &domain::Fence) {}
}

fn impatient(url: &str) -> Options {
    Options {
        statement_timeout: Duration::from_secs(1),
        connect_timeout: Duration::from_secs(1),
        write_timeout: Duration::from_secs(4),
        ..options(url)
    }
}

async fn set_up_impatient(url: &str) -> (Store, domain::person::Membership) {
    open(url).await;
    let store = Store::open(impatient(url)).await.expect("opened");
    let member = member(&store, "outage").await;
    (store, member)
}

async fn read_something(store: &Store) -> Result<Option<String>, StoreError> {
    store.read(|reader| Box::pin(async move { reader.setting("anything").await })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_database_is_unavailable_and_comes_back() {
    let server = postgres();
    let (store, member) = set_up_impatient(&server.url()).await;
    server.kill();
    let written = create(&store, &token(&member, "while it is gone"), digest("gone")).await;
    assert!(matches!(&written, Err(WriteError::Unavailable(error)) if error.is_unavailable()), "{written:?}");
    assert!(read_something(&store).await.is_err_and(|error| error.is_unavailable()));
    server.launch().expect("started again");
    create(&store, &token(&member, "afterwards"), digest("afterwards")).await.expect("by itself again");
    assert_eq!(read_something(&store).await.expect("by itself again"), None);
    // What was acknowledged is there; what was not may not be half there.
    let entries = store.tail(Sequence(0), 100).await.expect("read");
    let person = member.person;
    let live = store.read(move |reader| Box::pin(async move { reader.count_live_tokens(person).await })).await.expect("read");
    assert_eq!(entries.len() as u64, 3 + live);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stands_still_is_unavailable() {
    let server = postgres();
    let (store, member) = set_up_impatient(&server.url()).await;
    read_something(&store).await.expect("a connection in the pool");
    server.signal("-STOP");
    let stopped = token(&member, "stopped");
    let change = create(&store, &stopped, digest("stopped"));
    let (written, read) = tokio::join!(change, read_something(&store));
    server.signal("-CONT");
    assert!(matches!(&written, Err(WriteError::Unavailable(error)) if error.is_unavailable()), "{written:?}");
    assert!(read.is_err_and(|error| error.is_unavailable()));
    // The one before may still hold the journal's head for as long as its time-out lasts.
    let mut attempts = 0;
    while create(&store, &token(&member, &format!("afterwards {attempts}")), digest(&format!("afterwards {attempts}"))).await.is_err() {
        attempts += 1;
        assert!(attempts < 20, "the database does not come back");
    }
}

/// The connection breaks between COMMIT and its answer: nobody can tell, and nobody is told that it was done or not.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_said_to_be_unknown() {
    let server = postgres();
    let (direct, member) = set_up_impatient(&server.url()).await;
    let proxy = Proxy::start(&server.url()).await;
    let store = Store::open(impatient(&proxy.url())).await.expect("opened through the proxy");
    store.snapshot(now(), |snapshot| snapshot.pour(&mut Nothing)).await.expect("loaded");
    let fed = Arc::new(AtomicUsize::new(0));
    let count = fed.clone();
    store.feed(Arc::new(move |entries| {
        count.fetch_add(entries.len(), Ordering::SeqCst);
    }));
    proxy.swallow_answers_of_commits.store(true, Ordering::SeqCst);
    let written = create(&store, &token(&member, "unknown"), digest("unknown")).await;
    proxy.swallow_answers_of_commits.store(false, Ordering::SeqCst);
    assert!(matches!(&written, Err(WriteError::Unavailable(error)) if error.is_outcome_unknown()), "{written:?}");
    assert!(direct.read(|reader| Box::pin(async move { reader.digest_known(&digest("unknown")).await })).await.expect("read"));
    // The feed gets it as soon as the head can be locked again, without anybody writing.
    let settled = async {
        while fed.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled).await.expect("the feed catches up");
    assert_eq!(fed.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_is_not_certain_counts_as_none() {
    let server = postgres();
    open(&server.url()).await;
    let proxy = Proxy::start(&server.url()).await;
    let store = Store::open(options(&proxy.url())).await.expect("opened");
    store.register_node(NodeId::generate(now(), &System).expect("an id"), "node", now()).await.expect("registered");
    store.renew_node(Sequence(0), now()).await.expect("renewed").finish();
    // A broken connection is dropped, at the latest when it is used; the next renewal has another.
    proxy.cut();
    let _ = store.renew_node(Sequence(0), now()).await;
    store.renew_node(Sequence(0), now()).await.expect("renewed").finish();
    // A replica that does not answer: in time nothing is known.
    let (client, connection) = tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.expect("connected");
    tokio::spawn(connection);
    client.batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await.expect("set");
    client.batch_execute("SELECT pg_reload_conf()").await.expect("read");
    while client.query_one("SHOW synchronous_standby_names", &[]).await.expect("shown").get::<_, String>(0).is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The setting counts from when PostgreSQL's checkpointer has read it too.
    let refused = async {
        while store.renew_node(Sequence(0), now()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), refused).await.expect("a renewal that its replica does not have counts as none");
    // And where somebody makes PostgreSQL give up waiting, it commits with a warning only.
    let giving_up = async {
        let query = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT'";
        for _ in 0..400 {
            client.query_one(query, &[]).await.expect("asked");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let renewed = tokio::select! {
        renewed = store.renew_node(Sequence(0), now()) => renewed,
        () = giving_up => panic!("the renewal neither ended nor failed"),
    };
    // The time would say that it was not renewed; the warning says that nobody knows.
    assert!(renewed.err().expect("refused").is_outcome_unknown(), "it was the warning, not the time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_database_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&sqlite(&folder)).await;
    let again = store.migrate().await.expect("again");
    assert_eq!((again.applied.len(), again.already > 0), (0, true));
    let connection = rusqlite::Connection::open(folder.path().join("poort.db")).expect("opened");
    connection.execute("INSERT INTO migration VALUES (99, 'later', x'00')", []).expect("inserted");
    assert!(store.migrate().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_readers_is_still_committed_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&sqlite(&folder)).await;
    let member = member(&store, "gone").await;
    for number in 0..50 {
        let token = token(&member, &format!("token {number}"));
        let (store, digest) = (store.clone(), digest(&format!("{number}")));
        // Whoever asked goes away at once.
        let task = tokio::spawn(async move { create(&store, &token, digest).await.is_ok() });
        if number % 2 == 0 {
            task.abort();
        } else {
            assert!(task.await.expect("not aborted"));
        }
    }
    let person = member.person;
    let live = store.read(move |reader| Box::pin(async move { reader.count_live_tokens(person).await })).await.expect("read");
    let made = store.tail(Sequence(0), 1_000).await.expect("read");
    let made = made.iter().filter(|entry| matches!(entry.event, Event::TokenCreated { .. })).count();
    assert_eq!(live, made as u64);
    assert!(live >= 25);
}
