//! Invitations: people who were asked to become members, and have not answered.

use domain::person::{Language, Role, Roles};
use domain::text::Email;
use domain::{MailLinkId, OrganisationId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Nothing};
use super::call::Call;
use super::json::{Body, NoBody};
use super::membership::RoleName;
use crate::edge::{Code, Problem};

/// Somebody who was asked to become a member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Invitation {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: MailLinkId,
    /// The mail address that it went to.
    #[schema(value_type = String)]
    email: Email,
    /// Where.
    #[schema(value_type = String, format = Uuid)]
    organisation: OrganisationId,
    /// As what.
    #[schema(value_type = Vec<RoleName>)]
    roles: Roles,
    /// Who invites; null where an operator does.
    #[schema(value_type = Option<String>, format = Uuid)]
    invited_by: Option<PersonId>,
    /// When it was last sent.
    #[schema(value_type = String, format = DateTime)]
    sent_at: Timestamp,
    /// From this moment on its link does not work, until it is sent again.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// A language that people read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Language)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum LanguageName {
    /// Dutch.
    Nl,
    /// English.
    En,
}

/// A new invitation. Whoever was invited already gets another link, and the one before no longer works.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewInvitation {
    /// One mail address, at most 254 characters, of nobody who is a member.
    #[schema(value_type = String, max_length = 254, example = "name@example.org")]
    email: Email,
    /// As what; `member` where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<RoleName>>)]
    roles: Option<Roles>,
    /// In which language whoever has no account is written to; Dutch where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<LanguageName>)]
    language: Option<Language>,
}

impl Body for NewInvitation {}

impl From<authority::Invitation> for Invitation {
    fn from(invitation: authority::Invitation) -> Self {
        let authority::Invitation { id, email, organisation, roles, invited_by, sent_at, expires_at } = invitation;
        Self { id, email, organisation, roles, invited_by, sent_at, expires_at }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<Invitation>, Problem> {
    let window = call.page()?;
    let invitations = call.authority().invitations(call.caller(), call.id()?, window.beyond()?).await?;
    Ok(window.page(invitations, |invitation| *invitation.id.as_bytes()).map(Invitation::from))
}

pub(super) async fn create(call: Call, body: NewInvitation) -> Result<Created<Invitation>, Problem> {
    let roles = body.roles.unwrap_or(Roles::NONE.with(Role::Member));
    let new = authority::NewInvitations { emails: vec![body.email], roles, language: body.language.unwrap_or_default() };
    match call.authority().invite(&call.context, call.id()?, new).await.map_err(of_one)? {
        Ok(changed) => {
            let authority::Changed { mut value, receipt, replayed } = changed;
            let one = value.pop().ok_or_else(|| Problem::new(Code::Internal))?;
            let changed = authority::Changed { value: one, receipt, replayed };
            Ok(Done::of(changed, Invitation::from).at(|made| format!("/api/v1/organisations/{}/invitations", made.organisation)))
        }
        Err(_) => Err(Problem::new(Code::TooManyRequests).detail("this organisation has invited too many people lately")),
    }
}

pub(super) async fn withdraw(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().withdraw_invitation(&call.context, call.id()?).await?))
}

/// The only address has the name of its member.
fn of_one(error: authority::Error) -> authority::Error {
    match error {
        authority::Error::Invalid(problems) => {
            authority::Error::Invalid(problems.into_iter().map(|(_, problem)| ("email".to_owned(), problem)).collect())
        }
        error => error,
    }
}
