//! The OAuth endpoints under load, interleaved with a yardstick that does the least of the same work, and with npm `oidc-provider`
//! on its memory adapter.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::process::median;
use super::wrk::{self, Load};
use super::{Row, Table, checks, code, make_folder, program};
use crate::Outcome;
use crate::http::Connection;
use crate::machine::{self, OIDC_PROVIDER};
use crate::server::{Server, free_port, text};

/// How an API of the measurement takes its access tokens; the name says it.
const FORMS: [(&str, Option<&str>); 3] = [("opaque", None), ("eddsa", Some("EdDSA")), ("es256", Some("ES256"))];
const SECRET_OF_PROVIDER: &str = "bench-secret-0123456789012345678901234567";

/// What is measured: where it listens, which process it is, and where its token endpoints are.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) address: &'a str,
    process: u32,
    /// Of the one endpoint; none where each kind of work has its own.
    token_path: Option<&'a str>,
}

impl Target<'_> {
    /// Where tokens of this kind are asked for.
    pub(super) fn token_path(&self, kind: &str) -> String {
        self.token_path.map_or_else(|| format!("/{kind}/token"), str::to_owned)
    }
}

/// One request, as a target is sent it.
pub(super) struct Ask {
    pub(super) address: String,
    pub(super) process: u32,
    path: String,
    authorization: String,
    body: String,
}

