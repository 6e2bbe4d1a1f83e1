//! `/profile/apps`: the apps that a person has given access, and taking it away.

use askama::Template;
use authority::{Caller, Error, Page};
use axum::response::Response;
use domain::GrantId;
use domain::grant::Grant;

use super::texts::Text;
use crate::console::confirm::Confirm;
use crate::console::failure;
use crate::console::form::Form;
use crate::console::moment::Moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

/// More than anybody has.
const ALL: Page = Page { after: None, limit: 500 };

/// An app with access.
pub(super) struct App {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) public_id: Option<String>,
    pub(super) scopes: String,
    pub(super) since: Moment,
    pub(super) last: Moment,
}

#[derive(Template)]
#[template(path = "console/profile/apps.html")]
struct View {
    frame: Frame,
    apps: Vec<App>,
}

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let apps = of(&visit).await?;
    visit.page(&View { frame: Frame::of(&visit, visit.say(crate::console::Text::ConnectedApps)), apps })
}

pub(in crate::console) async fn ask(visit: Visit) -> Answer {
    let app = one(&visit).await?;
    let trail =
        [("/profile", visit.say(crate::console::Text::MyProfile)), ("/profile/apps", visit.say(crate::console::Text::ConnectedApps))];
    let page = Confirm {
        frame: Frame::below(&visit, visit.fill(Text::StopQuestion, &[("app", &app.name)]), &trail),
        facts: vec![(visit.say(Text::Since).to_owned(), app.since.text), (visit.say(Text::LastGiven).to_owned(), app.last.text)],
        effect: visit.say(Text::StopEffect).to_owned(),
        yes: visit.say(Text::StopDo).to_owned(),
        no: Link::new(visit.to("/profile/apps"), visit.say(crate::console::Text::Cancel)),
        form: Form::new(&visit, &[]),
    };
    page.show(&visit)
}

pub(in crate::console) async fn stop(visit: Visit) -> Answer {
    let app = one(&visit).await?;
    let id: GrantId = visit.parameter("grant")?;
    visit.authority().end_grant(&visit.context(), id).await.map_err(|error| visit.refused(&error))?;
    visit.onward("/profile/apps", Some(&visit.fill(Text::Stopped, &[("app", &app.name)])))
}

/// The apps with access.
pub(super) async fn of(visit: &Visit) -> Result<Vec<App>, Response> {
    let mut apps = Vec::new();
    for grant in grants(visit).await? {
        apps.push(app(visit, &grant).await?);
    }
    Ok(apps)
}

async fn one(visit: &Visit) -> Result<App, Response> {
    let id: GrantId = visit.parameter("grant")?;
    match grants(visit).await?.iter().find(|grant| grant.id == id) {
        Some(grant) => app(visit, grant).await,
        None => Err(failure::not_found(&visit.browser)),
    }
}

async fn grants(visit: &Visit) -> Result<Vec<Grant>, Response> {
    let read = visit.authority().grants_of(&visit.caller(), visit.person().person.id, ALL).await;
    read.map_err(|error| visit.refused(&error))
}

async fn app(visit: &Visit, grant: &Grant) -> Result<App, Response> {
    // The person has seen its name on the page on which they gave it access.
    let key = match visit.authority().organisation_key(&Caller::System, grant.key).await {
        Ok(key) => Some(key),
        Err(Error::NotFound) => None,
        Err(error) => return Err(visit.refused(&error)),
    };
    let (now, language) = (visit.browser.now, visit.browser.language);
    Ok(App {
        id: grant.id.to_string(),
        name: key.as_ref().map_or_else(|| visit.say(Text::UnknownApp).to_owned(), |key| key.definition.name.to_string()),
        public_id: key.map(|key| key.definition.client_id),
        scopes: grant.scopes.join(" "),
        since: Moment::ago(grant.created_at, now, language),
        last: Moment::ago(grant.updated_at, now, language),
    })
}
