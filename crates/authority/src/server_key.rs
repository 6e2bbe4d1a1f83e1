//! Server keys: opened in memory on every node, and changed so that no node ever meets something that it cannot read.
//!
//! A new key is published first. That is an event for which the change waits as for an ending: until every node has
//! opened the key, or can answer nothing any more; and a node that comes back opens it before it answers. Only then is it
//! activated, and something made with it. The same path serves every purpose; what is only for signing is in [`crate::signing_key`].

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;
use domain::entropy::Entropy;
use domain::event::{Entry, Event, Sequence};
use domain::{RequestId, Secret, Timestamp};
use jose::Algorithm;
use serde::{Deserialize, Serialize};
use store::sealing::{MasterKey, NewServerKey, SealingError};
use store::{Abort, KeyState, Outcome, ServerKeyRow, Store, StoreError};

use crate::access_token::AccessKeys;
use crate::error::Outage;
use crate::signing_key::{self, KeySchedule, SigningKeys};
use crate::{Authority, Caller, Changed, Context, Error};

/// What server keys are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Sealing what the server keeps for a while, such as answers to repeat.
    Sealing,
    /// Sealing access tokens.
    AccessTokens,
    /// Signing tokens with ES256.
    SigningEs256,
    /// Signing tokens with Ed25519.
    SigningEddsa,
    /// Signing tokens with RS256.
    SigningRs256,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Sealing, Self::AccessTokens, Self::SigningEs256, Self::SigningEddsa, Self::SigningRs256];

    /// As it stands in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sealing => "sealing",
            Self::AccessTokens => "access_tokens",
            Self::SigningEs256 => "signing_es256",
            Self::SigningEddsa => "signing_eddsa",
            Self::SigningRs256 => "signing_rs256",
        }
    }

    /// With which algorithm keys of this purpose sign, if they do. Each algorithm has keys of its own.
    pub const fn signs(self) -> Option<Algorithm> {
        match self {
            Self::Sealing | Self::AccessTokens => None,
            Self::SigningEs256 => Some(Algorithm::ES256),
            Self::SigningEddsa => Some(Algorithm::EdDSA),
            Self::SigningRs256 => Some(Algorithm::RS256),
        }
    }

    /// The purpose of signing with this algorithm, if anything is signed with it.
    pub fn of_signing(algorithm: Algorithm) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.signs() == Some(algorithm))
    }

    /// The purpose that has this name in rows.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }

    fn algorithm(self) -> &'static str {
        let sealed = if self == Self::AccessTokens { "AES-256-GCM-SIV" } else { "AES-256-GCM" };
        self.signs().map_or(sealed, Algorithm::name)
    }

    async fn generate(self, entropy: &Arc<dyn Entropy>) -> Result<Secret<Vec<u8>>, Error> {
        if let Some(algorithm) = self.signs() {
            return signing_key::generate(algorithm, entropy.clone()).await;
        }
        let mut bytes = vec![0; 32];
        entropy.fill(&mut bytes)?;
        Ok(Secret::new(bytes))
    }
}

/// A server key as lists show it: everything but the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerKey {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub purpose: String,
    /// Its algorithm.
    pub algorithm: String,
    /// Its state.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it makes new things.
    pub activated_at: Option<Timestamp>,
    /// Since when it only reads.
    pub retired_at: Option<Timestamp>,
    /// The name that what it signs gives it, of a key for signing that this node has open.
    #[serde(default)]
    pub kid: Option<String>,
}

/// A key that is open.
pub struct OpenKey {
    /// Its id.
    pub id: String,
    pub(crate) purpose: String,
    pub(crate) state: KeyState,
    pub(crate) created_at: Timestamp,
    pub(crate) activated_at: Option<Timestamp>,
    pub(crate) retired_at: Option<Timestamp>,
    plain: Secret<Vec<u8>>,
}

impl OpenKey {
    /// The key itself.
    pub fn plain(&self) -> &[u8] {
        self.plain.expose()
    }
}

/// The open keys of this node.
pub struct KeyRing {
    master: MasterKey,
    keys: RwLock<Vec<Arc<OpenKey>>>,
    pub(crate) signing: ArcSwap<SigningKeys>,
    pub(crate) access: ArcSwap<AccessKeys>,
    pub(crate) schedule: KeySchedule,
    awaited: Mutex<Awaited>,
    /// One reading at a time, so that an older one never takes the place of a newer one.
    loading: tokio::sync::Mutex<()>,
}

/// Events of keys that were applied and not followed by a reading of the keys.
#[derive(Default)]
struct Awaited {
    first: Option<Sequence>,
    last: Sequence,
    /// New keys. A server that lacks one is behind: one that was deposed, perhaps.
    named: Vec<String>,
}

