//! The pages of organisations: who may enter them, and which one "my organisation" is.

use askama::Template;
use authority::{Caller, Page, Right};
use axum::response::Response;
use domain::OrganisationId;
use domain::organisation::Organisation;
use domain::person::{Membership, Role};
use http::StatusCode;

use super::failure::{self, Failure};
use super::menu;
use super::page::{Frame, Link};
use super::second_factor_policy;
use super::texts::Text;
use super::visit::{Answer, Visit};

/// As many administrators are named to whoever may not do something.
const NAMED: usize = 5;
const MEMBERS: Page = Page { after: None, limit: 100 };

#[derive(Template)]
#[template(path = "console/organisations.html")]
struct View {
    frame: Frame,
    links: Vec<Link>,
}

/// Lets a member of the organisation in the path in. Others are told that there is no such page; members who may not do this, who can.
pub(super) async fn enter(visit: &Visit, rights: &[Right]) -> Result<(Organisation, Membership), Response> {
    let id: OrganisationId = visit.parameter("org")?;
    let membership = visit.person().memberships.iter().find(|membership| membership.organisation == id);
    let Some(membership) = membership else {
        return Err(second_factor_policy::barred(visit, id).await?.unwrap_or_else(|| failure::not_found(&visit.browser)));
    };
    let read = visit.authority().organisation(&Caller::System, id).await;
    let organisation = read.map_err(|error| visit.refused(&error))?;
    if organisation.suspended_at.is_some() {
        let story = visit.fill(Text::OrganisationSuspended, &[("organisation", organisation.name.as_str())]);
        return Err(failure::page(&visit.browser, Failure { status: StatusCode::FORBIDDEN, story: &story, detail: None, again: None }));
    }
    if !menu::is_member_for(rights, membership) {
        return Err(failure::forbidden(&visit.browser, &owners(visit, id).await?));
    }
    Ok((organisation, membership.clone()))
}

/// The names of those who manage it.
async fn owners(visit: &Visit, id: OrganisationId) -> Result<Vec<String>, Response> {
    let members = visit.authority().members(&Caller::System, id, MEMBERS).await.map_err(|error| visit.refused(&error))?;
    let mut names = Vec::new();
    for owner in members.iter().filter(|member| member.roles.has(Role::Owner)).take(NAMED) {
        let person = visit.authority().person(&Caller::System, owner.person).await.map_err(|error| visit.refused(&error))?;
        names.extend(person.name.map(String::from));
    }
    Ok(names)
}

/// `/o`: to the only organisation, or a list of them.
pub(super) async fn choose(visit: Visit) -> Answer {
    let memberships: Vec<&Membership> = visit.person().memberships.iter().chain(&visit.person().withheld).collect();
    if let [only] = memberships.as_slice()
        && let Some(path) = first_page(only)
    {
        return visit.onward(&path, None);
    }
    let mut links = Vec::new();
    for membership in memberships {
        let read = visit.authority().organisation(&Caller::System, membership.organisation).await;
        let organisation = read.map_err(|error| visit.refused(&error))?;
        links.extend(first_page(membership).map(|path| Link::new(visit.to(&path), organisation.name.as_str())));
    }
    visit.page(&View { frame: Frame::of(&visit, visit.say(Text::MyOrganisations)), links })
}

/// The first page of an organisation that this member may open.
pub(super) fn first_page(membership: &Membership) -> Option<String> {
    menu::first_of_organisation(membership).map(|path| path.replace("{org}", &membership.organisation.to_string()))
}
