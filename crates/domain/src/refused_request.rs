//! Requests that were refused, as they are kept for a while to explain them: the steps of a check, and at which one it ended.

use std::net::IpAddr;

use crate::credential::Kind;
use crate::id::{CredentialId, OrganisationId, PersonId, RequestId};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// The longest path that is kept, in bytes; the rest is cut off.
pub const MAX_PATH_BYTES: usize = 300;

/// A request that a check refused. Nothing of it is secret: no header, no query, no credential's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRequest {
    /// Its id, which is on its answer.
    pub request: RequestId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub refusal: Refusal,
    /// The name of the API; nothing where no such API is known.
    pub api: Option<String>,
    /// The method and the path in canonical form, where the check was about a request.
    pub asked: Option<(String, String)>,
    /// The permission that it needed, where that could be said.
    pub permission: Option<String>,
    /// The number of the workspace that it named.
    pub workspace: Option<String>,
    /// The credential, if it is a known one.
    pub credential: Option<CredentialId>,
    /// Its kind.
    pub kind: Option<Kind>,
    /// The person behind the credential.
    pub person: Option<PersonId>,
    /// The organisation of the credential.
    pub organisation: Option<OrganisationId>,
    /// From where it came: an IPv4 address, or the /64 network of an IPv6 address.
    pub address: Option<IpAddr>,
}

/// A step of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Did it come over HTTPS, or from the machine itself?
    Transport,
    /// Is there such an API?
    Api,
    /// Is a credential there?
    Presented,
    /// Can it be read, in a way that the API takes?
    Readable,
    /// Is it a known one?
    Known,
    /// Is the code that of the username?
    Code,
    /// Is it not ended?
    NotRevoked,
    /// Is it not expired?
    NotExpired,
    /// Is it not paused?
    NotSuspended,
    /// Is its person active, and a member still?
    Owner,
    /// Is its organisation active?
    Organisation,
    /// Is there such a workspace?
    Workspace,
    /// May its organisation work there: as its own, or by an open delegation?
    Delegation,
    /// May it do what was asked?
    Permission,
    /// Was the key that it is bound to proven?
    Proof,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Yes.
    Passed,
    /// No: the request was refused here.
    Failed,
    /// Nobody looked any more.
    NotReached,
}

impl Step {
    /// Every step, in the order in which they are taken.
    pub const ALL: [Self; 15] = [
        Self::Transport,
        Self::Api,
        Self::Presented,
        Self::Readable,
        Self::Known,
        Self::Code,
        Self::NotRevoked,
        Self::NotExpired,
        Self::NotSuspended,
        Self::Owner,
        Self::Organisation,
        Self::Workspace,
        Self::Delegation,
        Self::Permission,
        Self::Proof,
    ];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Api => "api",
            Self::Presented => "presented",
            Self::Readable => "readable",
            Self::Known => "known",
            Self::Code => "code",
            Self::NotRevoked => "not_revoked",
            Self::NotExpired => "not_expired",
            Self::NotSuspended => "not_suspended",
            Self::Owner => "owner",
            Self::Organisation => "organisation",
            Self::Workspace => "workspace",
            Self::Delegation => "delegation",
            Self::Permission => "permission",
            Self::Proof => "proof",
        }
    }

    /// The one at which this refusal ends a check.
    pub const fn of(refusal: Refusal) -> Self {
        match refusal {
            Refusal::InsecureTransport => Self::Transport,
            Refusal::WrongApi => Self::Api,
            Refusal::MissingCredential => Self::Presented,
            Refusal::MalformedCredential => Self::Readable,
            Refusal::UnknownCredential => Self::Known,
            Refusal::WrongCode => Self::Code,
            Refusal::Revoked => Self::NotRevoked,
            Refusal::Expired => Self::NotExpired,
            Refusal::Suspended => Self::NotSuspended,
            Refusal::OwnerInactive => Self::Owner,
            Refusal::OrganisationSuspended => Self::Organisation,
            Refusal::WrongWorkspace => Self::Workspace,
            Refusal::NoDelegation | Refusal::DelegationClosed | Refusal::DelegationPaused => Self::Delegation,
            Refusal::PermissionMissing => Self::Permission,
            Refusal::ProofMissing => Self::Proof,
        }
    }
}

impl Outcome {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotReached => "not_reached",
        }
    }
}

impl RefusedRequest {
    /// The steps of the check that are about such a request, in order, each with how it ended.
    pub fn steps(&self) -> impl Iterator<Item = (Step, Outcome)> {
        let end = Step::of(self.refusal);
        let place = |step: Step| Step::ALL.iter().position(|known| *known == step);
        let is_about = move |step: Step| match step {
            Step::Code => self.kind == Some(Kind::OrganisationToken),
            Step::Workspace | Step::Delegation => self.workspace.is_some(),
            Step::Proof => false,
            _ => true,
        };
        Step::ALL.into_iter().filter(move |step| *step == end || is_about(*step)).map(move |step| {
            let outcome = match place(step).cmp(&place(end)) {
                std::cmp::Ordering::Less => Outcome::Passed,
                std::cmp::Ordering::Equal => Outcome::Failed,
                std::cmp::Ordering::Greater => Outcome::NotReached,
            };
            (step, outcome)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(refusal: Refusal) -> RefusedRequest {
        RefusedRequest {
            request: RequestId::from_bytes([1; 16]),
            at: Timestamp::from_unix_seconds(1_800_000_000),
            refusal,
            api: Some("learning".to_owned()),
            asked: None,
            permission: None,
            workspace: None,
            credential: None,
            kind: None,
            person: None,
            organisation: None,
            address: None,
        }
    }

    #[test]
    fn every_refusal_ends_at_one_step_and_all_before_it_were_passed() {
        for refusal in Refusal::ALL {
            let request = refused(*refusal);
            let outcomes: Vec<Outcome> = request.steps().map(|(_, outcome)| outcome).collect();
            assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Failed).count(), 1, "{refusal:?}");
            let rank = |outcome: &Outcome| *outcome as usize;
            assert!(outcomes.is_sorted_by_key(rank), "{refusal:?}: {outcomes:?}");
        }
    }

    #[test]
    fn steps_that_the_request_has_nothing_to_do_with_are_left_out() {
        let names = |request: &RefusedRequest| request.steps().map(|(step, _)| step.name()).collect::<Vec<_>>();
        let mut request = refused(Refusal::PermissionMissing);
        assert!(!names(&request).iter().any(|name| ["code", "workspace", "delegation", "proof"].contains(name)));
        request.workspace = Some("4711".to_owned());
        request.kind = Some(Kind::OrganisationToken);
        assert!(["code", "workspace", "delegation"].iter().all(|name| names(&request).contains(name)));
    }
}
