//! This node among the others that share its database: it renews its lease, follows the journal, acknowledges, leaves.
//!
//! ARCHITECTURE.md tells why each step stands where it stands ("One node among several").

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use authority::{KeyRing, Published};
use domain::event::{Entry, Sequence};
use domain::{NodeId, Timestamp};
use store::{Renewal, Store, StoreError, Tail};
use tokio::sync::{Mutex, Notify};
use tokio::time::MissedTickBehavior;
use verifier::Verifier;

use crate::config::Config;
use crate::keys::unopened;
use crate::loss::{self, Known, Memory, REMEMBERED, continues};
use crate::node::{StartError, System};
use crate::progress::Progress;

/// How many entries of the journal are read at once.
const PART: u32 = 1_000;
/// How long to wait before a failed thing is tried again.
const RETRY: Duration = Duration::from_millis(250);
/// How often to look without having heard the doorbell, at least.
const LOOK: Duration = Duration::from_millis(250);
/// After how long a node that is gone is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(7 * 86_400);

/// This node's part in the protocol between nodes. With an embedded database it is the only member.
pub(crate) struct Coherence {
    store: Store,
    verifier: Arc<Verifier>,
    keys: Arc<KeyRing>,
    system: System,
    name: String,
    lease: Duration,
    tombstones: Duration,
    /// A node that is this many changes behind loads a snapshot instead of applying them one by one.
    far_behind: i64,
    /// Held while the lease is renewed, and to leave; whether this node has left.
    left: Mutex<bool>,
    /// Something was changed by somebody else.
    bell: Notify,
    memory: Memory,
    /// The database has lost commits.
    lost: Notify,
    /// What it lost is published, as far as that can be; the process is to be started anew.
    published: Notify,
    /// A renewal is needed sooner than the clock says.
    renewal: Notify,
    loading: AtomicBool,
    /// The index cannot be trusted any more, and stays so.
    broken: AtomicBool,
    progress: Progress,
}

impl Coherence {
    pub(crate) fn new(store: Store, verifier: Arc<Verifier>, keys: Arc<KeyRing>, system: System, config: &Config) -> Arc<Self> {
        // For people only, so a machine without a name is no problem.
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let embedded = store.is_embedded();
        Arc::new(Self {
            store,
            verifier,
            keys,
            system,
            name: format!("{}:{}", host.trim(), config.listen.port()),
            lease: Duration::from_millis(config.lease_milliseconds),
            tombstones: Duration::from_secs(config.tombstone_seconds.into()),
            far_behind: i64::from(config.reload_after_changes),
            left: Mutex::new(false),
            bell: Notify::new(),
            memory: Memory::of(if embedded { 0 } else { REMEMBERED }),
            lost: Notify::new(),
            published: Notify::new(),
            renewal: Notify::new(),
            loading: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            progress: Progress::default(),
        })
    }

    /// Becomes known to the others, fills the index, and takes the first lease. Nobody waits for a node that still loads.
    pub(crate) async fn join(self: &Arc<Self>) -> Result<(), StartError> {
        if self.store.is_embedded() {
            self.clear_table().await?;
        }
        self.register().await?;
        self.load().await?;
        let own = Arc::downgrade(self);
        self.store.feed(Arc::new(move |entries| {
            if let Some(own) = own.upgrade() {
                own.take(entries);
            }
        }));
        if self.store.is_embedded() {
            // For the table only: nobody else can come between, so there is nothing to renew.
            self.store.renew_node(self.verifier.applied(), self.system.clock.now()).await?.finish();
        }
        Ok(self.renew().await?)
    }

    /// Goes on for as long as the node runs.
    pub(crate) async fn run(&self) {
        tokio::join!(self.renew_in_time(), self.follow(), self.listen(), self.publish_when_lost());
    }

    /// Until this node can do no more than be started anew: the database has lost commits, and what had ended is published.
    pub(crate) async fn ended(&self) {
        self.published.notified().await;
    }

    /// How it went so far.
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Whether the index cannot be trusted any more: nothing is answered until the process is started anew.
    pub(crate) fn has_given_up(&self) -> bool {
        self.broken.load(Ordering::SeqCst)
    }

    /// Answers nothing from here on, and then says so.
    pub(crate) async fn leave(&self) -> Result<(), StoreError> {
        let mut left = self.left.lock().await;
        *left = true;
        self.verifier.lease().end();
        self.store.close().await
    }

    /// Forgets the processes that are gone for long.
    pub(crate) async fn forget_others(&self, now: Timestamp) -> Result<(), StoreError> {
        self.store.forget_nodes(now.saturating_sub(FORGOTTEN_AFTER)).await
    }

