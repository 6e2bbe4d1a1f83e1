//! Use cases, one method each: what may be asked, by whom, what it changes, and what it waits for.
//!
//! A use case loads, decides and commits inside one re-runnable transaction ([`Authority::change`]); secrets are
//! drawn and the clock is read before it. Nothing here knows HTTP or HTML.

mod access;
mod access_token;
mod activity;
mod again;
mod allowance;
mod announcement;
mod api;
mod audit;
pub mod authorize;
mod change;
mod cipher;
mod credential;
mod delegation;
mod device;
mod device_code;
mod ended;
mod era;
mod error;
mod explain;
mod fence;
mod grant;
mod grant_type;
mod id_token;
mod idempotency;
mod import;
mod install;
mod interaction;
mod introspection;
mod invitation;
mod letter;
mod logout_notice;
mod loss;
mod mail_address;
mod mail_link;
mod membership;
mod meter;
mod new_browser;
mod notice;
mod operator;
mod organisation;
mod organisation_key;
mod organisation_token;
mod organisation_token_import;
mod password;
mod person;
mod person_password;
mod personal_token;
mod read;
mod receipt;
mod registration;
mod revocation;
mod second_factor;
mod server_key;
mod session;
mod sign_up;
mod signing_key;
mod upkeep;
mod upstream_account;
mod usage;
mod wait;
mod workspace;

pub use access::{Caller, OWN_API, PersonCaller, RIGHTS, Right, With};
pub use activity::{Activities, Activity, ActivityFilter, Doer, NamedDoer, PERMISSION_DAYS, PermissionUse, UsedPermissions, held};
pub use allowance::network;
pub use audit::{AuditActor, AuditLine, AuditName, AuditOf, AuditPage, AuditQuery};
pub use change::{Changed, Context};
pub use credential::{Issued, NewCredential, ServiceCredential};
pub use delegation::{
    Closed, Closing, DELEGATION_USE_DAYS, DelegationUpdate, DelegationView, EndedCredential, EndedDelegation, Impact, Named, NewDelegation,
    Side, Wanted,
};
pub use device_code::{
    DEVICE_INTERVAL, DEVICE_SECONDS, DeviceAnswer, DeviceAnswered, DevicePair, NewDevice, Typed, WaitingDevice, read_user_code,
};
pub use ended::{ENDED_SHOWN_FOR, EndedOf};
pub use error::{Error, Outage};
pub use explain::{DecidedBy, Decision, Explanation, REFUSALS_KEPT_FOR, Reading};
pub use fence::after_restore;
pub use grant_type::{ACCESS_TOKEN_TYPE, Asking, CodeRequest, ExchangeRequest, GrantError, Lifetimes, NotYet, RefreshRequest, Tokens};
pub use id_token::{ID_TOKEN_LIFE, NewIdToken, UserClaims, signing_algorithm, subject};
pub use idempotency::{ALREADY_DONE, IdempotencyKey};
pub use import::{ImportReport, ImportRow, Rejected};
pub use install::{Installed, SetUp, installations};
pub use interaction::{Interaction, WAITS_FOR, Waiting};
pub use introspection::Introspected;
pub use invitation::{Invitation, Joined, NewInvitations};
pub use letter::{DueLetter, LetterUnsent};
pub use logout_notice::{DueLogout, LogoutUndone};
pub use loss::{Published, publish_anew};
pub use mail_link::{Arrival, InvitationView, LinkOver, LinkUnused, LinkView};
pub use membership::HangsFromMembership;
pub use meter::Meters;
pub use new_browser::BrowserFacts;
pub use operator::Operator;
pub use organisation::NewOrganisation;
pub use organisation_key::{
    ClientRequest, IssuedOrganisationKey, NewOrganisationKey, OrganisationKeyFilter, OrganisationKeyRow, OrganisationKeyUpdate,
    PrivateKeyRotation, RequestedPermissions, plain_client,
};
pub use organisation_token::{IssuedOrganisationToken, NewOrganisationToken};
pub use organisation_token_import::OrganisationTokenRow;
pub use password::{PasswordProblem, Passwords};
pub use person::{NewPerson, PersonUpdate};
pub use personal_token::{IssuedToken, NewToken, TokenUpdate};
pub use read::{NodeState, Page};
pub use receipt::Receipt;
pub use registration::{GRANT_TYPES as DYNAMIC_GRANT_TYPES, Registered};
pub use revocation::Revoked;
pub use second_factor::{
    Added, FinishSignIn, Passkey, PasskeyAdded, PasskeyAnswer, PasskeyChallenge, RECOVERY_CODES, RecoveryCodes, SECOND_FACTOR_REQUIRED,
    SecondFactors, SecondProof, SecondStep, TotpFacts, TotpUnderWay,
};
pub use server_key::{KeyRing, OpenKey, Purpose, ServerKey};
pub use session::{Begun, Refusal, SessionLimits, SignIn, SignInAim, SignedIn, SignedInPerson, Which};
pub use sign_up::SignUp;
pub use signing_key::KeySchedule;
pub use store::LinkedAccount;
pub use upstream_account::UpstreamIdentity;
pub use workspace::NewWorkspace;

