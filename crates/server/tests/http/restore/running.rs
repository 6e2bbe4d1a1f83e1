//! Nodes that were stopped in their tracks during a restore answer nothing when they go on.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_slept_through_a_restore_answers_nothing_any_more() {
    let world = World::start();
    let there = world.installation(Engine::Postgres).await;
    let one = there.serve().await;
    let second = Installation { data: world.path("second"), database: there.database.clone(), key: there.key.clone() };
    let mut two = second.serve().await;
    two.operator.clone_from(&one.operator);
    let person = one.person("ann", &one.organisation("Acme").await).await;
    let kept = one.token(&person, "kept").await;
    let file = world.path("backup");
    there.back_up(&file);
    let lost = one.token(&person, "lost").await;
    for token in [&kept, &lost] {
        assert_eq!((one.whoami(&token.secret).await, two.whoami(&token.secret).await), (200, 200));
    }
    one.stop();
    let refused = there.run(&["restore", text(&file), "--replace"]);
    assert!(refused.errors.contains("stop the servers first"), "{refused:?}");
    two.signal("-STOP");
    there.went_well(&["restore", text(&file), "--replace"]);
    let new = there.serve().await;
    // So many changes that the numbers which the old node knows are given again.
    for number in 0..5 {
        new.token(&person, &format!("another {number}")).await;
    }
    assert_eq!((new.whoami(&kept.secret).await, new.whoami(&lost.secret).await), (200, 401));
    two.signal("-CONT");
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(4) {
        for token in [&kept, &lost] {
            assert_ne!(two.whoami(&token.secret).await, 200, "an answer from the index of before the restore");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((two.ready().await, two.whoami(&kept.secret).await), (503, 503));
    // Nobody waits for it, and once it is started anew it is as the others.
    new.revoke(&kept).await;
    drop(two);
    let two = second.serve().await;
    assert_eq!(two.whoami(&kept.secret).await, 401);
}
