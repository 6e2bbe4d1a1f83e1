//! Checks over HTTP: cost and pace of each, interleaved with the yardstick's under the same load.

use std::path::{Path, PathBuf};

use super::process::median;
use super::wrk::{self, Load};
use super::{Row, Table};
use crate::Outcome;
use crate::http::Connection;
use crate::server::question;

pub(super) const RUNS: usize = 5;
pub(super) const SECONDS_OF_RUN: &str = "4s";
pub(super) const CONNECTIONS: &str = "32";

/// A server under load.
pub(super) struct Target {
    pub(super) name: String,
    pub(super) process: u32,
    pub(super) address: String,
    /// The API's credential, for `verify`.
    pub(super) credential: String,
    /// Files of tokens; each request takes one of the files, then a token of it.
    pub(super) tokens: Vec<PathBuf>,
    /// The share of requests that must be refused.
    pub(super) refused: f64,
}

/// One surface, asked of each target in turn; the first is the yardstick.
pub(super) struct Round<'r> {
    pub(super) surface: &'static str,
    pub(super) targets: &'r [Target],
    /// The load script.
    pub(super) script: &'r Path,
}

/// The yardstick measures nothing unless it sends what the server sends.
pub(super) fn same_headers(null: &Target, target: &Target) -> Outcome {
    let failed = |error: std::io::Error| format!("{}: {error}", target.tokens[0].display());
    let tokens = std::fs::read_to_string(&target.tokens[0]).map_err(failed)?;
    let token = tokens.lines().next().unwrap_or_default();
    let asks = format!("Authorization: Bearer {token}\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Uri: /submissions\r\n");
    let knows = format!("Authorization: Bearer {}\r\n", target.credential);
    let question = question(token).to_string();
    for (method, path, headers, body) in [("GET", "/forward-auth/learning", &asks, ""), ("POST", "/api/v1/verify", &knows, &question)] {
        let ask = |address: &str| {
            let answer = Connection::open(address).and_then(|mut connection| connection.exchange(method, path, headers, body));
            answer.map_err(|error| format!("{method} {path} at {address}: {error}"))
        };
        let (nulls, servers) = (ask(&null.address)?, ask(&target.address)?);
        if nulls.status != 200 || servers.status != 200 || nulls.header_names() != servers.header_names() {
            return Err(format!("{method} {path}: the yardstick answers otherwise\n{nulls:?}\n{servers:?}"));
        }
    }
    Ok(())
}

/// Measures all of them in turn, `RUNS` times, and adds a row for each.
pub(super) fn measure(round: &Round<'_>, table: &mut Table) -> Outcome {
    let mut runs: Vec<Vec<Load>> = vec![Vec::new(); round.targets.len()];
    for _ in 0..RUNS {
        for (target, runs) in round.targets.iter().zip(&mut runs) {
            runs.push(load(round, target)?);
        }
    }
    let middle = |runs: &[Load]| {
        let of = |what: fn(&Load) -> f64| median(runs.iter().map(what).collect());
        (of(|run| run.microseconds), of(|run| run.pace))
    };
    let (null_cost, null_pace) = middle(&runs[0]);
    for (target, runs) in round.targets.iter().zip(&runs) {
        let (microseconds, pace) = middle(runs);
        let (cost, speed) = (microseconds / null_cost, pace / null_pace);
        table.push(Row {
            what: format!("{}, {}", round.surface, target.name),
            value: format!("{microseconds:.2} µs CPU a request, {pace:.0} requests/s"),
            ratio: format!("{cost:.2} × the CPU, {speed:.2} × the pace of null"),
        });
    }
    Ok(())
}

fn load(round: &Round<'_>, target: &Target) -> Outcome<Load> {
    let mut command = wrk::wrk();
    command.arg("--script").arg(round.script).arg(format!("http://{}", target.address));
    command.args(["--", round.surface, &target.credential]).args(&target.tokens);
    let fail = |what: String| format!("{} at {}: {what}", round.surface, target.name);
    let load = wrk::load(&mut command, target.process).map_err(fail)?;
    if (load.refused - target.refused).abs() > 0.02 {
        return Err(fail(format!("{:.1} % were refused, {:.1} % expected", load.refused * 100.0, target.refused * 100.0)));
    }
    Ok(load)
}
