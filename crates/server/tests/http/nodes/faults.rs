//! Nodes that hang, lose their database, leave, or fall behind.

use super::*;

use authority::IdempotencyKey;
use domain::Digest;
use testkit::Wire;

/// REV-01.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_hangs_is_waited_out_once_and_answers_nothing_until_it_has_caught_up() {
    let cluster = Cluster::start();
    let (one, mut two) = (cluster.member().await, cluster.member().await);
    let person = one.person().await;
    let (first, second, third) =
        (one.token(person, "first").await.value, one.token(person, "second").await.value, one.token(person, "third").await.value);
    two.until(&third, Said::Allow).await;
    two.freeze();
    let began = Instant::now();
    let receipt = one.revoke(&first).await.expect("revoked").receipt;
    let waited = began.elapsed();
    assert_eq!((receipt.nodes, receipt.confirmed, receipt.waited_out), (2, 1, 1));
    assert!(waited < BOUND + GENEROUS, "{waited:?}");
    assert_eq!(two.says(&first), Said::Unavailable, "its lease was over before the call returned");
    // The others go on.
    one.until(&second, Said::Allow).await;
    // Nobody waits for it again.
    let receipt = one.revoke(&second).await.expect("revoked").receipt;
    assert_eq!((receipt.nodes, receipt.confirmed, receipt.waited_out), (1, 1, 0));
    assert_eq!(two.says(&third), Said::Unavailable);
    two.thaw();
    two.until(&third, Said::Allow).await;
    assert_eq!((two.says(&first), two.says(&second)), (Said::Deny, Said::Deny), "with its lease it has what it missed");
    let receipt = one.revoke(&third).await.expect("revoked").receipt;
    assert_eq!((receipt.nodes, receipt.confirmed), (2, 2), "it is waited for again");
    assert_eq!(two.says(&third), Said::Deny);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_never_allows_what_was_ended_while_it_hung_at_any_moment() {
    let cluster = Cluster::start();
    let (one, mut two) = (cluster.member().await, cluster.member().await);
    let person = one.person().await;
    for pause in [0, 40, 110, 190, 260] {
        let token = one.token(person, &format!("pause {pause}")).await.value;
        two.until(&token, Said::Allow).await;
        two.freeze();
        let revoking = async {
            let receipt = one.revoke(&token).await.expect("revoked").receipt;
            assert_ne!(two.says(&token), Said::Allow);
            receipt
        };
        // It comes back while the change waits for it, or after.
        let (receipt, ()) = tokio::join!(revoking, tokio::time::sleep(Duration::from_millis(pause)));
        assert_eq!(receipt.confirmed + receipt.waited_out, receipt.nodes);
        two.thaw();
        for _ in 0..300 {
            assert_ne!(two.says(&token), Said::Allow);
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        two.until(&token, Said::Deny).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_creation_waits_half_a_second_at_most_and_says_so() {
    let cluster = Cluster::start();
    let (one, two) = (cluster.member().await, cluster.member().await);
    let person = one.person().await;
    two.freeze();
    let began = Instant::now();
    let receipt = one.token(person, "made").await.receipt;
    assert_eq!((receipt.nodes, receipt.confirmed, receipt.waited_out), (2, 1, 0));
    assert!(began.elapsed() < Duration::from_millis(500) + GENEROUS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_leaves_is_not_waited_for() {
    let cluster = Cluster::start();
    let (one, two) = (cluster.member().await, cluster.member().await);
    let person = one.person().await;
    let token = one.token(person, "token").await.value;
    two.node.stop().await;
    assert_eq!(two.says(&token), Said::Unavailable);
    let receipt = one.revoke(&token).await.expect("revoked").receipt;
    assert_eq!((receipt.nodes, receipt.confirmed, receipt.waited_out), (1, 1, 0));
    // Its upkeep still runs here; it must not bring the lease back.
    tokio::time::sleep(LEASE / 2).await;
    assert_eq!(two.says(&token), Said::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_cut_off_from_the_database_stops_answering_and_is_right_again_afterwards() {
    let cluster = Cluster::start();
    let wire = Wire::to(&cluster.postgres.url()).await;
    let (one, two) = (cluster.member().await, cluster.member_with(&wire.url(), |_| {}).await);
    let person = one.person().await;
    let (ended, kept) = (one.token(person, "ended").await.value, one.token(person, "kept").await.value);
    two.until(&kept, Said::Allow).await;
    wire.cut(true);
    let receipt = one.revoke(&ended).await.expect("revoked").receipt;
    assert_eq!((receipt.nodes, receipt.confirmed, receipt.waited_out), (2, 1, 1));
    assert_eq!(two.says(&ended), Said::Unavailable);
    assert!(!two.node.is_ready().await);
    wire.cut(false);
    two.until(&kept, Said::Allow).await;
    assert_eq!(two.says(&ended), Said::Deny);
    assert!(two.node.is_ready().await);
    assert_eq!(two.revoke(&kept).await.expect("revoked").receipt.confirmed, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_dies_while_a_change_waits_leaves_its_outcome_unknown_and_asking_again_waits_too() {
    let cluster = Cluster::start();
    let wire = Wire::to(&cluster.postgres.url()).await;
    let (one, mut two) = (
        cluster.member_with(&wire.url(), |_| {}).await,
        cluster.member_with(&cluster.postgres.url(), |config| config.lease_milliseconds = 60_000).await,
    );
    let person = two.person().await;
    let token = two.token(person, "token").await.value;
    two.freeze();
    let key = IdempotencyKey::new("0123456789abcdefghijklmnop", Digest::of(b"revoke")).expect("a key");
    let context = || Context { idempotency: Some(key.clone()), ..one.context() };
    let head = one.node.authority.verifier().applied();
    let asked = context();
    let revoking = one.node.authority.revoke_token(&asked, token.token.id);
    let cutting = async {
        // Committed, and waiting for the node that hangs.
        while one.node.authority.verifier().applied() == head {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        wire.cut(true);
    };
    let (outcome, ()) = tokio::join!(revoking, cutting);
    assert!(matches!(outcome, Err(Error::OutcomeUnknown(_))), "{outcome:?}");
    assert_eq!(two.says(&token), Said::Allow, "so it must not have been told that it is done");
    wire.cut(false);
    two.thaw();
    let began = Instant::now();
    let again = loop {
        match one.node.authority.revoke_token(&context(), token.token.id).await {
            Ok(again) => break again,
            Err(error) => assert!(began.elapsed() < GENEROUS * 4, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(two.says(&token), Said::Deny, "the repeated answer waits for everybody");
    assert!(again.replayed && again.receipt.sequence > Some(head.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_fell_far_behind_loads_a_snapshot() {
    let cluster = Cluster::start();
    let one = cluster.member().await;
    let mut two = cluster.member_with(&cluster.postgres.url(), |config| config.reload_after_changes = 10).await;
    let person = one.person().await;
    let before = one.token(person, "before").await.value;
    two.until(&before, Said::Allow).await;
    two.freeze();
    let mut made = Vec::new();
    one.revoke(&before).await.expect("revoked");
    // More than are read at once, so that the rest is far away.
    for _ in 0..3 {
        let person = one.person().await;
        for number in 0..400 {
            made.push(one.token(person, &format!("token {number}")).await.value);
        }
    }
    two.thaw();
    let last = made.last().expect("made");
    two.until(last, Said::Allow).await;
    assert!(made.iter().all(|token| two.says(token) == Said::Allow));
    assert_eq!(two.says(&before), Said::Deny);
    assert_eq!(one.revoke(last).await.expect("revoked").receipt.confirmed, 2);
    assert_eq!(two.says(last), Said::Deny);
}

async fn not_believed(loss: &str) {
    let cluster = Cluster::start();
    let one = cluster.member().await;
    let person = one.person().await;
    let token = one.token(person, "token").await.value;
    one.until(&token, Said::Allow).await;
    // Until it has read its own change back from the journal.
    tokio::time::sleep(LEASE / 2).await;
    cluster.postgres.execute(loss).await;
    one.until(&token, Said::Unavailable).await;
    tokio::time::sleep(LEASE).await;
    assert_eq!(one.says(&token), Said::Unavailable, "until it is started anew");
    assert!(!one.node.is_ready().await);
    let again = cluster.member().await;
    assert_ne!(again.says(&token), Said::Unavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_lost_commits_is_not_believed() {
    not_believed("UPDATE journal_head SET seq = seq - 1; DELETE FROM journal WHERE seq > (SELECT seq FROM journal_head)").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_has_other_commits_under_the_same_numbers_is_not_believed() {
    not_believed("UPDATE journal SET at = at + 1 WHERE seq = (SELECT seq FROM journal_head)").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_outlive_their_database_and_their_place_in_its_table() {
    let cluster = Cluster::start();
    let (one, two) = (cluster.member().await, cluster.member().await);
    let person = one.person().await;
    let (first, second) = (one.token(person, "first").await.value, one.token(person, "second").await.value);
    two.until(&second, Said::Allow).await;
    cluster.postgres.kill();
    for node in [&one, &two] {
        node.until(&first, Said::Unavailable).await;
    }
    cluster.postgres.launch();
    for node in [&one, &two] {
        node.until(&first, Said::Allow).await;
    }
    assert_eq!(one.revoke(&first).await.expect("revoked").receipt.confirmed, 2);
    assert_eq!(two.says(&first), Said::Deny);
    // As a node that was asleep for longer than the others remember it: its lease is over, and its row is gone.
    let before = one.node.authority.store().own_node();
    one.freeze();
    one.until(&second, Said::Unavailable).await;
    cluster.postgres.execute("DELETE FROM node").await;
    let mut one = one;
    one.thaw();
    one.until(&second, Said::Allow).await;
    two.until(&second, Said::Allow).await;
    assert_ne!(one.node.authority.store().own_node(), before, "under a fresh id");
    let began = Instant::now();
    while one.node.authority.store().live_nodes().await.expect("read").len() < 2 {
        assert!(began.elapsed() < GENEROUS * 4);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(one.revoke(&second).await.expect("revoked").receipt.confirmed, 2);
    assert_eq!(two.says(&second), Said::Deny);
}
