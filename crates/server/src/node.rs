//! A running node: store, index and authority put together, and the upkeep that goes on beside the requests.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use authority::{Authority, Context, Installed, Lifetimes, Parts};
use domain::credential::Installation;
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::time::Clock;
use domain::{RequestId, Secret};
use store::{DatabaseUrl, Options, Store, StoreError};
use tokio::time::MissedTickBehavior;
use verifier::{Opener, Settings, Verifier};

use crate::announcement;
use crate::coherence::Coherence;
use crate::config::Config;
use crate::keys;
use crate::letter::{LetterSender, Transport};
use crate::logout_notice::LogoutSender;
use crate::metrics::Observed;
use crate::progress::Reading;

/// Of how many credentials one flush writes the uses: the work that checks make for the database is bounded.
const USES_OF_FLUSH: usize = 20_000;
/// As many parts of the journal are put into the audit logs between two flushes.
const AUDIT_PARTS: u32 = 50;
/// How often to look whether the database was started, promoted or restored, at least.
const LOOK_AT_ERA: Duration = Duration::from_secs(1);

/// How often to look for credentials that end before long.
const NOTICES: Duration = Duration::from_secs(3_600);

/// How long each of the two last steps of a stop may take: writing the counted uses, leaving the database.
const LAST_STEP: Duration = Duration::from_secs(5);

/// What is handed in: the clocks and the randomness.
#[derive(Clone)]
pub struct System {
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl System {
    /// A context of the server itself: first start, or a command on its own machine.
    pub fn context(&self) -> Result<Context, EntropyUnavailable> {
        let now = self.clock.now();
        Ok(Context::system(RequestId::generate(now, &*self.entropy)?, now))
    }

    /// The machine's own.
    pub fn of_this_machine() -> Self {
        Self { clock: Arc::new(crate::system::SystemClock), entropy: Arc::new(crate::system::SystemEntropy) }
    }
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be used.
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    /// A file or folder cannot be used.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// Something of the configuration only shows when it is used.
    #[error("{0}")]
    Configuration(String),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyUnavailable),
    /// A use case of the first start failed.
    #[error("the first start: {0}")]
    Install(#[from] authority::Error),
    /// The address cannot be listened on.
    #[error("{address}: {cause}")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        cause: std::io::Error,
    },
}

impl StartError {
    /// A file's problem.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |cause| Self::File { path, cause }
    }
}

/// A node that can answer.
#[derive(Clone)]
pub struct Node {
    /// The use cases.
    pub authority: Authority,
    /// What was configured.
    pub config: Arc<Config>,
    coherence: Arc<Coherence>,
    draining: Arc<AtomicBool>,
    observed: Arc<Observed>,
    logout: LogoutSender,
    letters: LetterSender,
}

/// Why a node is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReady {
    /// It was told to stop.
    Draining,
    /// Its lease has run out: it cannot reach the database, or is behind the others, or was found to be wrong.
    NoLease,
    /// The embedded database does not answer.
    Database,
}

/// A node, and what its first start made, if this was it.
pub struct Started {
    /// The node.
    pub node: Node,
    /// The first operator token and the set-up code, if this was the first start.
    pub installed: Option<Installed>,
}

impl Node {
    /// Opens the database, brings it up to date, loads the index, takes the lease.
    pub async fn start(config: Config, system: &System) -> Result<Started, StartError> {
        make_private_folder(&config.data)?;
        let store = Store::open(options(&config)?).await?;
        store.migrate().await?;
        let context = system.context()?;
        let keys = Arc::new(keys::open(&store, &config, system).await?);
        let chosen = Installation::new(&config.installation).map_err(|problem| StartError::Configuration(problem.to_string()))?;
        let mut installations = authority::installations(&store).await?;
        // A prefix that was changed stays recognised.
        installations.retain(|known| *known != chosen);
        installations.insert(0, chosen);
        let access_tokens = Some(Opener(keys.clone()));
        let settings = Settings { installations, tombstone_seconds: config.tombstone_seconds, access_tokens, ..Settings::default() };
        let verifier = Arc::new(Verifier::new(system.clock.clone(), settings));
        let coherence = Coherence::new(store.clone(), verifier.clone(), keys.clone(), system.clone(), &config);
        coherence.join().await?;
        let (clock, entropy) = (system.clock.clone(), system.entropy.clone());
        let (lifetimes, sends_letters) = (lifetimes(&config), Transport::is_configured(&config));
        if !sends_letters {
            tracing::info!("no mail is sent: neither smtp_server nor mailbox is set");
        }
        let parts = Parts { store, verifier, clock, entropy, installation: chosen, keys, lifetimes, sends_letters };
        let authority = Authority::new(parts);
        let logout = LogoutSender::new(authority.clone(), &config)?;
        let letters = LetterSender::new(authority.clone(), &config)?;
        let (config, draining, observed) = (Arc::new(config), Arc::default(), Arc::default());
        let node = Self { authority, config, coherence, draining, observed, logout, letters };
        let token_file = operator_token_file(&node.config);
        let installed = node.authority.install(&context, |token| write_private(&token_file, token)).await?;
        node.authority.remember_installation(&context).await?;
        node.authority.refresh_own_api(&context).await?;
        node.authority.ensure_server_keys(&context).await?;
        if node.authority.verifier().is_fenced() {
            tracing::warn!("what was restored from a backup is refused until it is confirmed: poort restore status");
        }
        Ok(Started { node, installed })
    }

