//! A real `poort serve` of a run: stopped, killed, started again, and lied to about the time of day.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::LEASE;
use super::proxy::Proxy;
use crate::server::{Client, free_port};
use crate::{Outcome, shell};

/// How often a node that ended by itself is looked at, and started anew.
const LOOK: Duration = Duration::from_millis(100);
const READY_WITHIN: Duration = Duration::from_secs(90);

/// What every node of a run is started with.
pub(crate) struct Kit {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
    /// libfaketime.
    pub(crate) fake_time: PathBuf,
}

/// A node, and the ways to it and from it.
pub(crate) struct Node {
    number: usize,
    address: String,
    /// From here to the database.
    pub(crate) database: Proxy,
    /// From clients to here.
    pub(crate) clients: Proxy,
    child: Mutex<Option<Child>>,
    /// Whether it is to be started when it is not there.
    wanted: AtomicBool,
}

impl Node {
    /// Starts it for the first time; it is not ready yet.
    pub(crate) fn start(kit: &Kit, number: usize, database: &str) -> Outcome<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let (database, clients) = (Proxy::to(database)?, Proxy::to(&address)?);
        let node = Self { number, address, database, clients, child: Mutex::new(None), wanted: AtomicBool::new(true) };
        node.set_clock(kit, 0)?;
        *node.child() = Some(node.spawn(kit)?);
        Ok(node)
    }

    /// Where its own folder is.
    pub(crate) fn data(&self, kit: &Kit) -> PathBuf {
        kit.folder.join(format!("node-{}", self.number))
    }

    /// Sets its wall clock, by so many seconds from the right one; what was set before is over. Within a second it knows.
    pub(crate) fn set_clock(&self, kit: &Kit, seconds: i64) -> Outcome {
        set_clock(&self.clock_file(kit), seconds)
    }

    /// SIGSTOP or SIGCONT.
    pub(crate) fn signal(&self, signal: &str) {
        let Some(id) = self.child().as_ref().map(Child::id) else { return };
        // A process that has ended by itself cannot be stopped.
        let _ = shell::output(Command::new("sh").args(["-c", "kill -\"$1\" \"$2\"", "sh", signal, &id.to_string()]));
    }

    /// SIGKILL; no new process until [`Node::bring_back`].
    pub(crate) fn kill(&self) {
        self.wanted.store(false, Ordering::SeqCst);
        if let Some(mut child) = self.child().take() {
            let _ = child.kill();
            let _ = child.wait();
            forget(&child);
        }
    }

    /// Lets a new process be started.
    pub(crate) fn bring_back(&self) {
        self.wanted.store(true, Ordering::SeqCst);
    }

    /// Starts it again whenever it is wanted and not there, as a supervisor does, until the end.
    pub(crate) fn supervise(&self, kit: &Kit, over: &AtomicBool) {
        while !over.load(Ordering::SeqCst) {
            let mut child = self.child();
            let ended = child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)));
            if ended && self.wanted.load(Ordering::SeqCst) {
                child.iter().for_each(forget);
                *child = self.spawn(kit).ok();
            }
            drop(child);
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until it says that it is ready.
    pub(crate) fn until_ready(&self, kit: &Kit) -> Outcome {
        let begin = Instant::now();
        loop {
            let asked =
                Client::open(&self.clients.address, "nothing").map(|mut client| client.call("GET", "/readyz", &serde_json::Value::Null));
            if asked.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status == 200)) {
                return Ok(());
            }
            if begin.elapsed() > READY_WITHIN {
                let log = std::fs::read_to_string(self.log(kit)).unwrap_or_default();
                let end: Vec<&str> = log.lines().rev().take(20).collect();
                return Err(format!("node {} does not become ready:\n{}", self.number, end.join("\n")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn spawn(&self, kit: &Kit) -> Outcome<Child> {
        let failed = |error: std::io::Error| format!("{}: {error}", kit.program.display());
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log(kit)).map_err(failed)?;
        let database = format!("postgres://poort@{}/postgres", self.database.address);
        let mut command = Command::new(&kit.program);
        command.args(["serve", "--listen", &self.address, "--database", &database, "--data"]).arg(self.data(kit));
        command.env("POORT_MASTER_KEY_FILE", kit.folder.join("master-key"));
        command.env("POORT_LEASE_MILLISECONDS", LEASE.as_millis().to_string());
        lie(&mut command, &kit.fake_time, &self.clock_file(kit));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().map_err(failed)
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clock_file(&self, kit: &Kit) -> PathBuf {
        kit.folder.join(format!("clock-{}", self.number))
    }

    fn log(&self, kit: &Kit) -> PathBuf {
        kit.folder.join(format!("node-{}.log", self.number))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What libfaketime shares within a process outlives one that is killed.
fn forget(child: &Child) {
    for name in ["faketime_shm", "sem.faketime_sem"] {
        let _ = std::fs::remove_file(format!("/dev/shm/{name}_{}", child.id()));
    }
}

/// Lets libfaketime set the wall clock of a program, as this file says, and no other clock.
pub(crate) fn lie(command: &mut Command, library: &Path, file: &Path) {
    command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", file);
    command.env("DONT_FAKE_MONOTONIC", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command.env("FAKETIME_CACHE_DURATION", "1").env("NO_FAKE_STAT", "1");
}

/// Writes such a file. In one step: a program that reads half of it would know no time at all.
pub(crate) fn set_clock(file: &Path, seconds: i64) -> Outcome {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let new = file.with_extension("new");
    std::fs::write(&new, format!("{seconds:+}\n")).map_err(failed)?;
    std::fs::rename(&new, file).map_err(failed)
}
