//! The store: one SQL text for SQLite and PostgreSQL, changes that cannot be committed without their journal entry, and
//! the server's keys under a master key.
//!
//! [`Store::read`] gives a [`Reader`], [`Store::write`] a [`Tx`]; the verbs on them are in the modules named after what
//! they read and change. Everything that waits to be written shares one commit; a failing change leaves its neighbours
//! alone.

mod allowance;
mod api;
mod api_credential;
mod authorization_code;
pub mod backup;
mod change;
mod database;
mod delegation;
mod era;
pub mod error;
mod executor;
mod exposure;
mod fence;
mod grant;
mod idempotency;
mod interaction;
mod journal;
mod link;
mod lock;
mod membership;
mod meter;
mod migration;
mod node;
mod operator_token;
mod options;
mod organisation;
mod organisation_key;
mod organisation_token;
mod permissions;
mod person;
mod personal_token;
mod postgres;
mod pushed_request;
mod record;
mod refresh_token;
mod refused_request;
pub mod sealing;
mod secret;
mod server_key;
mod session;
pub mod setting;
mod snapshot;
mod sqlite;
pub mod statement;
mod store;
mod transaction;
mod upstream_account;
mod usage;
mod used_once;
mod value;
mod workspace;
mod writer;

pub use allowance::Charge;
pub use api_credential::ApiCredential;
pub use authorization_code::{AuthorizationCode, NewAuthorizationCode};
pub use delegation::DelegationFilter;
pub use era::{Era, Situation};
pub use error::{Abort, Outage, StoreError, WriteError, conflict};
pub use idempotency::{KEPT_FOR, KeptAnswer};
pub use interaction::Interaction;
pub use link::Renewal;
pub use meter::Meters;
pub use migration::MigrationReport;
pub use node::{LiveNode, Node, Tail};
pub use operator_token::OperatorToken;
pub use options::{DatabaseUrl, Options};
pub use organisation_key::NewOrganisationKey;
pub use organisation_token::NewOrganisationToken;
pub use personal_token::NewToken;
pub use pushed_request::PushedRequest;
pub use record::{DelegationRecord, MembershipRecord, OrganisationTokenRecord, SnapshotSink, TokenRecord, WorkspaceRecord};
pub use refresh_token::{RefreshFamily, RefreshToken};
pub use refused_request::REFUSED_KEPT;
pub use server_key::{KeyState, ServerKeyRow};
pub use session::{NewSession, SignInFacts};
pub use snapshot::Snapshot;
pub use store::Store;
pub use transaction::{By, Committed, Outcome, Page, Place, Reader, Recorded, Tx};
pub use upstream_account::UpstreamAccount;
pub use usage::{DAYS_KEPT, UsageRow};
pub use writer::Feed;
