//! What of the activity is wanted: read from the address of the page, and shown in its form.

use authority::{ActivityFilter, Doer};
use domain::{CredentialId, Day, OrganisationId, Refusal, WorkspaceId};

use super::texts::Text;
use crate::console::form::Form;
use crate::console::visit::Visit;

/// How many days are shown where nothing is said.
const USUAL_DAYS: i32 = 14;

/// From whose side one looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// One's own tokens.
    Own,
    /// The organisation's credentials.
    Ours,
    /// The organisation's projects, and who worked in them.
    Projects,
}

/// The fields of the form, in the order of the address.
const FIELDS: [&str; 5] = ["by", "workspace", "reason", "from", "to"];

/// The form, with what is usual.
pub(super) fn form(visit: &Visit) -> Form {
    let today = Day::of(visit.browser.now);
    let (from, to) = (today.plus(1 - USUAL_DAYS).to_string(), today.to_string());
    Form::new(visit, &[("from", &from), ("to", &to)])
}

/// What the form asks for; what is wrong with it is noted there.
pub(super) fn read(visit: &Visit, form: &mut Form, view: View) -> Option<ActivityFilter> {
    let from: Option<Day> = form.take("from", form.value("from").parse(), visit.say(Text::DayWrong));
    let to: Option<Day> = form.take("to", form.value("to").parse(), visit.say(Text::DayWrong));
    let by = match (form.value("by"), view) {
        ("", _) => Ok(None),
        ("nobody", View::Projects) => Ok(Some(Doer::Nobody)),
        (id, View::Projects) => id.parse::<OrganisationId>().map(|id| Some(Doer::Organisation(id))).map_err(drop),
        (id, _) => id.parse::<CredentialId>().map(|id| Some(Doer::Credential(id))).map_err(drop),
    };
    let by = form.take("by", by, visit.say(Text::UnknownChoice));
    let workspace = match form.value("workspace") {
        "" => Ok(None),
        id => id.parse::<WorkspaceId>().map(Some),
    };
    let workspace = form.take("workspace", workspace, visit.say(Text::UnknownChoice));
    let refusal = match form.value("reason") {
        "" => Ok(None),
        code => Refusal::from_code(code).map(Some).ok_or(()),
    };
    let refusal = form.take("reason", refusal, visit.say(Text::UnknownChoice));
    Some(ActivityFilter { from: from?, to: to?, by: by?, workspace: workspace?, refusal: refusal?, kind: None })
}

/// The query of the page with these fields in the place of what is there; `view` says which of an organisation's two pages it is.
pub(super) fn query(form: &Form, view: View, other: &[(&str, &str)]) -> String {
    let kept = FIELDS.iter().filter(|name| other.iter().all(|(known, _)| known != *name)).map(|name| (*name, form.value(name)));
    let of_view = [("view", "projects")].into_iter().filter(|_| view == View::Projects);
    let all: Vec<(&str, &str)> = of_view.chain(kept).chain(other.iter().copied()).filter(|(_, value)| !value.is_empty()).collect();
    crate::outbound::encoded(&all)
}
