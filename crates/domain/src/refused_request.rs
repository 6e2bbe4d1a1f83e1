//! Requests that were refused, as they are kept for a while to explain them: the steps that were taken, and at which one it ended.

mod flow;

use std::net::IpAddr;

use crate::client_refusal::ClientRefusal;
use crate::credential::Kind;
use crate::id::{CredentialId, OrganisationId, PersonId, RequestId};
use crate::refusal::Refusal;
use crate::time::Timestamp;

pub use flow::Flow;

/// The longest path that is kept, in bytes; the rest is cut off.
pub const MAX_PATH_BYTES: usize = 300;

/// The longest text of an answer that is kept, in bytes; the rest is cut off.
pub const MAX_ANSWER_BYTES: usize = 300;

/// A request that was refused, by a check or by an endpoint for clients. Nothing of it is secret: no header, no query, no
/// parameter, no credential's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRequest {
    /// Its id, which is on its answer.
    pub request: RequestId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
    /// What it asked of the endpoints for clients; nothing where it was a check for an API.
    pub flow: Option<Flow>,
    /// What the client was told, in words of ours.
    pub answer: Option<String>,
    /// The id under which the journal has what ended: a grant, a family or a session.
    pub about: Option<[u8; 16]>,
    /// The name of the API; nothing where no such API is known.
    pub api: Option<String>,
    /// The method and the path in canonical form, where the check was about a request.
    pub asked: Option<(String, String)>,
    /// The permission that it needed, where that could be said.
    pub permission: Option<String>,
    /// The number of the workspace that it named.
    pub workspace: Option<String>,
    /// The credential, if it is a known one; at the endpoints for clients the organisation key, also where it was only named.
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

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident $wire:literal,)*) => {
        /// A step of a check, or of what an endpoint for clients looks at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Step {
            $($(#[$doc])* $name,)*
        }

        impl Step {
            /// Every step.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }
        }
    };
}

steps! {
    /// Did it come over HTTPS, or from the machine itself?
    Transport "transport",
    /// Is there such an API?
    Api "api",
    /// Is a credential there?
    Presented "presented",
    /// Can it be read, in a way that the API takes?
    Readable "readable",
    /// Is it a known one?
    Known "known",
    /// Is the code that of the username?
    Code "code",
    /// Is it not ended?
    NotRevoked "not_revoked",
    /// Is it not expired?
    NotExpired "not_expired",
    /// Is it not paused?
    NotSuspended "not_suspended",
    /// Is its person active, and a member still?
    Owner "owner",
    /// Is its organisation active?
    Organisation "organisation",
    /// Is there such a workspace?
    Workspace "workspace",
    /// May its organisation work there: as its own, or by an open delegation?
    Delegation "delegation",
    /// May it do what was asked?
    Permission "permission",
    /// Was the key that it is bound to proven?
    Proof "proof",
    /// Can the request be read?
    Request "request",
    /// Was it not tried too often?
    Tries "tries",
    /// Is the client known?
    Client "client",
    /// Does the client work: not ended, not paused?
    ClientWorks "client_works",
    /// Did the client prove who it is?
    ClientProof "client_proof",
    /// May the client use this grant type?
    GrantType "grant_type",
    /// Are all parameters there, and right?
    Parameters "parameters",
    /// Was the code or token given to this client?
    Issued "issued",
    /// Is it bound to the key that was proven?
    Key "key",
    /// Was it not used before?
    Unused "unused",
    /// Was it used lately?
    NotIdle "not_idle",
    /// Does the person still allow it?
    Consent "consent",
    /// Does the code verifier go with the challenge?
    Verifier "code_verifier",
    /// Is it the redirect URI that it must be?
    Redirect "redirect_uri",
    /// Is the person still signed in where they consented?
    Session "session",
    /// Does the token count that is to be exchanged?
    Exchanged "exchanged",
    /// Is it a resource that can be had?
    Resource "resource",
    /// Are they scopes that can be had?
    Scope "scope",
    /// Is the request known that was pushed?
    Pushed "pushed",
    /// Is the person signed in, as the request asks?
    SignedIn "signed_in",
    /// Did the person agree?
    Agreed "agreed",
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

/// Why a request was refused: by a check, or by an endpoint for clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// As a check refuses, wherever it was done.
    Check(Refusal),
    /// As the endpoints for clients refuse.
    Client(ClientRefusal),
}

