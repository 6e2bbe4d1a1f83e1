//! `/o/{org}/delegations/{delegation}/edit`: another description, note or end, and whether it may be passed on.

use askama::Template;
use authority::{DelegationUpdate, DelegationView, Error, Side};

use super::texts::Text;
use super::{address, asked, fields, found, is_over, leads, links, trail};
use crate::console::form::{Choice, Form};
use crate::console::moment;
use crate::console::page::Frame;
use crate::console::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "console/delegation/edit.html")]
struct View {
    frame: Frame,
    form: Form,
    pass_on: Vec<Choice>,
    revision: i64,
    days: String,
    back: String,
}

/// Whether the member may change it.
pub(super) fn may(visit: &Visit, view: &DelegationView) -> bool {
    leads(visit) && view.side == Side::Giver && !is_over(view)
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let delegation = asked(&visit, may).await?;
    let known = &delegation.delegation;
    let until = known.ends_at.map(|end| moment::written(end, 0)).unwrap_or_default();
    let note = known.note.clone().map(String::from).unwrap_or_default();
    let usual = [
        ("description", known.description.as_str()),
        ("note", note.as_str()),
        ("until", until.as_str()),
        ("pass_on", if known.may_pass_on { "yes" } else { "no" }),
    ];
    visit.page(&view(&visit, Form::new(&visit, &usual), &delegation))
}

pub(in crate::console) async fn change(visit: Visit) -> Answer {
    let delegation = asked(&visit, may).await?;
    let mut form = Form::new(&visit, &[]);
    let update = read(&visit, &mut form, &delegation);
    let Some(update) = update.filter(|_| form.is_good()) else { return visit.again(&view(&visit, form, &delegation)) };
    let id = delegation.delegation.id;
    match visit.authority().update_delegation(&visit.context(), id, update).await {
        Ok(_) => visit.onward(&visit.at(&format!("/delegations/{id}")), Some(visit.say(Text::Changes))),
        Err(Error::Stale) => {
            form.refuse("description", visit.say(Text::ChangedMeanwhile));
            visit.again(&view(&visit, form, &found(&visit).await?))
        }
        Err(error) => {
            form.refused(&visit, error, &[("ends_at", "until", Text::UntilTooLate)])?;
            visit.again(&view(&visit, form, &delegation))
        }
    }
}

fn read(visit: &Visit, form: &mut Form, view: &DelegationView) -> Option<DelegationUpdate> {
    let known = &view.delegation;
    let (description, note) = (fields::description(visit, form), fields::note(visit, form));
    let may_pass_on = fields::pass_on(visit, form);
    let day = form.value("until").trim().to_owned();
    let shown = known.ends_at.map(|end| moment::written(end, 0)).unwrap_or_default();
    // A day that was not changed keeps the moment that it stands for, and an announced closing stays one.
    let ends_at = if day == shown {
        None
    } else if day.is_empty() {
        Some(None)
    } else {
        let end = moment::end_of_written(&day).filter(|end| *end > visit.browser.now.max(known.opens_at));
        Some(form.take("until", end.ok_or(()), visit.say(Text::UntilWrong)))
    };
    let expected_revision = form.value("revision").parse().ok();
    Some(DelegationUpdate {
        description,
        note: Some(note),
        may_pass_on: Some(may_pass_on),
        ends_at,
        expected_revision,
        ..DelegationUpdate::default()
    })
}

fn view(visit: &Visit, form: Form, view: &DelegationView) -> View {
    let trail = trail(visit, view);
    View {
        frame: Frame::below(visit, visit.fill(Text::EditTitle, &[("organisation", view.to_name.as_str())]), &links(&trail)),
        form,
        pass_on: fields::yes_or_no(visit),
        revision: view.delegation.revision,
        days: format!("type=\"date\" min=\"{}\"", moment::written(visit.browser.now, 0)),
        back: address(visit, view.delegation.id),
    }
}
