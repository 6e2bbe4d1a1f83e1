//! The database of a run: a PostgreSQL primary and its synchronous standby, both thrown away afterwards.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::server::free_port;
use crate::{Outcome, machine, shell};

/// Longer than the slowest copy of a small database.
const COPIED_WITHIN: Duration = Duration::from_secs(60);
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 200
shared_buffers = 32MB
fsync = off
wal_keep_size = 64MB
wal_sender_timeout = 2s
wal_receiver_timeout = 2s
wal_receiver_status_interval = 1
wal_retrieve_retry_interval = 200ms
synchronous_standby_names = 'standby'
log_min_messages = warning
";

/// One server of the pair.
struct Server {
    folder: PathBuf,
    port: u16,
}

/// Both, and which of them is the primary.
pub(crate) struct Pair {
    folder: PathBuf,
    programs: PathBuf,
    servers: [Server; 2],
    primary: usize,
}

impl Pair {
    /// A fresh primary with its standby.
    pub(crate) fn start() -> Outcome<Self> {
        let programs = machine::postgresql_programs().ok_or("PostgreSQL's initdb is not there")?;
        // Not in the target folder: its owner may be one whom PostgreSQL's user cannot see.
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("poort-chaos-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        if is_root() {
            shell::output(Command::new("chown").arg("postgres").arg(&folder))?;
        }
        let server = |name: &str| Ok::<_, String>(Server { folder: folder.join(name), port: free_port()? });
        let servers = [server("one")?, server("two")?];
        let pair = Self { folder, programs, servers, primary: 0 };
        let primary = &pair.servers[0];
        let settings = primary.folder.join("postgresql.conf");
        let locale = ["-U", "poort", "-A", "trust", "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C", "-D"];
        pair.quietly(pair.tool("initdb").args(locale).arg(&primary.folder))?;
        pair.quietly(pair.as_owner("sh").args(["-c", "printf '%s' \"$1\" >>\"$2\"", "sh", SETTINGS]).arg(&settings))?;
        pair.launch(primary)?;
        pair.copy()?;
        Ok(pair)
    }

    /// Where the primary answers.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.servers[self.primary].port)
    }

    /// Runs statements on the primary; gives their rows, unaligned.
    pub(crate) fn query(&self, statements: &str) -> Outcome<String> {
        self.query_on(&self.servers[self.primary], statements)
    }

    /// Stops the primary, or lets it crash; starts it again after some time.
    pub(crate) fn restart(&self, crash: bool, pause: Duration) -> Outcome {
        let primary = &self.servers[self.primary];
        self.stop(primary, if crash { "immediate" } else { "fast" });
        std::thread::sleep(pause);
        self.launch(primary)
    }

    /// The standby takes over, `lead` shows the way to it, and in the old primary's place comes a new standby. The old one is
    /// dead by then, or goes on for some time beside the new one: it answers whoever is still connected.
    pub(crate) fn fail_over(&mut self, fenced_first: bool, pause: Duration, lead: impl Fn(&str)) -> Outcome {
        let (old, new) = (self.primary, 1 - self.primary);
        if fenced_first {
            self.stop(&self.servers[old], "immediate");
        }
        self.quietly(self.tool("pg_ctl").args(["-w", "-t", "30", "-s", "-D"]).arg(&self.servers[new].folder).arg("promote"))?;
        self.primary = new;
        lead(&self.address());
        if !fenced_first {
            std::thread::sleep(pause);
            self.stop(&self.servers[old], "immediate");
        }
        self.copy()
    }

    /// Makes the other server a standby of the primary, from nothing; commits wait for it from then on.
    fn copy(&self) -> Outcome {
        let (primary, standby) = (&self.servers[self.primary], &self.servers[1 - self.primary]);
        self.quietly(self.as_owner("rm").arg("-rf").arg(&standby.folder))?;
        let way = format!("host=127.0.0.1 port={} user=poort", primary.port);
        let mut copy = self.tool("pg_basebackup");
        self.quietly(copy.args(["-X", "stream", "-c", "fast", "--no-sync", "-d", &way, "-D"]).arg(&standby.folder))?;
        let script = "touch \"$1/standby.signal\" && printf '%s' \"$2\" >>\"$1/postgresql.auto.conf\"";
        let source = format!("primary_conninfo = '{way} application_name=standby'\n");
        self.quietly(self.as_owner("sh").args(["-c", script, "sh"]).arg(&standby.folder).arg(source))?;
        self.launch(standby)?;
        let begin = Instant::now();
        let question = "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'standby' AND sync_state = 'sync'";
        while self.query_on(primary, question)?.trim() != "1" {
            if begin.elapsed() > COPIED_WITHIN {
                return Err("the standby does not follow".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn launch(&self, server: &Server) -> Outcome {
        let options = format!("-p {} -c unix_socket_directories={}", server.port, self.folder.display());
        let log = server.folder.with_extension("log");
        let mut start = self.tool("pg_ctl");
        start.args(["-w", "-t", "60", "-s", "-o", &options, "-l"]).arg(log).arg("-D").arg(&server.folder).arg("start");
        self.quietly(&mut start)
    }

    fn stop(&self, server: &Server, mode: &str) {
        // One that is down already is what is wanted.
        let _ = self.quietly(self.tool("pg_ctl").args(["-m", mode, "-t", "30", "-s", "-D"]).arg(&server.folder).arg("stop"));
    }

    fn query_on(&self, server: &Server, statements: &str) -> Outcome<String> {
        let port = server.port.to_string();
        let mut psql = self.tool("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", &port, "-U", "poort", "-c", statements]);
        shell::output(psql.arg("postgres"))
    }

    /// A program of PostgreSQL's, as a user whom it does not refuse.
    fn tool(&self, name: &str) -> Command {
        self.as_owner(&self.programs.join(name).to_string_lossy())
    }

    fn as_owner(&self, program: &str) -> Command {
        let mut command = Command::new(if is_root() { "setpriv" } else { "env" });
        if is_root() {
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "env"]);
        }
        command.args(["HOME=/", program]).current_dir("/");
        command
    }

    /// Runs a program whose output nobody reads. Not through a pipe: a server that it starts would keep that open.
    fn quietly(&self, command: &mut Command) -> Outcome {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}")) }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.servers.iter().for_each(|server| self.stop(server, "immediate"));
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    Path::new("/proc/self").metadata().is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
