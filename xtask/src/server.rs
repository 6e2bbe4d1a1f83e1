//! A real `poort serve` under the tools' hands: started, asked over HTTP, killed.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{Answer, Connection};
use crate::{Outcome, shell};

/// Longer than the slowest start on the slowest machine.
const START_LIMIT: Duration = Duration::from_secs(120);
/// The API that the tools ask for; every member may do its one thing.
pub(crate) const API: &str = "learning";

/// A running server, on SQLite unless its settings say otherwise. Dropped, it is killed.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    data: PathBuf,
    /// From the start of the process to its first answer.
    pub(crate) started_in: Duration,
}

impl Server {
    /// Starts `program` on a folder, in front of it the words of `before` (`strace …`), and waits for its first good answer.
    pub(crate) fn start(program: &Path, data: &Path, before: &[String]) -> Outcome<Self> {
        Self::start_with(program, data, before, &[])
    }

    /// The same with these settings in its environment.
    pub(crate) fn start_with(program: &Path, data: &Path, before: &[String], settings: &[(&str, &str)]) -> Outcome<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut words = before.iter().map(String::as_str).chain([program.to_str().ok_or("the program's path is no text")?]);
        let mut command = Command::new(words.next().unwrap_or_default());
        let log = std::fs::File::create(data.join("tool.log")).map_err(|error| format!("{}: {error}", data.display()))?;
        command.args(words).arg("serve").arg("--data").arg(data).args(["--listen", &address]);
        command.env("POORT_TRUSTED_PROXIES", "[\"127.0.0.1\"]").envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let begin = Instant::now();
        let child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
        let mut server = Self { child, address, data: data.to_owned(), started_in: Duration::ZERO };
        while !server.answers() {
            if let Ok(Some(status)) = server.child.try_wait() {
                return Err(format!("poort ended at once: {status}\n{}", server.log()));
            }
            if begin.elapsed() > START_LIMIT {
                return Err(format!("poort gave no answer within {START_LIMIT:?}\n{}", server.log()));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        server.started_in = begin.elapsed();
        Ok(server)
    }

    /// The server's process: what was started, or the child of what stands in front of it.
    pub(crate) fn id(&self) -> u32 {
        let started = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{started}/task/{started}/children")).unwrap_or_default();
        children.split_whitespace().next().and_then(|child| child.parse().ok()).unwrap_or(started)
    }

    /// What it wrote to its standard error.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.data.join("tool.log")).unwrap_or_default()
    }

    /// SIGKILL, and waits for the end.
    pub(crate) fn kill(&mut self) {
        // A process that has ended by itself cannot be killed: either way it is gone.
        if self.id() != self.child.id() {
            let _ = self.signal("KILL");
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn stop(&mut self) -> Outcome {
        self.signal("TERM")?;
        self.child.wait().map_err(|error| error.to_string()).map(|_| ())
    }

    fn signal(&self, signal: &str) -> Outcome {
        let script = "kill -\"$1\" \"$2\"";
        shell::output(Command::new("sh").args(["-c", script, "sh", signal, &self.id().to_string()])).map(|_| ())
    }

    /// A client with this credential.
    pub(crate) fn client(&self, token: &str) -> Outcome<Client> {
        Client::open(&self.address, token)
    }

    /// A client with the operator's token.
    pub(crate) fn operator(&self) -> Outcome<Client> {
        let file = self.data.join("operator-token");
        let token = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Client::open(&self.address, token.trim())
    }

    fn answers(&self) -> bool {
        Connection::open(&self.address)
            .and_then(|mut connection| connection.exchange("GET", "/readyz", "", ""))
            .is_ok_and(|answer| answer.status == 200)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A caller of the management API over one connection.
pub(crate) struct Client {
    connection: Connection,
    authorization: String,
}

impl Client {
    /// Connects with a credential.
    pub(crate) fn open(address: &str, credential: &str) -> Outcome<Self> {
        let connection = Connection::open(address).map_err(|error| format!("{address}: {error}"))?;
        Ok(Self { connection, authorization: format!("Authorization: Bearer {credential}\r\n") })
    }

    /// One call. An error is a broken connection; a refusal is an answer.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: &Value) -> io::Result<Answer> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.connection.exchange(method, path, &self.authorization, &body)
    }

    /// One call that must succeed; answers its JSON.
    pub(crate) fn must(&mut self, method: &str, path: &str, body: &Value) -> Outcome<Value> {
        let answer = self.call(method, path, body).map_err(|error| format!("{method} {path}: {error}"))?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.json());
        }
        Err(format!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)))
    }

    /// Makes an organisation; answers its id.
    pub(crate) fn create_organisation(&mut self, name: &str) -> Outcome<String> {
        text(&self.must("POST", "/api/v1/organisations", &json!({ "name": name }))?, "id")
    }

    /// Makes a person, a member of an organisation; answers the id.
    pub(crate) fn create_person(&mut self, name: &str, organisation: &str) -> Outcome<String> {
        let email = format!("{name}@example.org");
        let person = json!({ "name": name, "email": email, "organisation": organisation, "roles": ["member"] });
        text(&self.must("POST", "/api/v1/people", &person)?, "id")
    }

    /// Makes the API known; answers the secret of a credential with which it may ask.
    pub(crate) fn create_api(&mut self) -> Outcome<String> {
        let read = format!("{API}:submissions:read");
        let definition = json!({
            "name": API, "title": "Learning", "presentations": ["bearer"],
            "permissions": [{ "name": read, "title": "Read submissions" }],
            "routes": [{ "method": "GET", "path": "/submissions", "permission": read }],
        });
        self.must("POST", "/api/v1/apis", &definition)?;
        let credential = self.must("POST", &format!("/api/v1/apis/{API}/credentials"), &json!({ "description": "the tools" }))?;
        text(&credential, "secret")
    }
}

/// The question to `POST /api/v1/verify` about a token.
pub(crate) fn question(token: &str) -> Value {
    json!({ "api": API, "authorization": format!("Bearer {token}"), "permission": format!("{API}:submissions:read") })
}

/// A member of an answer that must be text.
pub(crate) fn text(value: &Value, name: &str) -> Outcome<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("the answer has no {name}: {value}"))
}

/// A port that nobody listens on, below the range from which the system takes the ports of clients.
pub(crate) fn free_port() -> Outcome<u16> {
    let mut random = crate::random::Random::seeded(crate::random::Random::new_seed());
    for _ in 0..100 {
        let port = 20_000 + random.below(12_000) as u16;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err("found no free port".to_owned())
}

/// A folder of its own for a tool's run, removed when dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes `target/tools/NAME-<process id>-<number>`.
    pub(crate) fn new(name: &str) -> Outcome<Self> {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = shell::target().join("tools").join(format!("{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the target folder, where `cargo clean` finds it.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
