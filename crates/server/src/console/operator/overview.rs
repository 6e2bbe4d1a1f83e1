//! `/operator`: where operators begin: what must be looked after, and what was done last.

use authority::{AuditOf, AuditQuery};

use super::health;
use super::sheet::{Cell, Sheet, Table};
use super::texts::Text;
use crate::console::audit;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

/// As many lines of the log are on the page.
const LAST: u32 = 10;

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let query = AuditQuery { of: AuditOf::Installation, action: None, person: None, from: None, until: None, after: None, limit: LAST };
    let page = visit.authority().audit_log(&visit.caller(), query).await.map_err(|error| visit.refused(&error))?;
    let rows = audit::lines(&visit, page.lines).into_iter().flat_map(|day| {
        let of_day = day.day;
        day.lines.into_iter().map(move |line| vec![Cell::text(format!("{of_day} {}", line.at.text)), Cell::text(line.sentence)])
    });
    let log = Table {
        heading: visit.say(Text::LastDone).to_owned(),
        about: String::new(),
        heads: [Text::When, Text::What].map(|head| visit.say(head).to_owned()).to_vec(),
        rows: rows.collect(),
        nothing: visit.say(Text::Nothing).to_owned(),
        next: None,
    };
    let suspended = visit.authority().find_organisations(&visit.caller(), String::new(), true, 100).await;
    let suspended = suspended.map_err(|error| visit.refused(&error))?;
    let operators = visit.authority().operators(&visit.caller()).await.map_err(|error| visit.refused(&error))?;
    let mut warnings = health::warnings(&visit).await?;
    if operators.len() == 1 {
        warnings.push(visit.say(Text::OnlyOperator).to_owned());
    }
    let link = Cell::link(visit.to("/operator/organisations?state=suspended"), suspended.len().to_string());
    let fact = |name: Text, value: Cell| (visit.say(name).to_owned(), value);
    let sheet = Sheet {
        about: visit.say(Text::About).to_owned(),
        warnings,
        facts: vec![
            fact(Text::Version, Cell::text(env!("CARGO_PKG_VERSION"))),
            fact(Text::Operators, Cell::text(operators.len().to_string())),
            fact(Text::SuspendedOrganisations, if suspended.is_empty() { Cell::text("0") } else { link }),
        ],
        tables: vec![log],
        ..Sheet::of(Frame::of(&visit, visit.say(crate::console::Text::Operator)))
    };
    sheet.show(&visit)
}