impl KeyRing {
    /// An empty one; [`KeyRing::load`] fills it.
    pub fn new(master: MasterKey, schedule: KeySchedule) -> Self {
        let (keys, signing, access) = (RwLock::default(), ArcSwap::default(), ArcSwap::default());
        Self { master, keys, signing, access, schedule, awaited: Mutex::default(), loading: tokio::sync::Mutex::default() }
    }

    /// Seals something that is no key of the server under the master key.
    pub(crate) fn seal_with_master(&self, name: &str, what: &str, plain: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, SealingError> {
        self.master.seal(name, what, plain, entropy)
    }

    /// Opens it.
    pub(crate) fn open_with_master(&self, name: &str, what: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealingError> {
        self.master.open(name, what, sealed)
    }

    /// Reads and opens every key. Where one cannot be opened, the ring stays as it was.
    pub async fn load(&self, store: &Store) -> Result<(), SealingError> {
        let _alone = self.loading.lock().await;
        let seen = self.awaited().last;
        let rows = store.read(|reader| Box::pin(async move { reader.all_server_keys().await })).await?;
        let known: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        let open = |row: ServerKeyRow| {
            let plain = self.master.open(&row.id, &row.purpose, &row.sealed)?;
            let state = row.state();
            let ServerKeyRow { id, purpose, created_at, activated_at, retired_at, .. } = row;
            Ok(Arc::new(OpenKey { id, purpose, state, created_at, activated_at, retired_at, plain }))
        };
        let left = rows.into_iter().filter(|row| row.state() != KeyState::Ended);
        let keys = left.map(open).collect::<Result<Vec<_>, SealingError>>()?;
        let signing = SigningKeys::prepare(&keys, &self.signing.load())?;
        let mut awaited = self.awaited();
        if awaited.named.iter().any(|id| !known.contains(id)) && awaited.last == seen {
            return Err(StoreError::silent().into());
        }
        awaited.named.retain(|id| !known.contains(id));
        self.access.store(Arc::new(AccessKeys::prepare(&keys, signing.public())?));
        self.signing.store(Arc::new(signing));
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        // What came while the keys were read is perhaps not among them.
        awaited.first = (awaited.last > seen).then_some(Sequence(seen.0 + 1));
        Ok(())
    }

    /// Reads the keys if there was an event of them since.
    pub async fn catch_up(&self, store: &Store) -> Result<(), SealingError> {
        while self.awaited().first.is_some() {
            self.load(store).await?;
        }
        Ok(())
    }

    /// Takes notice of entries, before they count as applied.
    pub fn notice(&self, entries: &[Entry]) {
        let of_keys = |entry: &&Entry| {
            matches!(entry.event, Event::ServerKeyCreated { .. } | Event::ServerKeyActivated { .. } | Event::ServerKeyEnded { .. })
        };
        for entry in entries.iter().filter(of_keys) {
            let mut awaited = self.awaited();
            if entry.sequence > awaited.last {
                awaited.first.get_or_insert(entry.sequence);
                awaited.last = entry.sequence;
                if let Event::ServerKeyCreated { key } = &entry.event {
                    awaited.named.push(key.clone());
                }
            }
        }
    }

    /// How far a node that has applied this much may say that it is: not past a key that it has not opened.
    pub fn reached(&self, applied: Sequence) -> Sequence {
        self.awaited().first.map_or(applied, |first| applied.min(Sequence(first.0 - 1)))
    }

    /// The key that makes new things.
    pub fn active(&self, purpose: Purpose) -> Option<Arc<OpenKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let active = keys.iter().filter(|key| key.purpose == purpose.name() && key.state == KeyState::Active);
        active.max_by_key(|key| key.activated_at).cloned()
    }

    /// The open keys of a purpose.
    pub(crate) fn of(&self, purpose: Purpose) -> Vec<Arc<OpenKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().filter(|key| key.purpose == purpose.name()).cloned().collect()
    }

