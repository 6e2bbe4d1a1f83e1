//! Real programs against a real demo: the FAQ's commands, the clients people use, and the end of a token on every surface.
#![cfg(test)]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::machine::{self, DODONACLI};
use crate::server::{Client, Folder, free_port, question, text};
use crate::{Outcome, shell};

/// Longer than the slowest first start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// The bound on a clean stop, with room for a machine that builds meanwhile.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// `poort demo`, ready.
pub(crate) struct Demo {
    child: Child,
    folder: Folder,
    port: u16,
    ready: Value,
}

impl Demo {
    /// What it says of itself.
    pub(crate) fn ready_file(&self) -> PathBuf {
        self.folder.path().join("ready.json")
    }

    pub(crate) fn start() -> Outcome<Self> {
        Self::start_in(Folder::new("demo")?, free_port()?, "127.0.0.1")
    }

    /// Whose authority is called `localhost`.
    pub(crate) fn start_by_name() -> Outcome<Self> {
        Self::start_in(Folder::new("demo")?, free_port()?, "localhost")
    }

    /// Ends it as a crash would, and starts it on the same data and port.
    fn start_again(&mut self) -> Outcome<()> {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        ended.map_err(|error| error.to_string())?;
        let folder = std::mem::replace(&mut self.folder, Folder::new("ended-demo")?);
        std::fs::remove_file(folder.path().join("ready.json")).map_err(|error| error.to_string())?;
        *self = Self::start_in(folder, self.port, "127.0.0.1")?;
        Ok(())
    }

