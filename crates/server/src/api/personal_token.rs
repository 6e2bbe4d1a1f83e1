//! Personal tokens: the credential of a person's own software.

use std::time::Duration;

use authority::Caller;
use domain::permission::Permissions;
use domain::personal_token::{MAX_TOKENS_OF_PERSON, PersonalToken};
use domain::text::Description;
use domain::{CredentialId, MembershipId, OrganisationId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Created, Done, Listed, Nothing, Shown};
use super::call::Call;
use super::json::{Body, NoBody, given};
use super::permission::PermissionSet;
use super::query::Parameter;
use crate::edge::Problem;

/// A personal token: everything but its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Token {
    /// Its id; rotation keeps it.
    #[schema(value_type = String, format = Uuid)]
    id: CredentialId,
    /// Whose it is.
    #[schema(value_type = String, format = Uuid)]
    person: PersonId,
    /// The organisation it acts in.
    #[schema(value_type = String, format = Uuid)]
    organisation: OrganisationId,
    /// The membership it hangs from.
    #[schema(value_type = String, format = Uuid)]
    membership: MembershipId,
    /// What it is for.
    #[schema(value_type = String)]
    description: Description,
    /// What it may do at most.
    permissions: PermissionSet,
    /// The first characters of its text; null for an imported one.
    prefix: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, give or take five seconds; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// From where; the /64 network of an IPv6 address.
    last_used_from: Option<String>,
    /// How often it was used, as known five seconds ago.
    uses: u64,
    /// When it stops by itself; null if never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Since when it is paused; null if it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    suspended_at: Option<Timestamp>,
    /// Until when the secret before the last rotation works or worked; null without a rotation.
    #[schema(value_type = Option<String>, format = DateTime)]
    old_secret_ends_at: Option<Timestamp>,
    /// Since when its present secret is known to have come over plain HTTP, where anybody on the way could read it: replace it. Null if
    /// it is not; a rotation makes it null.
    #[schema(value_type = Option<String>, format = DateTime)]
    exposed_at: Option<Timestamp>,
    /// Raised by every change; the value of the `ETag`.
    revision: i64,
}

/// A token with its secret: shown once, in this answer.
#[derive(Serialize, ToSchema)]
pub(super) struct IssuedToken {
    #[serde(flatten)]
    token: Token,
    /// The text to present. It is stored nowhere and cannot be shown again.
    #[schema(read_only)]
    secret: String,
}

/// A new token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewToken {
    /// What it is for: 3 to 255 characters, unique among the person's live tokens without regard to case.
    #[schema(value_type = String, min_length = 3, max_length = 255)]
    description: Description,
    /// When it is to stop by itself: a whole second in the future, within 20 years. Left out: never.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// What it may do at most; left out: all that its owner may do, now and later.
    #[serde(default)]
    permissions: Option<PermissionSet>,
    /// In which organisation it acts; needed where the person is a member of several.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    organisation: Option<OrganisationId>,
}

/// What is to be different about a token; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenUpdate {
    /// Another description: 3 to 255 characters.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 255)]
    description: Option<Description>,
    /// Another expiry: a whole second in the future, within 20 years; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<Timestamp>>,
    /// Other permissions.
    #[serde(default)]
    permissions: Option<PermissionSet>,
}

/// How a token is rotated.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotation {
    /// For how many seconds the old secret still works, at most 30 days.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 2_592_000, default = 0)]
    overlap_seconds: u32,
}

/// How many tokens were ended.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Revoked {
    /// How many.
    revoked: u64,
}

impl Body for NewToken {}
impl Body for TokenUpdate {}
impl Body for Rotation {}

impl TokenUpdate {
    /// As the use case takes it.
    pub(super) fn read(self, expected_revision: Option<i64>) -> authority::TokenUpdate {
        let Self { description, expires_at, permissions } = self;
        authority::TokenUpdate { description, expires_at, permissions: permissions.map(|set| set.0), expected_revision }
    }
}

impl Rotation {
    /// For how long the old secret still works.
    pub(super) fn overlap(&self) -> Duration {
        Duration::from_secs(self.overlap_seconds.into())
    }
}

