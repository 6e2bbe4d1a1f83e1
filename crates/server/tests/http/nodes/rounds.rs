//! Healthy nodes: what is made on one works on all, what is ended on one is ended on all when the call has returned.

use super::*;

use std::sync::atomic::AtomicBool;

use domain::Event;
use domain::event::Sequence;
use store::{Abort, Outcome};

const ROUNDS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_ended_on_one_node_is_refused_by_all_when_the_call_has_returned() {
    let cluster = Cluster::start();
    let nodes = [cluster.patient().await, cluster.patient().await, cluster.patient().await];
    let person = nodes[0].person().await;
    let mut in_time = 0;
    for round in 0..ROUNDS {
        let by = &nodes[round % 3];
        let made = by.token(person, &format!("round {round}")).await;
        assert_eq!(made.receipt.nodes, 3);
        in_time += usize::from(made.receipt.confirmed == 3);
        let token = Arc::new(made.value);
        for node in &nodes {
            node.until(&token, Said::Allow).await;
        }
        // Checks race with the call; those that begin after it has returned must be refused.
        let ended = Arc::new(AtomicBool::new(false));
        let racing: Vec<JoinHandle<(u64, u64)>> = nodes.iter().map(|node| race(node.node.clone(), token.clone(), ended.clone())).collect();
        tokio::task::yield_now().await;
        let changed = by.revoke(&token).await.expect("revoked");
        ended.store(true, Ordering::SeqCst);
        assert!(nodes.iter().all(|node| node.says(&token) == Said::Deny));
        assert_eq!((changed.receipt.nodes, changed.receipt.confirmed, changed.receipt.waited_out), (3, 3, 0));
        for race in racing {
            let (stale, after) = race.await.expect("a race");
            assert_eq!(stale, 0, "round {round}");
            assert!(after > 0);
        }
    }
    assert!(in_time > ROUNDS / 2, "healthy nodes have a creation within half a second: {in_time}");
    let mut times = Vec::new();
    for round in 0..100 {
        let token = nodes[0].token(person, &format!("alone {round}")).await.value;
        let began = Instant::now();
        nodes[0].revoke(&token).await.expect("revoked");
        times.push(began.elapsed());
    }
    times.sort();
    println!("100 revocations, 3 nodes, no checks beside them: p50 {:?}, p99 {:?}", times[50], times[99]);
}

/// Checks until some time after the end; gives how many that began after it were allowed, and how many there were.
fn race(node: Node, token: Arc<IssuedToken>, ended: Arc<AtomicBool>) -> JoinHandle<(u64, u64)> {
    tokio::spawn(async move {
        let (mut stale, mut after) = (0, 0);
        while after < 20 {
            let over = ended.load(Ordering::SeqCst);
            let said = says(&node, &token);
            after += u64::from(over);
            stale += u64::from(over && said == Said::Allow);
            tokio::task::yield_now().await;
        }
        (stale, after)
    })
}

/// The mutant: the same change without its waiting. If nobody could see a stale answer then, the tests above would
/// prove nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_waiting_a_stale_answer_is_seen() {
    let cluster = Cluster::start();
    let (one, two) = (cluster.patient().await, cluster.patient().await);
    let person = one.person().await;
    let mut stale = 0;
    for round in 0..ROUNDS {
        let token = one.token(person, &format!("round {round}")).await.value;
        two.until(&token, Said::Allow).await;
        let (id, by) = (token.token.id, one.context().by());
        let done = one.node.authority.store().write(move |tx| {
            let by = by.clone();
            Box::pin(async move {
                let digests = tx.token_secrets(id).await?.into_iter().map(|secret| secret.digest).collect();
                tx.revoke_tokens(&[id], by.at).await?;
                let recorded = tx.record(&by, Event::TokensRevoked { tokens: vec![id], digests }).await?;
                Ok::<_, Abort<std::convert::Infallible>>(Outcome::Changed((), recorded))
            })
        });
        done.await.expect("committed");
        stale += u64::from(two.says(&token) == Said::Allow);
        two.until(&token, Said::Deny).await;
    }
    println!("{stale} stale answers in {ROUNDS} rounds without waiting");
    assert!(stale > 0, "the check that looks for stale answers cannot fail");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_that_write_together_make_one_journal_and_the_same_index() {
    const EACH: usize = 150;
    let cluster = Cluster::start();
    let nodes = [cluster.patient().await, cluster.patient().await];
    let person = nodes[0].person().await;
    let writing = nodes.iter().enumerate().map(|(number, member)| {
        let member = Member { node: member.node.clone(), upkeep: tokio::spawn(async {}) };
        tokio::spawn(async move {
            let mut tokens = Vec::new();
            for count in 0..EACH {
                let token = member.token(person, &format!("token {number} {count}")).await.value;
                if count % 2 == 0 {
                    member.revoke(&token).await.expect("revoked");
                }
                tokens.push((token, count % 2 == 0));
            }
            tokens
        })
    });
    let writing: Vec<_> = writing.collect();
    let mut tokens = Vec::new();
    for done in writing {
        tokens.extend(done.await.expect("written"));
    }
    let store = nodes[0].node.authority.store();
    let entries = store.tail(Sequence(0), 10_000).await.expect("the journal");
    let expected: Vec<i64> = (1..=entries.len() as i64).collect();
    assert_eq!(entries.iter().map(|entry| entry.sequence.0).collect::<Vec<_>>(), expected, "no gap, no double");
    let head = entries.last().expect("an entry").sequence;
    for node in &nodes {
        let began = Instant::now();
        while node.node.authority.verifier().applied() < head {
            assert!(began.elapsed() < GENEROUS);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let verifier = node.node.authority.verifier();
        assert_eq!((verifier.live_tokens(), verifier.anomalies().unknown), (EACH, 0));
        for (token, revoked) in &tokens {
            assert_eq!(node.says(token), if *revoked { Said::Deny } else { Said::Allow });
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_alone_and_one_that_comes_later() {
    let cluster = Cluster::start();
    let one = cluster.patient().await;
    let person = one.person().await;
    let mut times = Vec::new();
    for round in 0..100 {
        let token = one.token(person, &format!("round {round}")).await.value;
        let began = Instant::now();
        let receipt = one.revoke(&token).await.expect("revoked").receipt;
        times.push(began.elapsed());
        assert_eq!((receipt.nodes, receipt.confirmed), (1, 1));
    }
    times.sort();
    println!("100 revocations, 1 node: p50 {:?}, p99 {:?}", times[50], times[99]);
    let kept = one.token(person, "kept").await.value;
    let ended = one.token(person, "ended").await.value;
    one.revoke(&ended).await.expect("revoked");
    let two = cluster.patient().await;
    assert_eq!((two.says(&kept), two.says(&ended)), (Said::Allow, Said::Deny), "it starts with everything");
    assert_eq!(two.revoke(&kept).await.expect("revoked").receipt.confirmed, 2);
    assert_eq!(one.says(&kept), Said::Deny);
}
