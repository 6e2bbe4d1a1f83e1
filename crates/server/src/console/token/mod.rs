//! Everybody's own API tokens: the list, making one, giving it another secret, and ending it.

pub(super) mod delete;
pub(super) mod life;
mod list;
pub(super) mod new;
mod reach;
pub(super) mod renew;
mod texts;

use authority::{Error, IssuedToken};
use axum::response::{IntoResponse as _, Response};
use domain::{CredentialId, Timestamp};
use http::StatusCode;
use http::header::CACHE_CONTROL;

pub(super) use list::{Row, list, rows};
pub(super) use texts::Text;

use super::moment::Moment;
use super::page::{Frame, Link};
use super::ticket::{self, Sample, Shown, Ticket};
use super::visit::{Answer, Visit};

/// The page with a token's secret.
fn ready(visit: &Visit, issued: &IssuedToken) -> Answer {
    let title = visit.fill(Text::Ready, &[("description", issued.token.description.as_str())]);
    let address = visit.to(&format!("/profile/tokens/{}/first-use", issued.token.id));
    let page = Ticket {
        frame: Frame::below(visit, title, &[]),
        story: visit.say(Text::Once).to_owned(),
        secrets: vec![Shown { label: visit.say(Text::YourToken).to_owned(), value: issued.secret.expose().clone() }],
        samples: samples(visit),
        settings: "",
        first_use: Some((address, visit.say(Text::NotUsedYet).to_owned())),
        done: Link::new(visit.to("/profile/tokens"), visit.say(Text::Kept)),
    };
    page.show(visit)
}

/// Where the form was sent once more.
fn show_again(visit: &Visit, error: Error) -> Result<Response, Error> {
    let link = Link::new(visit.to("/profile/tokens"), visit.say(super::Text::ApiTokens));
    ticket::shown_before(visit, error, (visit.say(Text::ShownTitle), visit.say(Text::ShownBefore)), link)
}

/// `/profile/tokens/{token}/first-use`: a line of text once there was one, for the page that waits for it.
pub(super) async fn first_use(visit: Visit) -> Answer {
    let id: CredentialId = visit.parameter("token")?;
    let token = visit.authority().token(&visit.caller(), id).await.map_err(|error| visit.refused(&error))?;
    first_used(&visit, token.last_used_at, token.last_used_from.as_deref())
}

/// What a page that waits for the first use of something is told: nothing yet, or when and from where it was used.
pub(super) fn first_used(visit: &Visit, at: Option<Timestamp>, from: Option<&str>) -> Answer {
    let no_store = [(CACHE_CONTROL, "no-store")];
    let Some(at) = at else { return Ok((StatusCode::NO_CONTENT, no_store).into_response()) };
    let time = Moment::at(at, visit.browser.language).text;
    let text = match from {
        Some(address) => visit.fill(Text::WorksFrom, &[("time", &time), ("address", address)]),
        None => visit.fill(Text::Works, &[("time", &time)]),
    };
    Ok((no_store, text).into_response())
}

fn samples(visit: &Visit) -> Vec<Sample> {
    let url = format!("{}/api/v1/whoami", visit.console.base_url());
    let curl = format!(
        "read -rs TOKEN    # {}\nprintf 'Authorization: Bearer %s' \"$TOKEN\" |\n  curl -H @- {url}",
        visit.say(Text::PasteAndEnter)
    );
    let python = format!(
        "import getpass, urllib.request as web\ntoken = getpass.getpass(\"Token: \")\nreq = web.Request(\"{url}\",\n                  \
         headers={{\"Authorization\": f\"Bearer {{token}}\"}})\nprint(web.urlopen(req).read().decode())"
    );
    vec![Sample { tool: "curl", name: "curl", code: curl }, Sample { tool: "python", name: "Python", code: python }]
}
