//! Real processes, one of which the operating system stops in its tracks.

use super::*;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

/// A running `poort serve`.
pub(super) struct Process {
    pub(super) child: Child,
    pub(super) url: String,
    pub(super) client: reqwest::Client,
}

impl Process {
    async fn start(cluster: &Cluster, name: &str) -> Self {
        Self::start_with(cluster, name, &[]).await
    }

    /// With these settings of its environment.
    pub(super) async fn start_with(cluster: &Cluster, name: &str, settings: &[(&str, &str)]) -> Self {
        let port = testkit::free_port();
        let child = Command::new(env!("CARGO_BIN_EXE_poort"))
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database", &cluster.postgres.url(), "--data"])
            .arg(cluster.folder.path().join(name))
            .env("POORT_MASTER_KEY_FILE", cluster.folder.path().join("master-key"))
            .env("POORT_LEASE_MILLISECONDS", LEASE.as_millis().to_string())
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let process = Self { child, url: format!("http://127.0.0.1:{port}"), client };
        let began = Instant::now();
        while !process.client.get(format!("{}/readyz", process.url)).send().await.is_ok_and(|answer| answer.status() == 200) {
            assert!(began.elapsed() < GENEROUS * 4, "{name} does not become ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        process
    }

    pub(super) async fn call(&self, method: Method, path: &str, token: &str, body: Value) -> (u16, Value) {
        let call = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(token);
        let call = if body.is_null() { call } else { call.header("content-type", "application/json").body(body.to_string()) };
        let answer = call.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.expect("text")).unwrap_or_default())
    }

    /// Ends something, and says how long the answer took. A process that was stopped may hold a row of the database until that gives it up:
    /// such an outage is told as 503, and asked about again.
    pub(super) async fn end(&self, path: &str, operator: &str) -> (Duration, Value) {
        let first = Instant::now();
        loop {
            let began = Instant::now();
            match self.call(Method::DELETE, path, operator, Value::Null).await {
                (200, done) => return (began.elapsed(), done),
                (status, problem) => assert!(status == 503 && first.elapsed() < GENEROUS * 4, "{problem}"),
            }
        }
    }

    async fn whoami(&self, token: &str) -> u16 {
        self.call(Method::GET, "/api/v1/whoami", token, Value::Null).await.0
    }

    pub(super) fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill");
        assert!(done.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn operator(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("one/operator-token")).expect("the operator token").trim().to_owned()
}

pub(super) async fn tokens(one: &Process, operator: &str, count: usize) -> Vec<(String, String)> {
    let text = |value: &Value, member: &str| value[member].as_str().expect("text").to_owned();
    let (status, made) = one.call(Method::POST, "/api/v1/organisations", operator, json!({"name": "acme"})).await;
    assert_eq!(status, 201);
    let person = json!({"name": "x", "email": "x@example.org", "organisation": text(&made, "id"), "roles": ["member"]});
    let (_, person) = one.call(Method::POST, "/api/v1/people", operator, person).await;
    let path = format!("/api/v1/people/{}/tokens", text(&person, "id"));
    let mut tokens = Vec::new();
    for number in 0..count {
        let (status, token) = one.call(Method::POST, &path, operator, json!({"description": format!("token {number}")})).await;
        assert_eq!(status, 201);
        tokens.push((format!("/api/v1/tokens/{}", text(&token, "id")), text(&token, "secret")));
    }
    tokens
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stopped_process_allows_nothing_that_was_ended_meanwhile() {
    let cluster = Cluster::start();
    let (one, two) = (Process::start(&cluster, "one").await, Process::start(&cluster, "two").await);
    let operator = operator(cluster.folder.path());
    let tokens = tokens(&one, &operator, 4).await;
    for round in 0..2 {
        let ((path, secret), (_, kept)) = (&tokens[round], &tokens[3]);
        assert_eq!((two.whoami(secret).await, two.whoami(kept).await), (200, 200));
        two.signal("-STOP");
        let (waited, done) = one.end(path, &operator).await;
        assert_eq!((&done["receipt"]["nodes"], &done["receipt"]["waited_out"]), (&json!(2), &json!(1)), "{done}");
        assert!(waited < BOUND + GENEROUS, "{waited:?}");
        println!("a revocation waited {waited:?} for a stopped process, lease {LEASE:?}");
        // Asked after the call has returned, answered as soon as the process goes on.
        let asking: Vec<_> = (0..8).map(|_| two.whoami(secret)).collect();
        let asking = async {
            for asked in futures_join(asking).await {
                assert_ne!(asked, 200, "a stale allow");
            }
        };
        let going_on = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            two.signal("-CONT");
        };
        tokio::join!(asking, going_on);
        let began = Instant::now();
        while two.whoami(kept).await != 200 {
            assert_ne!(two.whoami(secret).await, 200);
            assert!(began.elapsed() < GENEROUS * 4);
        }
        assert_eq!(two.whoami(secret).await, 401);
    }
    two.signal("-TERM");
    let began = Instant::now();
    let gone = loop {
        let (_, nodes) = one.call(Method::GET, "/api/v1/nodes", &operator, Value::Null).await;
        let live = nodes["items"].as_array().expect("items").iter().filter(|node| node["live"] == true).count();
        if live == 1 {
            break true;
        }
        assert!(began.elapsed() < GENEROUS * 4, "{nodes}");
    };
    assert!(gone);
    let (_, done) = one.end(&tokens[2].0, &operator).await;
    assert_eq!((&done["receipt"]["nodes"], &done["receipt"]["waited_out"]), (&json!(1), &json!(0)), "nobody waits for one that left");
}

/// All of them at the same time.
async fn futures_join<F: Future<Output = u16>>(futures: Vec<F>) -> Vec<u16> {
    let mut pending: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, done) in &mut pending {
            if done.is_none()
                && let std::task::Poll::Ready(status) = future.as_mut().poll(context)
            {
                *done = Some(status);
            }
        }
        if pending.iter().all(|(_, done)| done.is_some()) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    pending.into_iter().filter_map(|(_, done)| done).collect()
}