    /// Whether requests should be sent here. With several nodes that is whether the lease holds: only a database that
    /// answered can have given it, and while it lasts checks are answered, whatever became of the database since.
    pub async fn readiness(&self) -> Result<(), NotReady> {
        let now = self.authority.clock().boottime();
        if self.is_draining() {
            return Err(NotReady::Draining);
        }
        if self.authority.verifier().lease().margin(now) == Duration::ZERO {
            return Err(NotReady::NoLease);
        }
        let store = self.authority.store();
        if !store.is_embedded() {
            return Ok(());
        }
        // The lease of a single member never runs out, so it says nothing about the database.
        let asked = store.read(|reader| Box::pin(async move { reader.setting("installation").await })).await;
        asked.map(drop).map_err(|_| NotReady::Database)
    }

    /// See [`Node::readiness`].
    pub async fn is_ready(&self) -> bool {
        self.readiness().await.is_ok()
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// How it keeps up with the others.
    pub(crate) fn progress(&self) -> Reading {
        self.coherence.progress().reading(self.authority.clock().boottime())
    }

    /// Whether its index cannot be trusted any more.
    pub(crate) fn has_given_up(&self) -> bool {
        self.coherence.has_given_up()
    }

    /// What the database said of the others and of itself, not long ago.
    pub(crate) fn observed(&self) -> &Observed {
        &self.observed
    }

    /// From here on the node says that it is not ready, and answers as before.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Goes on for as long as the node runs: keeps its place among the others, writes counted uses, clears what is over.
    pub async fn upkeep(self) {
        tokio::join!(
            self.coherence.run(),
            self.watch_era(),
            self.housekeeping(),
            announcement::run(&self.authority),
            self.logout.run(),
            self.letters.run()
        );
    }

    /// Tells clients of sessions that have ended, as far as that is due.
    pub async fn send_logout_notices(&self) {
        self.logout.send_due().await;
    }

    /// Writes letters about credentials that end before long.
    pub async fn tell_of_endings(&self) {
        let told = self.authority.tell_of_endings(self.authority.clock().now()).await;
        tell_failure(told, "nobody was told of credentials that end before long");
    }

    /// Tells whom announcements of APIs concern, as far as they were not told.
    pub async fn tell_of_announcements(&self) {
        announcement::tell(&self.authority).await;
    }

    /// Sends the letters that are due.
    pub async fn send_letters(&self) {
        self.letters.send_due().await;
    }

    /// Writes what was counted and leaves: nothing is answered from here on. Takes 10 s at most.
    pub async fn stop(&self) {
        if tokio::time::timeout(LAST_STEP, self.flush_usage(usize::MAX)).await.is_err() {
            tracing::warn!("some uses were not written in time and are lost");
        }
        match tokio::time::timeout(LAST_STEP, self.coherence.leave()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the database was not left cleanly"),
            Err(_) => tracing::warn!("the database was not left cleanly: it does not answer"),
        }
    }

    /// Until this node can do no more than be started anew: the database has lost commits, and what had ended by them is ended
    /// again.
    pub async fn ended(&self) {
        self.coherence.ended().await;
    }

    async fn watch_era(&self) {
        let mut looks = tokio::time::interval(Duration::from_millis(self.config.lease_milliseconds / 4).min(LOOK_AT_ERA));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if let Err(error) = self.authority.look_after_era().await {
                tracing::debug!(%error, "the database's era was not read");
            }
        }
    }

