//! Sending the browser on to a program: with a form, and with a question first where nobody vouches for the program.

use std::sync::LazyLock;

use askama::Template;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Digest;
use http::StatusCode;

use super::browser::Browser;
use super::page::{self, Frame, Message};
use super::texts::Text;

/// The one line of script of all pages: sends the form, which has a button for whoever runs no scripts.
const SEND: &str = "document.forms[0].submit()";
/// What lets that line run, and no other (Content Security Policy Level 3 section 2.3.1, `hash-source`).
static SEND_HASH: LazyLock<String> = LazyLock::new(|| format!("'sha256-{}'", STANDARD.encode(Digest::of(SEND.as_bytes()).as_bytes())));

#[derive(Template)]
#[template(path = "console/form_post.html")]
struct FormPost<'v> {
    frame: Frame,
    action: &'v str,
    fields: &'v [(&'static str, String)],
    script: &'static str,
}

/// The page that posts an answer to a program (OAuth 2.0 Form Post Response Mode).
pub fn form_post(browser: &Browser, action: &str, fields: &[(&'static str, String)], leads_to: &str) -> Response {
    let mut frame = Frame::new(browser, Text::Onward.of(browser.language));
    frame.other = None;
    let page = FormPost { frame, action, fields, script: SEND };
    browser.answer(page::scripted(&page, leads_to, &SEND_HASH))
}

/// Instead of a redirect for a program that registered itself and whose request is wrong: otherwise whoever registers one makes this
/// server send people anywhere (RFC 9700 section 4.11.2). `onward` is the whole address, `host` what of it people can judge.
pub fn unvouched(browser: &Browser, client: &str, host: &str, onward: &str) -> Response {
    let fill = |text: Text| text.filled(browser.language, &[("client", client.to_owned()), ("host", host.to_owned())]);
    let mut frame = Frame::new(browser, Text::ErrorTitle.of(browser.language));
    frame.other = None;
    let (story, link) = (fill(Text::Unvouched), Some((onward.to_owned(), fill(Text::GoOnTo))));
    page::answer(browser, StatusCode::BAD_REQUEST, &Message { frame, story: &story, link }, None)
}
