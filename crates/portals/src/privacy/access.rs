//! Whether a caller may do what it asks, and how often: the one place that asks the verifier.

use std::net::IpAddr;

use domain::refusal::Outward;
use domain::verify::Owner;
use domain::{CredentialId, Kind, OrganisationId, PersonId, Refusal, RequestId, Timestamp};
use verifier::{Allowed, Asked, Proof, Question, Reached, Verdict, Verifier};

use super::answer::Failure;
use super::limit::{self, Limits};

/// The name of the API in Poort.
pub(super) const API: &str = "privacy";

const FROM_PAGE: &str = "A private key came from a page in a browser, where everybody can read it: end that key, make another, \
    keep it on a server, and let the page use the code flow.";

/// What a request asks to be let in for.
pub(super) struct Ask<'a> {
    /// The value of its `Authorization` header.
    pub(super) authorization: Option<&'a [u8]>,
    /// The value of its `X-API-Key` header.
    pub(super) api_key: Option<&'a [u8]>,
    /// The value of its `DPoP` header, and the URI that it must be for.
    pub(super) proof: Option<(&'a [u8], &'a str)>,
    /// The method.
    pub(super) method: &'a str,
    /// The path in canonical form.
    pub(super) path: &'a str,
    /// The permission that the route needs; none where it is public.
    pub(super) permission: Option<&'a str>,
    /// Whether a page in a browser sends it.
    pub(super) is_from_page: bool,
    /// Whether it counts for the limits.
    pub(super) counts: bool,
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
    pub(super) organisation: OrganisationId,
    pub(super) credential: CredentialId,
    /// The organisation key that an access token was given to, if it is one.
    pub(super) client: Option<CredentialId>,
    /// For whom it was given, if for a person.
    pub(super) person: Option<PersonId>,
    /// Whose requests are counted together.
    pub(super) owner: limit::Owner,
    /// What it may do here.
    pub(super) permissions: Vec<String>,
    /// The workspaces in which it may do what it asked, sorted by number.
    pub(super) reach: Vec<Place>,
}

/// A workspace that a caller reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) workspace: i32,
    pub(super) organisation: OrganisationId,
}

impl Place {
    /// The workspace with this number. On this API's wire a workspace is a number of 31 bits; others are not on it.
    fn new(reached: &Reached) -> Option<Self> {
        Some(Self { workspace: number(&reached.number)?, organisation: reached.organisation })
    }
}

/// Reads the number of a workspace in its one form.
pub(super) fn number(text: &str) -> Option<i32> {
    text.parse().ok().filter(|number: &i32| *number >= 0 && number.to_string() == text)
}

/// Asks the verifier, and counts the request for its owner, whether it may do what it asks or not. `None` is a caller
/// without a credential where none is needed.
pub(super) fn check(verifier: &Verifier, limits: &Limits, ask: &Ask<'_>) -> Result<Option<Caller>, Failure> {
    let question = Question {
        api: API,
        authorization: ask.authorization,
        api_key: ask.api_key,
        proof: ask.proof.map(|(value, uri)| Proof { value, method: ask.method, uri }),
        asked: Asked::Request { method: ask.method, path: ask.path },
        workspace: None,
        address: ask.address,
        now: ask.now,
        request: ask.request_id,
    };
    let count = |allowed: &Allowed<'_>| match ask.counts {
        true => limits.count(owner(allowed), verifier.clock().boottime()),
        false => Ok(()),
    };
    let allowed = match verifier.check(&question).map_err(|_| Failure::Unavailable)? {
        Verdict::Allow(allowed) => allowed,
        Verdict::Anonymous { .. } => return Ok(None),
        Verdict::Deny(denied) => {
            if denied.refusal.outward() == Outward::InsufficientScope {
                let whose = Question { asked: Asked::Identity, ..question };
                if let Verdict::Allow(allowed) = verifier.check(&whose).map_err(|_| Failure::Unavailable)? {
                    count(&allowed)?;
                }
            }
            return Err(refused(denied.refusal));
        }
    };
    count(&allowed)?;
    if ask.is_from_page && allowed.facts.kind == Kind::OrganisationKey {
        return Err(Failure::Forbidden(FROM_PAGE));
    }
    let (organisation, person) = match allowed.facts.owner {
        Owner::Organisation { organisation, .. } => (organisation, None),
        Owner::Member { organisation, person, .. } => (organisation, Some(person)),
        Owner::Api(_) | Owner::Operator => return Err(Failure::BadCredential),
    };
    let mut reach: Vec<Place> = match ask.permission {
        Some(permission) => {
            let reached = verifier.workspaces(&allowed, permission, ask.now).map_err(|_| Failure::Unavailable)?;
            reached.iter().filter_map(Place::new).collect()
        }
        None => Vec::new(),
    };
    reach.sort_unstable_by_key(|place| place.workspace);
    let permissions = allowed.api.permission_names(allowed.permissions).map(str::to_owned).collect();
    let (credential, owner) = (allowed.facts.id, owner(&allowed));
    let client = allowed.access_token.as_ref().map(|token| token.key.id);
    Ok(Some(Caller { organisation, credential, client, person, owner, permissions, reach }))
}

/// A key is counted for itself, with all access tokens that it gets: another token does not raise its limit. What is done for
/// a person is counted for the person, whichever client does it.
fn owner(allowed: &Allowed<'_>) -> limit::Owner {
    match (allowed.facts.owner, &allowed.access_token) {
        (Owner::Member { person, .. }, _) => *person.as_bytes(),
        (_, Some(token)) => *token.key.id.as_bytes(),
        _ => *allowed.facts.id.as_bytes(),
    }
}

/// What a caller is told: nothing of why a credential does not count, and nothing of workspaces that it does not reach.
fn refused(refusal: Refusal) -> Failure {
    match (refusal.outward(), refusal) {
        (Outward::Unauthenticated, _) => Failure::CredentialMissing,
        (_, Refusal::ProofMissing) => Failure::ProofMissing,
        (Outward::InvalidToken, _) => Failure::BadCredential,
        // Numbers are easily guessed: a workspace that was never opened to the caller is one that is not there.
        (Outward::InsufficientScope, Refusal::WrongWorkspace | Refusal::NoDelegation) => Failure::NotFound,
        (Outward::InsufficientScope, Refusal::DelegationClosed | Refusal::DelegationPaused) => {
            Failure::Forbidden("The delegation for this workspace is closed or paused.")
        }
        // Refused before it comes here; the words are for whoever serves this without an edge.
        (Outward::InsecureTransport, _) => Failure::Forbidden("Use HTTPS: the credential came over plain HTTP."),
        (Outward::InsufficientScope, _) => Failure::Forbidden("The credential does not have the permission that is needed here."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_on_this_wire_are_numbers() {
        for (text, expected) in [("1", Some(1)), ("0", Some(0)), ("2147483647", Some(i32::MAX))] {
            assert_eq!(number(text), expected, "{text}");
        }
        for bad in ["", "-1", "+1", "01", "2147483648", "noord-2026", "1 "] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }
}
