//! The fence: after a restore, what was in the backup is refused until somebody confirms it.
//!
//! A backup does not know what was ended after it was taken. Ids are made in the order of time, so "was in the backup" is
//! one comparison with the newest id in it, for a thing of any kind.

use serde::{Deserialize, Serialize};

use crate::event::Sequence;
use crate::id::{CredentialId, OrganisationId};
use crate::time::Timestamp;

/// A fence that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The newest id in the backup. Every id up to it was in the backup.
    pub newest: CredentialId,
    /// When the backup was made, on the clock of the machine that made it.
    pub backup_at: Timestamp,
    /// The last change that is in the backup.
    pub backup: Sequence,
    /// When it was restored.
    pub raised_at: Timestamp,
    /// What works again.
    pub confirmed: Vec<Scope>,
}

/// What is confirmed to be right as the backup has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum Scope {
    /// All of it: the fence is gone.
    Everything,
    /// The credentials that belong to one organisation.
    Organisation {
        /// Which.
        organisation: OrganisationId,
    },
    /// The credentials with which one API asks.
    Api {
        /// Its name.
        api: String,
    },
}
