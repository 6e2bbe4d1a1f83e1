//! The decision: may this credential, in the state that it and its owners are in, do what the request asks?

use crate::api::{Api, Rule};
use crate::credential::Kind;
use crate::delegation::Place;
use crate::id::{CredentialId, OrganisationId, PersonId};
use crate::person::Roles;
use crate::presentation::Presentation;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// A credential and its live parents, as one consistent reading of the index gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Its id.
    pub id: CredentialId,
    /// Its kind.
    pub kind: Kind,
    /// Its own state.
    pub state: State,
    /// From this moment on the presented secret does not work.
    pub not_after: Option<Timestamp>,
    /// Whether it came from another system.
    pub imported: bool,
    /// What it may do at most on the API that is asked about, as the API's mask.
    pub permissions: u64,
    /// Whether it is for the API that is asked about: an organisation token is for one.
    pub meant: bool,
    /// Whose it is.
    pub owner: Owner,
}

/// The state of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Works.
    Live,
    /// Paused.
    Suspended,
    /// Ended; only a tombstone is left.
    Revoked,
}

/// Whose a credential is: the path to the root, looked up, never copied into the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A member of an organisation.
    Member {
        /// Who.
        person: PersonId,
        /// Whether the person is neither suspended nor erased, and still a member.
        active: bool,
        /// Where.
        organisation: OrganisationId,
        /// Whether the organisation is not suspended.
        organisation_active: bool,
        /// As what.
        roles: Roles,
    },
    /// An organisation.
    Organisation {
        /// Which.
        organisation: OrganisationId,
        /// Whether it is not suspended.
        organisation_active: bool,
    },
    /// An API, by its number in the catalogue.
    Api(u32),
    /// Whoever runs the installation.
    Operator,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Only to know whether the credential is good.
    Identity,
    /// What this rule asks.
    Rule(Rule),
    /// Something that no rule of the API covers.
    Uncovered,
}

/// What a request brings to the decision about a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// How the credential is presented.
    pub presentation: Presentation,
    /// What it asks for.
    pub wanted: Wanted,
    /// How the credential's organisation stands to the workspace that it names.
    pub place: Place,
    /// When it came.
    pub now: Timestamp,
}

/// Decides. Gives the permissions on this API that the credential has at this moment.
///
/// The order is part of the contract: why a credential does not count comes before what it may not do, so that a
/// caller without a good credential learns nothing about the API's rules.
pub fn decide(api: &Api, facts: &Facts, request: &Request) -> Result<u64, Refusal> {
    let Request { presentation, wanted, place, now } = *request;
    if !api.takes(presentation) || !presentation.carries(facts.kind) {
        return Err(Refusal::MalformedCredential);
    }
    let (active, organisation_active, by_owner) = match facts.owner {
        Owner::Member { active, organisation_active, roles, .. } => (active, organisation_active, api.allowed_by_roles(roles)),
        Owner::Organisation { organisation_active, .. } => (true, organisation_active, u64::MAX),
        Owner::Api(_) | Owner::Operator => return Err(Refusal::UnknownCredential),
    };
    let (held, shut) = match place.permissions() {
        Ok(here) => (facts.permissions & by_owner & here, None),
        Err(refusal) => (0, Some(refusal)),
    };
    // The first that holds is the answer.
    let refusals = [
        (!api.takes_kind(facts.kind) || !facts.meant, Refusal::UnknownCredential),
        (facts.imported && !api.definition().accepts_imported, Refusal::UnknownCredential),
        (facts.state == State::Revoked, Refusal::Revoked),
        (facts.not_after.is_some_and(|end| now >= end), Refusal::Expired),
        (facts.state == State::Suspended, Refusal::Suspended),
        (!active, Refusal::OwnerInactive),
        (!organisation_active, Refusal::OrganisationSuspended),
        (shut.is_some() && wanted != Wanted::Rule(Rule::Public), shut.unwrap_or(Refusal::NoDelegation)),
        (!covers(held, wanted), Refusal::PermissionMissing),
    ];
    match refusals.into_iter().find(|(applies, _)| *applies) {
        Some((_, refusal)) => Err(refusal),
        None => Ok(held),
    }
}

