//! A database that may have lost commits: what changes wait for then, and what they do not claim.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lease_that_the_table_of_nodes_has_lost_is_waited_for_once_after_a_restart_of_the_database() {
    let cluster = Cluster::start();
    let long = |config: &mut Config| config.lease_milliseconds = 6_000;
    let url = cluster.postgres.url();
    let (one, two) = (cluster.member_with(&url, long).await, cluster.member_with(&url, long).await);
    let person = one.person().await;
    let (first, second) = (one.token(person, "first").await.value, one.token(person, "second").await.value);
    two.until(&second, Said::Allow).await;
    let store = one.node.authority.store();
    assert!(store.situation().await.expect("read").settled, "nothing came before the first era");
    // As a failover that lost the row of a node that serves.
    two.freeze();
    let own = two.node.authority.store().own_node().expect("registered").to_string();
    cluster.postgres.execute(&format!("DELETE FROM node WHERE encode(id, 'hex') = replace('{own}', '-', '')")).await;
    cluster.postgres.kill();
    cluster.postgres.launch();
    let receipt = loop {
        match one.revoke(&first).await {
            Ok(done) => break done.receipt,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    assert_eq!(receipt.nodes, 1, "the table shows one node");
    assert_eq!(two.says(&first), Said::Unavailable, "and the lease that it does not show is over");
    let began = Instant::now();
    while !store.situation().await.expect("read").settled {
        assert!(began.elapsed() < GENEROUS * 4);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // A node that comes now takes its word for it.
    let three = cluster.member_with(&url, long).await;
    assert_eq!(three.revoke(&second).await.expect("revoked").receipt.nodes, 2);
}

/// While a change waits, its entry is lost, or another takes its number.
async fn gone(loss: &str) {
    let cluster = Cluster::start();
    let one = cluster.patient().await;
    let two = cluster.patient().await;
    let person = one.person().await;
    let token = one.token(person, "token").await.value;
    two.until(&token, Said::Allow).await;
    two.freeze();
    let head = one.node.authority.verifier().applied();
    let revoking = one.revoke(&token);
    let losing = async {
        while one.node.authority.verifier().applied() == head {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        cluster.postgres.execute(loss).await;
        cluster.postgres.execute("UPDATE node SET ack = 1000000").await;
    };
    let (outcome, ()) = tokio::join!(revoking, losing);
    assert!(matches!(outcome, Err(Error::OutcomeUnknown(_))), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_whose_entry_is_gone_is_not_reported_as_done() {
    gone("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal); UPDATE journal_head SET seq = seq - 1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_whose_number_another_has_got_is_not_reported_as_done() {
    gone("UPDATE journal SET request = uuid_send(gen_random_uuid()) WHERE seq = (SELECT max(seq) FROM journal)").await;
}
