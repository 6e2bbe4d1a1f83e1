//! Every verb, on both databases, with the same results; fails for a statement that did not run on one of them.
#![allow(clippy::too_many_lines, unused_braces, reason = "a story is read from top to bottom")]

#[path = "../support/mod.rs"]
mod support;

use std::sync::Mutex;

use domain::api::ApiDefinition;
use domain::event::{Event, SecretState, Sequence};
use domain::id::{CredentialId, DelegationId, MembershipId, NodeId, OrganisationId, PersonId};
use domain::permission::{Permission, Permissions};
use domain::person::{Role, Roles};
use domain::text::Description;
use domain::{Digest, Timestamp};
use futures_util::future::BoxFuture;
use poort_store::sealing::{MasterKey, NewServerKey, SealingError};
use poort_store::statement::{self, Engine};
use poort_store::{
    Abort, ApiCredential, DelegationRecord, Era, KeyState, MembershipRecord, OperatorToken, OrganisationTokenRecord, Outcome, Page, Reader,
    SnapshotSink, Store, StoreError, TokenRecord, Tx, UsageRow, WorkspaceRecord, conflict,
};
use support::*;

const ALL: Page = Page::first(100);
/// How many there are.
const MIGRATIONS: usize = 23;

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_runs_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    suite(&format!("sqlite:{}", folder.path().join("poort.db").display())).await;
    assert_eq!(not_run(Engine::Sqlite), Vec::<&str>::new(), "statements that did not run on SQLite");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_runs_on_postgres() {
    let (url, _server) = postgres_database().await;
    suite(&url).await;
    assert_eq!(not_run(Engine::Postgres), Vec::<&str>::new(), "statements that did not run on PostgreSQL");
}

fn not_run(engine: Engine) -> Vec<&'static str> {
    statement::all().filter(|statement| !statement.has_run_on(engine)).map(|statement| statement.name()).collect()
}

async fn suite(url: &str) {
    migrations(url).await;
    let store = open(url).await;
    organisations(&store).await;
    people(&store).await;
    memberships(&store).await;
    tokens(&store).await;
    secrets_and_rotation(&store).await;
    apis_and_credentials(&store).await;
    settings_answers_usage(&store).await;
    refused_requests(&store).await;
    keys(&store).await;
    journal(&store).await;
    allowances(&store).await;
    interactions(&store).await;
    erasure(&store).await;
    workspaces(&store).await;
    organisation_tokens(&store).await;
    rotation_and_end(&store).await;
    delegations(&store).await;
    organisation_keys(&store).await;
    snapshot(&store).await;
    activity::activity(&store).await;
    codes(&store).await;
    sessions(&store).await;
    announcements(&store).await;
    mail_links(&store).await;
    letters(&store).await;
    audit(&store).await;
    second_factors(&store).await;
    changes_need_their_event(&store).await;
    one_server(url).await;
    nodes(url).await;
    backup::backups(url).await;
}

/// A change without a use case: records that an organisation was renamed.
async fn change<T, F>(store: &Store, work: F) -> Written<T>
where
    T: Send + 'static,
    F: for<'a> FnOnce(&'a mut Tx<'_>) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
{
    let mut work = Some(work);
    store
        .write(move |tx| {
            let work = work.take().expect("nobody else writes, so it runs once");
            Box::pin(async move {
                let value = work(tx).await?;
                let event = Event::OrganisationRenamed { organisation: OrganisationId::from_bytes([1; 16]) };
                let recorded = tx.record(&by(), event).await?;
                Ok(Outcome::Changed(value, recorded))
            })
        })
        .await
}

macro_rules! write {
    ($store:expr, |$tx:ident| $work:expr) => {
        change($store, move |$tx| Box::pin(async move { $work }))
    };
}

