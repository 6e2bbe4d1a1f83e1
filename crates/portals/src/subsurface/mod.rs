//! The subsurface delivery API: documents validated, delivered and followed to the national register, as software written
//! for the Bronhouderportaal BRO (version 2) expects it.
//!
//! Production and the demo environment are two portals with a folder each: nothing of one is known in the other.

mod access;
mod answer;
mod archive;
mod delivery;
mod document;
mod page;
mod project;
mod register;
mod registration;
mod route;
mod serve;
mod step;
mod text;
mod time;
mod transaction;
mod upload;
pub mod validation;
mod visit;
mod work;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use domain::api::ApiDefinition;
use domain::entropy::Entropy;
use domain::time::Clock;
use tokio::sync::{Notify, Semaphore};
use verifier::Verifier;

pub use project::ProjectSettings;

pub use crate::database::OpenError as DatabaseError;
pub use crate::hosts::InvalidBaseUrl;

use self::answer::Failure;
use self::archive::Archive;
use crate::database::Migrations;
use crate::hosts::Hosts;

/// The portal's file.
type Database = crate::database::Database<Failure>;

const MIGRATIONS: Migrations = &[include_str!("schema.sql")];
/// How many documents are validated at a time.
const VALIDATIONS: usize = 4;
/// How long a document waits for its turn to be validated.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest body of a request, in bytes: whatever serves the router must let as much through.
pub const MAX_BODY_BYTES: u64 = validation::MAX_DOCUMENT_BYTES;

/// Which of the two worlds a portal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// What is delivered counts.
    Production,
    /// To try things.
    Demo,
}

impl Environment {
    /// The name of its API in Poort.
    pub fn api(self) -> &'static str {
        match self {
            Self::Production => "subsurface",
            Self::Demo => "subsurface-demo",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Production => "Bronhouderportaal BRO",
            Self::Demo => "Bronhouderportaal BRO (demo-omgeving)",
        }
    }
}

/// Where a portal keeps its data, and how it works.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its folder; made when it is missing.
    pub folder: PathBuf,
    /// Which world it is.
    pub environment: Environment,
    /// How long each step of a delivery waits before it is taken.
    pub step_delay: Duration,
}

/// The portal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its folder of documents.
    #[error("the subsurface portal's documents cannot be reached: {0}")]
    Documents(#[from] std::io::Error),
    /// Its database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Its database opened, but does not answer.
    #[error("the subsurface portal's database does not answer")]
    Unavailable,
}

/// The portal's database does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the subsurface portal's database does not answer")]
pub struct Unavailable;

/// What the portal's routes are given to work with.
#[derive(Clone)]
pub struct Dependencies {
    /// Checks every request, in this process.
    pub verifier: Arc<Verifier>,
    /// Scheme and host of each address that is served, such as `http://127.0.0.1:8403`. URLs in answers are made of
    /// these only; a request for any other host gets 421.
    pub base_urls: Vec<String>,
}

/// One of the two portals. Cheap to share.
pub struct Subsurface {
    database: Database,
    archive: Archive,
    environment: Environment,
    step_delay: Duration,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    validations: Arc<Semaphore>,
    wake: Notify,
}

impl Subsurface {
    /// Opens the folder and brings it up to date.
    pub async fn open(options: Options, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, OpenError> {
        let archive = Archive::open(options.folder.join("documents"))?;
        let database = Database::open(&options.folder.join("portal.sqlite"), MIGRATIONS).await?;
        let now = clock.now();
        let kept = database.write(move |tx| {
            upload::take_out_old(tx, now)?;
            let digests: HashSet<String> =
                tx.prepare("SELECT digest FROM documents")?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(digests)
        });
        archive.sweep(&kept.await.map_err(|_| OpenError::Unavailable)?)?;
        let Options { environment, step_delay, .. } = options;
        let validations = Arc::new(Semaphore::new(VALIDATIONS));
        Ok(Self { database, archive, environment, step_delay, clock, entropy, validations, wake: Notify::new() })
    }

    /// Takes deliveries through their steps until it is dropped: run exactly one of it beside the router.
    pub async fn deliver(self: Arc<Self>) {
        step::run(&self).await;
    }

    /// Writes the settings of a project.
    pub async fn set_project(&self, number: &str, settings: ProjectSettings) -> Result<(), Unavailable> {
        let number = number.to_owned();
        self.database.write(move |tx| project::set(tx, &number, &settings)).await.map_err(|_| Unavailable)
    }

    /// The portal's routes. Of a request's extensions, `RequestId` and `ConnectInfo<SocketAddr>` are used.
    pub fn router(self: Arc<Self>, dependencies: Dependencies) -> Result<axum::Router, InvalidBaseUrl> {
        let Dependencies { verifier, base_urls } = dependencies;
        let served = Served { portal: self, verifier, hosts: Hosts::new(&base_urls)? };
        Ok(axum::Router::new().fallback(serve::serve).with_state(Arc::new(served)))
    }

    fn database(&self) -> &Database {
        &self.database
    }

    fn archive(&self) -> &Archive {
        &self.archive
    }

    fn environment(&self) -> Environment {
        self.environment
    }

    fn step_delay(&self) -> Duration {
        self.step_delay
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn entropy(&self) -> &dyn Entropy {
        &*self.entropy
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn validations(&self) -> Arc<Semaphore> {
        Arc::clone(&self.validations)
    }

    fn wake(&self) {
        self.wake.notify_one();
    }

    async fn woken(&self) {
        self.wake.notified().await;
    }

    /// The name of a document that its sender did not name: twelve hexadecimal digits.
    fn drawn_filename(&self) -> Result<String, Failure> {
        let mut drawn = [0; 6];
        self.entropy.fill(&mut drawn).map_err(|_| Failure::Unavailable)?;
        let hex: String = drawn.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{hex}.xml"))
    }
}

/// The API's definition in an environment: its permissions and what each of its routes needs.
pub fn definition(environment: Environment) -> ApiDefinition {
    let text = include_str!("subsurface.api.json").replace("{api}", environment.api()).replace("{title}", environment.title());
    match serde_json::from_str(&text) {
        Ok(definition) => definition,
        Err(error) => unreachable!("a test reads the embedded definition: {error}"),
    }
}

/// What every request is served with.
struct Served {
    portal: Arc<Subsurface>,
    verifier: Arc<Verifier>,
    hosts: Hosts,
}
