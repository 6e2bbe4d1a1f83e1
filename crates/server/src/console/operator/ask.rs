//! The page before an operator changes something of others: what it is, what happens, and why.

use askama::Template;
use authority::Context;
use domain::text::Reason;

use super::sheet::Cell;
use super::texts::Text;
use crate::console::form::Form;
use crate::console::page::{Frame, Link};
use crate::console::visit::Visit;

/// What is asked.
#[derive(Template)]
#[template(path = "console/operator/ask.html")]
pub(super) struct Ask {
    /// The frame, whose title is the question.
    pub(super) frame: Frame,
    /// What is known of the thing.
    pub(super) facts: Vec<(String, Cell)>,
    /// What happens then.
    pub(super) effect: String,
    /// Who reads the reason; empty where none is asked for.
    pub(super) reason: String,
    /// What the button does, in its own words.
    pub(super) yes: String,
    /// Where whoever does not want it goes.
    pub(super) no: Link,
    /// Whether something stops then.
    pub(super) ends: bool,
    /// The form.
    pub(super) form: Form,
}

/// The reason that was given; without one the form says so.
pub(super) fn reason(visit: &Visit, form: &mut Form) -> Option<Reason> {
    let given = Reason::new(form.value("reason").trim());
    form.take("reason", given, visit.say(Text::ReasonMissing))
}

/// In what a use case runs, with that reason.
pub(super) fn context(visit: &Visit, form: &mut Form) -> Option<Context> {
    Some(Context { reason: Some(reason(visit, form)?), ..visit.context() })
}
