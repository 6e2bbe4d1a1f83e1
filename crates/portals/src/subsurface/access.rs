//! Whether a caller may do what it asks, and how far it reaches: the one place that asks the verifier.

use std::net::IpAddr;

use domain::delegation::Place;
use domain::refusal::Outward;
use domain::verify::Owner;
use domain::{CredentialId, DelegationId, OrganisationId, Refusal, RequestId, Timestamp};
use verifier::{Asked, Question, Verdict, Verifier};

use super::answer::Failure;

/// What a request asks to be let in for.
pub(super) struct Ask<'a> {
    /// The API's name: `subsurface`, or `subsurface-demo`.
    pub(super) api: &'a str,
    /// The value of its `Authorization` header.
    pub(super) authorization: Option<&'a [u8]>,
    /// The method.
    pub(super) method: &'a str,
    /// The path in canonical form.
    pub(super) path: &'a str,
    /// The permission that the route needs.
    pub(super) permission: &'a str,
    /// The project that the path names.
    pub(super) project: Option<&'a str>,
    /// Where it comes from.
    pub(super) address: Option<IpAddr>,
    /// When it came.
    pub(super) now: Timestamp,
    /// Its id.
    pub(super) request_id: RequestId,
}

/// Who was let in.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    organisation: OrganisationId,
    credential: CredentialId,
    delegation: Option<DelegationId>,
    /// Whether the project that the request names is its own.
    own: bool,
    /// The projects that it reaches with what it asked, and whether each is its own.
    pub(super) reach: Vec<(String, bool)>,
}

/// Asks the verifier. The check also counts the use of the credential.
pub(super) fn check(verifier: &Verifier, ask: &Ask<'_>) -> Result<Caller, Failure> {
    let question = Question {
        api: ask.api,
        authorization: ask.authorization,
        api_key: None,
        proof: None,
        asked: Asked::Request { method: ask.method, path: ask.path },
        workspace: None,
        address: ask.address,
        now: ask.now,
        request: ask.request_id,
    };
    let allowed = match verifier.check(&question).map_err(|_| Failure::Unavailable)? {
        Verdict::Allow(allowed) => allowed,
        Verdict::Anonymous { .. } => return Err(Failure::BadCredential),
        Verdict::Deny(denied) => return Err(refused(denied.refusal, ask.project)),
    };
    let (Owner::Organisation { organisation, .. } | Owner::Member { organisation, .. }) = allowed.facts.owner else {
        return Err(Failure::BadCredential);
    };
    let own = allowed.place == Place::Own;
    let reach = match ask.project {
        Some(project) => vec![(project.to_owned(), own)],
        None => {
            let reached = verifier.workspaces(&allowed, ask.permission, ask.now).map_err(|_| Failure::Unavailable)?;
            reached.into_iter().map(|reached| (reached.number, reached.own)).collect()
        }
    };
    Ok(Caller { organisation, credential: allowed.facts.id, delegation: allowed.place.delegation(), own, reach })
}

/// What a caller is told: nothing of why a credential does not count.
fn refused(refusal: Refusal, project: Option<&str>) -> Failure {
    let project = project.unwrap_or_default();
    match (refusal.outward(), refusal) {
        (Outward::Unauthenticated | Outward::InvalidToken, _) => Failure::BadCredential,
        (Outward::InsufficientScope, Refusal::WrongWorkspace) => Failure::NotFound(format!("Project {project} bestaat niet.")),
        (Outward::InsufficientScope, Refusal::NoDelegation | Refusal::DelegationClosed | Refusal::DelegationPaused) => {
            Failure::Forbidden(format!("Er is geen open machtiging voor project {project}."))
        }
        // Refused before it comes here; the words are for whoever serves this without an edge.
        (Outward::InsecureTransport, _) => Failure::Forbidden("Gebruik HTTPS: dit token kwam over onbeveiligd HTTP.".to_owned()),
        (Outward::InsufficientScope, _) => Failure::Forbidden("Dit token heeft hier geen rechten voor.".to_owned()),
    }
}

impl Caller {
    pub(super) fn organisation(&self) -> String {
        self.organisation.to_string()
    }

    pub(super) fn credential(&self) -> String {
        self.credential.to_string()
    }

    /// The delegation by which it works here, if by one.
    pub(super) fn delegation(&self) -> Option<String> {
        self.delegation.map(|delegation| delegation.to_string())
    }

    /// Whether it is the source holder of the project that the request names.
    pub(super) fn is_source_holder(&self) -> bool {
        self.own
    }

    pub(super) fn require_source_holder(&self) -> Result<(), Failure> {
        if self.own { Ok(()) } else { Err(Failure::Forbidden("Dit mag alleen de bronhouder van het project.".to_owned())) }
    }
}
