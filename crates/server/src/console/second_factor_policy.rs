//! `/o/{org}/settings/second-factor`: whether an organisation lets only members with a second factor in; and what those without see.

use authority::{Caller, Error, Right};
use axum::response::Response;
use domain::OrganisationId;
use domain::organisation::Organisation;
use http::StatusCode;

use super::confirm::Confirm;
use super::form::Form;
use super::page::{self, Frame, Link, Message};
use super::texts::words;
use super::visit::{Answer, Visit};

words! {
    Heading: "Signing in", "Inloggen";
    Required: "Every member must have a second step.", "Elk lid moet een tweede stap hebben.";
    Optional: "Members choose for themselves whether they have a second step.", "Leden kiezen zelf of ze een tweede stap hebben.";
    LackOne: "1 member has none.", "1 lid heeft er geen.";
    Lack: "{count} members have none.", "{count} leden hebben er geen.";
    Require: "Make second step obligatory", "Tweede stap verplichten";
    Release: "Second step no longer obligatory", "Tweede stap niet meer verplichten";
    RequireQuestion: "Make a second step obligatory?", "Tweede stap verplichten?";
    RequireEffect: "Members without one must set it up first. Until then they see no pages of your organisation, and make no tokens or access for apps here. Their programs go on working.", "Leden zonder tweede stap moeten die eerst instellen. Tot dan zien ze geen pagina's van je organisatie. Ook maken ze hier geen tokens of toegang voor apps. Hun programma's blijven werken.";
    ReleaseQuestion: "Make a second step no longer obligatory?", "Tweede stap niet meer verplichten?";
    ReleaseEffect: "Members then see the pages of your organisation with their password alone.", "Leden zien de pagina's van je organisatie dan met alleen hun wachtwoord.";
    Without: "Members without a second step", "Leden zonder tweede stap";
    IsRequired: "A second step is obligatory from now on.", "Een tweede stap is vanaf nu verplicht.";
    IsReleased: "A second step is no longer obligatory.", "Een tweede stap is niet meer verplicht.";
    SetUpTitle: "First set up a second step", "Stel eerst een tweede stap in";
    SetUpFirst: "You have no second step yourself. You would not see these pages any more.", "Je hebt zelf nog geen tweede stap. Dan zou je deze pagina's niet meer zien.";
    SetUpStory: "{organisation} asks all members for a second step after their password. Set up an app with codes, or a passkey. Then come back here.", "{organisation} vraagt alle leden om een tweede stap na hun wachtwoord. Stel een app met codes in, of een passkey. Kom daarna hier terug.";
    SetUpAny: "Your organisation asks all members for a second step after their password. Set up an app with codes, or a passkey. Then try again.", "Je organisatie vraagt alle leden om een tweede stap na hun wachtwoord. Stel een app met codes in, of een passkey. Probeer het daarna opnieuw.";
    SetUp: "Set up a second step", "Tweede stap instellen";
}

/// The part of the settings about it.
pub(super) struct Policy {
    pub(super) heading: &'static str,
    pub(super) says: &'static str,
    /// How many members have none, where some do.
    pub(super) lacking: Option<String>,
    pub(super) change: Link,
}

impl Policy {
    /// What counts now.
    pub(super) async fn read(visit: &Visit) -> Result<Self, Response> {
        let (required, count) = policy(visit).await?;
        let (says, path, change) = match required {
            true => (Text::Required, "release", Text::Release),
            false => (Text::Optional, "require", Text::Require),
        };
        let lacking = match count {
            0 => None,
            1 => Some(visit.say(Text::LackOne).to_owned()),
            _ => Some(visit.fill(Text::Lack, &[("count", &count.to_string())])),
        };
        let change = Link::new(visit.to(&visit.at(&format!("/settings/second-factor/{path}"))), visit.say(change));
        Ok(Self { heading: visit.say(Text::Heading), says: visit.say(says), lacking, change })
    }
}

async fn policy(visit: &Visit) -> Result<(bool, u64), Response> {
    let read = visit.authority().second_factor_policy(&visit.caller(), visit.organisation().id).await;
    read.map_err(|error| visit.refused(&error))
}

/// Whether the path asks for it, or for letting go of it.
fn requires(visit: &Visit) -> bool {
    visit.path.ends_with("/require")
}

pub(super) async fn show(visit: Visit) -> Answer {
    let (_, count) = policy(&visit).await?;
    let required = requires(&visit);
    let own = visit.authority().has_second_factor(visit.person().person.id).await.map_err(|error| visit.refused(&error))?;
    if required && !own {
        return Ok(first(&visit));
    }
    let [question, effect, yes] = match required {
        true => [Text::RequireQuestion, Text::RequireEffect, Text::Require],
        false => [Text::ReleaseQuestion, Text::ReleaseEffect, Text::Release],
    };
    let settings = visit.at("/settings");
    let trail = [("/o", visit.say(super::Text::MyOrganisation)), (&settings, visit.say(super::Text::Settings))];
    let page = Confirm {
        frame: Frame::below(&visit, visit.say(question), &trail),
        facts: vec![(visit.say(Text::Without).to_owned(), count.to_string())],
        effect: visit.say(effect).to_owned(),
        yes: visit.say(yes).to_owned(),
        no: Link::new(visit.to(&settings), visit.say(super::Text::Cancel)),
        form: Form::new(&visit, &[]),
    };
    page.show(&visit)
}

pub(super) async fn change(visit: Visit) -> Answer {
    let required = requires(&visit);
    match visit.authority().require_second_factor(&visit.context(), visit.organisation().id, required).await {
        Ok(_) => {
            let said = if required { Text::IsRequired } else { Text::IsReleased };
            visit.onward(&visit.at("/settings"), Some(visit.say(said)))
        }
        Err(Error::Conflict { code: "second_factor_first", .. }) => Ok(first(&visit)),
        Err(error) => Err(visit.refused(&error)),
    }
}

/// For whoever would keep themselves out.
fn first(visit: &Visit) -> Response {
    page(visit, StatusCode::CONFLICT, visit.say(Text::SetUpFirst))
}

/// For a member of this organisation who has none, where it asks for one; nothing for others.
pub(super) async fn barred(visit: &Visit, id: OrganisationId) -> Result<Option<Response>, Response> {
    if !visit.person().withheld.iter().any(|membership| membership.organisation == id) {
        return Ok(None);
    }
    let read: Result<Organisation, Error> = visit.authority().organisation(&Caller::System, id).await;
    let organisation = read.map_err(|error| visit.refused(&error))?;
    let story = visit.fill(Text::SetUpStory, &[("organisation", organisation.name.as_str())]);
    Ok(Some(page(visit, StatusCode::FORBIDDEN, &story)))
}

/// For whoever is refused something for the want of one.
pub(super) fn needed(visit: &Visit) -> Response {
    page(visit, StatusCode::FORBIDDEN, visit.say(Text::SetUpAny))
}

fn page(visit: &Visit, status: StatusCode, story: &str) -> Response {
    let link = (visit.to("/profile/sign-in"), visit.say(Text::SetUp).to_owned());
    let view = Message { frame: Frame::of(visit, visit.say(Text::SetUpTitle)), story, link: Some(link) };
    page::answer(&visit.browser, status, &view, None)
}

/// Who may change it.
pub(super) const WRITE: &[Right] = &[Right::PeopleWrite];
