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
struct Demo {
    child: Child,
    folder: Folder,
    ready: Value,
}

impl Demo {
    fn start() -> Outcome<Self> {
        let folder = Folder::new("demo")?;
        let file = folder.path().join("ready.json");
        let port = free_port()?;
        let mut command = Command::new(shell::built("poort"));
        command.arg("demo").arg("--data").arg(folder.path().join("data")).args(["--port", &port.to_string(), "--ready-file"]).arg(&file);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let mut demo = Self { child, folder, ready: Value::Null };
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
