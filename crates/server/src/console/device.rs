//! The pages of the device flow (RFC 8628): typing the code, and what came of it.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::browser::Browser;
use super::page::{self, Frame, Message};
use super::texts::Text;

#[derive(Template)]
#[template(path = "console/device.html")]
struct Entry<'v> {
    frame: Frame,
    action: &'v str,
    csrf: String,
    code: &'v str,
    problem: Option<&'static str>,
}

/// The page on which the code is typed. The form is posted to `action` with `csrf` ([`Browser::refuse_form`]) and `user_code`.
/// A code that came with the link is filled in and must still be sent (section 3.3.1).
pub fn entry(browser: &Browser, action: &str, code: &str, is_unknown: bool) -> Response {
    let frame = Frame::new(browser, Text::DeviceTitle.of(browser.language));
    let problem = is_unknown.then(|| Text::DeviceUnknown.of(browser.language));
    let status = if is_unknown { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page::answer(browser, status, &Entry { frame, action, csrf: browser.form_token(), code, problem }, None)
}

/// The page after the person's answer.
pub fn answered(browser: &Browser, allowed: bool) -> Response {
    let (title, story) = if allowed { (Text::DeviceDone, Text::DeviceDoneStory) } else { (Text::DeviceRefused, Text::DeviceRefusedStory) };
    let mut frame = Frame::new(browser, title.of(browser.language));
    frame.other = None;
    page::answer(browser, StatusCode::OK, &Message { frame, story: story.of(browser.language), link: None }, None)
}
