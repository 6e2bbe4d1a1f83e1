//! `/o/{org}/delegations/{delegation}/close`: what closing ends, and closing: only what was shown is ended.

use askama::Template;
use authority::{Closing, DelegationView, Error, Impact};
use axum::response::Response;
use domain::Timestamp;
use domain::text::Reason;
use http::StatusCode;

use super::fields::one_line;
use super::impact::{Fact, Row, Seen};
use super::texts::Text;
use super::{address, decide, found, impact, is_over, kind, links, project, trail};
use crate::console::form::{Choice, Form};
use crate::console::moment::{self, Moment};
use crate::console::page::{self, Frame};
use crate::console::visit::{Answer, Visit};

/// What is usual.
const USUAL: [(&str, &str); 1] = [("when", "now")];

#[derive(Template)]
#[template(path = "console/delegation/close.html")]
struct View {
    frame: Frame,
    form: Form,
    /// What is not as it was when the page was shown before.
    changed: Option<String>,
    from: String,
    to: String,
    what: String,
    facts: Vec<Fact>,
    chain: Vec<String>,
    rows: Vec<Row>,
    more: Option<String>,
    keeps: [String; 2],
    seen: Seen,
    as_of: String,
    whens: Vec<Choice>,
    days: String,
    sure: Vec<Choice>,
    back: String,
    /// Where it is paused instead.
    pause: Option<String>,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let delegation = found(&visit).await?;
    if is_over(&delegation) {
        return visit.onward(&visit.at(&format!("/delegations/{}", delegation.delegation.id)), Some(visit.say(Text::ClosedAlready)));
    }
    let (form, impact) = (Form::new(&visit, &USUAL), read_impact(&visit, &delegation).await?);
    visit.page(&view(&visit, form, &delegation, &impact).await)
}

pub(in crate::console) async fn close(visit: Visit) -> Answer {
    let delegation = found(&visit).await?;
    let id = delegation.delegation.id;
    let back = visit.at(&format!("/delegations/{id}"));
    if is_over(&delegation) {
        return visit.onward(&back, Some(visit.say(Text::ClosedAlready)));
    }
    let mut form = Form::new(&visit, &[]);
    let impact = read_impact(&visit, &delegation).await?;
    if impact.version != form.value("impact") {
        return changed(&visit, form, &delegation, &impact).await;
    }
    let closing = read(&visit, &mut form);
    let mut page = view(&visit, form, &delegation, &impact).await;
    if !page.sure.is_empty() && page.form.value("sure") != "yes" {
        page.form.refuse("sure", visit.say(Text::SureMissing));
    }
    let Some(closing) = closing.filter(|_| page.form.is_good()) else { return visit.again(&page) };
    let at = closing.at;
    match visit.authority().close_delegation(&visit.context(), id, closing).await {
        Ok(_) => visit.onward(&back, Some(&said(&visit, &delegation, at))),
        Err(Error::Conflict { code: "impact_changed", .. }) => {
            let impact = read_impact(&visit, &delegation).await?;
            changed(&visit, page.form, &delegation, &impact).await
        }
        Err(error) => {
            page.form.refused(&visit, error, &[("at", "day", Text::DayTooLate)])?;
            visit.again(&page)
        }
    }
}

async fn read_impact(visit: &Visit, delegation: &DelegationView) -> Result<Impact, Response> {
    let read = visit.authority().delegation_impact(&visit.caller(), delegation.delegation.id, visit.browser.now).await;
    read.map_err(|error| visit.refused(&error))
}

/// The page once more, as another thing would end than was shown: 409.
async fn changed(visit: &Visit, form: Form, delegation: &DelegationView, impact: &Impact) -> Answer {
    let changed = impact::difference(visit, &Seen::sent(&form), &Seen::of(impact));
    let page = View { changed: Some(changed), ..view(visit, form, delegation, impact).await };
    Ok(page::answer(&visit.browser, StatusCode::CONFLICT, &page, None))
}

/// How the form wants it closed; nothing where something is wrong with it.
fn read(visit: &Visit, form: &mut Form) -> Option<Closing> {
    let at = match form.value("when") {
        "now" => None,
        "later" => {
            let day = moment::start_of_written(form.value("day")).filter(|day| *day > visit.browser.now);
            form.take("day", day.ok_or(()), visit.say(Text::DayWrong))
        }
        _ => {
            form.refuse("when", visit.say(Text::WhenMissing));
            None
        }
    };
    let reason = one_line(form.value("reason"));
    let reason = if reason.is_empty() { None } else { form.take("reason", Reason::new(&reason), visit.say(Text::ReasonWrong)) };
    let if_impact = Some(form.value("impact").to_owned());
    form.is_good().then_some(Closing { at, reason, if_impact })
}

/// What the next page says.
fn said(visit: &Visit, delegation: &DelegationView, at: Option<Timestamp>) -> String {
    let supplier = ("supplier", delegation.to_name.as_str());
    match at {
        None => visit.fill(Text::ClosedNow, &[supplier]),
        Some(at) => visit.fill(Text::ClosesThen, &[supplier, ("day", &moment::day(at, visit.browser.language))]),
    }
}

async fn view(visit: &Visit, form: Form, view: &DelegationView, impact: &Impact) -> View {
    let work = impact::under_way(visit, impact).await;
    let trail = trail(visit, view);
    let to = view.to_name.to_string();
    let seen = Seen::of(impact);
    View {
        frame: Frame::below(visit, visit.fill(Text::CloseQuestion, &[("supplier", &to)]), &links(&trail)),
        form,
        changed: None,
        from: view.from_name.to_string(),
        what: format!("{} · {}", kind(visit, view.delegation.kind), project(view)),
        facts: impact::facts(visit, impact, work),
        chain: impact::chain(visit, view, impact),
        rows: impact::rows(visit, impact),
        more: impact::more(visit, impact),
        keeps: [visit.fill(Text::KeepsTokens, &[("supplier", &to)]), visit.say(Text::KeepsLog).to_owned()],
        seen,
        as_of: visit.fill(Text::AsOf, &[("time", &Moment::at(impact.at, visit.browser.language).text)]),
        whens: vec![
            Choice::new("now", visit.say(Text::RightNow)).help(visit.say(Text::RightNowHelp)),
            Choice::new("later", visit.say(Text::Later)).help(visit.say(Text::LaterHelp)),
        ],
        days: format!("type=\"date\" min=\"{}\"", moment::written(visit.browser.now, 1)),
        sure: impact::sure(visit, impact, work).map(|label| Choice::new("yes", label)).into_iter().collect(),
        back: address(visit, view.delegation.id),
        pause: decide::pause(visit, view),
        to,
    }
}
