//! The public keys of clients: those that were registered are read once, those behind a `jwks_uri` are fetched and kept for a while.
//!
//! Whoever fetches is a client that authenticates itself, or signs a request: never a check. One request at a time goes to each
//! client's server; a key that is not in what is known is a reason to ask again, but not often.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::client::{ClientDefinition, Profile};
use domain::{CredentialId, Timestamp};
use jose::{Algorithm, JwkSet, JwsRefusal, Refusal};
use verifier::Client;

use super::error::{Code, ConnectError};
use crate::outbound::{Outbound, OutboundError};

/// For how long fetched keys are used without asking again: so long works a key that was taken out of the set.
const FRESH: Duration = Duration::from_secs(600);
/// For how long they are used where the other server cannot be reached.
const USABLE: Duration = Duration::from_secs(3_600);
/// How long it takes until an unknown key is a reason to ask again.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// How long a failure is an answer for those that come after.
const FAILED_FOR: Duration = Duration::from_secs(10);
/// The most clients whose keys are kept at a time.
const MOST: usize = 10_000;

/// Why the keys of a client are not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKeys {
    /// Its server cannot be reached now: nobody can tell.
    Unreachable,
    /// Its server does not give keys that can be used, or may not be asked.
    Unusable,
}

impl From<NoKeys> for ConnectError {
    fn from(cause: NoKeys) -> Self {
        match cause {
            NoKeys::Unreachable => Self::new(Code::Unavailable).describe("the jwks_uri of this client cannot be reached now: try later"),
            NoKeys::Unusable => Self::new(Code::InvalidClient).describe("the jwks_uri of this client gives no JWK set that can be used"),
        }
    }
}

/// The keys that are known.
#[derive(Default)]
pub(super) struct ClientKeys {
    registered: Mutex<HashMap<CredentialId, Registered>>,
    fetched: Mutex<HashMap<CredentialId, Arc<Source>>>,
}

/// The keys of a definition, read. None where they cannot be used.
struct Registered {
    definition: Arc<ClientDefinition>,
    keys: Option<Arc<JwkSet>>,
}

/// A `jwks_uri` with what is known of it. The lock is held while it is asked: who comes meanwhile waits for the same answer.
struct Source {
    uri: String,
    known: tokio::sync::Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: Option<(Arc<JwkSet>, Timestamp)>,
    failed: Option<(NoKeys, Timestamp)>,
}

/// Signatures that a client may use: all that are not symmetric; FAPI 2.0 section 5.4.1 has no RS256.
pub(super) fn algorithms(definition: &ClientDefinition) -> &'static [Algorithm] {
    if definition.profile == Profile::Fapi2 { &Algorithm::FAPI } else { &Algorithm::ALL }
}

impl ClientKeys {
    /// Judges something that a client has signed. `None`: it has no keys to sign with.
    pub(super) async fn judge<T>(
        &self,
        outbound: &Outbound,
        client: &Client,
        now: Timestamp,
        judge: impl Fn(&JwkSet) -> Result<T, Refusal>,
    ) -> Result<Option<Result<T, Refusal>>, NoKeys> {
        let definition = &client.definition;
        let Some(uri) = &definition.jwks_uri else { return Ok(self.registered(client).map(|keys| judge(&keys))) };
        let source = self.source(client.id, uri);
        let keys = source.keys(outbound, now, FRESH).await?;
        let judged = judge(&keys);
        if !matches!(judged, Err(Refusal::Jws(JwsRefusal::UnknownKey))) {
            return Ok(Some(judged));
        }
        Ok(Some(judge(&*source.keys(outbound, now, ASK_AGAIN).await?)))
    }

    /// The keys that are part of the definition.
    fn registered(&self, client: &Client) -> Option<Arc<JwkSet>> {
        let definition = &client.definition;
        let jwks = definition.jwks.as_ref()?;
        let mut known = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(read) = known.get(&client.id).filter(|read| Arc::ptr_eq(&read.definition, definition)) {
            return read.keys.clone();
        }
        let keys = JwkSet::parse(jwks.to_string().as_bytes()).ok().map(Arc::new);
        make_room(&mut known);
        known.insert(client.id, Registered { definition: definition.clone(), keys: keys.clone() });
        keys
    }

    fn source(&self, client: CredentialId, uri: &str) -> Arc<Source> {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = fetched.get(&client).filter(|source| source.uri == uri) {
            return source.clone();
        }
        let source = Arc::new(Source { uri: uri.to_owned(), known: tokio::sync::Mutex::default() });
        make_room(&mut fetched);
        fetched.insert(client, source.clone());
        source
    }
}

/// Whose turn it is to go does not matter: they are all there again when they are needed.
fn make_room<K, V>(known: &mut HashMap<K, V>) {
    if known.len() >= MOST {
        known.clear();
    }
}

impl Source {
    /// The keys, asked for again where they are older than this.
    async fn keys(&self, outbound: &Outbound, now: Timestamp, older_than: Duration) -> Result<Arc<JwkSet>, NoKeys> {
        let mut known = self.known.lock().await;
        let since = |(keys, since): &(Arc<JwkSet>, Timestamp), age: Duration| (now < since.saturating_add(age)).then(|| keys.clone());
        let young = known.keys.as_ref().and_then(|keys| since(keys, older_than));
        if let Some(keys) = young {
            return Ok(keys);
        }
        let cause = match known.failed.filter(|(_, at)| now < at.saturating_add(FAILED_FOR)) {
            Some((cause, _)) => cause,
            None => match fetch(outbound, &self.uri).await {
                Ok(keys) => {
                    let keys = Arc::new(keys);
                    *known = Known { keys: Some((keys.clone(), now)), failed: None };
                    return Ok(keys);
                }
                Err(cause) => {
                    known.failed = Some((cause, now));
                    cause
                }
            },
        };
        // Whoever wants to know a key that is not among the old ones is not helped by them.
        let usable = known.keys.as_ref().filter(|_| cause == NoKeys::Unreachable && older_than == FRESH);
        usable.and_then(|keys| since(keys, USABLE)).ok_or(cause)
    }
}

async fn fetch(outbound: &Outbound, uri: &str) -> Result<JwkSet, NoKeys> {
    let fetched = outbound.get_json_bytes(uri).await;
    let bytes = fetched.map_err(|cause| {
        tracing::warn!(%uri, %cause, "the keys of a client could not be fetched");
        match cause {
            OutboundError::Unreachable(_) | OutboundError::Status(429 | 500..=599) => NoKeys::Unreachable,
            OutboundError::NotAllowed(_) | OutboundError::Status(_) | OutboundError::Unreadable => NoKeys::Unusable,
        }
    })?;
    JwkSet::parse(&bytes).map_err(|cause| {
        tracing::warn!(%uri, %cause, "the keys of a client cannot be used");
        NoKeys::Unusable
    })
}
