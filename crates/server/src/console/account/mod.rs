//! Getting an account and getting back into it: signing up, links that come by mail, passwords, addresses.
//!
//! The pages before a signing in say the same whether or not there is an account. What a link is for is done by its page's form
//! only: programs that read mail open every link in it.

pub(super) mod address;
pub(super) mod forgotten_password;
pub(super) mod join;
pub(super) mod linked;
pub(super) mod new_password;
pub(super) mod password;
pub(super) mod set_up;
pub(super) mod sign_up;
mod texts;
pub(super) mod verify;

use askama::Template;
use authority::{Arrival, Begun, LinkOver, LinkUnused, LinkView, PasswordProblem, Passwords};
use axum::response::Response;
use domain::Secret;
use domain::text::{Email, Name};
use http::StatusCode;

pub(super) use texts::Text;

use super::cookie::Cookie;
use super::factor::passkeys::offered;
use super::form::Form;
use super::page::{self, Frame, Link, Message, see_other};
use super::second_step;
use super::visit::{Answer, Visit};
use crate::outbound::encoded;

/// A page before signing in: what it is about, a form, and where else one may go.
#[derive(Template)]
#[template(path = "console/account/gate.html")]
struct Gate {
    frame: Frame,
    story: Vec<String>,
    form: Option<Form>,
    asks: Asks,
    button: &'static str,
    links: Vec<Link>,
}

/// What a form asks.
#[derive(Default)]
struct Asks {
    organisation: bool,
    name: bool,
    email: bool,
    /// The address that is known: browsers keep the new password with it.
    account: Option<Email>,
    password: bool,
}

impl Gate {
    fn new(visit: &Visit, title: Text, button: Text) -> Self {
        let (frame, button) = (Frame::new(&visit.browser, visit.say(title)), visit.say(button));
        Self { frame, story: Vec::new(), form: None, asks: Asks::default(), button, links: Vec::new() }
    }

    fn say(mut self, line: impl Into<String>) -> Self {
        self.story.push(line.into());
        self
    }

    fn ask(self, form: Form, asks: Asks) -> Self {
        Self { form: Some(form), asks, ..self }
    }

    fn link(mut self, href: impl Into<String>, label: &str) -> Self {
        self.links.push(Link::new(href, label));
        self
    }
}

/// A page that only says something.
fn message(visit: &Visit, status: StatusCode, (title, story): (Text, &str), link: Option<(String, String)>) -> Response {
    let view = Message { frame: Frame::new(&visit.browser, visit.say(title)), story, link };
    page::answer(&visit.browser, status, &view, None)
}

/// The page where this installation sends no mail.
fn no_mail(visit: &Visit, title: Text) -> Response {
    message(visit, StatusCode::OK, (title, visit.say(Text::NoMail)), None)
}

/// The secret of the link that the path names.
fn secret(visit: &Visit) -> Result<Secret<String>, Response> {
    visit.parameter::<String>("link").map(Secret::new)
}

/// What it is for.
async fn found(visit: &Visit) -> Result<(Secret<String>, LinkView), Response> {
    let secret = secret(visit)?;
    let view = visit.authority().mail_link(&secret, visit.browser.visit(), visit.browser.now).await;
    Ok((secret, view.map_err(|error| visit.refused(&error))?))
}

/// The page for a link that does not work, with where to get another one.
fn over(visit: &Visit, over: LinkOver, again: Option<(&str, Text)>) -> Response {
    let (status, story) = match over {
        LinkOver::Unknown => (StatusCode::NOT_FOUND, Text::LinkUnknown),
        LinkOver::Expired if again.is_none() => (StatusCode::GONE, Text::InvitationExpired),
        LinkOver::Expired => (StatusCode::GONE, Text::LinkExpired),
        LinkOver::Used => (StatusCode::GONE, Text::LinkUsed),
        LinkOver::Withdrawn if again.is_none() => (StatusCode::GONE, Text::InvitationWithdrawn),
        LinkOver::Withdrawn | LinkOver::Void => (StatusCode::GONE, Text::LinkVoid),
    };
    let link = match (over, again) {
        (LinkOver::Used, _) | (_, None) => (visit.to("/profile"), visit.say(Text::ToSignIn)),
        (_, Some((path, label))) => (visit.to(path), visit.say(label)),
    };
    message(visit, status, (Text::LinkOverTitle, visit.say(story)), Some((link.0, link.1.to_owned())))
}

/// The page for a link that was not used.
fn unused(visit: &Visit, unused: LinkUnused, again: Option<(&str, Text)>) -> Response {
    match unused {
        LinkUnused::Over(why) => over(visit, why, again),
        LinkUnused::AddressTaken => {
            let link = (visit.to("/profile"), visit.say(Text::ToSignIn).to_owned());
            message(visit, StatusCode::CONFLICT, (Text::LinkOverTitle, visit.say(Text::AddressTaken)), Some(link))
        }
        LinkUnused::OtherPerson => message(visit, StatusCode::FORBIDDEN, (Text::LinkOverTitle, visit.say(Text::OtherAccount)), None),
        // Its page asks for one, or says so.
        LinkUnused::PasswordNeeded | LinkUnused::AlreadyMember => over(visit, LinkOver::Void, again),
    }
}

fn name(visit: &Visit, form: &mut Form) -> Option<Name> {
    let name = Name::new(form.value("name"));
    form.take("name", name, visit.say(Text::NameWrong))
}

fn email(visit: &Visit, form: &mut Form) -> Option<Email> {
    let email = Email::new(form.value("email"));
    form.take("email", email, visit.say(Text::EmailWrong))
}

/// The password that was chosen, by somebody of whom this is known.
fn password(visit: &Visit, form: &mut Form, known: &[&str]) -> Option<Secret<String>> {
    let password = Secret::new(form.value("password").to_owned());
    let Some(problem) = Passwords::problem(&password, known) else { return Some(password) };
    let text = match problem {
        PasswordProblem::Short => Text::PasswordShort,
        PasswordProblem::Long => Text::PasswordLong,
        PasswordProblem::Common => Text::PasswordCommon,
    };
    form.refuse("password", visit.say(text));
    None
}

/// The browser, as a link's use needs it.
fn arrival(visit: &Visit) -> Arrival {
    let browser = &visit.browser;
    Arrival { visit: browser.visit(), language: browser.language.into(), browser: browser.facts(), limits: visit.console.limits() }
}

/// Sends whoever got an account on to this page, signed in; a passkey is offered on the way.
fn welcome(visit: &Visit, begun: Option<&Begun>, path: &str) -> Response {
    match begun {
        Some(begun) => second_step::done(&visit.browser, begun, &visit.to(&offered(visit, path))),
        None => visit.browser.answer(see_other(&to_sign_in(&visit.to(path), false))),
    }
}

/// Where one signs in and comes back from; as somebody else, if so asked.
fn to_sign_in(next: &str, switch: bool) -> String {
    let next = encoded(&[("next", next)]);
    if switch { format!("/sign-in?switch=1&{next}") } else { format!("/sign-in?{next}") }
}

/// `/sign-up/sent` and `/forgotten-password/sent`: the same, whoever asked for whatever address.
pub(super) async fn sent(visit: Visit) -> Answer {
    Ok(message(&visit, StatusCode::OK, (Text::SentTitle, visit.say(Text::SentStory)), None))
}

/// Forgets that a session's cookie is there: what the page says next is for nobody.
fn without_session(visit: &Visit, mut response: Response) -> Response {
    visit.browser.clear(&mut response, Cookie::Session);
    response
}
