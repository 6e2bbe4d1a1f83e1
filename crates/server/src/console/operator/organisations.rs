//! `/operator/organisations`: finding one, and which of them are suspended.

use askama::Template;
use domain::organisation::Organisation;

use super::sheet::{Cell, Table};
use super::texts::Text;
use crate::console::form::{Choice, Form};
use crate::console::moment::Moment;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// As many are shown; who looks for another narrows the search.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "console/operator/organisations.html")]
struct View {
    frame: Frame,
    form: Form,
    states: Vec<Choice>,
    table: Table,
}

pub(in crate::console) async fn list(visit: Visit) -> Answer {
    let form = Form::new(&visit, &[]);
    let (wanted, suspended) = (form.value("name").trim().to_owned(), form.value("state") == "suspended");
    let found = visit.authority().find_organisations(&visit.caller(), wanted, suspended, SHOWN as u32 + 1).await;
    let mut found = found.map_err(|error| visit.refused(&error))?;
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let table = Table {
        heading: visit.say(crate::console::Text::Organisations).to_owned(),
        about: if more { visit.fill(Text::FirstOnly, &[("count", &SHOWN.to_string())]) } else { String::new() },
        heads: [Text::Name, Text::Status, Text::Since].map(|head| visit.say(head).to_owned()).to_vec(),
        rows: found.iter().map(|organisation| row(&visit, organisation)).collect(),
        nothing: visit.say(Text::NoOrganisations).to_owned(),
        next: None,
    };
    let states = vec![Choice::new("", visit.say(Text::AnyStatus)), Choice::new("suspended", visit.say(Text::OnlySuspended))];
    visit.page(&View { frame: Frame::of(&visit, visit.say(crate::console::Text::Organisations)), form, states, table })
}

fn row(visit: &Visit, organisation: &Organisation) -> Vec<Cell> {
    let address = visit.to(&format!("/operator/organisations/{}", organisation.id));
    let since = Cell::moment(Moment::day(organisation.created_at, visit.browser.language));
    vec![Cell::link(address, organisation.name.as_str()), status(visit, organisation), since]
}

/// Whether it works.
pub(super) fn status(visit: &Visit, organisation: &Organisation) -> Cell {
    match organisation.suspended_at {
        Some(at) => Cell::warn(visit.fill(Text::SuspendedSince, &[("day", &Moment::day(at, visit.browser.language).text)])),
        None => Cell::good(visit.say(Text::Works)),
    }
}
