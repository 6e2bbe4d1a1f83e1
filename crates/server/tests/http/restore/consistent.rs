//! A backup that is made while everything changes is one moment.

use super::*;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_changes_is_one_moment() {
    let world = World::start();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let there = world.installation(engine).await;
        let server = Arc::new(there.serve().await);
        let acme = server.organisation("Acme").await;
        let stop = Arc::new(AtomicBool::new(false));
        let mut changing = Vec::new();
        for worker in 0..3 {
            let person = server.person(&format!("worker-{worker}"), &acme).await;
            let (server, stop) = (server.clone(), stop.clone());
            changing.push(tokio::spawn(async move {
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) {
                    let token = server.token(&person, &format!("token {count}")).await;
                    if count % 2 == 0 {
                        server.revoke(&token).await;
                    }
                    count += 1;
                }
                count
            }));
        }
        let files: Vec<PathBuf> = (0..4).map(|number| world.path(&format!("{engine:?}-{number}"))).collect();
        for file in &files {
            tokio::time::sleep(Duration::from_millis(150)).await;
            there.back_up(file);
        }
        stop.store(true, Ordering::Relaxed);
        for worker in changing {
            assert!(worker.await.expect("no panic") > 3);
        }
        for file in &files {
            let target = world.installation(Engine::Sqlite).await;
            target.went_well(&["restore", text(file)]);
            let server = target.serve().await;
            assert_eq!(live_tokens(&server).await, told_by_journal(&server).await, "{}", file.display());
        }
    }
}

async fn pages(server: &Server, path: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.operate(Method::GET, &format!("{path}?limit=200{cursor}"), Value::Null).await;
        all.extend(page["items"].as_array().expect("items").clone());
        let Some(next) = page["next_cursor"].as_str() else { return all };
        cursor = format!("&cursor={next}");
    }
}

async fn live_tokens(server: &Server) -> BTreeSet<String> {
    pages(server, "tokens").await.iter().map(|token| member(token, "id")).collect()
}

/// The tokens that live, if the journal is right.
async fn told_by_journal(server: &Server) -> BTreeSet<String> {
    let mut live = BTreeSet::new();
    for entry in pages(server, "audit").await {
        let event = entry["event"].clone();
        match event["type"].as_str() {
            Some("token_created") => {
                live.insert(member(&event, "token"));
            }
            Some("tokens_revoked") => {
                for token in event["tokens"].as_array().expect("tokens") {
                    live.remove(token.as_str().expect("an id"));
                }
            }
            _ => {}
        }
    }
    live
}