use std::sync::{Arc, Mutex, PoisonError};

use domain::credential::Installation;
use domain::entropy::Entropy;
use domain::time::Clock;
use store::Store;
use verifier::Verifier;

use usage::Unwritten;

/// Everything that changes or lists credentials goes through here.
#[derive(Clone)]
pub struct Authority {
    store: Store,
    verifier: Arc<Verifier>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    passwords: Passwords,
    installation: Installation,
    keys: Arc<KeyRing>,
    unwritten: Arc<Mutex<Unwritten>>,
    live_nodes: Arc<wait::LiveNodes>,
    meters: Arc<Meters>,
    lifetimes: Lifetimes,
    logout_notices_wait: Arc<tokio::sync::Notify>,
    letters_wait: Arc<tokio::sync::Notify>,
    announced: Arc<tokio::sync::Notify>,
    sends_letters: bool,
}

/// What an authority is made of.
pub struct Parts {
    /// Where changes go.
    pub store: Store,
    /// The index that every change reaches before it is answered.
    pub verifier: Arc<Verifier>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// The source of secrets and ids.
    pub entropy: Arc<dyn Entropy>,
    /// The letters with which new credentials begin.
    pub installation: Installation,
    /// The open server keys.
    pub keys: Arc<KeyRing>,
    /// How long what is issued lasts.
    pub lifetimes: Lifetimes,
    /// Whether letters are sent.
    pub sends_letters: bool,
}

impl Authority {
    /// Puts it together.
    pub fn new(parts: Parts) -> Self {
        let Parts { store, verifier, clock, entropy, installation, keys, lifetimes, sends_letters } = parts;
        let (passwords, unwritten, live_nodes, meters) = (Passwords::new(), Arc::default(), Arc::default(), Arc::default());
        let (logout_notices_wait, letters_wait) = (Arc::default(), Arc::default());
        Self {
            store,
            verifier,
            clock,
            entropy,
            passwords,
            installation,
            keys,
            unwritten,
            live_nodes,
            meters,
            lifetimes,
            logout_notices_wait,
            letters_wait,
            announced: Arc::default(),
            sends_letters,
        }
    }

    /// The index.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// The store, for the server's own upkeep: usage, old answers.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How changes went since the start.
    pub fn meters(&self) -> &Meters {
        &self.meters
    }

    /// Of how many credentials uses were counted that could not be written yet.
    pub fn unwritten_uses(&self) -> usize {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).uses.len()
    }

    /// How many passwords this node has hashed since its start, right or not.
    pub fn passwords_hashed(&self) -> u64 {
        self.passwords.hashed()
    }

    /// The clocks.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The open server keys.
    pub fn keys(&self) -> &Arc<KeyRing> {
        &self.keys
    }

    /// The source of secrets and ids.
    pub fn entropy(&self) -> &Arc<dyn Entropy> {
        &self.entropy
    }
}
