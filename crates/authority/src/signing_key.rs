//! Signing keys: server keys with which tokens are signed, prepared in memory, so that issuing one touches no database.
//!
//! A successor is published in the JWK set for as long as others may keep a copy of the set, then it signs. The key
//! before it stays in the set until the last token that it has signed is over; then it is ended, and its private half destroyed.

use std::sync::Arc;
use std::time::Duration;

use domain::entropy::Entropy;
use domain::event::Event;
use domain::{RequestId, Secret, Timestamp};
use jose::{Algorithm, Claims, JwkSet, SigningError, SigningKey};
use store::sealing::SealingError;
use store::{Abort, KeyState, Outcome};

use crate::error::Outage;
use crate::server_key::OpenKey;
use crate::{Authority, Changed, Context, Error, Purpose, ServerKey};

/// When signing keys come and go.
#[derive(Debug, Clone)]
pub struct KeySchedule {
    /// Which algorithms there are keys for from the start; of the others when they are first asked for.
    pub algorithms: Vec<Algorithm>,
    /// How long a key signs before its successor does.
    pub replace_after: Duration,
    /// How long a successor is in the JWK set before it signs: at least as long as others may keep a copy of the set.
    pub publish_ahead: Duration,
    /// How long a key stays in the set after it has signed for the last time: at least as long as the longest token lives.
    pub keep_retired: Duration,
}

/// The signing keys of a node, ready to sign.
#[derive(Default)]
pub(crate) struct SigningKeys(Vec<Prepared>);

#[derive(Clone)]
struct Prepared {
    row: Arc<OpenKey>,
    key: Arc<SigningKey>,
}

impl SigningKeys {
    /// Prepares what is open; a key that was prepared before is taken from there.
    pub(crate) fn prepare(open: &[Arc<OpenKey>], before: &Self) -> Result<Self, SealingError> {
        let mut keys = Vec::new();
        for row in open {
            let Some(algorithm) = Purpose::named(&row.purpose).and_then(Purpose::signs) else { continue };
            let known = before.0.iter().find(|known| known.row.id == row.id).map(|known| known.key.clone());
            let key = match known {
                Some(key) => key,
                None => Arc::new(SigningKey::from_pkcs8(algorithm, row.plain()).map_err(|_| SealingError::Broken)?),
            };
            keys.push(Prepared { row: row.clone(), key });
        }
        Ok(Self(keys))
    }

    /// What is taken that these keys have signed.
    pub(crate) fn public(&self) -> JwkSet {
        JwkSet::new(self.0.iter().map(|prepared| prepared.key.public().clone()))
    }

    /// The name of the key with this id.
    pub(crate) fn kid(&self, id: &str) -> Option<String> {
        self.0.iter().find(|prepared| prepared.row.id == id).map(|prepared| prepared.key.kid().to_owned())
    }

    fn active(&self, algorithm: Algorithm) -> Option<&Arc<SigningKey>> {
        let active = self.0.iter().filter(|prepared| prepared.row.state == KeyState::Active && prepared.key.algorithm() == algorithm);
        active.max_by_key(|prepared| prepared.row.activated_at).map(|prepared| &prepared.key)
    }
}

impl Authority {
    /// The key that signs with this algorithm now. No lock, no database.
    pub fn signing(&self, algorithm: Algorithm) -> Option<Arc<SigningKey>> {
        self.keys.signing.load().active(algorithm).cloned()
    }

    /// Signs a token. No lock, no database. An algorithm that nobody has asked for has no key: see
    /// [`Authority::ensure_signing_key`].
    pub fn sign<C: Claims>(&self, algorithm: Algorithm, claims: &C) -> Result<String, Error> {
        let key = self.signing(algorithm).ok_or(Error::Unavailable(Outage::Internal("there is no key for this algorithm")))?;
        key.sign(claims).map_err(unsigned)
    }

    /// The keys with which what this server has signed is verified: those that sign, those that will, and those whose tokens
    /// may still be alive.
    pub fn jwks(&self, now: Timestamp) -> JwkSet {
        let keys = self.keys.signing.load();
        let is_over = |retired_at: Timestamp| retired_at.saturating_add(self.keys.schedule.keep_retired) <= now;
        let shown = keys.0.iter().filter(|prepared| !prepared.row.retired_at.is_some_and(is_over));
        JwkSet::new(shown.map(|prepared| prepared.key.public().clone()))
    }

    /// For how long others may keep a copy of the JWK set: a key is in it for that long before it signs.
    pub fn jwks_lifetime(&self) -> Duration {
        self.keys.schedule.publish_ahead
    }

    /// The algorithms that there is a key for.
    pub fn signing_algorithms(&self) -> Vec<Algorithm> {
        let keys = self.keys.signing.load();
        Algorithm::ALL.into_iter().filter(|algorithm| keys.active(*algorithm).is_some()).collect()
    }

    /// Makes the first key of an algorithm, if there is none: for whoever lets a client or an API choose it. When this returns,
    /// every node can sign with it. `Invalid` where nothing is signed with it.
    pub async fn ensure_signing_key(&self, context: &Context, algorithm: Algorithm) -> Result<(), Error> {
        let purpose = Purpose::of_signing(algorithm).ok_or_else(|| Error::invalid("algorithm", "nothing is signed with it here"))?;
        if self.signing(algorithm).is_none() {
            // Whoever asks need not be an operator: it is the server that makes the key.
            self.rotate_server_key(&Context::system(context.request, context.now), purpose).await?;
        }
        Ok(())
    }

