//! The page before something is ended: what it is, what stops, and a form to do it with.

use askama::Template;

use super::form::Form;
use super::page::{Frame, Link};
use super::visit::{Answer, Visit};

/// What is asked.
#[derive(Template)]
#[template(path = "console/confirm.html")]
pub(crate) struct Confirm {
    /// The frame, whose title is the question.
    pub(crate) frame: Frame,
    /// What is known of the thing: name and value.
    pub(crate) facts: Vec<(String, String)>,
    /// What happens then.
    pub(crate) effect: String,
    /// What the button does, in its own words.
    pub(crate) yes: String,
    /// Where whoever does not want it goes.
    pub(crate) no: Link,
    /// The form.
    pub(crate) form: Form,
}

impl Confirm {
    /// The page.
    pub(crate) fn show(&self, visit: &Visit) -> Answer {
        visit.page(self)
    }
}
