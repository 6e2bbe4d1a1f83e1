//! `poort doctor`: looks for what keeps a server from running well, and says what to do about it.

mod certificate;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use domain::Timestamp;
use domain::time::Clock as _;
use serde::Serialize;
use store::Store;

use crate::config::Config;
use crate::keys;
use crate::local::say;
use crate::node::{StartError, operator_token_file, options};
use crate::system::SystemClock;

/// Clocks may be so many seconds apart before somebody is told to look.
const CLOCKS_APART_SECONDS: u64 = 10;

/// How an examined thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Good,
    Attention,
    Bad,
}

/// One thing that was examined.
#[derive(Debug, Serialize)]
struct Finding {
    state: State,
    what: &'static str,
    found: String,
    /// What to do; empty where nothing is to be done.
    todo: String,
}

/// Brings the database up to this version.
pub(crate) async fn migrate(config: Config) -> Result<(), StartError> {
    let store = Store::open(options(&config)?).await?;
    let report = store.migrate().await?;
    say(&match report.applied.as_slice() {
        [] => format!("The database is up to date ({} migrations).", report.already),
        applied => format!("Applied: {}.", applied.join(", ")),
    });
    store.close().await?;
    Ok(())
}

/// Examines everything and prints what it finds; fails where something is bad.
pub(crate) async fn examine(config: Config, json: bool) -> Result<(), StartError> {
    let mut findings = vec![
        private("data folder", &config.data, 0o077, "chmod 700"),
        private("operator token file", &operator_token_file(&config), 0o077, "chmod 600"),
        private("master key file", &keys::master_key_file(&config), keys::others(&config), "chmod 600"),
        proxies(&config),
        mail(&config),
    ];
    findings.extend(certificate::examine(&config, SystemClock.now()));
    findings.extend(database(&config).await);
    if json {
        say(&serde_json::to_string_pretty(&findings).unwrap_or_default());
    } else {
        findings.iter().for_each(show);
    }
    match findings.iter().filter(|finding| finding.state == State::Bad).count() {
        0 => Ok(()),
        bad => Err(StartError::Configuration(format!("{bad} of {} things need you", findings.len()))),
    }
}

fn private(what: &'static str, path: &Path, others: u32, command: &str) -> Finding {
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.permissions().mode() & others != 0 => {
            finding(State::Bad, what, format!("others can read {shown}"), format!("{command} {shown}"))
        }
        Ok(_) => finding(State::Good, what, format!("{shown}, for its owner only"), String::new()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => finding(
            State::Attention,
            what,
            format!("{shown} is not there"),
            "the first start makes it; later, look for where it went".to_owned(),
        ),
        Err(error) => finding(State::Bad, what, format!("{shown}: {error}"), "run this as the user of the server".to_owned()),
    }
}

fn proxies(config: &Config) -> Finding {
    match gateway::TrustedPeers::parse(&config.trusted_proxies) {
        Err(error) => finding(State::Bad, "trusted proxies", error.to_string(), "correct trusted_proxies".to_owned()),
        Ok(_) if config.trusted_proxies.is_empty() => finding(
            State::Attention,
            "trusted proxies",
            "none".to_owned(),
            "for forward-auth, name your proxies in trusted_proxies".to_owned(),
        ),
        Ok(_) => finding(State::Good, "trusted proxies", config.trusted_proxies.join(", "), String::new()),
    }
}

fn mail(config: &Config) -> Finding {
    const WHAT: &str = "mail";
    if let Some(folder) = &config.mailbox {
        let found = format!("letters are written to {}: nobody gets them", folder.display());
        return finding(State::Attention, WHAT, found, "this is for trying; set smtp_server instead".to_owned());
    }
    if config.smtp_server.is_empty() {
        let todo = "set smtp_server and mail_from: without mail nobody can sign up, be invited, or choose another password by themselves";
        return finding(State::Attention, WHAT, "off: no letters are sent".to_owned(), todo.to_owned());
    }
    let found = format!("sent through {} ({:?})", config.smtp_server, config.smtp_security).to_lowercase();
    finding(State::Good, WHAT, found, String::new())
}

async fn database(config: &Config) -> Vec<Finding> {
    const WHAT: &str = "database";
    let opened = async {
        let mut options = options(config)?;
        options.exclusive = false;
        // To look must not make anything.
        if let store::DatabaseUrl::Sqlite(path) = &options.url
            && !path.exists()
        {
            return Ok(None);
        }
        Ok::<_, StartError>(Some(Store::open(options).await?))
    };
    let store = match opened.await {
        Ok(Some(store)) => store,
        Ok(None) => return vec![finding(State::Attention, WHAT, "not there yet".to_owned(), "the first start makes it".to_owned())],
        Err(error) => return vec![finding(State::Bad, WHAT, error.to_string(), "start the database, or correct the setting".to_owned())],
    };
    let installation = store.read(|reader| Box::pin(async move { reader.setting("installation").await })).await;
    let reached = match installation {
        Ok(Some(prefixes)) => finding(State::Good, WHAT, format!("answers; credentials begin with {prefixes}"), String::new()),
        Ok(None) => finding(State::Attention, WHAT, "answers, and is empty".to_owned(), "the first start fills it".to_owned()),
        Err(error) => finding(State::Bad, WHAT, error.to_string(), "run poort migrate; look at the database's own log".to_owned()),
    };
    let mut findings = vec![reached, durability(&store).await];
    findings.extend(fence(&store).await);
    if !store.is_embedded() {
        findings.push(replication(&store).await);
        findings.push(promotions(&store).await);
        let time = store.database_time().await;
        findings.extend(time.ok().flatten().map(|theirs| clock(SystemClock.now(), theirs)));
    }
    findings
}

