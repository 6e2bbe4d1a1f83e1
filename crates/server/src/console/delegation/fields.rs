//! The fields that the forms of a delegation have in common.

use std::collections::BTreeSet;

use domain::Timestamp;
use domain::permission::Permission;
use domain::text::{Description, Name, Note};

use super::texts::Text;
use crate::console::form::{Choice, Form};
use crate::console::moment;
use crate::console::visit::Visit;

/// Whose it is to be: another organisation.
pub(super) fn to(visit: &Visit, form: &mut Form) -> Option<Name> {
    let to = form.take("to", Name::new(form.value("to")), visit.say(Text::ToMissing));
    if to.as_ref().is_some_and(|to| to.folded() == visit.organisation().name.folded()) {
        form.refuse("to", visit.say(Text::ToOwn));
    }
    to
}

/// What it allows: at least one permission.
pub(super) fn permissions(visit: &Visit, form: &mut Form) -> BTreeSet<Permission> {
    let permissions = form.permissions();
    if permissions.is_empty() {
        form.refuse("permission", visit.say(Text::MayMissing));
    }
    permissions
}

/// Whether it may be passed on.
pub(super) fn pass_on(visit: &Visit, form: &mut Form) -> bool {
    if !["yes", "no"].contains(&form.value("pass_on")) {
        form.refuse("pass_on", visit.say(Text::PassOnMissing));
    }
    form.value("pass_on") == "yes"
}

/// What one can choose there.
pub(super) fn yes_or_no(visit: &Visit) -> Vec<Choice> {
    vec![Choice::new("no", visit.say(Text::No)), Choice::new("yes", visit.say(Text::Yes))]
}

/// What it is for.
pub(super) fn description(visit: &Visit, form: &mut Form) -> Option<Description> {
    form.take("description", Description::new(form.value("description")), visit.say(Text::DescriptionWrong))
}

/// What the other organisation is told besides, if anything.
pub(super) fn note(visit: &Visit, form: &mut Form) -> Option<Note> {
    let note = one_line(form.value("note"));
    if note.is_empty() { None } else { form.take("note", Note::new(&note), visit.say(Text::NoteWrong)) }
}

/// The end of the last day; no day is until it is closed.
pub(super) fn until(visit: &Visit, form: &mut Form, opens_at: Option<Timestamp>) -> Option<Timestamp> {
    let day = form.value("until").trim().to_owned();
    if day.is_empty() {
        return None;
    }
    let begins = opens_at.unwrap_or(visit.browser.now);
    let end = moment::end_of_written(&day).filter(|end| *end > begins);
    form.take("until", end.ok_or(()), visit.say(Text::UntilWrong))
}

/// Text of several lines as one: what is kept has no line breaks.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
