//! A secret that is shown once: in the answer to the form that made it, never after a redirect, and kept nowhere.

use askama::Template;
use authority::{ALREADY_DONE, Error};
use axum::response::Response;
use http::StatusCode;

use super::page::{self, Frame, Link, Message};
use super::visit::{Answer, Visit};

/// What was made.
#[derive(Template)]
#[template(path = "console/ticket.html")]
pub(crate) struct Ticket {
    /// The frame, whose title says that it is ready.
    pub(crate) frame: Frame,
    /// That it is seen only now.
    pub(crate) story: String,
    /// What to copy: with each its name, and whether it stays visible elsewhere.
    pub(crate) secrets: Vec<Shown>,
    /// How to try it, for each of the tools that are usual.
    pub(crate) samples: Vec<Sample>,
    /// The names of the texts in a file of settings (`.env`), in their order; none where nobody would want one.
    pub(crate) settings: &'static str,
    /// Where the first use of it is told, and what to say until then.
    pub(crate) first_use: Option<(String, String)>,
    /// Where whoever has kept it goes on.
    pub(crate) done: Link,
}

/// A text to copy.
pub(crate) struct Shown {
    /// What it is.
    pub(crate) label: String,
    /// The text.
    pub(crate) value: String,
}

/// A way to try it.
pub(crate) struct Sample {
    /// The tool: `curl` or `python`.
    pub(crate) tool: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// What to type.
    pub(crate) code: String,
}

impl Ticket {
    /// The page. It is not there in another language: that would be another request.
    pub(crate) fn show(mut self, visit: &Visit) -> Answer {
        self.frame.other = None;
        visit.page(&self)
    }
}

/// Where a form was sent once more: the page that says so, without the secret, or the refusal itself.
pub(crate) fn shown_before(visit: &Visit, error: Error, (title, story): (&str, &str), link: Link) -> Result<Response, Error> {
    if !matches!(&error, Error::Conflict { code, .. } if *code == ALREADY_DONE) {
        return Err(error);
    }
    let mut frame = Frame::new(&visit.browser, title);
    frame.other = None;
    let view = Message { frame, story, link: Some((link.href, link.label)) };
    Ok(page::answer(&visit.browser, StatusCode::CONFLICT, &view, None))
}
