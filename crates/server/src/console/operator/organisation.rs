//! `/operator/organisations/{org}`: what is known of an organisation from outside, and what an operator can do about it.

use askama::Template;
use axum::response::Response;
use domain::OrganisationId;
use domain::organisation::Organisation;
use domain::view::ViewedPart;

use super::sheet::Cell;
use super::texts::Text;
use super::{organisations, view};
use crate::console::form::{Choice, Form};
use crate::console::moment::Moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/operator/organisation.html")]
struct View {
    frame: Frame,
    facts: Vec<(String, Cell)>,
    stop: Option<Link>,
    resume: Option<Link>,
    form: Form,
    parts: Vec<Choice>,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let organisation = organisation(&visit).await?;
    let form = Form::new(&visit, &[("part", ViewedPart::Members.name())]);
    visit.page(&view(&visit, &organisation, form).await?)
}

/// The page once more, with what is wrong in the form for a look.
pub(super) async fn again(visit: &Visit, form: Form) -> Answer {
    let organisation = organisation(visit).await?;
    visit.again(&view(visit, &organisation, form).await?)
}

/// The organisation that the path names.
pub(super) async fn organisation(visit: &Visit) -> Result<Organisation, Response> {
    let id: OrganisationId = visit.parameter("org")?;
    visit.authority().organisation(&visit.caller(), id).await.map_err(|error| visit.refused(&error))
}

/// Its path, without the language.
pub(super) fn path(organisation: &Organisation) -> String {
    format!("/operator/organisations/{}", organisation.id)
}

/// What is known of it from outside.
pub(super) async fn facts(visit: &Visit, organisation: &Organisation) -> Result<Vec<(String, Cell)>, Response> {
    let read = visit.authority().organisation_contact(&visit.caller(), organisation.id).await;
    let (contact, reason) = read.map_err(|error| visit.refused(&error))?;
    let fact = |name: Text, value: Cell| (visit.say(name).to_owned(), value);
    let mut facts = vec![fact(Text::Status, organisations::status(visit, organisation))];
    facts.extend(reason.map(|reason| fact(Text::Reason, Cell::text(reason.as_str()))));
    facts.push(fact(Text::Contact, Cell::maybe(contact.map(String::from))));
    facts.push(fact(Text::Since, Cell::moment(Moment::day(organisation.created_at, visit.browser.language))));
    facts.push(fact(Text::Id, Cell::code(organisation.id.to_string())));
    Ok(facts)
}

async fn view(visit: &Visit, organisation: &Organisation, form: Form) -> Result<View, Response> {
    let home = visit.say(crate::console::Text::Organisations);
    let trail = [("/operator", visit.say(crate::console::Text::Operator)), ("/operator/organisations", home)];
    let to = |page: &str, label: Text| Link::new(visit.to(&format!("{}{page}", path(organisation))), visit.say(label));
    let is_suspended = organisation.suspended_at.is_some();
    Ok(View {
        frame: Frame::below(visit, organisation.name.as_str(), &trail),
        facts: facts(visit, organisation).await?,
        stop: (!is_suspended).then(|| to("/suspend", Text::Suspend)),
        resume: is_suspended.then(|| to("/resume", Text::Resume)),
        form,
        parts: ViewedPart::ALL.map(|part| Choice::new(part.name(), visit.say(view::title(part)))).to_vec(),
    })
}
