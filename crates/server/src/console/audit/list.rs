//! A part of a log: a sentence for each line, by day, with what narrows it and the files of the same.

use askama::Template;
use authority::{AuditLine, AuditOf};
use axum::response::Response;

use super::filter::{self, Filter};
use super::texts::Text;
use crate::audit::{self, ACTIONS, file::Format};
use crate::console::form::{Choice, Form};
use crate::console::moment::{self, Moment};
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/audit/list.html")]
struct View {
    frame: Frame,
    about: &'static str,
    form: Form,
    actions: Vec<Choice>,
    people: Vec<Choice>,
    days: Vec<Day>,
    nothing: &'static str,
    behind: Option<String>,
    files: Vec<Link>,
    next: Option<String>,
}

/// The lines of one day.
pub(in crate::console) struct Day {
    /// The day.
    pub(in crate::console) day: String,
    /// Its lines, newest first.
    pub(in crate::console) lines: Vec<Line>,
}

/// A line.
pub(in crate::console) struct Line {
    pub(in crate::console) at: Moment,
    pub(in crate::console) sentence: String,
    pub(in crate::console) more: String,
}

pub(super) async fn show(visit: &Visit, of: AuditOf) -> Answer {
    let filter = Filter::read(visit);
    let page = visit.authority().audit_log(&visit.caller(), filter.query(of)).await;
    let page = page.map_err(|error| visit.refused(&error))?;
    let link = |query: &str, below: &str| format!("{}{below}?{query}", visit.to(&visit.path));
    let files = Format::ALL.map(|(name, _)| Link::new(link(&filter.with("format", name), "/file"), name.to_uppercase()));
    let about = match of {
        AuditOf::Organisation(_) => Text::AboutOrganisation,
        AuditOf::Person(_) => Text::AboutOwn,
        AuditOf::Installation => Text::AboutAll,
    };
    let view = View {
        frame: Frame::of(visit, visit.say(crate::console::Text::AuditLog)),
        about: visit.say(about),
        form: Form::new(visit, &[]),
        actions: actions(visit, of),
        people: people(visit, of).await?,
        days: lines(visit, page.lines),
        nothing: visit.say(if filter.is_narrow() { Text::NothingFound } else { Text::Nothing }),
        behind: (page.behind > 0).then(|| visit.fill(Text::Behind, &[("count", &page.behind.to_string())])),
        files: files.into_iter().collect(),
        next: page.next.map(|place| link(&filter.with("after", &filter::written(place)), "")),
    };
    visit.page(&view)
}

/// The lines, by day.
pub(in crate::console) fn lines(visit: &Visit, lines: Vec<AuditLine>) -> Vec<Day> {
    let language = visit.browser.language;
    let mut days: Vec<Day> = Vec::new();
    for line in lines {
        let day = moment::day(line.entry.at, language);
        let (_, via) = audit::via(&line);
        let mut more = vec![via.of(language).to_owned()];
        more.extend(line.address.clone());
        more.push(line.entry.request.to_string());
        let shown =
            Line { at: Moment::clock(line.entry.at, language), sentence: audit::sentence(&line, language), more: more.join(" · ") };
        match days.last_mut().filter(|last| last.day == day) {
            Some(last) => last.lines.push(shown),
            None => days.push(Day { day, lines: vec![shown] }),
        }
    }
    days
}

/// The actions to choose from: those that such a log can hold.
fn actions(visit: &Visit, of: AuditOf) -> Vec<Choice> {
    const OF_PEOPLE: [&str; 4] = ["user", "password", "upstream", "passkey"];
    const OF_INSTALLATION: [&str; 8] =
        ["api", "api_credential", "installation", "server_key", "master_key", "restore", "operator_token", "organisation_created"];
    let is_for = |action: &str| {
        let topic = action.split('.').next().unwrap_or_default();
        match of {
            AuditOf::Installation => true,
            AuditOf::Organisation(_) => !OF_PEOPLE.contains(&topic) && !OF_INSTALLATION.contains(&topic),
            AuditOf::Person(_) => !OF_INSTALLATION.contains(&topic),
        }
    };
    let known = ACTIONS.iter().filter(|(action, _)| is_for(action));
    let any = Choice::new("", visit.say(Text::AnyAction));
    std::iter::once(any).chain(known.map(|(action, name)| Choice::new(*action, visit.say(*name)))).collect()
}

async fn people(visit: &Visit, of: AuditOf) -> Result<Vec<Choice>, Response> {
    let AuditOf::Organisation(organisation) = of else { return Ok(Vec::new()) };
    let people = visit.authority().audit_people(&visit.caller(), organisation).await.map_err(|error| visit.refused(&error))?;
    let any = Choice::new("", visit.say(Text::Anybody));
    Ok(std::iter::once(any).chain(people.into_iter().map(|(id, name)| Choice::new(id.to_string(), name))).collect())
}
