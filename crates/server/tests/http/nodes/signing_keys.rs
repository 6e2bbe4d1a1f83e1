//! Signing keys on several nodes: a token of any node is taken by every other at every moment, until its key is ended.

use super::*;

use std::sync::atomic::AtomicBool;

use authority::Purpose;
use jose::Algorithm;

use crate::signing_keys::{is_taken, sign};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_token_is_taken_on_every_node_at_every_moment_of_a_rotation() {
    let cluster = Cluster::start();
    let nodes = Arc::new([cluster.patient().await, cluster.patient().await]);
    let stop = Arc::new(AtomicBool::new(false));
    let (signing, over) = (nodes.clone(), stop.clone());
    let signing = std::thread::Builder::new().spawn(move || {
        let mut signed = 0_u32;
        while !over.load(Ordering::SeqCst) {
            for (one, other) in [(0, 1), (1, 0), (0, 0)] {
                let token = sign(&signing[one].node.authority, Algorithm::ES256);
                assert!(is_taken(&signing[other].node.authority, &token), "a key signed before every node had it");
                signed += 1;
            }
        }
        signed
    });
    let mut kids = Vec::new();
    for round in 0..8 {
        let node = &nodes[round % 2];
        let done = node.node.authority.replace_server_key(&node.context(), Purpose::SigningEs256, true).await.expect("rotated");
        assert_eq!(done.receipt.confirmed, 2);
        for node in &*nodes {
            let active = node.node.authority.signing(Algorithm::ES256).expect("a key");
            assert_eq!(Some(active.kid()), done.value.kid.as_deref(), "when the call has returned, every node signs with it");
        }
        kids.push(done.value.kid);
    }
    stop.store(true, Ordering::SeqCst);
    assert!(signing.expect("a thread").join().expect("always taken") > 0);
    kids.dedup();
    assert_eq!(kids.len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_ended_key_is_refused_on_every_node_from_the_answer_on() {
    let cluster = Cluster::start();
    let (one, two) = (cluster.patient().await, cluster.patient().await);
    let key = two.node.authority.keys().active(Purpose::SigningEs256).expect("a key").id.clone();
    let token = sign(&two.node.authority, Algorithm::ES256);
    assert!(is_taken(&one.node.authority, &token));
    one.node.authority.end_signing_key(&one.context(), key.clone()).await.expect("ended");
    for member in [&one, &two] {
        assert!(!is_taken(&member.node.authority, &token));
        assert!(member.node.authority.keys().get(&key).is_none(), "its private half is gone");
    }
    assert!(is_taken(&one.node.authority, &sign(&two.node.authority, Algorithm::ES256)));
    let three = cluster.member().await;
    assert!(!is_taken(&three.node.authority, &token));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_do_what_is_due_at_the_same_time_make_one_successor() {
    let cluster = Cluster::start();
    let (one, two) = (cluster.patient().await, cluster.patient().await);
    let count = async || {
        let keys = one.node.authority.server_keys(&authority::Caller::System).await.expect("listed");
        keys.iter().filter(|key| key.purpose == Purpose::SigningEs256.name()).count()
    };
    // In 89 days one must become known; a day later it must sign.
    for (days, wanted) in [(89, 2), (91, 2)] {
        let then = SystemClock.now().saturating_add(Duration::from_secs(days * 86_400));
        for _ in 0..3 {
            let both = tokio::join!(one.node.authority.keep_signing_keys(then), two.node.authority.keep_signing_keys(then));
            assert!(both.0.is_ok() && both.1.is_ok(), "{both:?}");
        }
        assert_eq!(count().await, wanted);
    }
    let states = one.node.authority.server_keys(&authority::Caller::System).await.expect("listed");
    let states: Vec<_> = states.iter().filter(|key| key.purpose == "signing_es256").map(|key| key.state).collect();
    assert_eq!(states, [store::KeyState::Retired, store::KeyState::Active]);
}
