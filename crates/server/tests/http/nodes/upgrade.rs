//! Nodes of this version beside those of the next: a newer one has migrated, or has written what this one does not know.

use super::*;

/// What the next version may do to the tables while nodes of this one run: add to them (`store/src/migration.rs`).
const LATER: &str = "
ALTER TABLE journal ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
ALTER TABLE journal_head ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN later TEXT;
ALTER TABLE personal_token ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
ALTER TABLE person ADD COLUMN later TEXT;
ALTER TABLE membership ADD COLUMN later BIGINT;
ALTER TABLE idempotent_answer ADD COLUMN later BIGINT;
CREATE TABLE later (id BYTEA NOT NULL PRIMARY KEY);
CREATE INDEX later_of_person ON person (later);
INSERT INTO migration (version, name, digest) VALUES (9999, '9999_later', decode(repeat('00', 32), 'hex'));
";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn running_nodes_go_on_when_a_newer_one_has_migrated() {
    let cluster = Cluster::start();
    let (one, two) = (cluster.member().await, cluster.member().await);
    let person = one.person().await;
    let before = one.token(person, "before").await.value;
    two.until(&before, Said::Allow).await;
    cluster.postgres.execute(LATER).await;
    // With statements that were prepared before.
    let person = one.person().await;
    let after = two.token(person, "after").await.value;
    one.until(&after, Said::Allow).await;
    for token in [&before, &after] {
        assert_eq!(one.revoke(token).await.expect("revoked").receipt.confirmed, 2);
        assert_eq!((one.says(token), two.says(token)), (Said::Deny, Said::Deny));
    }
    // Through several renewals.
    tokio::time::sleep(LEASE * 2).await;
    assert!(one.node.is_ready().await && two.node.is_ready().await);
    let again = Node::start(Config::clone(&one.node.config), &System::of_this_machine()).await;
    assert!(again.is_err(), "one that starts now is told that it is too old");
}

/// What another version wrote may end what this one would allow: it does not guess.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_entry_that_a_node_does_not_know_stops_its_answers() {
    let cluster = Cluster::start();
    let one = cluster.member().await;
    let person = one.person().await;
    let token = one.token(person, "token").await.value;
    one.until(&token, Said::Allow).await;
    let entry = "WITH next AS (UPDATE journal_head SET seq = seq + 1 RETURNING seq)
        INSERT INTO journal (seq, at, request, actor, event)
        SELECT next.seq, journal.at, uuid_send(gen_random_uuid()), journal.actor, '{\"type\":\"of_a_later_version\"}'
        FROM next, journal ORDER BY journal.seq DESC LIMIT 1";
    cluster.postgres.execute(entry).await;
    one.until(&token, Said::Unavailable).await;
    assert!(matches!(one.revoke(&token).await, Err(Error::Unavailable(_) | Error::OutcomeUnknown(_))));
}