impl Cause {
    /// Its code; no two have the same.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Check(refusal) => refusal.code(),
            Self::Client(refusal) => refusal.code(),
        }
    }

    /// The one with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Refusal::from_code(code).map(Self::Check).or_else(|| ClientRefusal::from_code(code).map(Self::Client))
    }

    /// The step at which it ends a request.
    pub const fn step(self) -> Step {
        match self {
            Self::Check(refusal) => Step::of(refusal),
            Self::Client(refusal) => refusal.step(),
        }
    }

    /// The HTTP status of the answer, where it is not a redirect.
    pub fn status(self) -> u16 {
        match self {
            Self::Check(refusal) => refusal.status(),
            Self::Client(refusal) => refusal.status(),
        }
    }
}

impl From<Refusal> for Cause {
    fn from(refusal: Refusal) -> Self {
        Self::Check(refusal)
    }
}

impl From<ClientRefusal> for Cause {
    fn from(refusal: ClientRefusal) -> Self {
        Self::Client(refusal)
    }
}

impl Step {
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
    /// The steps that are about such a request, in the order in which they are taken, each with how it ended.
    pub fn steps(&self) -> Vec<(Step, Outcome)> {
        let end = self.cause.step();
        let is_about = |step: &Step| match step {
            _ if *step == end => true,
            Step::Code => self.kind == Some(Kind::OrganisationToken),
            Step::Workspace | Step::Delegation => self.workspace.is_some(),
            Step::Proof => self.flow.is_some(),
            _ => true,
        };
        let mut steps: Vec<Step> = flow::steps(self.flow, self.cause).iter().copied().filter(is_about).collect();
        if !steps.contains(&end) {
            steps.push(end);
        }
        let place = steps.iter().position(|step| *step == end).unwrap_or(0);
        let outcome = |at: usize| match at.cmp(&place) {
            std::cmp::Ordering::Less => Outcome::Passed,
            std::cmp::Ordering::Equal => Outcome::Failed,
            std::cmp::Ordering::Greater => Outcome::NotReached,
        };
        steps.into_iter().enumerate().map(|(at, step)| (step, outcome(at))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(refusal: Refusal) -> RefusedRequest {
        RefusedRequest {
            request: RequestId::from_bytes([1; 16]),
            at: Timestamp::from_unix_seconds(1_800_000_000),
            cause: refusal.into(),
            flow: None,
            answer: None,
            about: None,
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
            let outcomes: Vec<Outcome> = request.steps().into_iter().map(|(_, outcome)| outcome).collect();
            assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Failed).count(), 1, "{refusal:?}");
            let rank = |outcome: &Outcome| *outcome as usize;
            assert!(outcomes.is_sorted_by_key(rank), "{refusal:?}: {outcomes:?}");
        }
    }

    #[test]
    fn steps_that_the_request_has_nothing_to_do_with_are_left_out() {
        let names = |request: &RefusedRequest| request.steps().into_iter().map(|(step, _)| step.name()).collect::<Vec<_>>();
        let mut request = refused(Refusal::PermissionMissing);
        assert!(!names(&request).iter().any(|name| ["code", "workspace", "delegation", "proof"].contains(name)));
        request.workspace = Some("4711".to_owned());
        request.kind = Some(Kind::OrganisationToken);
        assert!(["code", "workspace", "delegation"].iter().all(|name| names(&request).contains(name)));
    }
}
