//! The tab with an organisation's options: its own tokens, with which its software delivers.

pub(super) mod delete;
mod list;
pub(super) mod new;
mod texts;

use std::collections::BTreeSet;

use authority::{Caller, IssuedOrganisationToken, Page, Wanted};
use axum::response::Response;
use domain::CredentialId;
use domain::api::ApiDefinition;
use domain::delegation::DelegationState;

pub(super) use list::list;

use super::page::{Frame, Link};
use super::ticket::{Sample, Shown, Ticket};
use super::token::first_used;
use super::visit::{Answer, Visit};
use texts::Text;

/// The tab.
const OPTIONS: &str = "/options";
/// More delegations than these are not counted.
const COUNTED: u32 = 1_000;

/// `/o/{org}/options/tokens/{token}/first-use`: a line of text once there was one, for the page that waits for it.
pub(super) async fn first_use(visit: Visit) -> Answer {
    let id: CredentialId = visit.parameter("token")?;
    let token = visit.authority().organisation_token(&visit.caller(), id).await.map_err(|error| visit.refused(&error))?;
    first_used(&visit, token.last_used_at, token.last_used_from.as_deref())
}

/// Where a new token works: in how many workspaces of others, and whether in own ones.
async fn reach(visit: &Visit) -> Result<String, Response> {
    let (organisation, caller) = (visit.organisation().id, visit.caller());
    let mut places = BTreeSet::new();
    for state in [DelegationState::Open, DelegationState::Closing] {
        let wanted = Wanted { to: Some(organisation), state: Some(state), ..Wanted::default() };
        let page = Page { after: None, limit: COUNTED };
        let found = visit.authority().delegations(&caller, wanted, page, visit.browser.now).await;
        places.extend(found.map_err(|error| visit.refused(&error))?.iter().map(|view| view.delegation.workspace));
    }
    // Whoever makes tokens need not see the workspaces, but is told whether there are any.
    let own = visit.authority().workspaces(&Caller::System, Some(organisation), Page { after: None, limit: 1 }).await;
    let has_own = !own.map_err(|error| visit.refused(&error))?.is_empty();
    let count = places.len().to_string();
    let delegated = match (places.len(), has_own) {
        (0, false) => return Ok(visit.say(Text::NoDelegation).to_owned()),
        (0, true) => visit.say(Text::NoDelegationYet).to_owned(),
        (1, _) => visit.say(Text::WorksInOne).to_owned(),
        _ => visit.fill(Text::WorksIn, &[("count", &count)]),
    };
    Ok(if has_own { format!("{delegated} {}", visit.say(Text::OwnProjects)) } else { delegated })
}

/// The page with a token's username and code.
fn ready(visit: &Visit, issued: &IssuedOrganisationToken, api: &ApiDefinition) -> Answer {
    let token = &issued.token;
    let address = visit.to(&visit.at(&format!("{OPTIONS}/tokens/{}/first-use", token.id)));
    let page = Ticket {
        frame: Frame::below(visit, visit.fill(Text::Ready, &[("username", token.username.as_str())]), &[]),
        story: visit.say(Text::Once).to_owned(),
        secrets: vec![
            Shown { label: visit.say(Text::Username).to_owned(), value: token.username.to_string() },
            Shown { label: visit.say(Text::Code).to_owned(), value: issued.code.expose().clone() },
        ],
        samples: vec![Sample { tool: "curl", name: "curl", code: sample(visit, token.username.as_str(), api) }],
        settings: "USERNAME CODE",
        first_use: Some((address, visit.say(Text::NotUsedYet).to_owned())),
        done: Link::new(visit.to(&visit.at(OPTIONS)), visit.say(Text::Kept)),
    };
    page.show(visit)
}

/// The code is typed into the sample, never written there: what a terminal runs stays in its history.
fn sample(visit: &Visit, username: &str, api: &ApiDefinition) -> String {
    let (paste, address) = (visit.say(Text::PasteAndEnter), visit.fill(Text::AddressOf, &[("api", api.title.as_str())]));
    let url = api.resource.as_deref().unwrap_or("https://…");
    format!("URL='{url}'    # {address}\nread -rs CODE    # {paste}\nprintf 'user = \"{username}:%s\"' \"$CODE\" |\n  curl -K - \"$URL\"")
}

/// The APIs that take organisations' tokens.
fn apis(visit: &Visit) -> Vec<std::sync::Arc<domain::api::Api>> {
    let mut apis = visit.authority().verifier().apis();
    apis.retain(|api| api.takes_kind(domain::Kind::OrganisationToken));
    apis
}

/// What people call an API.
fn title_of(visit: &Visit, api: &str) -> String {
    visit.authority().verifier().api(api).map_or_else(|| api.to_owned(), |api| api.definition().title.to_string())
}
