//! A throw-away PostgreSQL for tests, measurements and trials: started on a free port of the loopback address, gone when it is dropped.
#![allow(clippy::disallowed_methods, reason = "a tool of tests: it reads the search path")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

/// What went wrong, for whoever runs the tests.
pub type Failure = String;

/// How long `pg_ctl` waits for a start, a stop or a promotion, in seconds: longer than the slowest on a busy machine.
const WAIT_SECONDS: &str = "60";
const LISTEN: &str = "listen_addresses = '127.0.0.1'\n";

/// A server with its data in a folder of its own.
pub struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
}

/// How a server is stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Connections are ended, what is written is brought to the disk.
    Fast,
    /// As a crash does: the next start has to recover.
    Crash,
}

impl Postgres {
    /// A fresh one with these lines added to its `postgresql.conf`. Its superuser is `poort`, without a password.
    ///
    /// # Errors
    /// Where PostgreSQL is not installed, says so: what cannot be tested must not look tested.
    pub fn start(settings: &str) -> Result<Self, Failure> {
        let server = Self::placed(programs().ok_or("PostgreSQL is not installed: initdb was not found")?)?;
        run(server.tool("initdb").args(["-U", "poort", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]))?;
        let file = server.data().join("postgresql.conf");
        let opened = std::fs::OpenOptions::new().append(true).open(&file);
        let written = opened.and_then(|mut opened| opened.write_all(format!("\n{LISTEN}{settings}\n").as_bytes()));
        written.map_err(|error| format!("{}: {error}", file.display()))?;
        server.launch()?;
        Ok(server)
    }

    /// A copy of it that follows it, under the name `standby`. Whether commits wait for it is up to `synchronous_standby_names`.
    ///
    /// # Errors
    /// When it cannot be made or started.
    pub fn standby(&self) -> Result<Self, Failure> {
        let server = Self::placed(self.programs.clone())?;
        let way = format!("host=127.0.0.1 port={} user=poort application_name=standby", self.port);
        run(server.tool("pg_basebackup").args(["-X", "stream", "-c", "fast", "--no-sync", "-R", "-d", &way]))?;
        server.launch()?;
        Ok(server)
    }

    /// Starts it, also again after [`Postgres::stop`], where it was before.
    ///
    /// # Errors
    /// When it does not accept connections in time.
    pub fn launch(&self) -> Result<(), Failure> {
        let options = format!("-p {} -c unix_socket_directories={}", self.port, self.folder.path().display());
        let log = self.folder.path().join("log");
        run(self.control(&["-w", "-o", &options, "-l"]).arg(log).arg("start"))
    }

    /// Stops it; one that is down already is what is wanted.
    pub fn stop(&self, how: Stop) {
        let mode = if how == Stop::Fast { "fast" } else { "immediate" };
        let _ = self.control(&["-m", mode, "stop"]).stderr(Stdio::null()).status();
    }

    /// Stops it as a crash does.
    pub fn kill(&self) {
        self.stop(Stop::Crash);
    }

    /// Makes a standby a primary of its own.
    ///
    /// # Errors
    /// When it does not become one in time.
    pub fn promote(&self) -> Result<(), Failure> {
        run(&mut self.control(&["-w", "promote"]))
    }

    /// Sends this signal (`-STOP`) to all its processes.
    pub fn signal(&self, signal: &str) {
        let Some(postmaster) = self.postmaster() else { return };
        let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap_or_default();
        for process in std::iter::once(postmaster.to_string().as_str()).chain(children.split_whitespace()) {
            let _ = Command::new("kill").args([signal, process]).stderr(Stdio::null()).status();
        }
    }

    /// The id of its first process, while it runs.
    pub fn postmaster(&self) -> Option<u32> {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok()
    }

    /// Runs statements with `psql`; gives what they say, unaligned.
    ///
    /// # Errors
    /// What `psql` says, or that it is not there.
    pub fn query(&self, database: &str, statements: &str) -> Result<String, Failure> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.database_url(database), "-c", statements]);
        let output = psql.stdin(Stdio::null()).output().map_err(|error| format!("psql: {error}"))?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(said(&output.stdout)) } else { Err(format!("{statements}: {}", said(&output.stderr))) }
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The URL of its first database.
    pub fn url(&self) -> String {
        self.database_url("postgres")
    }

    /// The URL of a database.
    pub fn database_url(&self, database: &str) -> String {
        format!("postgres://poort@{}/{database}", self.address())
    }

    /// A folder that its user may enter, and a port; nothing runs yet.
    fn placed(programs: PathBuf) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new().prefix("poort-pg").tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        Ok(Self { folder, programs, port: free_port()? })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn control(&self, arguments: &[&str]) -> Command {
        let mut command = self.tool("pg_ctl");
        command.args(["-s", "-t", WAIT_SECONDS]).args(arguments);
        command
    }

    /// A program of PostgreSQL's on its data, as a user whom it does not refuse. Its output goes nowhere, and not through a pipe:
    /// a server that it starts would hold that open for as long as it runs.
    fn tool(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "env", "HOME=/"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(self.data()).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // One that was stopped in its tracks would not hear that it is to end.
        self.signal("-CONT");
        self.kill();
    }
}

/// The folder of PostgreSQL's server programs: the newest of Debian's, or what is on `PATH`.
pub fn programs() -> Option<PathBuf> {
    let debians = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = debians.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))));
    let newest = versions.filter(|(_, programs)| programs.join("initdb").is_file()).max();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = || std::env::split_paths(&path).map(|folder| folder.join("initdb")).find(|program| program.is_file());
    newest.map(|(_, programs)| programs).or_else(|| Some(std::fs::canonicalize(on_path()?).ok()?.parent()?.to_owned()))
}

/// A port of the loopback address that nobody listens on now, another one each time.
///
/// # Errors
/// When none is left.
pub fn free_port() -> Result<u16, Failure> {
    // Below the ephemeral range, so that no client socket takes it between this look and the server's start.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 15_000 + (std::process::id() % 15_000) as u16 + NEXT.fetch_add(20, Ordering::Relaxed);
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    (start..32_700).find(free).ok_or_else(|| "found no free port".to_owned())
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standby_follows_takes_over_and_stays_where_it_was_after_a_crash() {
        let primary = Postgres::start("synchronous_standby_names = 'standby'\nsynchronous_commit = local").expect("PostgreSQL");
        let standby = primary.standby().expect("a standby");
        primary.query("postgres", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)").expect("written");
        let (place, mut rounds) = (primary.query("postgres", "SELECT pg_current_wal_lsn()").expect("a place"), 0);
        let arrived = format!("SELECT pg_last_wal_replay_lsn() >= '{place}'");
        while standby.query("postgres", &arrived).expect("it answers") != "t" {
            rounds += 1;
            assert!(rounds < 1_000, "the standby does not follow");
        }
        let address = standby.address();
        primary.kill();
        assert!(primary.query("postgres", "SELECT 1").is_err());
        standby.promote().expect("promoted");
        standby.kill();
        standby.launch().expect("recovered");
        assert_eq!(standby.address(), address);
        assert_eq!(standby.query("postgres", "SELECT n FROM kept").as_deref(), Ok("7"));
    }

    #[test]
    fn a_server_that_was_stopped_in_its_tracks_ends_when_it_is_dropped() {
        let server = Postgres::start("").expect("PostgreSQL");
        let address = server.address();
        server.signal("-STOP");
        drop(server);
        assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
    }
}