/// Says when a restore waits for somebody.
async fn fence(store: &Store) -> Option<Finding> {
    let fence = store.read(|reader| Box::pin(async move { reader.fence().await })).await.ok()??;
    let found = format!("credentials of the backup of {} are refused until they are confirmed", fence.backup_at);
    Some(finding(State::Attention, "restore", found, "poort restore status, then poort restore confirm".to_owned()))
}

/// What was acknowledged must be on the disk.
async fn durability(store: &Store) -> Finding {
    const WHAT: &str = "durability";
    let todo = "an acknowledged change could be lost: set synchronous_commit to on or stronger".to_owned();
    if store.is_embedded() {
        return finding(State::Good, WHAT, "every commit is synced to the disk".to_owned(), String::new());
    }
    let settings = (store.database_setting("synchronous_commit").await, store.database_setting("fsync").await);
    match settings {
        (Ok(commit), Ok(fsync)) => {
            let safe = matches!(commit.as_str(), "on" | "remote_write" | "remote_apply") && fsync == "on";
            finding(
                if safe { State::Good } else { State::Bad },
                WHAT,
                format!("synchronous_commit={commit}, fsync={fsync}"),
                if safe { String::new() } else { todo },
            )
        }
        (Err(error), _) | (_, Err(error)) => finding(State::Bad, WHAT, error.to_string(), "look at the database's own log".to_owned()),
    }
}

/// Promise 1 holds across a failover only where every acknowledged commit is on the server that takes over.
async fn replication(store: &Store) -> Finding {
    const WHAT: &str = "replication";
    const ALONE: &str = "while this server is never replaced by a replica nothing is lost; an asynchronous replica that takes over \
        can bring back what was ended just before: name it in synchronous_standby_names before you promote one";
    let settings = (store.database_setting("in_hot_standby").await, store.database_setting("synchronous_standby_names").await);
    match settings {
        (Ok(standby), _) if standby == "on" => finding(
            State::Bad,
            WHAT,
            "this is a read-only standby".to_owned(),
            "no node can renew its lease here, so every check is 503: name the primary in the database URL".to_owned(),
        ),
        (Ok(_), Ok(names)) if names.trim().is_empty() => {
            finding(State::Attention, WHAT, "commits wait for no replica (synchronous_standby_names is empty)".to_owned(), ALONE.to_owned())
        }
        (Ok(_), Ok(names)) => {
            let commit = store.database_setting("synchronous_commit").await.unwrap_or_default();
            let waits = matches!(commit.as_str(), "on" | "remote_apply");
            let todo = "set synchronous_commit to on: otherwise a failover can bring back what was ended just before";
            let (state, todo) = if waits { (State::Good, "") } else { (State::Bad, todo) };
            finding(state, WHAT, format!("commits wait for {names} (synchronous_commit={commit})"), todo.to_owned())
        }
        (Err(error), _) | (_, Err(error)) => finding(State::Bad, WHAT, error.to_string(), "look at the database's own log".to_owned()),
    }
}

/// Without it no ending can be confirmed.
async fn promotions(store: &Store) -> Finding {
    const WHAT: &str = "promotions";
    match store.situation().await {
        Ok(situation) if situation.settled => {
            finding(State::Good, WHAT, "noticed; no lease of before the last one is out".to_owned(), String::new())
        }
        Ok(_) => finding(
            State::Attention,
            WHAT,
            "noticed; since the last start or promotion of the database no node has said that all leases of before are over".to_owned(),
            "start a server; within two leases it says so".to_owned(),
        ),
        Err(error) => finding(
            State::Bad,
            WHAT,
            format!("the timeline cannot be read: {}", error.cause()),
            "grant EXECUTE on pg_current_wal_lsn(), pg_walfile_name(pg_lsn) and pg_postmaster_start_time() to this role".to_owned(),
        ),
    }
}

/// Nodes compare their clocks with nobody's; but limits and times of ending are kept in the database as the node that wrote them saw them.
fn clock(own: Timestamp, theirs: Timestamp) -> Finding {
    let apart = own.unix_seconds().abs_diff(theirs.unix_seconds());
    let found = format!("{apart} s apart from the database's");
    if apart <= CLOCKS_APART_SECONDS {
        return finding(State::Good, "clock", found, String::new());
    }
    let todo = "let NTP set the clocks of all servers: where they differ, what may be tried so often is refused for too long, or too short";
    finding(State::Attention, "clock", found, todo.to_owned())
}

fn finding(state: State, what: &'static str, found: String, todo: String) -> Finding {
    Finding { state, what, found, todo }
}

fn show(finding: &Finding) {
    let mark = match finding.state {
        State::Good => "good",
        State::Attention => "look",
        State::Bad => "BAD ",
    };
    let todo = if finding.todo.is_empty() { String::new() } else { format!("\n      -> {}", finding.todo) };
    say(&format!("{mark}  {}: {}{todo}", finding.what, finding.found));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_far_apart_are_told_of_whichever_is_ahead() {
        let of = |own, theirs| clock(Timestamp::from_unix_seconds(own), Timestamp::from_unix_seconds(theirs)).state;
        assert_eq!((of(100, 110), of(110, 100)), (State::Good, State::Good));
        assert_eq!((of(100, 111), of(111, 100)), (State::Attention, State::Attention));
    }
}
