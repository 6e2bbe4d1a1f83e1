//! The learning platform: courses, series, activities and submissions, as software written for Dodona expects them.
//!
//! Submissions are judged by a built-in rule: code that holds the exercise's model answer, white space not counted,
//! is `correct`; empty code is a `compilation error`; all other code is `wrong`. No code is ever run.

mod activity;
mod address;
mod answer;
mod api_token;
mod course;
mod judge;
mod page;
mod parameters;
mod route;
mod seed;
mod series;
mod serve;
mod submission;
mod user;
mod view;
mod visit;

use std::path::PathBuf;
use std::sync::Arc;

use domain::Timestamp;
use domain::api::ApiDefinition;
use domain::entropy::Entropy;
use domain::time::Clock;
use tokio::sync::Notify;
use verifier::Verifier;

pub use seed::DemoPeople;

pub use crate::database::OpenError;
pub use crate::hosts::InvalidBaseUrl;

use crate::database::Migrations;
use crate::hosts::Hosts;
use crate::tokens::PersonTokens;

/// The platform's file.
type Database = crate::database::Database<answer::Failure>;

const MIGRATIONS: Migrations = &[include_str!("schema.sql")];

/// Where the platform keeps its data.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its SQLite file; made when it is missing.
    pub path: PathBuf,
}

/// What the platform is given to work with.
#[derive(Clone)]
pub struct Dependencies {
    /// Checks every request, in this process.
    pub verifier: Arc<Verifier>,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// For request ids, where the request brings none as an extension.
    pub entropy: Arc<dyn Entropy>,
    /// Keeps people's tokens.
    pub tokens: Arc<dyn PersonTokens>,
    /// Scheme and host of each address that is served, such as `http://127.0.0.1:8401`. URLs in answers are made of
    /// these only; a request for any other host gets 421.
    pub base_urls: Vec<String>,
    /// Where people manage their tokens, such as `https://poort.example`: a browser that opens the documented page of the own profile
    /// is sent there. Without it, it is told to send a token.
    pub console: Option<String>,
}

/// The learning platform. Cheap to share.
pub struct Learning {
    database: Database,
    wake: Notify,
}

/// The demonstration's data could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the learning platform's database does not answer")]
pub struct Unavailable;

impl Learning {
    /// Opens the file and brings it up to date.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        Ok(Self { database: Database::open(&options.path, MIGRATIONS).await?, wake: Notify::new() })
    }

    /// Judges submissions until it is dropped: run exactly one of it beside the router.
    pub async fn judge(self: Arc<Self>) {
        judge::run(&self.database, &self.wake).await;
    }

    /// Writes the demonstration's users, courses and past submissions; what is there already stays as it is.
    pub async fn seed(&self, people: &DemoPeople, now: Timestamp) -> Result<(), Unavailable> {
        let people = *people;
        self.database.write(move |tx| seed::write(tx, &people, now)).await.map_err(|_| Unavailable)
    }

    /// The platform's routes. Of a request's extensions, `RequestId` and `ConnectInfo<SocketAddr>` are used.
    pub fn router(self: Arc<Self>, dependencies: Dependencies) -> Result<axum::Router, InvalidBaseUrl> {
        let Dependencies { verifier, clock, entropy, tokens, base_urls, console } = dependencies;
        let hosts = Hosts::new(&base_urls)?;
        let shared = Shared { learning: self, verifier, clock, entropy, tokens, hosts, console };
        Ok(axum::Router::new().fallback(serve::serve).with_state(Arc::new(shared)))
    }

    fn wake_judge(&self) {
        self.wake.notify_one();
    }
}

/// The API's definition: its permissions and what each of its routes needs.
pub fn definition() -> ApiDefinition {
    match serde_json::from_str(include_str!("learning.api.json")) {
        Ok(definition) => definition,
        Err(error) => unreachable!("a test reads the embedded definition: {error}"),
    }
}

/// What every request is served with.
struct Shared {
    learning: Arc<Learning>,
    verifier: Arc<Verifier>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    tokens: Arc<dyn PersonTokens>,
    hosts: Hosts,
    console: Option<String>,
}

impl Shared {
    fn database(&self) -> &Database {
        &self.learning.database
    }
}
