//! What closing a delegation would end, on the wire.

use authority::{EndedCredential, EndedDelegation};
use domain::text::Description;
use domain::{CredentialId, DelegationId, Kind, OrganisationId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::delegation::Party;

/// The most credentials that an answer lists; all are counted.
const LISTED: usize = 1_000;

/// What closing a delegation would end at a moment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Impact {
    /// The moment.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Names this outcome, for `if_impact` of a closing: another one means that delegations or credentials came or went.
    impact_version: String,
    /// The delegations that are closed with it: itself, and those that pass it on, each after its parent.
    delegations: Vec<ClosedDelegation>,
    /// How many credentials can then do nothing in the workspace any more.
    credentials_stopping: u64,
    /// How many can then do less in the workspace.
    credentials_narrowed: u64,
    /// Those credentials, the first 1,000.
    credentials: Vec<ImpactCredential>,
    /// How often the organisation tokens among them were used today and in the six days before (UTC), wherever they work,
    /// give or take the last five seconds.
    uses_in_7_days: u64,
    /// When one of them was last used, wherever it works.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// What is under way at the API by those delegations; null where the API does not tell, or cannot now.
    under_way: Option<UnderWay>,
}

/// Work that was begun and is not done. Closing does not end it, and lets nobody go on with it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnderWay {
    /// Deliveries that are neither taken in nor rejected: they go on, and the source holder decides about them.
    deliveries: u32,
    /// Their documents.
    documents: u32,
    /// Uploads with documents that were not delivered yet: they can no longer be.
    uploads: u32,
}

/// A delegation that is closed with it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClosedDelegation {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: DelegationId,
    /// Who gives it.
    #[schema(value_type = String, format = Uuid)]
    from: OrganisationId,
    /// Who gets it.
    to: Party,
}

/// A credential that can then do less.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImpactCredential {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: CredentialId,
    /// `organisation_token` or `personal_token`.
    #[schema(value_type = String)]
    kind: Kind,
    /// Whose organisation's.
    #[schema(value_type = String, format = Uuid)]
    organisation: OrganisationId,
    /// Its username; null for a personal token.
    username: Option<String>,
    /// What it is for; null for a personal token, whose words are for its person.
    #[schema(value_type = Option<String>)]
    description: Option<Description>,
    /// Whether it can then do nothing in the workspace any more; otherwise only less.
    stops: bool,
    /// In how many other workspaces it works with this API.
    works_elsewhere: u32,
    /// How often it was used today and in the six days before (UTC), wherever it works; null for a personal token.
    uses_in_7_days: Option<u64>,
    /// When it was last used, wherever it works; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

impl From<authority::Impact> for Impact {
    fn from(impact: authority::Impact) -> Self {
        let stopping = impact.stopping();
        let credentials = &impact.credentials;
        Self {
            at: impact.at,
            credentials_stopping: stopping as u64,
            credentials_narrowed: (credentials.len() - stopping) as u64,
            uses_in_7_days: credentials.iter().filter_map(|credential| credential.uses_in_7_days).sum(),
            last_used_at: credentials.iter().filter_map(|credential| credential.last_used_at).max(),
            impact_version: impact.version,
            delegations: impact.delegations.into_iter().map(ClosedDelegation::from).collect(),
            credentials: impact.credentials.into_iter().take(LISTED).map(ImpactCredential::from).collect(),
            under_way: None,
        }
    }
}

impl Impact {
    /// With what is under way.
    pub(super) fn with(self, work: Option<portals::work::UnderWay>) -> Self {
        let told = |portals::work::UnderWay { deliveries, documents, uploads }| UnderWay { deliveries, documents, uploads };
        Self { under_way: work.map(told), ..self }
    }
}

impl From<EndedDelegation> for ClosedDelegation {
    fn from(ended: EndedDelegation) -> Self {
        let EndedDelegation { id, from, to, to_name } = ended;
        Self { id, from, to: Party { id: to, name: to_name } }
    }
}

impl From<EndedCredential> for ImpactCredential {
    fn from(ended: EndedCredential) -> Self {
        let EndedCredential { id, kind, organisation, username, description, stops, works_elsewhere, uses_in_7_days, last_used_at } = ended;
        Self { id, kind, organisation, username, description, stops, works_elsewhere, uses_in_7_days, last_used_at }
    }
}
