//! `/operator/apis`: which APIs there are, what they let callers do, which request needs what, and the credentials with which they ask.

use authority::{Page, ServiceCredential};
use axum::response::Response;
use domain::api::{ApiDefinition, RouteDefinition};
use domain::{CredentialId, Timestamp};

use super::ask::{self, Ask};
use super::sheet::{Cell, Sheet, Table};
use super::texts::Text;
use crate::console::failure;
use crate::console::form::Form;
use crate::console::member;
use crate::console::moment::Moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

/// As many credentials of an API are shown.
const CREDENTIALS: Page = Page { after: None, limit: 200 };

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let apis = visit.authority().apis(&visit.caller()).await.map_err(|error| visit.refused(&error))?;
    let rows = apis.iter().map(|(api, _)| {
        vec![
            Cell::link(visit.to(&path(&api.name)), api.title.as_str()),
            Cell::code(api.name.clone()),
            Cell::text(api.permissions.len().to_string()),
            Cell::text(api.routes.len().to_string()),
        ]
    });
    let heads = [Text::Name, Text::NameForPrograms, Text::Permissions, Text::Routes];
    let table = table(&visit, crate::console::Text::Apis, &heads, rows.collect());
    let sheet = Sheet {
        about: visit.say(Text::ApisAbout).to_owned(),
        tables: vec![table],
        ..Sheet::of(Frame::of(&visit, visit.say(crate::console::Text::Apis)))
    };
    sheet.show(&visit)
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let api = api(&visit).await?;
    let read = visit.authority().api_credentials(&visit.caller(), api.name.clone(), CREDENTIALS).await;
    let credentials = read.map_err(|error| visit.refused(&error))?;
    let fact = |name: Text, value: Cell| (visit.say(name).to_owned(), value);
    let joined = |names: Vec<String>| Cell::maybe((!names.is_empty()).then(|| names.join(", ")));
    let facts = vec![
        fact(Text::NameForPrograms, Cell::code(api.name.clone())),
        fact(Text::Takes, joined(api.credentials.iter().map(|kind| kind.name().to_owned()).collect())),
        fact(Text::Presented, joined(presentations(&api))),
        fact(Text::Resource, Cell::maybe(api.resource.clone())),
        fact(
            Text::AccessTokens,
            Cell::text(visit.say(if api.access_token_algorithm.is_some() { Text::SignedTokens } else { Text::OpaqueTokens })),
        ),
    ];
    let sheet = Sheet {
        about: visit.fill(Text::ApiAbout, &[("command", "poort api apply")]),
        facts,
        tables: vec![permissions(&visit, &api), routes(&visit, &api), held(&visit, &api, &credentials)],
        ..Sheet::of(Frame::below(&visit, api.title.as_str(), &[("/operator/apis", visit.say(crate::console::Text::Apis))]))
    };
    sheet.show(&visit)
}

pub(in crate::console) async fn ask(visit: Visit) -> Answer {
    let form = Form::new(&visit, &[]);
    visit.page(&question(&visit, form).await?)
}

pub(in crate::console) async fn end(visit: Visit) -> Answer {
    let mut form = Form::new(&visit, &[]);
    let Some(context) = ask::context(&visit, &mut form) else { return visit.again(&question(&visit, form).await?) };
    let (api, found) = credential(&visit).await?;
    match visit.authority().revoke_api_credential(&context, found.id).await {
        Ok(_) => visit.onward(&path(&api.name), Some(visit.say(Text::CredentialEnded))),
        Err(error) => Err(visit.refused(&error)),
    }
}

fn path(name: &str) -> String {
    format!("/operator/apis/{name}")
}

async fn api(visit: &Visit) -> Result<ApiDefinition, Response> {
    let name: String = visit.parameter("api")?;
    let (api, _) = visit.authority().api(&visit.caller(), name).await.map_err(|error| visit.refused(&error))?;
    Ok(api)
}

