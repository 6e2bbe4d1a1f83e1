//! Work under way at a reference API, told to whoever is about to end the access that it was begun with.

use std::future::Future;
use std::pin::Pin;

use domain::{DelegationId, OrganisationId};

/// Says what is under way.
pub trait WorkUnderWay: Send + Sync {
    /// The name of the API whose work this is.
    fn api(&self) -> &str;

    /// How much is under way at this moment.
    fn under_way(&self, of: WorkOf) -> Pin<Box<dyn Future<Output = Result<UnderWay, Unavailable>> + Send + '_>>;
}

/// Whose work is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkOf {
    /// What was begun under one of these delegations.
    Delegations(Vec<DelegationId>),
    /// What an organisation began, wherever.
    Organisation(OrganisationId),
    /// What was begun in the workspace with this number, by whomever.
    Workspace(String),
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnderWay {
    /// Deliveries that are neither taken in nor rejected yet. Ending an access does not end them: the source holder decides.
    pub deliveries: u32,
    /// The documents of those deliveries.
    pub documents: u32,
    /// Uploads that hold documents and were not delivered yet: they cannot be any more once the access is ended.
    pub uploads: u32,
}

/// The API's data cannot be reached now: an outage, not "nothing".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work under way cannot be told now")]
pub struct Unavailable;
