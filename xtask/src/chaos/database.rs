//! The database of a run: a PostgreSQL primary and its synchronous standby, both thrown away afterwards.

use std::time::{Duration, Instant};

use test_postgres::{Postgres, Stop};

use crate::Outcome;

/// Longer than the slowest copy of a small database.
const COPIED_WITHIN: Duration = Duration::from_secs(60);
const SETTINGS: &str = "
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

/// The server that takes changes, and the one that follows it.
pub(crate) struct Pair {
    primary: Postgres,
    standby: Postgres,
}

impl Pair {
    /// A fresh primary with its standby.
    pub(crate) fn start() -> Outcome<Self> {
        let primary = Postgres::start(SETTINGS)?;
        let standby = follow(&primary)?;
        Ok(Self { primary, standby })
    }

    /// Where the primary answers.
    pub(crate) fn address(&self) -> String {
        self.primary.address()
    }

    /// Runs statements on the primary; gives their rows, unaligned.
    pub(crate) fn query(&self, statements: &str) -> Outcome<String> {
        self.primary.query("postgres", statements)
    }

    /// Stops the primary, or lets it crash; starts it again after some time.
    pub(crate) fn restart(&self, crash: bool, pause: Duration) -> Outcome {
        self.primary.stop(if crash { Stop::Crash } else { Stop::Fast });
        std::thread::sleep(pause);
        self.primary.launch()
    }

    /// The standby takes over, `lead` shows the way to it, and in the old primary's place comes a new standby. The old one is
    /// dead by then, or goes on for some time beside the new one: it answers whoever is still connected.
    pub(crate) fn fail_over(&mut self, fenced_first: bool, pause: Duration, lead: impl Fn(&str)) -> Outcome {
        if fenced_first {
            self.primary.kill();
        }
        self.standby.promote()?;
        std::mem::swap(&mut self.primary, &mut self.standby);
        lead(&self.address());
        if !fenced_first {
            std::thread::sleep(pause);
            self.standby.kill();
        }
        self.standby = follow(&self.primary)?;
        Ok(())
    }
}

/// Makes a standby of the primary, from nothing; commits wait for it from then on.
fn follow(primary: &Postgres) -> Outcome<Postgres> {
    let standby = primary.standby()?;
    let begin = Instant::now();
    let question = "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'standby' AND sync_state = 'sync'";
    while primary.query("postgres", question)? != "1" {
        if begin.elapsed() > COPIED_WITHIN {
            return Err("the standby does not follow".to_owned());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(standby)
}
