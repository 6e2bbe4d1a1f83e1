//! `/operator/people`: finding a person by mail address, and the people who run the installation.

use askama::Template;
use domain::text::Email;

use super::person::{path, status};
use super::sheet::{Cell, Table};
use super::texts::Text;
use crate::console::form::Form;
use crate::console::moment::Moment;
use crate::console::page::{Frame, see_other};
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/operator/people.html")]
struct View {
    frame: Frame,
    form: Form,
    not_found: bool,
    table: Table,
}

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let form = Form::new(&visit, &[]);
    let wanted = form.value("email").trim().to_owned();
    if let Ok(email) = Email::new(&wanted) {
        let found = visit.authority().person_by_email(&visit.caller(), email).await.map_err(|error| visit.refused(&error))?;
        if let Some(person) = found {
            return Ok(visit.browser.answer(see_other(&visit.to(&path(person.id)))));
        }
    }
    let operators = visit.authority().operators(&visit.caller()).await.map_err(|error| visit.refused(&error))?;
    let rows = operators.iter().map(|operator| {
        let name = operator.person.name.as_ref().map_or("–", |name| name.as_str());
        vec![
            Cell::link(visit.to(&path(operator.person.id)), name),
            Cell::maybe(operator.person.email.clone().map(String::from)),
            Cell::text(visit.say(if operator.has_second_factor { Text::Yes } else { Text::No })),
            status(&visit, &operator.person),
            Cell::moment(Moment::day(operator.appointed_at, visit.browser.language)),
        ]
    });
    let heads = [Text::Name, Text::Email, Text::SecondFactor, Text::Status, Text::Since];
    let table = Table {
        heading: visit.say(Text::Operators).to_owned(),
        about: visit.say(Text::OperatorsAbout).to_owned(),
        heads: heads.map(|head| visit.say(head).to_owned()).to_vec(),
        rows: rows.collect(),
        nothing: visit.say(Text::Nothing).to_owned(),
        next: None,
    };
    let frame = Frame::of(&visit, visit.say(crate::console::Text::People));
    visit.page(&View { frame, form, not_found: !wanted.is_empty(), table })
}
