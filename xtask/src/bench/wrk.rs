//! `wrk`: load from beside, and what a server spent under it.

use std::process::Command;

use super::checks::{CONNECTIONS, SECONDS_OF_RUN};
use super::process::cpu_microseconds;
use crate::{Outcome, shell};

/// What one run of load told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// Of the server's processor time, for each request.
    pub(super) microseconds: f64,
    /// Requests a second.
    pub(super) pace: f64,
    /// The share of requests whose answer was neither 2xx nor 3xx.
    pub(super) refused: f64,
}

/// `wrk` with what all runs have alike; the script, the address and the script's arguments are the caller's.
pub(super) fn wrk() -> Command {
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "2", "--connections", CONNECTIONS, "--duration", SECONDS_OF_RUN]);
    wrk
}

/// Runs it against a server's process. A request without an answer is an error.
pub(super) fn load(wrk: &mut Command, process: u32) -> Outcome<Load> {
    let before = cpu_microseconds(process)?;
    let said = shell::output(wrk)?;
    let used = cpu_microseconds(process)? - before;
    let number = |before: &str| said.lines().find_map(|line| line.trim().strip_prefix(before)?.trim().parse::<f64>().ok());
    let requests = said.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse::<f64>().ok());
    match requests.zip(number("Requests/sec:")) {
        Some((requests, pace)) if !said.contains("Socket errors") => {
            let refused = number("Non-2xx or 3xx responses:").unwrap_or(0.0) / requests;
            Ok(Load { microseconds: used / requests, pace, refused })
        }
        _ => Err(format!("wrk told no good numbers\n{said}")),
    }
}
