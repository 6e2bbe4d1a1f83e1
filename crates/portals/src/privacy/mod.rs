//! The privacy API: workspaces, their entities and their data processings, as software written for Dastra expects it.

mod access;
mod account;
mod answer;
mod area;
mod body;
mod cors;
mod data_processing;
mod limit;
mod list;
mod page;
mod query;
mod route;
mod seed;
mod serve;
mod tenant;
mod visit;
mod workspace;

use std::path::PathBuf;
use std::sync::Arc;

use domain::OrganisationId;
use domain::api::ApiDefinition;
use domain::entropy::Entropy;
use domain::time::Clock;
use serde_json::json;
use verifier::Verifier;

pub use seed::{DemoProcessing, DemoWorkspace};
pub use workspace::WorkspaceSettings;

pub use crate::database::OpenError;
pub use crate::hosts::InvalidBaseUrl;

use self::answer::{Answer, Failure};
use self::limit::Limits;
use crate::database::Migrations;
use crate::hosts::Hosts;

/// The API's file.
type Database = crate::database::Database<Failure>;

const MIGRATIONS: Migrations = &[include_str!("schema.sql")];

/// Where the API keeps its data.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its SQLite file; made when it is missing.
    pub path: PathBuf,
}

/// What the API's routes are given to work with.
#[derive(Clone)]
pub struct Dependencies {
    /// Checks every request, in this process.
    pub verifier: Arc<Verifier>,
    /// Scheme and host of each address that is served, such as `http://127.0.0.1:8402`. URLs in answers are made of
    /// these only; a request for any other host gets 421.
    pub base_urls: Vec<String>,
    /// The issuer of the access tokens for this API, if there is one: what RFC 9728's metadata names.
    pub issuer: Option<String>,
}

/// The demonstration's data could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the privacy API's database does not answer")]
pub struct Unavailable;

/// The privacy API. Cheap to share.
pub struct Privacy {
    database: Database,
    limits: Limits,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Privacy {
    /// Opens the file and brings it up to date. `entropy` is for ids, of requests too where they bring none as an extension.
    pub async fn open(options: Options, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Self, OpenError> {
        let database = Database::open(&options.path, MIGRATIONS).await?;
        Ok(Self { database, limits: Limits::default(), clock, entropy })
    }

    /// Writes the demonstration's workspaces, which are this organisation's; one that is there already stays as it is.
    pub async fn seed(&self, organisation: OrganisationId, workspaces: Vec<DemoWorkspace>) -> Result<(), Unavailable> {
        seed::write(self, organisation, workspaces).await.map_err(|_| Unavailable)
    }

    /// The API's routes. Of a request's extensions, `RequestId` and `ConnectInfo<SocketAddr>` are used.
    pub fn router(self: Arc<Self>, dependencies: Dependencies) -> Result<axum::Router, InvalidBaseUrl> {
        let Dependencies { verifier, base_urls, issuer } = dependencies;
        let served = Served { portal: self, verifier, hosts: Hosts::new(&base_urls)?, issuer };
        Ok(axum::Router::new().fallback(serve::serve).with_state(Arc::new(served)))
    }

    fn database(&self) -> &Database {
        &self.database
    }

    /// `GET /status`: that this API and its database answer.
    async fn status(&self) -> Result<Answer, Failure> {
        self.database.read(|tx| Ok(tx.query_row("SELECT count(*) FROM tenants", [], |row| row.get::<_, i64>(0))?)).await?;
        Ok(Answer::Data(json!({ "status": "Healthy", "version": "v1" })))
    }

    /// A random UUID (RFC 9562 section 5.4).
    fn drawn_id(&self) -> Result<String, Failure> {
        let mut drawn = [0; 16];
        self.entropy.fill(&mut drawn).map_err(|_| Failure::Unavailable)?;
        drawn[6] = drawn[6] & 0x0f | 0x40;
        drawn[8] = drawn[8] & 0x3f | 0x80;
        let hex: String = drawn.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
    }
}

/// The API's definition: its permissions and what each of its routes needs.
pub fn definition() -> ApiDefinition {
    match serde_json::from_str(include_str!("privacy.api.json")) {
        Ok(definition) => definition,
        Err(error) => unreachable!("a test reads the embedded definition: {error}"),
    }
}

/// What every request is served with.
struct Served {
    portal: Arc<Privacy>,
    verifier: Arc<Verifier>,
    hosts: Hosts,
    issuer: Option<String>,
}