    /// Gives a purpose a new key. A key for signing is published now and signs after [`Authority::jwks_lifetime`], unless
    /// `at_once` asks for less; others are used at once.
    pub async fn replace_server_key(&self, context: &Context, purpose: Purpose, at_once: bool) -> Result<Changed<ServerKey>, Error> {
        context.caller.require_operator()?;
        if at_once || purpose.signs().is_none() || self.keys.active(purpose).is_none() {
            return self.rotate_server_key(context, purpose).await;
        }
        self.publish_server_key(context, purpose, None).await
    }

    /// Ends a signing key at once. When this returns no node signs with it, shows it, or takes what it has signed, and its
    /// private half is destroyed. If it is the one that signs, it gets a successor first.
    pub async fn end_signing_key(&self, context: &Context, id: String) -> Result<Changed<ServerKey>, Error> {
        context.caller.require_operator()?;
        if let Some(key) = self.keys.get(&id)
            && key.state == KeyState::Active
            && let Some(purpose) = Purpose::named(&key.purpose).filter(|purpose| purpose.signs().is_some())
        {
            self.rotate_server_key(&Context { idempotency: None, ..context.clone() }, purpose).await?;
        }
        self.change(context, move |tx, by| {
            let id = id.clone();
            Box::pin(async move {
                let found = tx.all_server_keys().await?.into_iter().find(|key| key.id == id);
                let Some(mut row) = found else { return Err(Abort::Refused(Error::NotFound)) };
                if Purpose::named(&row.purpose).and_then(Purpose::signs).is_none() {
                    return Err(Abort::Refused(NOT_FOR_SIGNING));
                }
                if row.state() == KeyState::Active {
                    return Err(Abort::Refused(ACTIVE));
                }
                if !tx.end_server_key(&id, by.at).await? {
                    return Ok(Outcome::Unchanged(row.into()));
                }
                row.sealed.clear();
                row.retired_at.get_or_insert(by.at);
                let event = Event::ServerKeyEnded { key: id, purpose: row.purpose.clone() };
                Ok(Outcome::Changed(row.into(), tx.record(by, event).await?))
            })
        })
        .await
    }

    /// Does what is due with the signing keys: publishes successors, lets them sign, ends those whose tokens are over. Every
    /// node may do it; what another has done is found so.
    pub async fn keep_signing_keys(&self, now: Timestamp) -> Result<(), Error> {
        let signing = Purpose::ALL.into_iter().filter(|purpose| purpose.signs().is_some());
        for purpose in signing {
            if let Some(due) = due(&self.keys.of(purpose), &self.keys.schedule, now) {
                let context = Context::system(RequestId::generate(now, &*self.entropy)?, now);
                match due {
                    Due::Publish { after } => drop(self.publish_server_key(&context, purpose, Some(after)).await?),
                    Due::Activate { id } => drop(self.activate_server_key(&context, purpose, id).await?),
                    Due::End { id } => drop(self.end_signing_key(&context, id).await?),
                }
            }
        }
        Ok(())
    }
}

const NOT_FOR_SIGNING: Error =
    Error::Conflict { code: "not_for_signing", detail: "only keys for signing can be ended: what this one has sealed must stay readable" };
/// Another node has let it sign meanwhile.
const ACTIVE: Error = Error::Conflict { code: "key_active", detail: "this key signs: try again, and it gets a successor first" };

/// What is to be done with the keys of a purpose.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    /// Make a successor of this one known.
    Publish { after: String },
    /// Let this one sign.
    Activate { id: String },
    /// End this one.
    End { id: String },
}

/// One thing at a time; the next look finds the next.
fn due(keys: &[Arc<OpenKey>], schedule: &KeySchedule, now: Timestamp) -> Option<Due> {
    let id = |key: &Arc<OpenKey>| key.id.clone();
    let is_over = |since: Option<Timestamp>, duration| since.is_some_and(|since: Timestamp| since.saturating_add(duration) <= now);
    if let Some(over) = keys.iter().find(|key| is_over(key.retired_at, schedule.keep_retired)) {
        return Some(Due::End { id: id(over) });
    }
    if let Some(published) = keys.iter().find(|key| key.state == KeyState::Published) {
        return is_over(Some(published.created_at), schedule.publish_ahead).then(|| Due::Activate { id: id(published) });
    }
    let active = keys.iter().filter(|key| key.state == KeyState::Active).max_by_key(|key| key.activated_at)?;
    let replace_after = schedule.replace_after.saturating_sub(schedule.publish_ahead);
    is_over(active.activated_at, replace_after).then(|| Due::Publish { after: id(active) })
}

/// Makes a private key off the async threads: an RSA key takes some tenths of a second.
pub(crate) async fn generate(algorithm: Algorithm, entropy: Arc<dyn Entropy>) -> Result<Secret<Vec<u8>>, Error> {
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm, &*entropy)).await;
    made.map_err(|_| Error::Unavailable(Outage::Internal("the making of a key stopped")))?.map_err(unsigned)
}

fn unsigned(error: SigningError) -> Error {
    match error {
        SigningError::Entropy(error) => error.into(),
        _ => Error::Unavailable(Outage::Internal("a key for signing failed")),
    }
}
