//! A database that is locked, asked too much, or has too little: bounded waits, outages, and checks that go on.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_waits_for_a_lock_ends_as_an_outage_and_checks_go_on() {
    let cluster = Cluster::start();
    let one = cluster.member_with(&cluster.postgres.url(), |config| config.database_timeout_milliseconds = 500).await;
    let person = one.person().await;
    let (token, kept) = (one.token(person, "token").await.value, one.token(person, "kept").await.value);
    let locked = "BEGIN; UPDATE journal_head SET seq = seq; SELECT pg_sleep(5); ROLLBACK";
    let until_locked =
        "DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid <> pg_backend_pid())
        LOOP PERFORM pg_sleep(0.02); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$";
    let locking = async {
        // Once somebody else has the journal's head.
        cluster.postgres.execute(until_locked).await;
        let refused = one.revoke(&token).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        assert_eq!((one.says(&token), one.says(&kept)), (Said::Allow, Said::Allow), "nothing was changed, and the lease goes on");
    };
    tokio::join!(cluster.postgres.execute(locked), locking);
    let began = Instant::now();
    while one.revoke(&token).await.is_err() {
        assert!(began.elapsed() < GENEROUS * 4);
    }
    assert_eq!(one.says(&token), Said::Deny);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_many_ask_at_once_a_node_opens_only_so_many_connections() {
    let cluster = Cluster::start();
    let one = cluster.member_with(&cluster.postgres.url(), |config| config.database_readers = 2).await;
    let lists = (0..60).map(|_| {
        let node = one.node.clone();
        tokio::spawn(async move {
            let caller = authority::Caller::Operator { credential: domain::CredentialId::from_bytes([1; 16]) };
            node.authority.organisations(&caller, authority::Page::first(200)).await.map(|list| list.len())
        })
    });
    for list in lists.collect::<Vec<_>>() {
        list.await.expect("asked").expect("in its turn");
    }
    // Two readers, the writer, the renewals, the doorbell, and the four that acknowledge and ask.
    let most = "DO $$ BEGIN ASSERT (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'poort') <= 9; END $$";
    cluster.postgres.execute(most).await;
}

/// The database refuses a transaction of which it says that the same again may work; so it is tried again, but not for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_cannot_be_serialized_is_run_again() {
    let cluster = Cluster::start();
    let one = cluster.member().await;
    let person = one.person().await;
    let refuse = |times: u32, state: &str| {
        format!(
            "CREATE SEQUENCE IF NOT EXISTS refusals;
             SELECT setval('refusals', 1);
             CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN
                IF nextval('refusals') <= {times} + 1 THEN RAISE EXCEPTION USING ERRCODE = '{state}'; END IF; RETURN NEW; END $f$;
             DROP TRIGGER IF EXISTS refuse ON personal_token;
             CREATE TRIGGER refuse BEFORE INSERT ON personal_token FOR EACH ROW EXECUTE FUNCTION refuse();"
        )
    };
    for state in ["40001", "40P01"] {
        cluster.postgres.execute(&refuse(2, state)).await;
        let token = one.token(person, &format!("after {state}")).await.value;
        one.until(&token, Said::Allow).await;
    }
    cluster.postgres.execute(&refuse(1_000, "40001")).await;
    let new = NewToken {
        description: Description::new("never").expect("a description"),
        expires_at: None,
        permissions: Permissions::All,
        organisation: None,
    };
    let refused = one.node.authority.create_token(&one.context(), person, new).await.map(drop);
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    cluster.postgres.execute("DROP TRIGGER refuse ON personal_token").await;
    one.token(person, "never").await;
}
