//! Commits that a replica has not confirmed: nobody is told that they are done, and nobody is told what only they know.

#![allow(clippy::disallowed_methods, reason = "tests start tasks")]

mod support;

use std::time::Duration;

use poort_store::{Options, Outcome, Store, WriteError};
use support::*;
use test_postgres::Postgres;

/// A store whose database has lost its only replica.
struct Alone {
    _server: Postgres,
    store: Store,
    client: tokio_postgres::Client,
}

impl Alone {
    async fn start() -> Self {
        let server = postgres();
        member(&open(&server.url()).await, "alone").await;
        let (client, connection) = tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.expect("connected");
        tokio::spawn(connection);
        client.batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await.expect("set");
        client.batch_execute("SELECT pg_reload_conf()").await.expect("read");
        while client.query_one("SHOW synchronous_standby_names", &[]).await.expect("shown").get::<_, String>(0).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // Opened afterwards: a connection that was there before may read the setting later than the other.
        let options =
            Options { statement_timeout: Duration::from_secs(1), write_timeout: Duration::from_secs(4), ..options(&server.url()) };
        let store = Store::open(options).await.expect("opened");
        Self { _server: server, store, client }
    }

    /// Makes PostgreSQL give up waiting, again and again: it then says that it has committed, with a warning.
    async fn give_up(&self) {
        let query = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
        loop {
            self.client.query_one(query, &[]).await.expect("asked");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn unchanged(store: &Store) -> Written<&'static str> {
    store.write(|_| Box::pin(async { Ok(Outcome::Unchanged("it is so already")) })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_about_what_is_there_already_waits_for_the_replica() {
    let alone = Alone::start().await;
    // A refusal promises nothing.
    let refused: Written<()> = alone.store.write(|_| Box::pin(async { Err(refuse("no")) })).await;
    assert!(matches!(refused, Err(WriteError::Refused("no"))), "{refused:?}");
    let answered = unchanged(&alone.store).await;
    assert!(matches!(&answered, Err(WriteError::Unavailable(error)) if error.is_outcome_unknown()), "{answered:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_postgres_warns_about_is_not_certain() {
    let alone = Alone::start().await;
    let organisation = organisation("warned");
    let written = alone.store.write(move |tx| {
        let organisation = organisation.clone();
        Box::pin(async move {
            tx.insert_organisation(&organisation).await?;
            let recorded = tx.record(&by(), domain::event::Event::OrganisationCreated { organisation: organisation.id }).await?;
            Ok(Outcome::Changed((), recorded))
        })
    });
    let began = std::time::Instant::now();
    let written: Written<()> = tokio::select! {
        written = written => written,
        () = alone.give_up() => unreachable!("it never ends"),
    };
    assert!(began.elapsed() < Duration::from_secs(1), "it was the warning, not the time");
    assert!(matches!(&written, Err(WriteError::Unavailable(error)) if error.is_outcome_unknown()), "{written:?}");
}
