//! Backups and restores with the program itself, from either database into either.

mod consistent;
mod drill;
mod ended;
mod kill;
mod refusals;
mod running;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Postgres;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
}

/// Databases of both kinds, and one master key for all.
struct World {
    postgres: Postgres,
    folder: tempfile::TempDir,
    number: AtomicU64,
}

/// An installation: a data folder and a database, with or without a running server.
struct Installation {
    data: PathBuf,
    database: Option<String>,
    key: PathBuf,
}

/// A running `poort serve`.
struct Server {
    child: Child,
    url: String,
    operator: String,
    client: reqwest::Client,
}

/// What a run of the program gave.
#[derive(Debug)]
struct Ended {
    code: i32,
    output: String,
    errors: String,
}

/// A person's token.
#[derive(Debug, Clone)]
struct Token {
    id: String,
    secret: String,
}

impl World {
    fn start() -> Self {
        Self { postgres: Postgres::start(), folder: tempfile::tempdir().expect("a folder"), number: AtomicU64::new(0) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new one, empty.
    async fn installation(&self, engine: Engine) -> Installation {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => {
                self.postgres.execute(&format!("CREATE DATABASE d{number}")).await;
                let url = self.postgres.url();
                Some(format!("{}/d{number}", url.strip_suffix("/postgres").expect("the URL of a database")))
            }
        };
        Installation { data: self.path(&format!("data-{number}")), database, key: self.path("master-key") }
    }
}

impl Installation {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_poort"));
        command.args(arguments).arg("--data").arg(&self.data).env_clear().env("POORT_MASTER_KEY_FILE", &self.key);
        command.env("POORT_LEASE_MILLISECONDS", "1000").stdin(Stdio::null());
        command.envs(self.database.iter().map(|url| ("POORT_DATABASE", url)));
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let done = self.command(arguments).output().expect("the program");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Ended { code: done.status.code().expect("a code"), output: text(done.stdout), errors: text(done.stderr) }
    }

    fn went_well(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        assert_eq!(done.code, 0, "{arguments:?}: {done:?}");
        done.output
    }

    /// Backs up into a file of this name.
    fn back_up(&self, file: &Path) {
        self.went_well(&["backup", text(file)]);
    }

    async fn serve(&self) -> Server {
        let port = testkit::free_port();
        let mut command = self.command(&["serve", "--listen", &format!("127.0.0.1:{port}")]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut server = Server { child, url: format!("http://127.0.0.1:{port}"), operator: String::new(), client };
        let began = Instant::now();
        while server.ready().await != 200 {
            assert!(began.elapsed() < Duration::from_secs(30), "the server does not become ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server.operator = std::fs::read_to_string(self.data.join("operator-token")).unwrap_or_default().trim().to_owned();
        server
    }
}

impl Server {
    async fn ready(&self) -> u16 {
        self.client.get(format!("{}/readyz", self.url)).send().await.map_or(0, |answer| answer.status().as_u16())
    }

    async fn call(&self, method: Method, path: &str, token: &str, body: Value) -> (u16, Value) {
        let call = self.client.request(method, format!("{}/api/v1/{path}", self.url)).bearer_auth(token);
        let call = if body.is_null() { call } else { call.header("content-type", "application/json").body(body.to_string()) };
        let answer = call.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.expect("text")).unwrap_or_default())
    }

    /// By the operator; the test ends where that fails.
    async fn operate(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(method.clone(), path, &self.operator, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.operate(Method::POST, path, body).await
    }

    async fn organisation(&self, name: &str) -> String {
        member(&self.post("organisations", json!({"name": name})).await, "id")
    }

    async fn person(&self, name: &str, organisation: &str) -> String {
        let body = json!({"name": name, "email": format!("{name}@example.org"), "organisation": organisation, "roles": ["member"]});
        member(&self.post("people", body).await, "id")
    }

    async fn token(&self, person: &str, description: &str) -> Token {
        let made = self.post(&format!("people/{person}/tokens"), json!({"description": description})).await;
        Token { id: member(&made, "id"), secret: member(&made, "secret") }
    }

    async fn revoke(&self, token: &Token) {
        self.operate(Method::DELETE, &format!("tokens/{}", token.id), Value::Null).await;
    }

    /// 200 where the credential counts, 401 where it does not, 503 where nobody can tell.
    async fn whoami(&self, secret: &str) -> u16 {
        self.call(Method::GET, "whoami", secret, Value::Null).await.0
    }

    /// Makes an API that can ask about credentials; gives the secret with which it does.
    async fn shop(&self) -> String {
        let definition = json!({
            "name": "shop", "title": "Shop", "presentations": ["bearer"],
            "permissions": [{"name": "shop:things:read", "title": "See things"}, {"name": "shop:things:write", "title": "Change things"}]
        });
        self.post("apis", definition).await;
        member(&self.post("apis/shop/credentials", json!({"description": "the shop itself"})).await, "secret")
    }

    /// What an API is told about a credential: `allow`, or why not.
    async fn reason(&self, shop: &str, secret: &str) -> String {
        let asked = json!({"authorization": format!("Bearer {secret}"), "permission": "shop:things:read"});
        let (status, answer) = self.call(Method::POST, "verify", shop, asked).await;
        assert_eq!(status, 200, "{answer}");
        if answer["allowed"] == true { "allow".to_owned() } else { member(&answer, "reason") }
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill").success());
    }

    /// Stops it as an operator does.
    fn stop(mut self) {
        self.signal("-TERM");
        assert!(self.child.wait().expect("its end").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn member(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}")).to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
