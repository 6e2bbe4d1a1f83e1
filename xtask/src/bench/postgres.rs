//! A throw-away PostgreSQL for the measurements: one server, durable commits, no replica.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process;
use crate::server::free_port;
use crate::{Outcome, machine, shell};

/// Enough for a dozen nodes, each with its pools.
const SETTINGS: &str = "-c listen_addresses=127.0.0.1 -c max_connections=300 -c shared_buffers=256MB";

/// A running server; dropped, it is gone with its data.
pub(super) struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    pub(super) fn start() -> Outcome<Self> {
        let programs = machine::postgresql_programs().ok_or("PostgreSQL's initdb is not there")?;
        // Not in the target folder, which PostgreSQL's user may not be able to enter.
        let folder = std::env::temp_dir().join(format!("poort-bench-{}", std::process::id()));
        std::fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let server = Self { folder, programs, port: free_port()? };
        if is_root() {
            shell::output(Command::new("chown").arg("postgres").arg(&server.folder))?;
        }
        shell::output(server.tool("initdb").args(["-U", "poort", "-A", "trust", "-E", "UTF8", "--locale=C"]))?;
        let options = format!("-p {} {SETTINGS} -c unix_socket_directories={}", server.port, server.folder.display());
        let log = server.folder.join("log");
        // Not with `output`: the server would hold the pipe open for as long as it runs.
        let mut start = server.tool("pg_ctl");
        let status = start.args(["-w", "-s", "-o", &options, "-l"]).arg(log).arg("start").stdout(Stdio::null()).status();
        if status.is_ok_and(|status| status.success()) { Ok(server) } else { Err("PostgreSQL does not start".to_owned()) }
    }

    /// Where a database is.
    pub(super) fn url(&self, database: &str) -> String {
        format!("postgres://poort@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs a statement; gives what it says, unaligned.
    pub(super) fn query(&self, database: &str, statement: &str) -> Outcome<String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-A", "-t", "-d", &self.url(database), "-c", statement]);
        shell::output(&mut psql).map(|said| said.trim().to_owned())
    }

    /// A number that a statement gives.
    pub(super) fn number(&self, database: &str, statement: &str) -> Outcome<f64> {
        let said = self.query(database, statement)?;
        said.parse().map_err(|_| format!("{statement}: {said:?} is no number"))
    }

    /// Processor time of all its processes so far, in microseconds.
    pub(super) fn cpu_microseconds(&self) -> Outcome<f64> {
        let file = self.folder.join("data/postmaster.pid");
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let postmaster: u32 = text.lines().next().and_then(|line| line.trim().parse().ok()).ok_or("postmaster.pid holds no number")?;
        process::cpu_microseconds_with_children(postmaster)
    }

    fn tool(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "env", "HOME=/"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(self.folder.join("data")).current_dir("/");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // What cannot be stopped or removed is of a run that failed already.
        let _ = self.tool("pg_ctl").args(["-m", "immediate", "-s", "stop"]).stderr(Stdio::null()).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
