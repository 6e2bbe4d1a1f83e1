//! What tokens are asked with: one file for each grant type, with the steps load, decide (pure) and commit.
//!
//! | grant type | writes |
//! | --- | --- |
//! | `client_credentials` | nothing: no database, no lock |
//! | `authorization_code` | the code is taken, and the family of its refresh tokens begins |
//! | `device_code` | when the device asked, then as for a code |
//! | `token-exchange` | nothing |
//! | `refresh_token` | the rotation; where tokens do not rotate, nothing but now and then until when it may be idle |
//!
//! A replay, of a code or of a refresh token, ends the family with its access tokens, and is answered when every node knows.

pub(crate) mod authorization_code;
mod client_credentials;
mod device_code;
mod issue;
pub(crate) mod refresh_token;
mod scope;
mod token_exchange;

use std::sync::Arc;
use std::time::Duration;

use domain::access_token::MAX_LIFE_SECONDS;
use domain::authorization::Authorization;
use domain::client::Profile;
use domain::verify::Owner;
use domain::{Because, ClientRefusal, Event, FamilyId, PersonId, Secret, Timestamp};
use store::{By, Outcome, Recorded, StoreError, Tx};
use verifier::{Client, PrivateKeyUse};

use crate::Error;
use crate::change::Work;

pub use authorization_code::CodeRequest;
pub use refresh_token::RefreshRequest;
pub(crate) use scope::{audience, meant};
pub use token_exchange::{ACCESS_TOKEN_TYPE, ExchangeRequest};

/// The longest idle time of a refresh token under the profile `nlgov` (NL GOV Assurance profile for OpenID Connect, "Refresh Tokens").
const NLGOV_IDLE: Duration = Duration::from_secs(6 * 3_600);
/// The longest lives there (NL GOV Assurance profile for OAuth 2.0 section 3.4): of refresh tokens, of the access tokens of public
/// clients, of clients that act for a person, and of those that act for themselves.
const NLGOV_REFRESH: Duration = Duration::from_secs(24 * 3_600);
const NLGOV_ACCESS_PUBLIC: Duration = Duration::from_secs(15 * 60);
const NLGOV_ACCESS_PERSON: Duration = Duration::from_secs(3_600);
const NLGOV_ACCESS_OWN: Duration = Duration::from_secs(6 * 3_600);

/// How long what is issued lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// An access token; at most [`MAX_LIFE_SECONDS`].
    pub access_token: Duration,
    /// The refresh tokens that come of one consent, all together.
    pub refresh_token: Duration,
    /// A refresh token that is not used.
    pub refresh_idle: Duration,
    /// For how long a refresh token that was exchanged gives the same successor once more.
    pub refresh_overlap: Duration,
}

impl Default for Lifetimes {
    /// An hour; 30 days; 15 days; 10 seconds.
    fn default() -> Self {
        Self {
            access_token: Duration::from_secs(3_600),
            refresh_token: Duration::from_secs(2_592_000),
            refresh_idle: Duration::from_secs(1_296_000),
            refresh_overlap: Duration::from_secs(10),
        }
    }
}

impl Lifetimes {
    /// How long a client's refresh token may be idle.
    fn idle_of(&self, client: &Client) -> Duration {
        if client.definition.profile == Profile::Nlgov { self.refresh_idle.min(NLGOV_IDLE) } else { self.refresh_idle }
    }

    /// How long the refresh tokens of one consent to a client last.
    fn refresh_of(&self, client: &Client) -> Duration {
        if client.definition.profile == Profile::Nlgov { self.refresh_token.min(NLGOV_REFRESH) } else { self.refresh_token }
    }

