//! SIGTERM: not ready first, everything still answered, running changes finished, nobody waits afterwards.

use super::processes::{Process, operator, tokens};
use super::*;

use std::process::ExitStatus;

use reqwest::Method;
use serde_json::{Value, json};

/// Far longer than anything here takes, and far shorter than the drain delay of the test that must not wait for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The status of a path, and whether its answer closes the connection.
async fn asked(process: &Process, path: &str, token: &str) -> (u16, bool) {
    let answer = process.client.get(format!("{}{path}", process.url)).bearer_auth(token).send().await.expect("an answer");
    let closes = answer.headers().get("connection").is_some_and(|value| value == "close");
    (answer.status().as_u16(), closes)
}

async fn ended(process: &mut Process) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = process.child.try_wait().expect("a status") {
            return status;
        }
        assert!(began.elapsed() < PATIENCE, "it does not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_is_told_to_stop_says_so_before_it_stops_answering() {
    let cluster = Cluster::start();
    let one = Process::start_with(&cluster, "one", &[]).await;
    let mut two = Process::start_with(&cluster, "two", &[("POORT_DRAIN_MILLISECONDS", "3000")]).await;
    let operator = operator(cluster.folder.path());
    let tokens = tokens(&one, &operator, 2).await;
    let (path, secret) = &tokens[0];
    assert_eq!(asked(&two, "/api/v1/whoami", secret).await, (200, false));
    two.signal("-TERM");
    let began = Instant::now();
    while asked(&two, "/readyz", secret).await.0 == 200 {
        assert!(began.elapsed() < PATIENCE, "it stays ready");
    }
    // Not ready, alive, and it answers: but asks for the next request elsewhere.
    assert_eq!(asked(&two, "/livez", secret).await, (200, true));
    assert_eq!(asked(&two, "/api/v1/whoami", secret).await, (200, true));
    let (status, done) = two.call(Method::DELETE, path, &operator, Value::Null).await;
    assert_eq!((status, &done["receipt"]["nodes"], &done["receipt"]["confirmed"]), (200, &json!(2), &json!(2)), "{done}");
    assert_eq!(asked(&two, "/api/v1/whoami", secret).await.0, 401);
    assert!(ended(&mut two).await.success());
    let (_, done) = one.end(&tokens[1].0, &operator).await;
    assert_eq!((&done["receipt"]["nodes"], &done["receipt"]["waited_out"]), (&json!(1), &json!(0)), "{done}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_waits_for_another_node_gets_its_answer_before_the_stop() {
    let cluster = Cluster::start();
    let mut one = Process::start_with(&cluster, "one", &[]).await;
    let two = Process::start_with(&cluster, "two", &[]).await;
    let operator = operator(cluster.folder.path());
    let tokens = tokens(&one, &operator, 1).await;
    let (path, secret) = &tokens[0];
    two.signal("-STOP");
    let change = one.call(Method::DELETE, path, &operator, Value::Null);
    let told = async {
        // Once the token is refused here the change is committed, and waits for the other node's lease.
        while asked(&one, "/api/v1/whoami", secret).await.0 != 401 {}
        one.signal("-TERM");
    };
    let ((status, done), ()) = tokio::join!(change, told);
    assert_eq!((status, &done["receipt"]["waited_out"]), (200, &json!(1)), "{done}");
    assert!(ended(&mut one).await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_second_signal_ends_it_at_once() {
    let cluster = Cluster::start();
    let mut one = Process::start_with(&cluster, "one", &[("POORT_DRAIN_MILLISECONDS", "300000")]).await;
    one.signal("-TERM");
    while asked(&one, "/readyz", "none").await.0 == 200 {}
    one.signal("-TERM");
    assert!(ended(&mut one).await.success());
}