    /// The key with this id, whatever its state.
    pub fn get(&self, id: &str) -> Option<Arc<OpenKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).iter().find(|key| key.id == id).cloned()
    }

    fn awaited(&self) -> std::sync::MutexGuard<'_, Awaited> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Authority {
    /// The server keys, oldest first; for operators.
    pub async fn server_keys(&self, caller: &Caller) -> Result<Vec<ServerKey>, Error> {
        caller.require_operator()?;
        let rows = self.store.read(|reader| Box::pin(async move { reader.all_server_keys().await })).await?;
        let mut keys: Vec<ServerKey> = rows.into_iter().map(|row| self.with_kid(row.into())).collect();
        keys.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        Ok(keys)
    }

    /// Gives a purpose a new key. When this returns every node makes new things with it; what earlier ones made is still read.
    pub async fn rotate_server_key(&self, context: &Context, purpose: Purpose) -> Result<Changed<ServerKey>, Error> {
        context.caller.require_operator()?;
        // Asked again, the earlier answer is given, and no other key made. The answer of the publication is of no use to
        // whoever asks again.
        let publication = Context { idempotency: None, ..context.clone() };
        let id = if self.is_answered(context).await? {
            String::new()
        } else {
            self.publish_server_key(&publication, purpose, None).await?.value.id
        };
        self.activate_server_key(context, purpose, id).await
    }

    /// At the start: a key for every purpose that needs one and has none.
    pub async fn ensure_server_keys(&self, context: &Context) -> Result<(), Error> {
        let signing = self.keys.schedule.algorithms.iter().filter_map(|algorithm| Purpose::of_signing(*algorithm));
        for purpose in [Purpose::Sealing, Purpose::AccessTokens].into_iter().chain(signing) {
            if self.keys.active(purpose).is_none() {
                self.rotate_server_key(context, purpose).await?;
            }
        }
        Ok(())
    }

    /// Publishes a new key, or finds one that was published and never activated. When this returns, every node has it.
    /// Where `after` names a key, nothing is made unless that is still the newest.
    pub(crate) async fn publish_server_key(
        &self,
        context: &Context,
        purpose: Purpose,
        after: Option<String>,
    ) -> Result<Changed<ServerKey>, Error> {
        let plain = purpose.generate(&self.entropy).await?;
        let id = RequestId::generate(context.now, &*self.entropy)?.to_string();
        let new = NewServerKey { id: &id, purpose: purpose.name(), algorithm: purpose.algorithm(), plain: plain.expose() };
        let row = new.seal(&self.keys.master, &*self.entropy, context.now);
        let row = row.map_err(|_| Error::Unavailable(Outage::Internal("a server key cannot be sealed")))?;
        let published = self.change(context, move |tx, by| {
            let (row, after) = (row.clone(), after.clone());
            Box::pin(async move {
                let mut keys = tx.server_keys(purpose.name()).await?;
                keys.retain(|key| key.state() != KeyState::Ended);
                let newest = keys.pop_if(|newest| after.is_some_and(|after| newest.id != after));
                if let Some(there) = keys.into_iter().find(|key| key.state() == KeyState::Published).or(newest) {
                    return Ok(Outcome::Unchanged(ServerKey::from(there)));
                }
                tx.insert_server_key(&row).await?;
                let recorded = tx.record(by, Event::ServerKeyCreated { key: row.id.clone() }).await?;
                Ok(Outcome::Changed(ServerKey::from(row), recorded))
            })
        });
        Ok(self.named(published.await?))
    }

    /// Lets a published key take the place of the active one, which only reads from then on.
    pub(crate) async fn activate_server_key(&self, context: &Context, purpose: Purpose, id: String) -> Result<Changed<ServerKey>, Error> {
        let activated = self.change(context, move |tx, by| {
            let id = id.clone();
            Box::pin(async move {
                let mut keys = tx.server_keys(purpose.name()).await?;
                let activated = tx.activate_server_key(&id, by.at).await?;
                let Some(key) = keys.iter_mut().find(|key| key.id == id) else { return Err(Abort::Refused(Error::NotFound)) };
                if !activated {
                    // Another node that rotates found the same one.
                    return Ok(Outcome::Unchanged(ServerKey::from(key.clone())));
                }
                key.activated_at = Some(by.at);
                let made = ServerKey::from(key.clone());
                let mut retired = Vec::new();
                for old in keys.into_iter().filter(|key| key.id != id && key.state() == KeyState::Active) {
                    tx.retire_server_key(&old.id, by.at).await?;
                    retired.push(old.id);
                }
                let event = Event::ServerKeyActivated { key: id, purpose: purpose.name().to_owned(), retired };
                Ok(Outcome::Changed(made, tx.record(by, event).await?))
            })
        });
        Ok(self.named(activated.await?))
    }

    pub(crate) fn named(&self, changed: Changed<ServerKey>) -> Changed<ServerKey> {
        Changed { value: self.with_kid(changed.value), ..changed }
    }

    fn with_kid(&self, key: ServerKey) -> ServerKey {
        ServerKey { kid: self.keys.signing.load().kid(&key.id), ..key }
    }
}

impl From<ServerKeyRow> for ServerKey {
    fn from(row: ServerKeyRow) -> Self {
        let state = row.state();
        let ServerKeyRow { id, purpose, algorithm, created_at, activated_at, retired_at, .. } = row;
        Self { id, purpose, algorithm, state, created_at, activated_at, retired_at, kid: None }
    }
}
