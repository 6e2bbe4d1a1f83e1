//! Whose credential this is.

use authority::{Caller, PersonCaller, With};
use domain::person::Roles;
use domain::{CredentialId, Kind, OrganisationId, PersonId};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Shown;
use super::call::Call;
use super::caller::names;
use super::json::NoBody;
use super::membership::RoleName;
use crate::edge::{Code, Problem};

/// Whoever calls, and what the credential may do here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Identity {
    /// `operator_token` or `personal_token`.
    kind: &'static str,
    /// The credential's id.
    #[schema(value_type = String, format = Uuid)]
    credential: CredentialId,
    /// Who; null for an operator token.
    #[schema(value_type = Option<String>, format = Uuid)]
    person: Option<PersonId>,
    /// In which organisation; null for an operator token.
    #[schema(value_type = Option<String>, format = Uuid)]
    organisation: Option<OrganisationId>,
    /// As what; empty for an operator token.
    #[schema(value_type = Vec<RoleName>)]
    roles: Roles,
    /// Whether whoever calls runs the installation. A person does so on the console's pages: their tokens may do no more for it.
    operator: bool,
    /// What the credential may do here: `"all"` for an operator token, a list of permissions of the API `poort` otherwise.
    #[schema(value_type = super::permission::PermissionSet)]
    permissions: Held,
}

/// The permissions on Poort itself.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Held {
    All(&'static str),
    These(Vec<&'static str>),
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<Identity>, Problem> {
    let value = match call.caller() {
        Caller::Operator { credential } => Identity {
            kind: Kind::OperatorToken.name(),
            credential: *credential,
            person: None,
            organisation: None,
            roles: Roles::NONE,
            operator: true,
            permissions: Held::All("all"),
        },
        Caller::Person(person @ PersonCaller { with: With::Token(credential), .. }) => Identity {
            kind: Kind::PersonalToken.name(),
            credential: *credential,
            person: Some(person.id),
            organisation: Some(person.organisation),
            roles: person.roles,
            operator: call.authority().runs_installation(person.id).await?,
            permissions: Held::These(names(&person.rights)),
        },
        Caller::Person(_) | Caller::OperatorPerson { .. } | Caller::Client { .. } | Caller::System => {
            return Err(Problem::new(Code::Internal));
        }
    };
    Ok(Shown { value, revision: None })
}