struct Case {
    name: String,
    /// The yardstick first.
    asks: Vec<(&'static str, Ask)>,
}

/// What was made on the real server: a key, the credential of each API, and what the code flow needs.
struct World {
    client: String,
    private_key: String,
    api_credentials: Vec<String>,
    code: code::World,
}

/// Measures and adds a row for each case and target.
pub(super) fn measure(folder: &Path, table: &mut Table) -> Outcome {
    let data = make_folder(&folder.join("oauth"))?;
    let settings = [("POORT_SIGNING_ALGORITHMS", r#"["ES256", "EdDSA"]"#)];
    let server = Server::start_with(&program("poort"), &data, &[], &settings)?;
    let world = World::make(&server)?;
    let null = Running::null(&world)?;
    let provider = Running::provider()?;
    let script = folder.join("post.lua");
    std::fs::write(&script, include_str!("post.lua")).map_err(|error| error.to_string())?;
    for case in cases(&server, &null, &provider, &world)? {
        let mut runs: Vec<Vec<Load>> = vec![Vec::new(); case.asks.len()];
        for _ in 0..checks::RUNS {
            for ((_, ask), runs) in case.asks.iter().zip(&mut runs) {
                runs.push(load(&script, ask)?);
            }
        }
        let middle: Vec<(f64, f64)> = runs
            .iter()
            .map(|runs| (median(runs.iter().map(|run| run.microseconds).collect()), median(runs.iter().map(|run| run.pace).collect())))
            .collect();
        for ((name, _), (cost, pace)) in case.asks.iter().zip(&middle) {
            let value = format!("{cost:.2} µs CPU a request, {pace:.0} requests/s");
            table.push(row(&case.name, name, &value, cost / middle[0].0));
        }
    }
    let targets = [("null", null.target(None)), ("poort", real(&server)), ("oidc-provider", provider.target(Some("/token")))];
    let of_code = basic(&world.code.client, &world.code.private_key);
    code::measure(&world.code, &targets, &[basic(&world.client, &world.private_key), of_code, basic("bench", SECRET_OF_PROVIDER)], table)
}

/// A line of the table about a case and what answered it.
pub(super) fn row(case: &str, name: &str, value: &str, ratio: f64) -> Row {
    Row { what: format!("{case}, {name}"), value: value.to_owned(), ratio: format!("{ratio:.2} × the CPU of null") }
}

fn real(server: &Server) -> Target<'_> {
    Target { address: &server.address, process: server.id(), token_path: Some("/connect/token") }
}

impl World {
    fn make(server: &Server) -> Outcome<Self> {
        let operator = &mut server.operator()?;
        let mut api_credentials = Vec::new();
        for (name, algorithm) in FORMS {
            let mut definition = json!({
                "name": name, "title": name, "presentations": ["bearer"], "credentials": ["access_token"],
                "permissions": [{ "name": format!("{name}:things:read"), "title": "Read" }],
                "scopes": [{ "name": format!("{name}1"), "title": "All" }],
            });
            if let Some(algorithm) = algorithm {
                definition["access_token_algorithm"] = json!(algorithm);
            }
            operator.must("POST", "/api/v1/apis", &definition)?;
            let credential = operator.must("POST", &format!("/api/v1/apis/{name}/credentials"), &json!({ "description": "the tools" }))?;
            api_credentials.push(text(&credential, "secret")?);
        }
        let organisation = operator.create_organisation("Bench")?;
        let path = format!("/api/v1/organisations/{organisation}/organisation-keys");
        let key = operator.must("POST", &path, &json!({ "name": "Bench", "grant_types": ["client_credentials"], "permissions": "all" }))?;
        let code = code::World::make(operator, &server.address, &organisation)?;
        Ok(Self { client: text(&key, "client_id")?, private_key: text(&key, "private_key")?, api_credentials, code })
    }
}

fn cases(server: &Server, null: &Running, provider: &Running, world: &World) -> Outcome<Vec<Case>> {
    let own = basic(&world.client, &world.private_key);
    let theirs = basic("bench", SECRET_OF_PROVIDER);
    let (real, yardstick, other) = (real(server), null.target(None), provider.target(Some("/token")));
    let mut cases = Vec::new();
    for (name, _) in FORMS {
        let body = format!("grant_type=client_credentials&scope={name}1");
        let resource = format!("grant_type=client_credentials&scope=api1&resource=urn:bench:{name}");
        cases.push(Case {
            name: format!("client_credentials, {name}"),
            asks: vec![
                ("null", Ask::new(yardstick, &yardstick.token_path(name), &own, body.clone())),
                ("poort", Ask::new(real, &real.token_path(name), &own, body)),
                ("oidc-provider", Ask::new(other, &other.token_path(name), &theirs, resource)),
            ],
        });
    }
    let token = |case: &Case, place: usize| case.asks[place].1.send().and_then(|answer| text(&answer, "access_token"));
    let (opaque, of_other) = (token(&cases[0], 1)?, token(&cases[0], 2)?);
    let asking = format!("Bearer {}", world.api_credentials[0]);
    cases.push(Case {
        name: "introspection, opaque".to_owned(),
        asks: vec![
            ("null", Ask::new(yardstick, "/introspect", &asking, format!("token={opaque}"))),
            ("poort", Ask::new(real, "/connect/introspect", &asking, format!("token={opaque}"))),
            ("oidc-provider", Ask::new(other, "/token/introspection", &theirs, format!("token={of_other}"))),
        ],
    });
    for (name, ask) in cases.iter().flat_map(|case| &case.asks) {
        ask.send().map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(cases)
}

pub(super) fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

impl Ask {
    /// What is sent to a target.
    pub(super) fn new(target: Target<'_>, path: &str, authorization: &str, body: String) -> Self {
        let (address, path, authorization) = (target.address.to_owned(), path.to_owned(), authorization.to_owned());
        Self { address, process: target.process, path, authorization, body }
    }

    /// Sends it once; the answer must be good.
    fn send(&self) -> Outcome<Value> {
        let mut connection = Connection::open(&self.address).map_err(|error| format!("{}: {error}", self.address))?;
        self.send_over(&mut connection, &self.body)
    }

    /// Sends it with this body; the answer must be good.
    pub(super) fn send_over(&self, connection: &mut Connection, body: &str) -> Outcome<Value> {
        let headers = format!("Authorization: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n", self.authorization);
        let sent = connection.exchange("POST", &self.path, &headers, body);
        let answer = sent.map_err(|error| format!("{}: {error}", self.path))?;
        let json = answer.json();
        if answer.status != 200 || json["active"] == false { Err(format!("{}: {} {json}", self.path, answer.status)) } else { Ok(json) }
    }
}

fn load(script: &Path, ask: &Ask) -> Outcome<Load> {
    let mut command = wrk::wrk();
    command.arg("--script").arg(script).arg(format!("http://{}", ask.address));
    command.args(["--", &ask.path, &ask.authorization, &ask.body]);
    let load = wrk::load(&mut command, ask.process).map_err(|error| format!("{}: {error}", ask.path))?;
    if load.refused > 0.0 { Err(format!("{}: {:.1} % were refused", ask.path, load.refused * 100.0)) } else { Ok(load) }
}

/// A process beside the real server.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn null(world: &World) -> Outcome<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut command = Command::new(program("examples/null_oauth"));
        Self::start(command.args([&address, &world.client, &world.private_key, &world.api_credentials[0]]), address.clone())
    }

    fn provider() -> Outcome<Self> {
        let folder = machine::node_package(&OIDC_PROVIDER)?;
        let script = folder.join("provider.mjs");
        std::fs::write(&script, include_str!("provider.mjs")).map_err(|error| error.to_string())?;
        let port = free_port()?;
        let mut command = Command::new("node");
        command.arg(&script).args([&port.to_string(), "bench", SECRET_OF_PROVIDER]).stdout(Stdio::null()).stderr(Stdio::null());
        Self::start(command.env("NODE_ENV", "production"), format!("127.0.0.1:{port}"))
    }

    fn start(command: &mut Command, address: String) -> Outcome<Self> {
        let child = command.spawn().map_err(|error| error.to_string())?;
        let running = Self { child, address };
        for _ in 0..2_000 {
            if Connection::open(&running.address).is_ok() {
                return Ok(running);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err("what is measured beside does not listen".to_owned())
    }

    fn target<'a>(&'a self, token_path: Option<&'a str>) -> Target<'a> {
        Target { address: &self.address, process: self.child.id(), token_path }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has nothing to lose; if it is gone already, so much the better.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
