//! APIs: protected resource servers, as data.

use domain::api::ApiDefinition;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::answer::{Created, Done, Listed, Nothing, Shown};
use super::call::Call;
use super::json::{Body, NoBody, tell};
use super::membership::RoleName;
use crate::edge::Problem;

/// The definition of an API.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct ApiBody(ApiDefinition);

/// An API and its revision.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Api {
    #[serde(flatten)]
    #[schema(value_type = Definition, inline)]
    definition: ApiDefinition,
    /// Raised by every change; the value of the `ETag`. Null where the API was removed since.
    revision: Option<i64>,
}

/// The definition of an API: its permissions, its routes, how a credential may be presented to it.
#[derive(ToSchema)]
#[schema(as = ApiDefinition)]
#[expect(dead_code, reason = "only its schema is used")]
struct Definition {
    /// Its name in URLs and permissions: 1 to 40 of `a-z`, digits and hyphens, beginning with a letter.
    #[schema(pattern = "^[a-z][a-z0-9-]{0,39}$")]
    name: String,
    /// Its name for people: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// How a credential may be presented to it; at least one.
    #[schema(min_items = 1)]
    presentations: Vec<PresentationName>,
    /// Which kinds of credential it takes: `personal_token`, `organisation_token`. Left out: personal tokens.
    #[serde(default)]
    #[schema(min_items = 1)]
    credentials: Vec<CredentialKind>,
    /// Whether it takes credentials that were imported from another system. Left out: no.
    #[serde(default)]
    accepts_imported: bool,
    /// Prefixes that a path may have or not have, such as a language: `/nl`.
    #[serde(default)]
    optional_prefixes: Vec<String>,
    /// Suffixes that a path may have or not have, such as a format: `.json`.
    #[serde(default)]
    optional_suffixes: Vec<String>,
    /// Whether the letters' case in a path means nothing. Left out: it does mean something.
    #[serde(default)]
    ignores_case: bool,
    /// What it lets callers do; at most 64.
    #[schema(max_items = 64)]
    permissions: Vec<PermissionDefinition>,
    /// Which request needs what; at most 1,000. A request that no route covers is refused.
    #[serde(default)]
    #[schema(max_items = 1000)]
    routes: Vec<RouteDefinition>,
}

/// A way to put a credential on the wire.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Presentation)]
#[expect(dead_code, reason = "only its schema is used")]
enum PresentationName {
    /// `Authorization: TEXT`.
    Bare,
    /// `Authorization: Bearer TEXT`.
    Bearer,
    /// `Authorization: Token token="TEXT"`.
    Token,
    /// `Authorization: Basic base64(NAME:TEXT)`.
    Basic,
    /// `X-API-Key: TEXT`.
    ApiKey,
}

/// A kind of credential that an API may take.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
enum CredentialKind {
    /// A person's own token.
    PersonalToken,
    /// Username and code of an organisation's own software.
    OrganisationToken,
}

/// One permission of an API.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct PermissionDefinition {
    /// Its name, `api:thing:action`, beginning with the API's.
    #[schema(pattern = "^[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*){2}$")]
    name: String,
    /// What it lets one do, in plain words: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// The roles that may hold it; empty or left out: every member.
    #[serde(default)]
    roles: Vec<RoleName>,
}

/// One route of an API: either public or in need of a permission.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct RouteDefinition {
    /// `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`; `HEAD` follows `GET`.
    method: String,
    /// The path, with parameters as `/courses/{id}`.
    path: String,
    /// The permission that it needs.
    #[serde(default)]
    permission: Option<String>,
    /// Whether it needs no credential. One that is presented must be good all the same.
    #[serde(default)]
    public: bool,
    /// The path parameter that names the workspace.
    #[serde(default)]
    workspace: Option<String>,
}

impl Body for ApiBody {}

impl PartialSchema for ApiBody {
    fn schema() -> RefOr<Schema> {
        Definition::schema()
    }
}

impl ToSchema for ApiBody {
    fn name() -> std::borrow::Cow<'static, str> {
        Definition::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Definition::schemas(schemas);
    }
}

impl From<(ApiDefinition, i64)> for Api {
    fn from((definition, revision): (ApiDefinition, i64)) -> Self {
        Self { definition, revision: Some(revision) }
    }
}

pub(super) async fn list(call: Call, _: NoBody) -> Result<Listed<Api>, Problem> {
    let window = call.page()?;
    let apis = call.authority().apis(call.caller()).await?;
    Ok(window.page_of(apis, |(definition, _)| definition.name.clone().into_bytes()).map(Api::from))
}

pub(super) async fn create(call: Call, body: ApiBody) -> Result<Created<Api>, Problem> {
    let changed = call.authority().create_api(&call.context, body.0).await?;
    let done = with_revision(&call, changed).await?;
    Ok(done.at(|made| format!("/api/v1/apis/{}", made.definition.name)))
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<Api>, Problem> {
    let (definition, revision) = call.authority().api(call.caller(), call.name()?).await?;
    Ok(Shown { value: (definition, revision).into(), revision: Some(revision) })
}

pub(super) async fn put(call: Call, body: ApiBody) -> Result<Done<Api>, Problem> {
    if call.name()? != body.0.name {
        return Err(tell(&[("name".to_owned(), "must be the name in the path".to_owned())]));
    }
    let changed = call.authority().put_api(&call.context, body.0, call.expected_revision()).await?;
    with_revision(&call, changed).await
}

pub(super) async fn remove(call: Call, _: NoBody) -> Result<Done<Nothing>, Problem> {
    Ok(Done::nothing(call.authority().remove_api(&call.context, call.name()?).await?))
}

/// The answer to a change of an API, with the revision that it has now.
async fn with_revision(call: &Call, changed: authority::Changed<ApiDefinition>) -> Result<Done<Api>, Problem> {
    let now = match call.authority().api(call.caller(), changed.value.name.clone()).await {
        Ok((definition, revision)) => Some(revision).filter(|_| definition == changed.value),
        Err(authority::Error::NotFound) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(Done::of(changed, |definition| Api { definition, revision: now }).revision(|api| api.revision))
}