/// Decides about a credential of Poort's own surfaces: an operator token or an API credential.
pub fn decide_own(facts: &Facts, now: Timestamp) -> Result<(), Refusal> {
    match facts.state {
        State::Revoked => Err(Refusal::Revoked),
        State::Suspended => Err(Refusal::Suspended),
        State::Live if facts.not_after.is_some_and(|end| now >= end) => Err(Refusal::Expired),
        State::Live => Ok(()),
    }
}

/// What the request asks, as the API's mask.
pub fn mask(wanted: Wanted) -> u64 {
    match wanted {
        Wanted::Rule(Rule::Permission(bit)) => 1 << bit,
        _ => 0,
    }
}

fn covers(held: u64, wanted: Wanted) -> bool {
    match wanted {
        Wanted::Identity | Wanted::Rule(Rule::Public) => true,
        Wanted::Rule(Rule::Permission(_)) => held & mask(wanted) != 0,
        Wanted::Uncovered => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ApiDefinition;
    use crate::person::Role;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_000);

    fn api() -> Api {
        let definition: ApiDefinition = serde_json::from_value(serde_json::json!({
            "name": "a", "title": "A", "presentations": ["bare"],
            "permissions": [{"name": "a:b:read", "title": "Read"}, {"name": "a:b:write", "title": "Write", "roles": ["owner"]}]
        }))
        .expect("a definition");
        Api::new(definition).expect("valid")
    }

    fn facts() -> Facts {
        Facts {
            id: CredentialId::from_bytes([1; 16]),
            kind: Kind::PersonalToken,
            state: State::Live,
            not_after: None,
            imported: false,
            permissions: 0b11,
            meant: true,
            owner: member(true, true, Roles::NONE.with(Role::Member)),
        }
    }

    fn member(active: bool, organisation_active: bool, roles: Roles) -> Owner {
        let (person, organisation) = (PersonId::from_bytes([2; 16]), OrganisationId::from_bytes([3; 16]));
        Owner::Member { person, active, organisation, organisation_active, roles }
    }

    fn delegated(permissions: u64) -> Place {
        Place::Delegated { permissions, delegation: crate::DelegationId::from_bytes([4; 16]) }
    }

    fn request(wanted: Wanted, place: Place) -> Request {
        Request { presentation: Presentation::Bare, wanted, place, now: NOW }
    }

    fn ask(facts: Facts, wanted: Wanted) -> Result<u64, Refusal> {
        decide(&api(), &facts, &request(wanted, Place::Anywhere))
    }

    #[test]
    fn an_organisation_token_is_bound_by_its_organisation_and_its_place() {
        let definition = ApiDefinition { credentials: vec![Kind::OrganisationToken], ..api().definition().clone() };
        let api = Api::new(definition).expect("valid");
        let owner = |organisation_active| Owner::Organisation { organisation: OrganisationId::from_bytes([3; 16]), organisation_active };
        let token = Facts { kind: Kind::OrganisationToken, owner: owner(true), ..facts() };
        let write = Wanted::Rule(Rule::Permission(1));
        let cases = [
            (token, Place::Anywhere, Ok(0b11)),
            (token, delegated(0b10), Ok(0b10)),
            (token, delegated(0b01), Err(Refusal::PermissionMissing)),
            (Facts { owner: owner(false), ..token }, Place::Own, Err(Refusal::OrganisationSuspended)),
            (facts(), Place::Own, Err(Refusal::UnknownCredential)),
        ];
        for (facts, place, expected) in cases {
            assert_eq!(decide(&api, &facts, &request(write, place)), expected, "{facts:?} {place:?}");
        }
    }

    #[test]
    fn a_place_bounds_what_a_credential_may_do() {
        let read = Wanted::Rule(Rule::Permission(0));
        let revoked = Facts { state: State::Revoked, ..facts() };
        let cases = [
            (facts(), Place::Own, read, Ok(0b01)),
            (facts(), Place::Unknown, read, Err(Refusal::WrongWorkspace)),
            (facts(), Place::Shut(Refusal::DelegationClosed), read, Err(Refusal::DelegationClosed)),
            (facts(), Place::Shut(Refusal::DelegationClosed), Wanted::Rule(Rule::Public), Ok(0)),
            (revoked, Place::FOREIGN, read, Err(Refusal::Revoked)),
            (facts(), delegated(0b01), read, Ok(0b01)),
            (facts(), delegated(0b10), read, Err(Refusal::PermissionMissing)),
        ];
        for (facts, place, wanted, expected) in cases {
            assert_eq!(decide(&api(), &facts, &request(wanted, place)), expected, "{facts:?} {place:?}");
        }
    }

    #[test]
    fn every_refusal_has_its_cause() {
        let roles = Roles::NONE.with(Role::Member);
        let read = Wanted::Rule(Rule::Permission(0));
        let cases = [
            (facts(), read, Ok(0b01)),
            (facts(), Wanted::Rule(Rule::Permission(1)), Err(Refusal::PermissionMissing)),
            (facts(), Wanted::Uncovered, Err(Refusal::PermissionMissing)),
            (facts(), Wanted::Identity, Ok(0b01)),
            (Facts { permissions: 0, ..facts() }, read, Err(Refusal::PermissionMissing)),
            (Facts { permissions: 0, ..facts() }, Wanted::Rule(Rule::Public), Ok(0)),
            (Facts { owner: member(true, true, Roles::NONE.with(Role::Owner)), ..facts() }, Wanted::Rule(Rule::Permission(1)), Ok(0b11)),
            (Facts { owner: member(false, true, roles), ..facts() }, read, Err(Refusal::OwnerInactive)),
            (Facts { owner: member(true, false, roles), ..facts() }, read, Err(Refusal::OrganisationSuspended)),
            (Facts { owner: Owner::Operator, kind: Kind::OperatorToken, ..facts() }, read, Err(Refusal::UnknownCredential)),
            (Facts { meant: false, ..facts() }, read, Err(Refusal::UnknownCredential)),
            (Facts { kind: Kind::OrganisationToken, ..facts() }, read, Err(Refusal::UnknownCredential)),
            (Facts { imported: true, ..facts() }, read, Err(Refusal::UnknownCredential)),
            (Facts { state: State::Suspended, ..facts() }, read, Err(Refusal::Suspended)),
            (Facts { state: State::Revoked, ..facts() }, read, Err(Refusal::Revoked)),
            (Facts { not_after: Some(Timestamp::from_unix_seconds(1_001)), ..facts() }, read, Ok(0b01)),
            (Facts { not_after: Some(NOW), ..facts() }, read, Err(Refusal::Expired)),
        ];
        for (facts, wanted, expected) in cases {
            assert_eq!(ask(facts, wanted), expected, "{facts:?} {wanted:?}");
        }
        let any = ApiDefinition {
            credentials: vec![Kind::AccessToken, Kind::OrganisationKey],
            presentations: vec![Presentation::Bearer, Presentation::Basic, Presentation::ApiKey],
            ..api().definition().clone()
        };
        let any = Api::new(any).expect("valid");
        for (kind, presentation, expected) in [
            (Kind::AccessToken, Presentation::Bearer, Ok(0b01)),
            (Kind::AccessToken, Presentation::Dpop, Ok(0b01)),
            (Kind::AccessToken, Presentation::Basic, Err(Refusal::MalformedCredential)),
            (Kind::AccessToken, Presentation::ApiKey, Err(Refusal::MalformedCredential)),
            (Kind::OrganisationKey, Presentation::Basic, Ok(0b01)),
            (Kind::OrganisationKey, Presentation::ApiKey, Ok(0b01)),
            (Kind::OrganisationKey, Presentation::Bearer, Err(Refusal::MalformedCredential)),
        ] {
            let request = Request { presentation, ..request(read, Place::Anywhere) };
            assert_eq!(decide(&any, &Facts { kind, ..facts() }, &request), expected, "{kind:?} {presentation:?}");
        }
        assert_eq!(
            decide(&api(), &facts(), &Request { presentation: Presentation::Basic, ..request(read, Place::Anywhere) }),
            Err(Refusal::MalformedCredential)
        );
    }
}