impl From<PersonalToken> for Token {
    fn from(token: PersonalToken) -> Self {
        Self {
            id: token.id,
            person: token.person,
            organisation: token.organisation,
            membership: token.membership,
            description: token.description,
            permissions: PermissionSet(token.permissions),
            prefix: token.prefix,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
            last_used_from: token.last_used_from,
            uses: token.uses,
            exposed_at: token.exposed_at,
            expires_at: token.expires_at,
            suspended_at: token.suspended_at,
            old_secret_ends_at: token.old_secret_ends_at,
            revision: token.revision,
        }
    }
}

impl From<authority::IssuedToken> for IssuedToken {
    fn from(issued: authority::IssuedToken) -> Self {
        Self { secret: issued.secret.expose().clone(), token: issued.token.into() }
    }
}

pub(super) async fn list_of(call: Call, _: NoBody) -> Result<Listed<Token>, Problem> {
    list_tokens_of(&call, call.id()?, None).await
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<Token>, Problem> {
    let organisation = call.query.id(Parameter::Organisation)?;
    if let Some(person) = call.query.id(Parameter::Person)? {
        return list_tokens_of(&call, person, organisation).await;
    }
    let window = call.page()?;
    // Without a filter a person sees what may be seen by them: the own tokens.
    if let (Caller::Person(person), None) = (call.caller(), organisation) {
        return list_tokens_of(&call, person.id, None).await;
    }
    let tokens = call.authority().tokens(call.caller(), organisation, window.beyond()?).await?;
    Ok(window.page(tokens, |token| *token.id.as_bytes()).map(Token::from))
}

pub(super) async fn create(call: Call, body: NewToken) -> Result<Created<IssuedToken>, Problem> {
    let NewToken { description, expires_at, permissions, organisation } = body;
    let permissions = permissions.map_or(Permissions::All, |set| set.0);
    let new = authority::NewToken { description, expires_at, permissions, organisation };
    let changed = call.authority().create_token(&call.context, call.id()?, new).await?;
    let done = Done::of(changed, IssuedToken::from).revision(|issued| Some(issued.token.revision));
    Ok(done.at(|issued| format!("/api/v1/tokens/{}", issued.token.id)))
}

pub(super) async fn revoke_all(call: Call, _: NoBody) -> Result<Done<Revoked>, Problem> {
    let changed = call.authority().revoke_tokens_of(&call.context, call.id()?).await?;
    Ok(Done::of(changed, |revoked| Revoked { revoked }))
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<Token>, Problem> {
    let token = call.authority().token(call.caller(), call.id()?).await?;
    Ok(Shown { revision: Some(token.revision), value: token.into() })
}

pub(super) async fn update(call: Call, body: TokenUpdate) -> Result<Done<Token>, Problem> {
    let update = body.read(call.expected_revision());
    let changed = call.authority().update_token(&call.context, call.id()?, update).await?;
    Ok(with_revision(Done::of(changed, Token::from)))
}

pub(super) async fn revoke(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().revoke_token(&call.context, call.id()?).await?))
}

pub(super) async fn rotate(call: Call, body: Rotation) -> Result<Done<IssuedToken>, Problem> {
    let changed = call.authority().rotate_token(&call.context, call.id()?, body.overlap()).await?;
    Ok(Done::of(changed, IssuedToken::from).revision(|issued| Some(issued.token.revision)))
}

pub(super) async fn suspend(call: Call, _: NoBody) -> Result<Done<Token>, Problem> {
    Ok(with_revision(Done::of(call.authority().suspend_token(&call.context, call.id()?, true).await?, Token::from)))
}

pub(super) async fn resume(call: Call, _: NoBody) -> Result<Done<Token>, Problem> {
    Ok(with_revision(Done::of(call.authority().suspend_token(&call.context, call.id()?, false).await?, Token::from)))
}

async fn list_tokens_of(call: &Call, person: PersonId, organisation: Option<OrganisationId>) -> Result<Listed<Token>, Problem> {
    let window = call.page()?;
    // All of them: those that the caller may not see are left out, so that a page cannot be cut before that.
    let all = authority::Page { after: None, limit: MAX_TOKENS_OF_PERSON as u32 };
    let mut tokens = call.authority().tokens_of(call.caller(), person, all).await?;
    tokens.retain(|token| organisation.is_none_or(|organisation| token.organisation == organisation));
    Ok(window.page_of(tokens, |token| *token.id.as_bytes()).map(Token::from))
}

fn with_revision(done: Done<Token>) -> Done<Token> {
    done.revision(|token| Some(token.revision))
}