    async fn housekeeping(&self) {
        let flush = Duration::from_millis(self.config.usage_flush_milliseconds);
        let (mut flushes, mut sweeps) = (tokio::time::interval(flush), tokio::time::interval(Duration::from_secs(30)));
        let mut notices = tokio::time::interval(NOTICES);
        notices.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = flushes.tick() => self.flush_usage(USES_OF_FLUSH).await,
                _ = sweeps.tick() => self.sweep().await,
                _ = notices.tick() => self.tell_of_endings().await,
            }
        }
    }

    async fn flush_usage(&self, enough: usize) {
        if let Err(error) = self.authority.flush_usage(enough).await {
            tracing::warn!(%error, "uses were not written; they are counted on");
        }
        tell_failure(self.authority.keep_refusals().await, "some refused requests were not kept: they cannot be explained");
        tell_failure(self.authority.write_audit_lines(AUDIT_PARTS).await, "what was changed is not in the audit logs yet");
    }

    async fn sweep(&self) {
        let now = self.authority.clock().now();
        self.authority.verifier().sweep(now);
        let authority = &self.authority;
        tell_failure(authority.forget_old_answers(now).await, "kept answers were not cleared");
        let idle = Duration::from_secs(self.config.session_idle_minutes * 60);
        tell_failure(authority.note_run_out_sessions(now, idle).await, "clients of sessions that have run out will be told later");
        tell_failure(authority.forget_old_sign_ins(now).await, "old sessions and tries to sign in were not cleared");
        tell_failure(authority.forget_old_pushed_requests(now).await, "old pushed requests were not cleared");
        tell_failure(authority.forget_old_grants(now).await, "codes and tokens that are over were not cleared");
        tell_failure(authority.forget_old_refusals(now).await, "old refused requests were not cleared");
        tell_failure(authority.end_unused_clients(now).await, "clients that nobody uses were not ended");
        tell_failure(authority.mark_ended_delegations(now).await, "delegations whose time is over were not marked");
        tell_failure(authority.forget_old_usage(now).await, "counts of days long past were not forgotten");
        tell_failure(authority.keep_signing_keys(now).await, "what is due with the signing keys was not done");
        tell_failure(self.coherence.forget_others(now).await, "nodes that are gone were not forgotten");
        self.observed.look(self.authority.store()).await;
    }
}

/// Upkeep that fails is tried again the next time.
fn tell_failure<T, E: std::fmt::Display>(outcome: Result<T, E>, what: &str) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "{what}");
    }
}

/// The file with the first operator token.
pub fn operator_token_file(config: &Config) -> PathBuf {
    config.data.join("operator-token")
}

/// How long tokens last, as configured.
fn lifetimes(config: &Config) -> Lifetimes {
    let hours = |hours: u32| Duration::from_secs(u64::from(hours) * 3_600);
    Lifetimes {
        access_token: Duration::from_secs(config.access_token_seconds.into()),
        refresh_token: hours(config.refresh_token_hours),
        refresh_idle: hours(config.refresh_idle_hours),
        refresh_overlap: Duration::from_secs(config.refresh_overlap_seconds.into()),
    }
}

/// How the configured database is opened.
pub fn options(config: &Config) -> Result<Options, StartError> {
    let url = match config.database.as_str() {
        "" => DatabaseUrl::Sqlite(config.data.join("poort.db")),
        text => DatabaseUrl::parse(&with_password(text, config)?)?,
    };
    let timeout = Duration::from_millis(config.database_timeout_milliseconds);
    let mut options = Options::new(url);
    options.readers = config.database_readers as usize;
    options.statement_timeout = timeout;
    options.root_certificate = config.database_root_certificate_file.clone();
    options.lease = Duration::from_millis(config.lease_milliseconds);
    Ok(options)
}

/// Writes a secret to a new file that only its owner can read.
pub fn write_private(path: &Path, secret: &Secret<String>) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let temporary = path.with_extension("new");
    let _ = std::fs::remove_file(&temporary);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(secret.expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => std::fs::File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Makes the data folder, for its owner only.
pub(crate) fn make_private_folder(path: &Path) -> Result<(), StartError> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(StartError::file(path))
}

fn with_password(url: &str, config: &Config) -> Result<String, StartError> {
    let Some(file) = &config.database_password_file else { return Ok(url.to_owned()) };
    let password = std::fs::read_to_string(file).map_err(StartError::file(file))?;
    let malformed =
        || StartError::Configuration("database: with a password file the URL names a user: postgres://USER@HOST/NAME".to_owned());
    let (scheme, rest) = url.split_once("://").ok_or_else(malformed)?;
    let (user, host) = rest.split_once('@').filter(|(user, _)| !user.contains(':')).ok_or_else(malformed)?;
    let encoded: String = password.trim_end().bytes().map(|byte| format!("%{byte:02x}")).collect();
    Ok(format!("{scheme}://{user}:{encoded}@{host}"))
}