    /// How long a client's access token lasts, for a person or for itself.
    fn access_of(&self, client: &Client, for_person: bool) -> Duration {
        match (client.definition.profile, client.definition.is_confidential(), for_person) {
            (Profile::Nlgov, false, _) => self.access_token.min(NLGOV_ACCESS_PUBLIC),
            (Profile::Nlgov, true, true) => self.access_token.min(NLGOV_ACCESS_PERSON),
            (Profile::Nlgov, true, false) => self.access_token.min(NLGOV_ACCESS_OWN),
            _ => self.access_token,
        }
    }
}

/// Who asks for tokens, authenticated, and when.
#[derive(Clone)]
pub struct Asking<'a> {
    /// The client.
    pub client: Arc<Client>,
    /// The private key that it authenticated with, if with one.
    pub private_key: Option<PrivateKeyUse>,
    /// The thumbprint of the key that the request proves: the tokens are bound to it.
    pub key_thumbprint: Option<[u8; 32]>,
    /// Our issuer identifier.
    pub issuer: &'a str,
    /// When.
    pub now: Timestamp,
}

/// What a client gets.
pub struct Tokens {
    /// The access token.
    pub access_token: Secret<String>,
    /// How long it lasts, in seconds.
    pub expires_in: u32,
    /// Whether it is bound to a key (`DPoP`).
    pub is_bound: bool,
    /// What further access tokens are asked with.
    pub refresh_token: Option<Secret<String>>,
    /// Who the person is.
    pub id_token: Option<String>,
    /// What was granted.
    pub scope: String,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The client gets none. It is told less than this, see [`ClientRefusal::error`].
    #[error("refused: {0:?}")]
    Refused(Because),
    /// The person has not answered yet (RFC 8628 section 3.5): that is no refusal.
    #[error("to be asked again: {0:?}")]
    NotYet(NotYet),
    /// Nobody can tell now.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What a device is told while nobody has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotYet {
    /// To ask again.
    Pending,
    /// To wait 5 seconds longer from now on: it asks too often.
    SlowDown,
}

impl From<Because> for GrantError {
    fn from(because: Because) -> Self {
        Self::Refused(because)
    }
}

impl From<ClientRefusal> for GrantError {
    fn from(refusal: ClientRefusal) -> Self {
        Self::Refused(refusal.because())
    }
}

impl From<verifier::Unavailable> for GrantError {
    fn from(error: verifier::Unavailable) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StoreError> for GrantError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<domain::entropy::EntropyUnavailable> for GrantError {
    fn from(error: domain::entropy::EntropyUnavailable) -> Self {
        Self::Failed(error.into())
    }
}

/// Whether whoever consented may do anything at this moment.
fn is_active(owner: &Owner) -> bool {
    matches!(owner, Owner::Member { active: true, organisation_active: true, .. })
}

/// Refuses what comes of a session that is over.
fn session_ended(authorization: &Authorization, person: PersonId) -> Because {
    let because = ClientRefusal::SessionEnded.because().of(person);
    authorization.session.map_or(because, |session| because.about(session.as_bytes()))
}

/// Ends a family with its access tokens; nothing where that was done before.
pub(crate) async fn end_family(tx: &mut Tx<'_>, by: &By, family: FamilyId) -> Result<Option<Recorded>, StoreError> {
    let until = by.at.saturating_add(Duration::from_secs(MAX_LIFE_SECONDS.into()));
    let ended = tx.end_refresh_family(family, by.at).await?;
    if !tx.keep_ended(family.as_bytes(), until).await? && !ended {
        return Ok(None);
    }
    tx.record(by, Event::FamiliesEnded { families: vec![family], until }).await.map(Some)
}

/// The outcome of a replay. One that ended nothing any more is answered, too, when every node knows the ending.
async fn replayed<T>(tx: &mut Tx<'_>, by: &By, family: FamilyId, value: T) -> Work<T> {
    tracing::warn!(%family, "a code or refresh token was used again: everything that came of it is ended");
    Ok(match end_family(tx, by, family).await? {
        Some(recorded) => Outcome::Changed(value, recorded),
        None => Outcome::Unchanged(value),
    })
}
