//! `/operator/organisations/{org}/views/{view}`: a part of what is an organisation's, read only, for somebody who has said why.
//!
//! The form on the organisation's page begins a look: that is the change that the organisation's log tells. The page then shows one part, to
//! whoever began the look, for an hour.

use authority::{OrganisationKeyFilter, Page, Wanted};
use axum::response::Response;
use domain::view::ViewedPart;
use domain::{CredentialId, MembershipId, OrganisationId, ViewId};
use store::View;

use super::ask;
use super::organisation::{self, organisation, path};
use super::sheet::{Cell, Sheet, Table};
use super::texts::Text;
use crate::console::form::Form;
use crate::console::moment::Moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};
use crate::console::{audit, delegation, failure, member};

/// As many rows are on a page.
const SHOWN: u32 = 100;

/// What a part is called.
pub(super) fn title(part: ViewedPart) -> Text {
    match part {
        ViewedPart::Members => Text::Members,
        ViewedPart::Tokens => Text::Tokens,
        ViewedPart::Keys => Text::Keys,
        ViewedPart::Workspaces => Text::Projects,
        ViewedPart::Audit => Text::Log,
    }
}

pub(in crate::console) async fn begin(visit: Visit) -> Answer {
    let id: OrganisationId = visit.parameter("org")?;
    let mut form = Form::new(&visit, &[]);
    let part = ViewedPart::named(form.value("part")).ok_or(());
    let part = form.take("part", part, visit.say(Text::PartMissing));
    let (Some(reason), Some(part)) = (ask::reason(&visit, &mut form), part) else { return organisation::again(&visit, form).await };
    match visit.authority().view_organisation(&visit.context(), id, (part, reason)).await {
        Ok(view) => visit.onward(&format!("/operator/organisations/{id}/views/{view}"), None),
        Err(error) => Err(visit.refused(&error)),
    }
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let organisation = organisation(&visit).await?;
    let id: ViewId = visit.parameter("view")?;
    let found = visit.authority().organisation_view(&visit.caller(), id, visit.browser.now).await;
    let view = found.map_err(|error| visit.refused(&error))?;
    if view.organisation != organisation.id {
        return Err(failure::not_found(&visit.browser));
    }
    let back = path(&organisation);
    let home = visit.say(crate::console::Text::Organisations);
    let trail = [("/operator/organisations", home), (&back, organisation.name.as_str())];
    let sheet = Sheet {
        banner: Some(visit.fill(Text::Looking, &[("organisation", organisation.name.as_str())])),
        about: visit.fill(Text::LookingWhy, &[("reason", view.reason.as_str())]),
        tables: tables(&visit, &view).await?,
        links: vec![Link::new(visit.to(&back), visit.say(Text::LookAtMore))],
        ..Sheet::of(Frame::below(&visit, visit.say(title(view.part)), &trail))
    };
    sheet.show(&visit)
}

async fn tables(visit: &Visit, view: &View) -> Result<Vec<Table>, Response> {
    match view.part {
        ViewedPart::Members => Ok(vec![members(visit, view).await?]),
        ViewedPart::Tokens => Ok(vec![organisation_tokens(visit, view).await?, personal_tokens(visit, view).await?]),
        ViewedPart::Keys => Ok(vec![keys(visit, view).await?]),
        ViewedPart::Workspaces => {
            let (given, got) = (
                Wanted { from: Some(view.organisation), ..Wanted::default() },
                Wanted { to: Some(view.organisation), ..Wanted::default() },
            );
            Ok(vec![
                workspaces(visit, view).await?,
                delegations(visit, given, Text::Given).await?,
                delegations(visit, got, Text::Got).await?,
            ])
        }
        ViewedPart::Audit => Ok(vec![log(visit, view).await?]),
    }
}

fn page(visit: &Visit) -> Page {
    let after = visit.query.text("after").parse::<CredentialId>().ok().map(|id| *id.as_bytes());
    Page { after, limit: SHOWN + 1 }
}

