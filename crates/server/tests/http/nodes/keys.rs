//! Server keys on several nodes: nothing is ever made that another node cannot read.

use super::*;

use std::sync::atomic::AtomicBool;

use authority::{IdempotencyKey, Purpose, ServerKey};
use domain::Digest;
use store::KeyState;

/// The key with which this node makes new things, and whether all of these can read what it makes.
fn readable(maker: &Member, readers: &[&Member]) -> bool {
    let key = maker.node.authority.keys().active(Purpose::Sealing).expect("a key");
    readers.iter().all(|reader| reader.node.authority.keys().get(&key.id).is_some_and(|known| known.plain() == key.plain()))
}

async fn sealing_keys(member: &Member) -> Vec<ServerKey> {
    let keys = member.node.authority.server_keys(&authority::Caller::System).await.expect("listed");
    keys.into_iter().filter(|key| key.purpose == Purpose::Sealing.name()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn kept_answers_are_readable_on_every_node_at_every_moment_of_a_rotation() {
    let cluster = Cluster::start();
    let nodes = Arc::new([cluster.patient().await, cluster.patient().await, cluster.patient().await]);
    let stop = Arc::new(AtomicBool::new(false));
    let (asking, rotated) = (nodes.clone(), stop.clone());
    let asking = tokio::spawn(async move {
        let mut asked = 0;
        while !rotated.load(Ordering::SeqCst) || asked < 10 {
            let name = format!("asked {asked}");
            let key = IdempotencyKey::new(&format!("{asked:032}"), Digest::of(name.as_bytes())).expect("a key");
            let mut made = Vec::new();
            // One makes it, the others are asked the same again, at once.
            for turn in 0..3 {
                let node = &asking[(asked + turn) % 3];
                let context = Context { idempotency: Some(key.clone()), ..node.context() };
                let new = NewOrganisation { name: Name::new(&name).expect("a name") };
                let answer = node.node.authority.create_organisation(&context, new).await.expect("readable");
                assert_eq!(answer.replayed, turn > 0);
                made.push(answer.value.id);
            }
            assert!(made.iter().all(|id| *id == made[0]));
            asked += 1;
        }
        asked
    });
    let (watched, over) = (nodes.clone(), stop.clone());
    let watching = std::thread::Builder::new().spawn(move || {
        let [one, two, three] = &*watched;
        while !over.load(Ordering::SeqCst) {
            for maker in [one, two, three] {
                assert!(readable(maker, &[one, two, three]), "a key was used before every node had it");
            }
        }
    });
    for round in 0..12 {
        let node = &nodes[round % 3];
        let done = node.node.authority.rotate_server_key(&node.context(), Purpose::Sealing).await.expect("rotated");
        assert_eq!((done.value.state, done.receipt.confirmed), (KeyState::Active, 3));
        for node in &*nodes {
            let active = node.node.authority.keys().active(Purpose::Sealing).expect("a key");
            assert_eq!(active.id, done.value.id, "when the call has returned, every node makes things with it");
        }
    }
    stop.store(true, Ordering::SeqCst);
    assert!(asking.await.expect("no panic") >= 10);
    watching.expect("a thread").join().expect("always readable");
    let keys = sealing_keys(&nodes[0]).await;
    let states: Vec<KeyState> = keys.iter().map(|key| key.state).collect();
    assert_eq!((states.len(), states[12]), (13, KeyState::Active));
    assert!(states[..12].iter().all(|state| *state == KeyState::Retired));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_hung_during_a_rotation_opens_the_key_before_it_answers() {
    let cluster = Cluster::start();
    let (one, mut two) = (cluster.member().await, cluster.member().await);
    let person = one.person().await;
    let token = one.token(person, "token").await.value;
    two.until(&token, Said::Allow).await;
    two.freeze();
    let done = one.node.authority.rotate_server_key(&one.context(), Purpose::Sealing).await.expect("rotated");
    assert_eq!(two.says(&token), Said::Unavailable, "its lease was over before the key was used");
    let has = |member: &Member| member.node.authority.keys().get(&done.value.id).is_some();
    assert!(has(&one) && !has(&two));
    two.thaw();
    let began = Instant::now();
    loop {
        let said = two.says(&token);
        let has = has(&two);
        assert!(said != Said::Allow || has, "it answers without the key");
        if said == Said::Allow {
            break;
        }
        assert!(began.elapsed() < GENEROUS * 4);
    }
    // One that starts later has it from the beginning.
    let three = cluster.member().await;
    assert!(has(&three) && readable(&one, &[&two, &three]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_whose_rotation_was_interrupted_is_used_by_the_next_one() {
    let cluster = Cluster::start();
    let (one, two) = (cluster.patient().await, cluster.patient().await);
    let before = one.node.authority.keys().active(Purpose::Sealing).expect("a key").id.clone();
    // Published, and then whoever rotated was gone.
    cluster.postgres.execute("UPDATE server_key SET activated_at = NULL").await;
    let done = two.node.authority.rotate_server_key(&two.context(), Purpose::Sealing).await.expect("rotated");
    assert_eq!(done.value.id, before);
    assert_eq!(sealing_keys(&one).await.len(), 1);
}