    async fn register(&self) -> Result<(), StartError> {
        let now = self.system.clock.now();
        let id = NodeId::generate(now, &*self.system.entropy)?;
        Ok(self.store.register_node(id, &self.name, now).await?)
    }

    /// An embedded database has one process at a time: whatever its table says of others is over.
    async fn clear_table(&self) -> Result<(), StoreError> {
        for node in self.store.live_nodes().await? {
            self.store.lapse_node(&node).await?;
        }
        Ok(())
    }

    async fn load(&self) -> Result<(), StoreError> {
        let since = self.system.clock.now().saturating_sub(self.tombstones);
        let last = crate::snapshot::load(&self.store, &self.verifier, since).await?;
        self.memory.begin(last);
        self.keys.load(&self.store).await.map_err(unopened)
    }

    /// Takes entries from the feed of the own writer.
    fn take(&self, entries: &[Entry]) {
        if self.apply(entries) {
            return;
        }
        if self.store.is_embedded() {
            self.give_up("the index missed a change");
        } else {
            // It was loaded anew meanwhile. What is missing is read from the journal; whoever waits, waits for that.
            self.bell.notify_one();
        }
    }

    /// Whether all of it is in the index now.
    fn apply(&self, entries: &[Entry]) -> bool {
        self.keys.notice(entries);
        self.memory.apply(entries, |entry| self.verifier.apply(entry.sequence, entry.at, &entry.event).is_ok())
    }

    fn give_up(&self, why: &'static str) {
        self.broken.store(true, Ordering::SeqCst);
        self.verifier.lease().end();
        tracing::error!(why, "this node answers no more until it is started anew");
    }

