//! People.

use domain::person::{Role, Roles};
use domain::text::{Email, Name};
use domain::{OrganisationId, PersonId, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Nothing, Shown};
use super::call::Call;
use super::json::{Body, NoBody, tell};
use super::membership::RoleName;
use super::query::Parameter;
use crate::edge::{Code, Problem};

/// Somebody a credential acts for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Person {
    /// The person's id.
    #[schema(value_type = String, format = Uuid)]
    id: PersonId,
    /// Name; null once erased.
    #[schema(value_type = Option<String>)]
    name: Option<Name>,
    /// Mail address, unique without regard to case; null once erased.
    #[schema(value_type = Option<String>)]
    email: Option<Email>,
    /// Whether it was proven that the address is the person's: by a link, by another provider, or by who runs the installation.
    email_verified: bool,
    /// When the person was made known.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Since when none of the person's credentials work; null while they do.
    #[schema(value_type = Option<String>, format = DateTime)]
    suspended_at: Option<Timestamp>,
    /// Since when the person is erased; null otherwise.
    #[schema(value_type = Option<String>, format = DateTime)]
    erased_at: Option<Timestamp>,
}

/// A new person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    /// Name, 1 to 200 characters.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Name,
    /// One mail address, at most 254 characters, unique without regard to case.
    #[schema(value_type = String, max_length = 254, example = "name@example.org")]
    email: Email,
    /// Whether the address is proven to be the person's; for operators only. Left out: it is not.
    #[serde(default)]
    email_verified: bool,
    /// A password to sign in with, if any: at least 12 characters, at most 512 bytes, and not among those that are guessed first.
    #[serde(default)]
    #[schema(min_length = 12, max_length = 512, write_only)]
    password: Option<String>,
    /// The organisation to become a member of. An owner names the own one; an operator may leave it out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    organisation: Option<OrganisationId>,
    /// As what; `member` where it is left out. Only together with `organisation`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<RoleName>>)]
    roles: Option<Roles>,
}

/// What is to be different about a person; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonUpdate {
    /// Another name, 1 to 200 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Name>,
    /// Another mail address, at most 254 characters, unique without regard to case.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Option<Email>,
    /// Whether the address is proven to be the person's; for operators only. Another address is not, unless said.
    #[serde(default)]
    email_verified: Option<bool>,
}

impl Body for NewPerson {}
impl Body for PersonUpdate {}

impl From<domain::person::Person> for Person {
    fn from(person: domain::person::Person) -> Self {
        let domain::person::Person { id, name, email, email_verified, created_at, suspended_at, erased_at } = person;
        Self { id, name, email, email_verified, created_at, suspended_at, erased_at }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<Person>, Problem> {
    let window = call.page()?;
    let organisation = call.query.id(Parameter::Organisation)?;
    let Some(email) = call.query.email()? else {
        let people = call.authority().people(call.caller(), organisation, window.beyond()?).await?;
        return Ok(window.page(people, |person| *person.id.as_bytes()).map(Person::from));
    };
    if organisation.is_some() {
        return Err(Problem::new(Code::InvalidParameter).error("email", "cannot stand beside organisation"));
    }
    let found = call.authority().person_by_email(call.caller(), email).await?;
    Ok(window.page_of(found.into_iter().collect(), |person| *person.id.as_bytes()).map(Person::from))
}

pub(super) async fn create(call: Call, body: NewPerson) -> Result<Created<Person>, Problem> {
    let NewPerson { name, email, email_verified, password, organisation, roles } = body;
    let member_of = match (organisation, roles) {
        (Some(organisation), roles) => Some((organisation, roles.unwrap_or(Roles::NONE.with(Role::Member)))),
        (None, None) => None,
        (None, Some(_)) => return Err(tell(&[("roles".to_owned(), "stands only together with organisation".to_owned())])),
    };
    let new = authority::NewPerson { name, email, email_verified, password: password.map(Secret::new), member_of };
    let changed = call.authority().create_person(&call.context, new).await?;
    Ok(Done::of(changed, Person::from).at(|made| format!("/api/v1/people/{}", made.id)))
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<Person>, Problem> {
    let person = call.authority().person(call.caller(), call.id()?).await?;
    Ok(Shown { value: person.into(), revision: None })
}

pub(super) async fn update(call: Call, body: PersonUpdate) -> Result<Done<Person>, Problem> {
    let update = authority::PersonUpdate { name: body.name, email: body.email, email_verified: body.email_verified };
    let changed = call.authority().update_person(&call.context, call.id()?, update).await?;
    Ok(Done::of(changed, Person::from))
}

pub(super) async fn erase(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().erase_person(&call.context, call.id()?).await?))
}

pub(super) async fn suspend(call: Call, _: NoBody) -> Result<Done<Person>, Problem> {
    set_suspended(call, true).await
}

pub(super) async fn resume(call: Call, _: NoBody) -> Result<Done<Person>, Problem> {
    set_suspended(call, false).await
}

pub(super) async fn remove_second_factors(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().remove_second_factors(&call.context, call.id()?).await?))
}

async fn set_suspended(call: Call, suspended: bool) -> Result<Done<Person>, Problem> {
    let changed = call.authority().suspend_person(&call.context, call.id()?, suspended).await?;
    Ok(Done::of(changed, Person::from))
}