fn first() -> Page {
    Page { after: None, limit: SHOWN }
}

fn table(visit: &Visit, heading: Text, heads: &[Text], rows: Vec<Vec<Cell>>) -> Table {
    let about = if rows.len() >= SHOWN as usize { visit.fill(Text::FirstOnly, &[("count", &SHOWN.to_string())]) } else { String::new() };
    let heads = heads.iter().map(|head| visit.say(*head).to_owned()).collect();
    Table { heading: visit.say(heading).to_owned(), about, heads, rows, nothing: visit.say(Text::Nothing).to_owned(), next: None }
}

fn day(visit: &Visit, at: Option<domain::Timestamp>) -> Cell {
    at.map_or_else(Cell::none, |at| Cell::moment(Moment::day(at, visit.browser.language)))
}

fn works(visit: &Visit, suspended: bool) -> Cell {
    if suspended { Cell::warn(visit.say(Text::Paused)) } else { Cell::good(visit.say(Text::Works)) }
}

async fn members(visit: &Visit, view: &View) -> Result<Table, Response> {
    let read = visit.authority().members(&visit.caller(), view.organisation, page(visit)).await;
    let mut members = read.map_err(|error| visit.refused(&error))?;
    let more = members.len() > SHOWN as usize;
    members.truncate(SHOWN as usize);
    let mut rows = Vec::new();
    for membership in &members {
        let person = visit.authority().person(&visit.caller(), membership.person).await.map_err(|error| visit.refused(&error))?;
        let has = visit.authority().has_second_factor(person.id).await.map_err(|error| visit.refused(&error))?;
        rows.push(vec![
            Cell::maybe(person.name.map(String::from)),
            Cell::maybe(person.email.map(String::from)),
            Cell::text(member::roles_in_words(visit, membership.roles)),
            Cell::text(visit.say(if has { Text::Yes } else { Text::No })),
            day(visit, Some(membership.created_at)),
        ]);
    }
    let last: Option<MembershipId> = members.last().filter(|_| more).map(|last| last.id);
    let next = last.map(|last| Link::new(format!("{}?after={last}", visit.to(&visit.path)), visit.say(Text::More)));
    let heads = [Text::Name, Text::Email, Text::Roles, Text::SecondFactor, Text::Since];
    Ok(Table { next, about: String::new(), ..table(visit, Text::Members, &heads, rows) })
}

async fn organisation_tokens(visit: &Visit, view: &View) -> Result<Table, Response> {
    let read = visit.authority().organisation_tokens(&visit.caller(), Some(view.organisation), first()).await;
    let rows = read.map_err(|error| visit.refused(&error))?.into_iter().map(|token| {
        let uses = token.last_used_at.map(|at| Moment::ago(at, visit.browser.now, visit.browser.language));
        vec![
            Cell::text(token.username.to_string()).small(token.description.to_string()),
            Cell::text(token.api.clone()),
            works(visit, token.suspended_at.is_some()),
            uses.map_or_else(Cell::none, Cell::moment),
            day(visit, token.expires_at),
        ]
    });
    let heads = [Text::Name, Text::Api, Text::Status, Text::LastUsed, Text::Ends];
    Ok(table(visit, Text::OwnTokens, &heads, rows.collect()))
}

async fn personal_tokens(visit: &Visit, view: &View) -> Result<Table, Response> {
    let read = visit.authority().tokens(&visit.caller(), Some(view.organisation), first()).await;
    let mut rows = Vec::new();
    for token in read.map_err(|error| visit.refused(&error))? {
        let person = visit.authority().person(&visit.caller(), token.person).await.map_err(|error| visit.refused(&error))?;
        let uses = token.last_used_at.map(|at| Moment::ago(at, visit.browser.now, visit.browser.language));
        rows.push(vec![
            Cell::text(token.description.to_string()).small(token.prefix.map(|prefix| format!("{prefix}…")).unwrap_or_default()),
            Cell::maybe(person.name.map(String::from)),
            works(visit, token.suspended_at.is_some()),
            uses.map_or_else(Cell::none, Cell::moment),
            day(visit, token.expires_at),
        ]);
    }
    let heads = [Text::Name, Text::Whose, Text::Status, Text::LastUsed, Text::Ends];
    Ok(table(visit, Text::MembersTokens, &heads, rows))
}

