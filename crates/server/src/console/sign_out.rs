//! `/sign-out`, and the pages of signing out at a program's request (OpenID Connect RP-Initiated Logout 1.0).

use askama::Template;
use authority::Which;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Deserialize;

use super::browser::Browser;
use super::cookie::Cookie;
use super::page::{self, Frame, Message, see_other};
use super::texts::Text;
use super::{Console, failure};
use crate::edge::{Code, Problem};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Fields {
    csrf: String,
    decision: String,
}

#[derive(Template)]
#[template(path = "console/question.html")]
struct Question<'v> {
    frame: Frame,
    story: Vec<String>,
    action: &'v str,
    csrf: String,
    hidden: &'v [(String, String)],
    yes: &'static str,
    no: &'static str,
}

/// The question whether to sign out, which a program asks for. The form is posted to `action` with `csrf`
/// ([`Browser::refuse_form`]), these fields and `decision`: `allow` to sign out, `deny` to stay. `leads_to` as for
/// [`super::consent::ConsentView`].
pub fn question(browser: &Browser, action: &str, client: Option<&str>, hidden: &[(String, String)], leads_to: Option<&str>) -> Response {
    let language = browser.language;
    let asker = client.map(|client| Text::SignOutFor.filled(language, &[("client", client.to_owned())]));
    let story = asker.into_iter().chain([Text::SignOutEffect.of(language).to_owned()]).collect();
    let mut frame = Frame::new(browser, Text::SignOutQuestion.of(language));
    frame.other = None;
    let (yes, no) = (Text::SignOut.of(language), Text::StaySignedIn.of(language));
    let view = Question { frame, story, action, csrf: browser.form_token(), hidden, yes, no };
    page::answer(browser, StatusCode::OK, &view, leads_to)
}

/// The page of whoever has signed out; with a link back to a program, which is its name and a checked URL.
pub fn signed_out(browser: &Browser, back: Option<(&str, &str)>) -> Response {
    let language = browser.language;
    let link = back.map(|(client, url)| (url.to_owned(), Text::BackTo.filled(language, &[("client", client.to_owned())])));
    let mut frame = Frame::new(browser, Text::SignedOutTitle.of(language));
    frame.account = None;
    let view = Message { frame, story: Text::SignedOutStory.of(language), link };
    page::answer(browser, StatusCode::OK, &view, None)
}

/// Ends the session of this browser, if it has one, and takes its cookie away: from `response`, which is the answer.
pub async fn end_session(console: &Console, browser: &Browser, response: Response) -> Response {
    if let Some(person) = &browser.signed_in {
        let session = &person.session;
        let ended = console.authority().end_sessions(&browser.context(), session.person, Which::One(session.id)).await;
        if let Err(error) = ended {
            return failure::outage(browser, &error);
        }
    }
    let mut response = browser.answer(response);
    browser.clear(&mut response, Cookie::Session);
    response
}

pub(super) async fn show(browser: Browser) -> Response {
    if browser.signed_in.is_none() {
        return browser.answer(see_other("/signed-out"));
    }
    question(&browser, "/sign-out", None, &[], None)
}

pub(super) async fn submit(State(console): State<Console>, browser: Browser, fields: Result<Form<Fields>, FormRejection>) -> Response {
    let Ok(Form(fields)) = fields else { return Problem::new(Code::InvalidBody).into_response() };
    if let Some(response) = browser.refuse_form(&fields.csrf) {
        return response;
    }
    if fields.decision == "deny" {
        return browser.answer(see_other("/"));
    }
    end_session(&console, &browser, see_other("/signed-out")).await
}

pub(super) async fn done(browser: Browser) -> Response {
    if browser.signed_in.is_some() {
        return browser.answer(see_other("/sign-out"));
    }
    signed_out(&browser, None)
}