macro_rules! read {
    ($store:expr, |$reader:ident| $work:expr) => {
        $store.read(move |$reader: &mut Reader<'_>| Box::pin(async move { $work })).await.expect("read")
    };
}

mod activity;
mod announcements;
mod audit;
mod backup;
mod codes;
mod delegations;
mod installation;
mod letters;
mod mail_links;
mod organisation_keys;
mod organisation_tokens;
mod second_factors;
mod sessions;
mod tenancy;
mod tokens;

use announcements::*;
use audit::*;
use codes::*;
use delegations::*;
use installation::*;
use letters::*;
use mail_links::*;
use organisation_keys::*;
use organisation_tokens::*;
use second_factors::*;
use sessions::*;
use tenancy::*;
use tokens::*;

async fn done<T: std::fmt::Debug>(change: impl Future<Output = Written<T>>) -> T {
    change.await.expect("written").value
}

async fn migrations(url: &str) {
    // Two processes at the same time: one of them does it.
    let (one, other) = (Store::open(options(url)).await.expect("opened"), Store::open(options(url)).await.expect("opened"));
    let (one, other) = tokio::join!(one.migrate(), other.migrate());
    let (one, other) = (one.expect("migrated"), other.expect("migrated"));
    assert_eq!(one.applied.len() + other.applied.len(), MIGRATIONS);
    assert_eq!(one.already + other.already, MIGRATIONS);
}

async fn changes_need_their_event(store: &Store) {
    let before = read!(store, |reader| { reader.head().await });
    let unchanged: Written<()> = store
        .write(|tx| {
            Box::pin(async move {
                tx.put_setting("kept", "no").await?;
                tx.record(&by(), Event::ServerKeyCreated { key: "none".to_owned() }).await?;
                Ok(Outcome::Unchanged(()))
            })
        })
        .await;
    assert_eq!(unchanged.expect("nothing to do").sequence, None);
    let refused: Written<()> = store
        .write(|tx| {
            Box::pin(async move {
                tx.put_setting("kept", "no").await?;
                Err(Abort::Refused("no"))
            })
        })
        .await;
    assert!(matches!(refused, Err(poort_store::WriteError::Refused("no"))));
    assert_eq!(read!(store, |reader| { reader.setting("kept").await }), None);
    assert_eq!(read!(store, |reader| { reader.head().await }), before);
    // Evidence of another change is no evidence.
    let recorded = Mutex::new(None);
    let first: Written<poort_store::Recorded> = store
        .write(|tx| {
            Box::pin(async move {
                let recorded = tx.record(&by(), Event::ServerKeyCreated { key: "none".to_owned() }).await?;
                Ok(Outcome::Changed(recorded, recorded))
            })
        })
        .await;
    *recorded.lock().expect("not poisoned") = Some(first.expect("written").value);
    let smuggled: Written<()> = store
        .write(move |tx| {
            let recorded = recorded.lock().expect("not poisoned").expect("there");
            Box::pin(async move {
                tx.put_setting("kept", "no").await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await;
    assert!(matches!(smuggled, Err(poort_store::WriteError::Unavailable(StoreError::Defect(_)))));
    assert_eq!(read!(store, |reader| { reader.setting("kept").await }), None);
}

async fn one_server(url: &str) {
    let exclusive = poort_store::Options { exclusive: true, ..options(url) };
    let server = Store::open(exclusive.clone()).await.expect("the first");
    if server.is_embedded() {
        assert!(matches!(Store::open(exclusive.clone()).await, Err(StoreError::Refused(_))));
    }
    // Maintenance beside it is allowed.
    assert_eq!(open(url).await.migrate().await.expect("nothing to do").applied.len(), 0);
    server.close().await.expect("left");
    let next = Store::open(exclusive).await.expect("free again");
    done(write!(&next, |tx| { tx.put_setting("next", "here").await })).await;
}

async fn nodes(url: &str) {
    let store = open(url).await;
    let id = NodeId::generate(now(), &System).expect("an id");
    assert_eq!(store.database_time().await.expect("read").is_none(), store.is_embedded());
    store.register_node(id, "here:1", now()).await.expect("registered");
    assert_eq!((store.own_node(), store.live_nodes().await.expect("read").len()), (Some(id), 0), "nobody waits for one that loads");
    let mut renewal = store.renew_node(Sequence(1), now()).await.expect("renewed");
    let tail = renewal.journal_after(Sequence(1), 2).await.expect("read");
    assert_eq!(tail.entries.iter().map(|entry| entry.sequence.0).collect::<Vec<_>>(), [2, 3]);
    assert!(tail.head >= Sequence(3));
    renewal.finish();
    assert!(store.journal_after(tail.head, 2).await.expect("read").entries.is_empty());
    let first = store.live_nodes().await.expect("read")[0];
    assert_eq!((first.id, first.lease_number, first.acknowledged), (id, 1, Sequence(1)));
    assert_eq!(first.lease, options(url).lease);
    for (said, kept) in [(5, 5), (3, 5)] {
        store.acknowledge(Sequence(said)).await.expect("acknowledged");
        assert_eq!(store.live_nodes().await.expect("read")[0].acknowledged, Sequence(kept));
    }
    let situation = store.situation().await.expect("read");
    assert_eq!((&situation.live, situation.settled), (&store.live_nodes().await.expect("read"), true), "it was empty before");
    assert_eq!(situation.longest_lease, options(url).lease);
    let entry = store.tail(Sequence(2), 1).await.expect("read").remove(0);
    assert_eq!(store.at_place(Sequence(3)).await.expect("read"), (situation.era.clone(), Some(entry.request)));
    assert_eq!(store.at_place(Sequence(i64::MAX)).await.expect("read").1, None);
    let place = done(write!(&store, |tx| {
        tx.put_setting("settled_era", "another").await?;
        tx.last_place().await
    }));
    let before = store.tail(Sequence(0), 1_000).await.expect("read").last().map(|entry| (entry.sequence, Some(entry.request)));
    let place = place.await;
    assert_eq!(Some((place.sequence, place.request)), before);
    assert!(!store.situation().await.expect("read").settled);
    store.settle_era(&Era::named("another")).await.expect("asked");
    assert!(!store.situation().await.expect("read").settled, "of an era that is over nothing is shown");
    store.settle_era(&situation.era).await.expect("settled");
    assert!(store.situation().await.expect("read").settled);
    store.renew_node(Sequence(0), now()).await.expect("renewed").finish();
    store.lapse_node(&first).await.expect("asked");
    let second = store.live_nodes().await.expect("read")[0];
    assert_eq!((second.lease_number, second.acknowledged), (2, Sequence(5)), "whoever renewed meanwhile stays");
    store.lapse_node(&second).await.expect("lapsed");
    assert_eq!(store.live_nodes().await.expect("read").len(), 0);
    store.renew_node(Sequence(6), now()).await.expect("renewed").finish();
    store.leave_node().await.expect("left");
    assert_eq!(store.live_nodes().await.expect("read").len(), 0);
    let shown = read!(&store, |reader| { reader.nodes(ALL).await });
    assert_eq!((shown[0].name.as_str(), shown[0].live, shown[0].lease_number, shown[0].acknowledged), ("here:1", false, 3, Sequence(6)));
    store.forget_nodes(Timestamp::from_unix_seconds(now().unix_seconds() + 60)).await.expect("forgotten");
    assert_eq!(read!(&store, |reader| { reader.nodes(ALL).await }).len(), 0);
    assert!(matches!(store.renew_node(Sequence(6), now()).await, Err(StoreError::Refused(_))));
}