async fn keys(visit: &Visit, view: &View) -> Result<Table, Response> {
    let filter = OrganisationKeyFilter { organisation: Some(view.organisation), workspace: None };
    let read = visit.authority().organisation_keys(&visit.caller(), filter, first()).await;
    let rows = read.map_err(|error| visit.refused(&error))?.into_iter().map(|key| {
        let uses = key.private_keys.iter().filter_map(|key| key.last_used_at).max();
        vec![
            Cell::text(key.definition.name.to_string()),
            Cell::code(key.definition.client_id.to_string()),
            works(visit, key.suspended_at.is_some()),
            uses.map_or_else(Cell::none, |at| Cell::moment(Moment::ago(at, visit.browser.now, visit.browser.language))),
            day(visit, key.private_keys.iter().filter_map(|key| key.ends_at).max()),
        ]
    });
    let heads = [Text::Name, Text::PublicKey, Text::Status, Text::LastUsed, Text::Ends];
    Ok(table(visit, Text::Keys, &heads, rows.collect()))
}

async fn workspaces(visit: &Visit, view: &View) -> Result<Table, Response> {
    let read = visit.authority().workspaces(&visit.caller(), Some(view.organisation), first()).await;
    let rows = read.map_err(|error| visit.refused(&error))?.into_iter().map(|workspace| {
        let state = if workspace.closed_at.is_some() { Cell::text(visit.say(Text::Closed)) } else { Cell::good(visit.say(Text::Works)) };
        vec![Cell::text(workspace.number.to_string()), Cell::text(workspace.name.as_str()), state, day(visit, Some(workspace.created_at))]
    });
    Ok(table(visit, Text::Projects, &[Text::Number, Text::Name, Text::Status, Text::Since], rows.collect()))
}

async fn delegations(visit: &Visit, wanted: Wanted, heading: Text) -> Result<Table, Response> {
    let read = visit.authority().delegations(&visit.caller(), wanted, first(), visit.browser.now).await;
    let rows = read.map_err(|error| visit.refused(&error))?.into_iter().map(|view| {
        vec![
            Cell::text(view.delegation.description.to_string()),
            Cell::text(delegation::project(&view)),
            Cell::text(view.from_name.as_str()),
            Cell::text(view.to_name.as_str()),
            Cell::text(delegation::kind(visit, view.delegation.kind)),
            Cell::text(delegation::State::of(visit, &view).text),
        ]
    });
    let heads = [Text::Description, Text::Project, Text::GivenBy, Text::GivenTo, Text::Kind, Text::Status];
    Ok(table(visit, heading, &heads, rows.collect()))
}

async fn log(visit: &Visit, view: &View) -> Result<Table, Response> {
    let of = authority::AuditOf::Organisation(view.organisation);
    let query = authority::AuditQuery { of, action: None, person: None, from: None, until: None, after: None, limit: SHOWN };
    let read = visit.authority().audit_log(&visit.caller(), query).await.map_err(|error| visit.refused(&error))?;
    let days = audit::lines(visit, read.lines);
    let rows = days.into_iter().flat_map(|day| {
        let of_day = day.day;
        day.lines.into_iter().map(move |line| vec![Cell::text(format!("{of_day} {}", line.at.text)), Cell::text(line.sentence)])
    });
    Ok(table(visit, Text::Log, &[Text::When, Text::What], rows.collect()))
}
