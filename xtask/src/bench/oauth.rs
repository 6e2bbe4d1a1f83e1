//! The OAuth endpoints under load, interleaved with a yardstick that does the least of the same work, and with npm `oidc-provider`
//! on its memory adapter.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::process::{cpu_microseconds, median};
use super::{Row, Table, checks, make_folder, program};
use crate::http::Connection;
use crate::machine::{self, OIDC_PROVIDER};
use crate::server::{Client, Server, free_port, text};
use crate::{Outcome, shell};

/// How an API of the measurement takes its access tokens; the name says it.
const FORMS: [(&str, Option<&str>); 3] = [("opaque", None), ("eddsa", Some("EdDSA")), ("es256", Some("ES256"))];
const SECRET_OF_PROVIDER: &str = "bench-secret-0123456789012345678901234567";

/// One request, as a target is sent it.
struct Ask {
    address: String,
    process: u32,
    path: String,
    authorization: String,
    body: String,
}

struct Case {
    name: String,
    /// The yardstick first.
    asks: Vec<(&'static str, Ask)>,
}

/// What was made on the real server: a key, and the credential of each API.
struct World {
    client: String,
    private_key: String,
    api_credentials: Vec<String>,
}

/// Measures and adds a row for each case and target.
pub(super) fn measure(folder: &Path, table: &mut Table) -> Outcome {
    let data = make_folder(&folder.join("oauth"))?;
    let settings = [("POORT_SIGNING_ALGORITHMS", r#"["ES256", "EdDSA"]"#)];
    let server = Server::start_with(&program("poort"), &data, &[], &settings)?;
    let world = World::make(&mut server.operator()?)?;
    let null = Running::null(&world)?;
    let provider = Running::provider()?;
    let script = folder.join("post.lua");
    std::fs::write(&script, include_str!("post.lua")).map_err(|error| error.to_string())?;
    for case in cases(&server, &null, &provider, &world)? {
        let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new(); case.asks.len()];
        for _ in 0..checks::RUNS {
            for ((_, ask), runs) in case.asks.iter().zip(&mut runs) {
                runs.push(load(&script, ask)?);
            }
        }
        let middle: Vec<(f64, f64)> = runs
            .iter()
            .map(|runs| (median(runs.iter().map(|run| run.0).collect()), median(runs.iter().map(|run| run.1).collect())))
            .collect();
        for ((name, _), (cost, pace)) in case.asks.iter().zip(&middle) {
            table.push(Row {
                what: format!("{}, {name}", case.name),
                value: format!("{cost:.2} µs CPU a request, {pace:.0} requests/s"),
                ratio: format!("{:.2} × the CPU of null", cost / middle[0].0),
            });
        }
    }
    Ok(())
}

impl World {
    fn make(operator: &mut Client) -> Outcome<Self> {
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
        let organisation = operator.must("POST", "/api/v1/organisations", &json!({ "name": "Bench" }))?;
        let path = format!("/api/v1/organisations/{}/organisation-keys", text(&organisation, "id")?);
        let key = operator.must("POST", &path, &json!({ "name": "Bench", "grant_types": ["client_credentials"], "permissions": "all" }))?;
        Ok(Self { client: text(&key, "client_id")?, private_key: text(&key, "private_key")?, api_credentials })
    }
}

fn cases(server: &Server, null: &Running, provider: &Running, world: &World) -> Outcome<Vec<Case>> {
    let own = basic(&world.client, &world.private_key);
    let theirs = basic("bench", SECRET_OF_PROVIDER);
    let ask = |(address, process): (&str, u32), path: &str, authorization: &str, body: String| Ask {
        address: address.to_owned(),
        process,
        path: path.to_owned(),
        authorization: authorization.to_owned(),
        body,
    };
    let (real, yardstick, other) = ((server.address.as_str(), server.id()), null.at(), provider.at());
    let mut cases = Vec::new();
    for (name, _) in FORMS {
        let body = format!("grant_type=client_credentials&scope={name}1");
        let resource = format!("grant_type=client_credentials&scope=api1&resource=urn:bench:{name}");
        cases.push(Case {
            name: format!("client_credentials, {name}"),
            asks: vec![
                ("null", ask(yardstick, &format!("/{name}/token"), &own, body.clone())),
                ("poort", ask(real, "/connect/token", &own, body)),
                ("oidc-provider", ask(other, "/token", &theirs, resource)),
            ],
        });
    }
    let token = |case: &Case, place: usize| case.asks[place].1.send().and_then(|answer| text(&answer, "access_token"));
    let (opaque, of_other) = (token(&cases[0], 1)?, token(&cases[0], 2)?);
    let asking = format!("Bearer {}", world.api_credentials[0]);
    cases.push(Case {
        name: "introspection, opaque".to_owned(),
        asks: vec![
            ("null", ask(yardstick, "/introspect", &asking, format!("token={opaque}"))),
            ("poort", ask(real, "/connect/introspect", &asking, format!("token={opaque}"))),
            ("oidc-provider", ask(other, "/token/introspection", &theirs, format!("token={of_other}"))),
        ],
    });
    for (name, ask) in cases.iter().flat_map(|case| &case.asks) {
        ask.send().map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(cases)
}

fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

impl Ask {
    /// Sends it once; the answer must be good.
    fn send(&self) -> Outcome<Value> {
        let headers = format!("Authorization: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n", self.authorization);
        let sent = Connection::open(&self.address).and_then(|mut connection| connection.exchange("POST", &self.path, &headers, &self.body));
        let answer = sent.map_err(|error| format!("{}: {error}", self.path))?;
        let json = answer.json();
        if answer.status != 200 || json["active"] == false { Err(format!("{}: {} {json}", self.path, answer.status)) } else { Ok(json) }
    }
}

/// Microseconds of CPU a request, and requests a second.
fn load(script: &Path, ask: &Ask) -> Outcome<(f64, f64)> {
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "2", "--connections", checks::CONNECTIONS, "--duration", checks::SECONDS_OF_RUN, "--script"]).arg(script);
    wrk.arg(format!("http://{}", ask.address)).args(["--", &ask.path, &ask.authorization, &ask.body]);
    let before = cpu_microseconds(ask.process)?;
    let said = shell::output(&mut wrk)?;
    let used = cpu_microseconds(ask.process)? - before;
    let requests = said.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse::<f64>().ok());
    let pace = said.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:")?.trim().parse::<f64>().ok());
    match requests.zip(pace) {
        Some((requests, pace)) if !said.contains("Non-2xx") && !said.contains("Socket errors") => Ok((used / requests, pace)),
        _ => Err(format!("{}: wrk told no good numbers\n{said}", ask.path)),
    }
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

    fn at(&self) -> (&str, u32) {
        (&self.address, self.child.id())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has nothing to lose; if it is gone already, so much the better.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