    fn start_in(folder: Folder, port: u16, host: &str) -> Outcome<Self> {
        let file = folder.path().join("ready.json");
        let mut command = Command::new(shell::built("poort"));
        command.arg("demo").arg("--data").arg(folder.path().join("data")).args(["--port", &port.to_string(), "--ready-file"]).arg(&file);
        let child = command
            .env("POORT_PUBLIC_URL", format!("http://{host}:{port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut demo = Self { child, folder, port, ready: Value::Null };
        let begin = Instant::now();
        while demo.ready.is_null() {
            if let Ok(Some(status)) = demo.child.try_wait() {
                return Err(format!("the demo ended at once: {status}"));
            }
            if begin.elapsed() > START_LIMIT {
                return Err("the demo did not become ready".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
            demo.ready = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        }
        Ok(demo)
    }

    fn learning(&self, name: &str) -> Outcome<String> {
        text(&self.ready["learning"], name)
    }

    /// A client of the authority with one of the ready file's credentials.
    fn authority(&self, credential: &str) -> Outcome<Client> {
        let url = text(&self.ready, "authority")?;
        Client::open(url.trim_start_matches("http://"), &text(&self.ready, credential)?)
    }

    /// The FAQ's curl command; answers status and body.
    fn curl(&self, token: &str) -> Outcome<(String, String)> {
        let authorization = format!("Authorization: {token}");
        let url = format!("{}/submissions", self.learning("url")?);
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--write-out", "\n%{http_code}", "--header", &authorization, "--header", "Accept: application/json", &url]);
        let said = shell::output(&mut curl)?;
        said.rsplit_once('\n').map(|(body, status)| (status.to_owned(), body.to_owned())).ok_or(said.clone())
    }

    /// Validates a document at a subsurface portal; answers the status and the body.
    fn validate(&self, url: &str, token: &(String, String), project: &str) -> Outcome<(String, String)> {
        let (user, url) = (format!("{}:{}", token.0, token.1), format!("{url}/api/v2/{project}/validatie"));
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--write-out", "\n%{http_code}", "--user", &user, "--header", "Content-Type: application/xml"]);
        let said = shell::output(curl.args(["--data-binary", &format!("@{}", document("gmw_construction").display()), &url]))?;
        said.rsplit_once('\n').map(|(body, status)| (status.to_owned(), body.to_owned())).ok_or(said.clone())
    }

    /// Makes an upload with a document in project 1255, and does not deliver it.
    fn upload(&self, url: &str, token: &(String, String)) -> Outcome<()> {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--fail", "--dump-header", "-", "--output", "/dev/null", "--request", "POST", "--user"]);
        let headers = shell::output(curl.arg(format!("{}:{}", token.0, token.1)).arg(format!("{url}/api/v2/1255/uploads")))?;
        let location = headers.lines().find_map(|line| line.strip_prefix("location: ")).ok_or(headers.clone())?.trim();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--fail", "--header", "Content-Type: application/xml", "--user"]).arg(format!("{}:{}", token.0, token.1));
        let document = format!("@{}", document("gmw_construction").display());
        shell::output(curl.args(["--data-binary", &document, &format!("{location}/brondocumenten")])).map(drop)
    }

    /// The FAQ's Python snippet; answers the status.
    fn python(&self, token: &str) -> Outcome<String> {
        let snippet = "import requests, sys\nr = requests.get(sys.argv[1] + '/submissions', headers={'Authorization': sys.argv[2], 'Accept': 'application/json'})\nprint(r.status_code)\n";
        let url = self.learning("url")?;
        shell::output(Command::new(venv()?.join("bin/python")).args(["-c", snippet, &url, token])).map(|said| said.trim().to_owned())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // A demo that has ended already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn document(name: &str) -> PathBuf {
    shell::root().join(format!("crates/portals/tests/subsurface/documents/{name}.xml"))
}

fn venv() -> Outcome<PathBuf> {
    let program = machine::python_tool(&DODONACLI)?;
    program.ancestors().nth(2).map(PathBuf::from).ok_or_else(|| "a virtual environment has two folders above its programs".to_owned())
}

#[test]
fn the_faqs_snippets_work_until_the_token_is_ended_and_not_once_after() {
    let demo = Demo::start().expect("a demo");
    let token = demo.learning("token").expect("a token");
    let (status, body) = demo.curl(&token).expect("curl");
    let submissions: Value = serde_json::from_str(&body).expect("JSON");
    assert!(status == "200" && submissions.is_array(), "{status} {body}");
    assert_eq!(demo.python(&token).expect("Python"), "200");

    let mut api = demo.authority("api_credential").expect("the authority");
    let mut ask = || api.must("POST", "/api/v1/verify", &question(&token)).expect("a verdict");
    let verdict = ask();
    assert_eq!(verdict["allowed"], true, "{verdict}");

    let id = text(&verdict["credential"], "id").expect("the token's id");
    let mut operator = demo.authority("operator_token").expect("the authority");
    operator.must("DELETE", &format!("/api/v1/tokens/{id}"), &Value::Null).expect("revoked");
    assert_eq!(demo.curl(&token).expect("curl").0, "401");
    assert_eq!(demo.python(&token).expect("Python"), "401");
    let verdict = ask();
    assert_eq!((&verdict["allowed"], &verdict["reason"]), (&Value::from(false), &Value::from("revoked")), "{verdict}");
}

#[test]
fn delivery_software_delivers_until_its_delegation_is_closed_or_its_token_deleted() {
    let demo = Demo::start().expect("a demo");
    let world = |name: &str| text(&demo.ready["subsurface"], name).expect(name);
    let token = (world("username"), world("code"));
    for (url, username, code) in [("url", "username", "code"), ("demo_url", "demo_username", "demo_code")] {
        let mut python = Command::new("python3");
        python.arg(shell::root().join("crates/server/tests/clients/delivery.py"));
        python.args([url, username, code, "project", "forbidden_project", "unknown_project"].map(world));
        let said =
            shell::output(python.arg(document("gmw_construction")).arg(document("gld_start"))).expect("every step said what it should");
        let seen: Value = serde_json::from_str(&said).expect("JSON");
        let expected = serde_json::json!({
            "none": 401, "wrong code": 401, "forbidden project": 403, "unknown project": 404, "unknown delivery": 404, "version 1": 410,
            "no such page": 404
        });
        assert_eq!(seen["statuses"], expected, "{said}");
    }

    // A credential of production is unknown in the demo environment, and halves of two make none.
    let (url, demo_url) = (world("url"), world("demo_url"));
    let validate = |url: &str, token: &(String, String)| demo.validate(url, token, "1255").expect("curl");
    let (half, other) = ((token.0.clone(), world("demo_code")), (world("demo_username"), world("demo_code")));
    let refused = validate(&demo_url, &token);
    assert_eq!(refused.0, "401", "{}", refused.1);
    for token in [half, ("nobody".to_owned(), token.1.clone())] {
        assert_eq!(validate(&url, &token), refused);
    }

    // Closed: 403 on the next; the other environment is untouched; opened anew: it works again; deleted: 401 on the next.
    let mut operator = demo.authority("operator_token").expect("the authority");
    let path = format!("/api/v1/delegations/{}", world("delegation_id"));
    let closed = operator.must("GET", &path, &Value::Null).expect("the delegation");
    assert_eq!(validate(&url, &token).0, "200");
    demo.upload(&url, &token).expect("an upload");
    let impact = operator.must("GET", &format!("{path}/impact"), &Value::Null).expect("a preview");
    assert_eq!(impact["under_way"], serde_json::json!({"deliveries": 0, "documents": 0, "uploads": 1}), "{impact}");
    assert_eq!(impact["credentials_stopping"], 1, "{impact}");
    operator.must("POST", &format!("{path}/closures"), &serde_json::json!({})).expect("closed");
    assert_eq!(validate(&url, &token).0, "403");
    assert_eq!(validate(&demo_url, &other).0, "200");
    let mut again = serde_json::json!({"description": "once more"});
    for member in ["api", "workspace", "to", "kind", "permissions"] {
        let value = &closed[member];
        again[member] = value.get("id").unwrap_or(value).clone();
    }
    operator.must("POST", "/api/v1/delegations", &again).expect("opened anew");
    assert_eq!(validate(&url, &token).0, "200");
    let tokens = operator.must("GET", "/api/v1/organisation-tokens", &Value::Null).expect("a list");
    let own = tokens["items"].as_array().into_iter().flatten().find(|token| token["api"] == "subsurface").expect("one of production");
    operator.must("DELETE", &format!("/api/v1/organisation-tokens/{}", text(own, "id").expect("an id")), &Value::Null).expect("deleted");
    assert_eq!(validate(&url, &token), refused);
    assert_eq!(validate(&demo_url, &other).0, "200");
}

#[test]
fn privacy_software_sees_its_own_workspaces_also_after_a_crash() {
    let mut demo = Demo::start().expect("a demo");
    let first = demo.ready.clone();
    demo.start_again().expect("a demo");
    assert_eq!(demo.ready, first, "nothing is made twice");
    let world = |name: &str| text(&first["privacy"], name).expect(name);
    let (api, account) = (world("api_url"), world("account_url"));
    assert_eq!((account, world("redirect_uri")), (text(&first, "authority").expect("a URL"), "https://app.example/callback".to_owned()));
    let ask = |credential: [&str; 2], path: &str| -> (String, Value) {
        let mut curl = Command::new("curl");
        let said = shell::output(curl.args(["--silent", "--write-out", "\n%{http_code}"]).args(credential).arg(format!("{api}{path}")));
        let said = said.expect("curl");
        let (body, status) = said.rsplit_once('\n').expect("a status");
        (status.to_owned(), serde_json::from_str(body).expect("JSON"))
    };
    let (key, basic) = (format!("X-API-Key: {}", world("private_key")), format!("{}:{}", world("public_key"), world("private_key")));
    for credential in [["--header", &key], ["--user", &basic]] {
        let (status, list) = ask(credential, "/v1/Workspaces");
        assert_eq!((status.as_str(), list["total"].as_u64()), ("200", Some(3)), "{list}");
        assert_eq!(list["items"], list["workSpaces"]);
    }
    let workspace_key = format!("X-API-Key: {}", world("workspace_private_key"));
    let (_, list) = ask(["--header", &workspace_key], "/v1/workspaces");
    assert_eq!((list["total"].as_u64(), list["items"][0]["id"].as_u64()), (Some(1), Some(2)), "{list}");
    assert_eq!(ask(["--header", &workspace_key], "/v1/ws/1/DataProcessings").0, "404");
    let halves = format!("{}:{}", world("workspace_public_key"), world("private_key"));
    assert_eq!(ask(["--user", &halves], "/me").0, "401");

    let mut python = Command::new("python3");
    python.arg(shell::root().join("crates/server/tests/clients/privacy.py")).arg(demo.folder.path().join("ready.json"));
    let said = shell::output(&mut python).expect("every step said what it should");
    let seen: Value = serde_json::from_str(&said).expect("JSON");
    let expected = serde_json::json!({
        "wrong private key": 401, "unknown scope": 400, "none": 401, "private key as Bearer": 401, "token as X-API-Key": 401,
        "ended token": 401, "other token": 200,
    });
    assert_eq!(seen, expected);
}

#[test]
fn a_killed_portal_loses_nothing_that_it_answered_and_does_nothing_twice() {
    let (folder, port) = (Folder::new("killed-portal").expect("a folder"), free_port().expect("a port"));
    let mut python = Command::new("python3");
    python.arg(shell::root().join("crates/server/tests/clients/killed_portal.py")).arg(shell::built("poort")).arg(folder.path());
    let said = shell::output(python.args([&port.to_string(), "4"]).arg(document("gmw_construction"))).expect("nothing is lost");
    let counted: Value = serde_json::from_str(&said).expect("JSON");
    assert!(counted["deliveries"].as_u64().is_some_and(|count| count > 0), "{said}");
    println!("{said}");
}

#[test]
fn dodonacli_works_unchanged() {
    let demo = Demo::start().expect("a demo");
    let script = shell::root().join("crates/server/tests/clients/dodonacli.py");
    let (url, token) = (demo.learning("url").expect("a URL"), demo.learning("token").expect("a token"));
    let mut python = Command::new("python3");
    python.arg(script).args(["--base-url", &url, "--token", &token, "--venv"]).arg(venv().expect("dodonacli"));
    println!("{}", shell::output(&mut python).expect("every step said what it should"));
}

#[test]
fn sigterm_ends_the_demo_cleanly() {
    let mut demo = Demo::start().expect("a demo");
    shell::output(Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &demo.child.id().to_string()])).expect("a signal");
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = demo.child.try_wait().expect("a status") {
            break status;
        }
        assert!(begin.elapsed() < STOP_LIMIT, "the demo does not stop; its data is in {}", demo.folder.path().display());
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(status.success(), "{status}");
}
