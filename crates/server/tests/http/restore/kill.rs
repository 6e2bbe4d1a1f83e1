//! `kill -9` in the middle of a restore: all of it is there, or nothing.

use super::*;

const TOKENS: usize = 1_500;
const ROUNDS: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_restore_leaves_all_or_nothing() {
    let world = World::start();
    let there = world.installation(Engine::Sqlite).await;
    let server = there.serve().await;
    let acme = server.organisation("Acme").await;
    for part in 0..TOKENS / 500 {
        server.person(&format!("p{part}"), &acme).await;
        let row = |number: usize| {
            let digest = format!("{:064x}", part * 500 + number + 1);
            json!({"email": format!("p{part}@example.org"), "description": format!("token {part} {number}"), "digest": digest})
        };
        let rows: Vec<Value> = (0..500).map(row).collect();
        let done = server.post("token-imports", json!({"tokens": rows})).await;
        assert_eq!(done["imported"], json!(500));
    }
    let file = world.path("backup");
    there.back_up(&file);
    server.stop();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let began = Instant::now();
        world.installation(engine).await.went_well(&["restore", text(&file)]);
        let whole = began.elapsed();
        for round in 0..ROUNDS {
            let target = world.installation(engine).await;
            let mut child = target.command(&["restore", text(&file)]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it");
            tokio::time::sleep(whole.mul_f64((round as f64 + 0.5) / ROUNDS as f64 * 0.8)).await;
            let _ = child.kill();
            let _ = child.wait();
            let again = target.run(&["restore", text(&file)]);
            let restored_before = again.errors.contains("not empty");
            assert!(again.code == 0 || restored_before, "{engine:?}, round {round}: {again:?}");
            println!("{engine:?}, killed after {round} of {ROUNDS} parts: {}", if restored_before { "all" } else { "nothing" });
            if restored_before {
                target.went_well(&["recover-operator"]);
            }
            let server = target.serve().await;
            assert_eq!(server.operate(Method::GET, "fence", Value::Null).await["fenced"], json!(true));
        }
    }
}
