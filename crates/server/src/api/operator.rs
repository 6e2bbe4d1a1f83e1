//! The people who run the installation.

use domain::text::{Email, Name};
use domain::{PersonId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Done, Listed, Nothing};
use super::call::Call;
use super::json::NoBody;
use crate::edge::Problem;

/// A person who runs the installation, on the console's pages for that. Their tokens may do no more for it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Operator {
    /// The person's id.
    #[schema(value_type = String, format = Uuid)]
    person: PersonId,
    /// Name.
    #[schema(value_type = Option<String>)]
    name: Option<Name>,
    /// Mail address.
    #[schema(value_type = Option<String>)]
    email: Option<Email>,
    /// Whether the person has a second factor, which those pages ask for (`operators_need_second_factor`).
    second_factor: bool,
    /// When the person was appointed.
    #[schema(value_type = String, format = DateTime)]
    appointed_at: Timestamp,
    /// Since when the person is suspended, and runs nothing; null otherwise.
    #[schema(value_type = Option<String>, format = DateTime)]
    suspended_at: Option<Timestamp>,
}

impl From<authority::Operator> for Operator {
    fn from(operator: authority::Operator) -> Self {
        let authority::Operator { person, appointed_at, has_second_factor: second_factor } = operator;
        let domain::person::Person { id, name, email, suspended_at, .. } = person;
        Self { person: id, name, email, second_factor, appointed_at, suspended_at }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<Operator>, Problem> {
    let window = call.page()?;
    let operators = call.authority().operators(call.caller()).await?;
    Ok(window.page_of(operators, |operator| *operator.person.id.as_bytes()).map(Operator::from))
}

pub(super) async fn appoint(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().appoint_operator(&call.context, call.id()?).await?))
}

pub(super) async fn dismiss(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().dismiss_operator(&call.context, call.id()?).await?))
}