/// The credential that the path names, of the API that it names.
async fn credential(visit: &Visit) -> Result<(ApiDefinition, ServiceCredential), Response> {
    let (api, id): (ApiDefinition, CredentialId) = (api(visit).await?, visit.parameter("credential")?);
    let read = visit.authority().api_credentials(&visit.caller(), api.name.clone(), CREDENTIALS).await;
    let found = read.map_err(|error| visit.refused(&error))?.into_iter().find(|credential| credential.id == id);
    found.map(|found| (api, found)).ok_or_else(|| failure::not_found(&visit.browser))
}

async fn question(visit: &Visit, form: Form) -> Result<Ask, Response> {
    let (api, found) = credential(visit).await?;
    let title = visit.fill(Text::EndCredentialQuestion, &[("description", found.description.as_str())]);
    let fact = |name: Text, value: Cell| (visit.say(name).to_owned(), value);
    let back = path(&api.name);
    let trail = [("/operator/apis", visit.say(crate::console::Text::Apis)), (&back, api.title.as_str())];
    Ok(Ask {
        frame: Frame::below(visit, title, &trail),
        facts: vec![fact(Text::Begins, Cell::code(format!("{}…", found.prefix))), fact(Text::LastUsed, used(visit, found.last_used_at))],
        effect: visit.say(Text::EndCredentialEffect).to_owned(),
        reason: visit.say(Text::ReasonOwnHelp).to_owned(),
        yes: visit.say(Text::EndCredential).to_owned(),
        no: Link::new(visit.to(&back), visit.say(crate::console::Text::Cancel)),
        ends: true,
        form,
    })
}

/// As the definition writes them.
fn presentations(api: &ApiDefinition) -> Vec<String> {
    let written = serde_json::to_value(&api.presentations).unwrap_or_default();
    written.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

fn table(visit: &Visit, heading: impl crate::language::Words, heads: &[Text], rows: Vec<Vec<Cell>>) -> Table {
    let heads = heads.iter().map(|head| visit.say(*head).to_owned()).collect();
    Table {
        heading: visit.say(heading).to_owned(),
        about: String::new(),
        heads,
        rows,
        nothing: visit.say(Text::Nothing).to_owned(),
        next: None,
    }
}

fn permissions(visit: &Visit, api: &ApiDefinition) -> Table {
    let rows = api.permissions.iter().map(|permission| {
        let roles = permission.roles.iter().fold(domain::person::Roles::NONE, |roles, role| roles.with(*role));
        let who = if permission.roles.is_empty() { visit.say(Text::EveryMember).to_owned() } else { member::roles_in_words(visit, roles) };
        vec![Cell::code(permission.name.to_string()), Cell::text(permission.title.as_str()), Cell::text(who)]
    });
    table(visit, Text::Permissions, &[Text::NameForPrograms, Text::Means, Text::ForWhom], rows.collect())
}

fn routes(visit: &Visit, api: &ApiDefinition) -> Table {
    let needs = |route: &RouteDefinition| match &route.permission {
        Some(permission) => Cell::code(permission.to_string()),
        None => Cell::text(visit.say(Text::NeedsNothing)),
    };
    let rows = api.routes.iter().map(|route| vec![Cell::code(format!("{} {}", route.method, route.path)), needs(route)]);
    table(visit, Text::Routes, &[Text::Route, Text::Needs], rows.collect())
}

fn held(visit: &Visit, api: &ApiDefinition, credentials: &[ServiceCredential]) -> Table {
    let rows = credentials.iter().map(|credential| {
        let end = visit.to(&format!("{}/credentials/{}/end", path(&api.name), credential.id));
        vec![
            Cell::text(credential.description.as_str()).small(format!("{}…", credential.prefix)),
            Cell::moment(Moment::day(credential.created_at, visit.browser.language)),
            used(visit, credential.last_used_at),
            Cell::link(end, visit.say(Text::EndCredential)),
        ]
    });
    table(visit, Text::Credentials, &[Text::Description, Text::Made, Text::LastUsed, Text::Action], rows.collect())
}

fn used(visit: &Visit, at: Option<Timestamp>) -> Cell {
    at.map_or_else(Cell::none, |at| Cell::moment(Moment::ago(at, visit.browser.now, visit.browser.language)))
}
