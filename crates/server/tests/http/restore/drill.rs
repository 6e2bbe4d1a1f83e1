//! The drill: a backup, an ending, a restore elsewhere, the fence, the confirmations.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ended_after_a_backup_stays_refused_until_it_is_confirmed() {
    let world = World::start();
    let pairs = [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite), (Engine::Sqlite, Engine::Sqlite)];
    for (number, (from, to)) in pairs.into_iter().enumerate() {
        println!("from {from:?} to {to:?}");
        drill(&world, from, to, &world.path(&format!("backup-{number}"))).await;
    }
}

async fn drill(world: &World, from: Engine, to: Engine, file: &Path) {
    let old = world.installation(from).await;
    let server = old.serve().await;
    let (acme, umbrella) = (server.organisation("Acme").await, server.organisation("Umbrella").await);
    let (ann, bob) = (server.person("ann", &acme).await, server.person("bob", &umbrella).await);
    let (ended, kept, other) = (server.token(&ann, "ended").await, server.token(&ann, "kept").await, server.token(&bob, "other").await);
    let shop = server.shop().await;
    old.back_up(file);
    server.revoke(&ended).await;
    let later = server.token(&ann, "later").await;
    assert_eq!((server.whoami(&ended.secret).await, server.whoami(&later.secret).await), (401, 200));
    let first_operator = server.operator.clone();
    drop(server);

    let new = world.installation(to).await;
    let told = new.went_well(&["restore", text(file)]);
    assert!(told.contains("poort restore confirm"), "{told}");
    let server = new.serve().await;
    assert_ne!(server.operator, first_operator);
    for secret in [&ended.secret, &kept.secret, &other.secret, &later.secret, &first_operator, &shop] {
        assert_eq!(server.whoami(secret).await, 401);
    }
    let state = server.operate(Method::GET, "fence", Value::Null).await;
    assert_eq!((&state["fenced"], &state["organisations"]), (&json!(true), &json!([])));
    let doctor = new.run(&["doctor"]);
    assert!(doctor.output.contains("poort restore confirm"), "{doctor:?}");

    // What is made from now on works at once.
    let made = server.token(&ann, "made after").await;
    assert_eq!(server.whoami(&made.secret).await, 200);
    let asking = member(&server.post("apis/shop/credentials", json!({"description": "another"})).await, "secret");
    for (token, reason) in [(&ended, "suspended"), (&kept, "suspended"), (&later, "unknown_credential"), (&made, "allow")] {
        assert_eq!(server.reason(&asking, &token.secret).await, reason);
    }

    // An organisation, an API, all of it; also across another start.
    server.post("fence/confirmations", json!({"organisation": umbrella})).await;
    assert_eq!((server.whoami(&other.secret).await, server.whoami(&kept.secret).await), (200, 401));
    server.stop();
    let server = new.serve().await;
    assert_eq!((server.whoami(&other.secret).await, server.whoami(&kept.secret).await), (200, 401));
    server.post("fence/confirmations", json!({"api": "shop"})).await;
    assert_eq!(server.reason(&shop, &other.secret).await, "allow");
    assert_eq!(server.whoami(&first_operator).await, 401);
    let missing = json!({"organisation": "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f"});
    assert_eq!(server.call(Method::POST, "fence/confirmations", &server.operator, missing).await.0, 404);
    assert_eq!(server.call(Method::POST, "fence/confirmations", &server.operator, Value::Null).await.0, 415, "not by saying nothing");
    // What is known to have been ended is ended before the rest is confirmed.
    server.revoke(&ended).await;
    server.post("fence/confirmations", json!({})).await;
    for (secret, status) in [(&kept.secret, 200), (&ended.secret, 401), (&first_operator, 200), (&made.secret, 200)] {
        assert_eq!(server.whoami(secret).await, status);
    }
    assert_eq!(server.operate(Method::GET, "fence", Value::Null).await["fenced"], json!(false));
    let again = server.post("fence/confirmations", json!({})).await;
    assert_eq!(again["receipt"]["sequence"], Value::Null, "nothing was left to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_link_does_not_come_back() {
    let world = World::start();
    let (old, new) = (world.installation(Engine::Sqlite).await, world.installation(Engine::Sqlite).await);
    let mut serving = old.command(&["serve", "--listen", &format!("127.0.0.1:{}", testkit::free_port())]);
    let mut child = serving.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a process");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().expect("its output")));
    let link = lines.find_map(|line| line.ok()?.split_once("/set-up/").map(|(_, code)| code.to_owned())).expect("the link");
    let _ = child.kill();
    let _ = child.wait();
    let file = world.path("backup");
    old.back_up(&file);
    new.went_well(&["restore", text(&file)]);
    for (installation, status) in [(&old, 200), (&new, 404)] {
        let server = installation.serve().await;
        let asked = server.client.get(format!("{}/en/set-up/{link}", server.url)).send().await.expect("an answer");
        assert_eq!(asked.status().as_u16(), status);
    }
}
