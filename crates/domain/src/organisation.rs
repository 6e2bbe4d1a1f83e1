//! Organisations: tenants, suppliers among them.

use serde::{Deserialize, Serialize};

use crate::id::OrganisationId;
use crate::text::Name;
use crate::time::Timestamp;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its name, unique without regard to case.
    pub name: Name,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when nothing of it works, if so.
    pub suspended_at: Option<Timestamp>,
}
