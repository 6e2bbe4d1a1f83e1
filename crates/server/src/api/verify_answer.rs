//! What `POST /api/v1/verify` answers: as its schema, and as it is written.

use std::sync::Arc;

use domain::announcement::Announced;
use domain::api::Api;
use domain::verify::{Facts, Owner};
use domain::{DelegationId, Kind, Refusal, RequestId};
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiState;
use crate::edge::{Code, Problem};

/// The answer of a check: `allowed` with who and what, or not `allowed` with the reason.
#[derive(Serialize, ToSchema)]
#[schema(as = Verdict)]
pub(super) struct Verdict {
    /// Whether the credential may do what was asked.
    allowed: bool,
    /// The id of this check, for the explanation.
    #[schema(format = Uuid)]
    request_id: String,
    /// The credential; absent for an anonymous caller of a public route.
    #[schema(required = false)]
    credential: Option<CredentialName>,
    /// The public id of the client, of an organisation key and of an access token.
    #[schema(required = false)]
    client: Option<String>,
    /// For whom it acts.
    #[schema(required = false)]
    subject: Option<SubjectName>,
    /// In which organisation.
    #[schema(required = false, format = Uuid)]
    organisation: Option<String>,
    /// In which workspace: its number.
    #[schema(required = false)]
    workspace: Option<String>,
    /// What it may do on this API at this moment.
    #[schema(required = false)]
    permissions: Option<Vec<String>>,
    /// By which delegation, where the workspace is another organisation's.
    #[schema(required = false, format = Uuid)]
    delegation: Option<String>,
    /// When it stops by itself.
    #[schema(required = false, format = DateTime)]
    expires_at: Option<String>,
    /// What the API's owner has announced for its answer to this request: headers that the API should put on it.
    #[schema(required = false)]
    announced: Option<AnnouncedHeaders>,
    /// Why not: `missing_credential`, `malformed_credential`, `unknown_credential`, `wrong_code`, `expired`, `revoked`,
    /// `suspended`, `owner_inactive`, `organisation_suspended`, `permission_missing`, `no_delegation`, `delegation_closed`,
    /// `delegation_paused`, `wrong_workspace` (there is none with this number, or it is closed), `wrong_api`,
    /// `proof_missing` or `insecure_transport`. For the API, not for its caller.
    #[schema(required = false)]
    reason: Option<String>,
    /// The status with which the API should answer its caller: 401 or 403.
    #[schema(required = false)]
    status: Option<u16>,
}

/// Headers that tell programs of a change.
#[derive(Serialize, ToSchema)]
#[schema(as = AnnouncedHeaders)]
struct AnnouncedHeaders {
    /// The value of `Deprecation` (RFC 9745).
    #[schema(required = false, example = "@1798761600")]
    deprecation: Option<String>,
    /// The value of `Sunset` (RFC 8594).
    #[schema(required = false, example = "Fri, 01 Jan 2027 00:00:00 GMT")]
    sunset: Option<String>,
    /// The value of `Link`.
    #[schema(required = false)]
    link: Option<String>,
}

/// A credential's name.
#[derive(Serialize, ToSchema)]
#[schema(as = CredentialName)]
struct CredentialName {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// Its kind: `personal_token`, `organisation_token`, `organisation_key` or `access_token`.
    kind: String,
}

/// For whom a credential acts.
#[derive(Serialize, ToSchema)]
#[schema(as = SubjectName)]
struct SubjectName {
    /// `person` or `organisation`.
    r#type: String,
    /// The id.
    #[schema(format = Uuid)]
    id: String,
}

/// Writes the answer as JSON. Ids and names of permissions need no escape; a workspace may.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(512))
    }

    pub(super) fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn deny(&mut self, request: &RequestId, refusal: Refusal) {
        self.text("{\"allowed\":false,\"request_id\":\"");
        self.text(request.encode(&mut [0; 36]));
        self.text("\",\"reason\":\"");
        self.text(refusal.code());
        self.text(if refusal.status() == 401 { "\",\"status\":401" } else { "\",\"status\":403" });
    }

    pub(super) fn allow(&mut self, request: &RequestId, facts: Option<&Facts>, workspace: Option<&str>) {
        self.text("{\"allowed\":true,\"request_id\":\"");
        self.text(request.encode(&mut [0; 36]));
        self.text("\"");
        if let Some(facts) = facts {
            self.text(",\"credential\":{\"id\":\"");
            self.text(facts.id.encode(&mut [0; 36]));
            self.text("\",\"kind\":\"");
            self.text(facts.kind.name());
            self.text("\"}");
            self.owner(&facts.owner);
            if let Some(end) = facts.not_after {
                self.text(",\"expires_at\":\"");
                self.text(&end.to_string());
                self.text("\"");
            }
        }
        if let Some(workspace) = workspace {
            self.text(",\"workspace\":");
            // Writing to memory cannot fail.
            let _ = serde_json::to_writer(&mut self.0, workspace);
        }
    }

    /// The public id of the client of an organisation key or access token.
    pub(super) fn client(&mut self, state: &ApiState, allowed: &verifier::Allowed<'_>) -> Result<(), Problem> {
        let key = match (allowed.facts.kind, &allowed.access_token) {
            (Kind::OrganisationKey, _) => allowed.facts.id,
            (_, Some(token)) => token.key.id,
            _ => return Ok(()),
        };
        let known = state.authority.verifier().client_of(&key).map_err(|_| Problem::new(Code::Unavailable))?;
        if let Some(known) = known {
            self.text(",\"client\":");
            // One of another system may need escapes.
            let _ = serde_json::to_writer(&mut self.0, &known.client.definition.client_id);
        }
        Ok(())
    }

    pub(super) fn delegation(&mut self, delegation: Option<DelegationId>) {
        if let Some(delegation) = delegation {
            self.text(",\"delegation\":\"");
            self.text(delegation.encode(&mut [0; 36]));
            self.text("\"");
        }
    }

    pub(super) fn owner(&mut self, owner: &Owner) {
        let (mut subject, mut of) = ([0; 36], [0; 36]);
        let (kind, subject, organisation) = match owner {
            Owner::Member { person, organisation, .. } => ("person", person.encode(&mut subject), organisation.encode(&mut of)),
            Owner::Organisation { organisation, .. } => ("organisation", organisation.encode(&mut subject), organisation.encode(&mut of)),
            Owner::Api(_) | Owner::Operator => return,
        };
        for text in [",\"subject\":{\"type\":\"", kind, "\",\"id\":\"", subject, "\"},\"organisation\":\"", organisation, "\""] {
            self.text(text);
        }
    }

    pub(super) fn permissions(&mut self, api: &Api, mask: u64) {
        self.text(",\"permissions\":[");
        for (place, name) in api.permission_names(mask).enumerate() {
            self.text(if place == 0 { "\"" } else { ",\"" });
            self.text(name);
            self.text("\"");
        }
        self.text("]");
    }

    /// What is in them needs no escape but the quotation marks of a link.
    pub(super) fn announced(&mut self, announced: Option<Arc<Announced>>) {
        let Some(announced) = announced else { return };
        for (place, (name, value)) in announced.headers().enumerate() {
            self.text(if place == 0 { ",\"announced\":{\"" } else { ",\"" });
            self.text(name);
            self.text("\":");
            // Writing to memory cannot fail.
            let _ = serde_json::to_writer(&mut self.0, value);
        }
        self.text("}");
    }

    pub(super) fn end(mut self) -> Vec<u8> {
        self.text("}");
        self.0
    }
}