    /// Ends this node's answers where the database was restored from a backup: other changes have now the numbers of those
    /// that this index holds, and what is fenced it does not know.
    fn same_life<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(read, Err(StoreError::Refused(_))) {
            self.give_up("the database was restored from a backup");
        }
        read
    }

    async fn renew_in_time(&self) {
        let mut ticks = tokio::time::interval(self.lease / 4);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.renewal.notified() => {}
            }
            let renewed = self.renew().await;
            self.progress.renewed(renewed.is_ok());
            match renewed {
                Ok(()) if failing => tracing::info!("the lease is renewed again"),
                Ok(()) => {}
                Err(error) => {
                    if !failing {
                        tracing::warn!(%error, cause = error.cause(), "the lease was not renewed");
                    }
                    tokio::time::sleep(RETRY.min(self.lease / 8)).await;
                    self.renewal.notify_one();
                    failing = true;
                    continue;
                }
            }
            failing = false;
        }
    }

    /// Renews the lease: counted from before anything was sent, installed when everything up to the renewal is applied.
    pub(crate) async fn renew(&self) -> Result<(), StoreError> {
        let left = self.left.lock().await;
        if *left {
            return Ok(());
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::silent());
        }
        if self.store.is_embedded() {
            self.verifier.lease().hold();
            return Ok(());
        }
        let applied = self.verifier.applied();
        let sent = self.system.clock.boottime();
        let mut renewal = match self.store.renew_node(self.keys.reached(applied), self.system.clock.now()).await {
            Err(StoreError::Refused(_)) => return self.register_again().await,
            renewed => renewed?,
        };
        if !self.catch_up(&mut renewal, applied).await? {
            renewal.finish();
            return self.reload().await;
        }
        renewal.finish();
        // What others make with a new key must be readable here before anything is answered.
        self.keys.catch_up(&self.store).await.map_err(unopened)?;
        if !self.broken.load(Ordering::SeqCst) {
            self.verifier.lease().extend_to(sent.saturating_add(self.lease));
        }
        // Others may be waiting for what was caught up with.
        self.bell.notify_one();
        Ok(())
    }

    /// Applies everything up to the head as it was after the renewal; not where that is too far away.
    async fn catch_up(&self, renewal: &mut Renewal, applied: Sequence) -> Result<bool, StoreError> {
        let mut wanted = None;
        loop {
            let known = self.memory.known();
            let tail = self.same_life(renewal.journal_after(self.place(known), PART).await)?;
            let head = *wanted.get_or_insert(tail.head);
            if head < applied || !continues(known, &tail) {
                // A failover to a replica that lacked commits. What was ended here stays ended: nothing is answered from
                // what the database says now before it has what this node knows.
                self.give_up("the database has lost changes that were committed before");
                self.lost.notify_one();
                return Err(StoreError::silent());
            }
            if !self.take_in(&tail) {
                return Err(StoreError::silent());
            }
            let reached = tail.entries.last().map_or(head, |last| last.sequence);
            if reached >= head {
                return Ok(true);
            }
            if head.0 - reached.0 > self.far_behind {
                return Ok(false);
            }
        }
    }

    /// After which place the journal is read: so that the entry that is known comes along.
    fn place(&self, known: Option<Known>) -> Sequence {
        Sequence(known.map_or_else(|| self.verifier.applied(), |entry| entry.sequence).0 - 1)
    }

    /// Applies what was read; whether all of it is in the index now.
    fn take_in(&self, tail: &Tail) -> bool {
        let applied = self.apply(&tail.entries);
        if applied {
            self.store.note_applied(self.verifier.applied());
            self.progress.read(tail, self.system.clock.boottime());
        }
        applied
    }

    /// Loads a snapshot in place of a long journal. The next renewal brings the lease back.
    async fn reload(&self) -> Result<(), StoreError> {
        tracing::warn!("far behind the others: loading a snapshot");
        self.progress.reloaded();
        self.verifier.lease().end();
        self.loading.store(true, Ordering::SeqCst);
        let loaded = self.load().await;
        self.loading.store(false, Ordering::SeqCst);
        self.renewal.notify_one();
        loaded
    }

    /// The others have forgotten this process, or a failover has: it begins anew under another id.
    async fn register_again(&self) -> Result<(), StoreError> {
        // A restore forgets everybody. Then nobody must wait for this node, which will never answer again.
        self.same_life(self.store.journal_after(self.verifier.applied(), 1).await)?;
        self.renewal.notify_one();
        self.register().await.map_err(|error| match error {
            StartError::Store(error) => error,
            _ => StoreError::silent(),
        })
    }

    /// Applies what others change, then says so.
    async fn follow(&self) {
        if self.store.is_embedded() {
            return;
        }
        let mut acknowledged = Sequence(0);
        loop {
            let _ = tokio::time::timeout(LOOK.min(self.lease / 8), self.bell.notified()).await;
            match self.look_and_open().await {
                Ok(applied) if applied > acknowledged && self.store.acknowledge(applied).await.is_ok() => {
                    self.progress.acknowledged(applied);
                    acknowledged = applied;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(cause = error.cause(), "the journal was not read");
                    self.progress.failed_to_read();
                    tokio::time::sleep(RETRY.min(self.lease / 8)).await;
                }
            }
        }
    }

    /// Applies everything that is there to apply, opens the server keys that came along; gives how far both are.
    async fn look_and_open(&self) -> Result<Sequence, StoreError> {
        let applied = self.look().await?;
        self.keys.catch_up(&self.store).await.map_err(unopened)?;
        Ok(self.keys.reached(applied))
    }

    /// Applies everything that is there to apply; gives how far the index is.
    async fn look(&self) -> Result<Sequence, StoreError> {
        while !self.loading.load(Ordering::SeqCst) && !self.broken.load(Ordering::SeqCst) {
            let (known, applied) = (self.memory.known(), self.verifier.applied());
            let tail = self.same_life(self.store.journal_after(self.place(known), PART).await)?;
            if !continues(known, &tail) {
                // A server that was deposed may say this; one that takes a renewal may not.
                self.renewal.notify_one();
                return Err(StoreError::silent());
            }
            if tail.head.0 - applied.0 > self.far_behind {
                self.renewal.notify_one();
                break;
            }
            let reached = tail.entries.last().map_or(tail.head, |last| last.sequence);
            if self.take_in(&tail) && reached >= tail.head {
                return Ok(self.verifier.applied());
            }
        }
        Ok(Sequence(0))
    }

    async fn publish_when_lost(&self) {
        self.lost.notified().await;
        loop {
            match loss::publish_anew(&self.memory, &self.store, &self.system).await {
                Ok(Published::Anew { gone }) => {
                    tracing::error!(gone, "what the lost changes had ended is ended again; the others have to be asked for again");
                    return self.published.notify_one();
                }
                Ok(Published::NotAll) => {
                    return tracing::error!("the lost changes cannot all be made again: look at them before this node is started anew");
                }
                Err(error) => tracing::warn!(%error, cause = error.cause(), "lost changes are not published yet"),
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    async fn listen(&self) {
        loop {
            if let Err(error) = self.store.listen(&|| self.bell.notify_one()).await {
                tracing::debug!(cause = error.cause(), "the doorbell cannot be heard; the journal is looked at now and then");
            }
            tokio::time::sleep(RETRY).await;
        }
    }
}
