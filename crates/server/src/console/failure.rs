//! Pages for what did not work, each with the number of the request.

use askama::Template;
use authority::Error;
use axum::response::Response;
use domain::RequestId;
use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER};

use super::browser::Browser;
use super::page::{self, Frame};
use super::texts::Text;
use crate::edge::{Code, Problem};

/// What did not work.
pub struct Failure<'f> {
    /// The status.
    pub status: StatusCode,
    /// What happened and what to do, in the page's language.
    pub story: &'f str,
    /// For whoever made the program that sent the browser here: a code, a parameter. Shown as text.
    pub detail: Option<&'f str>,
    /// A page of ours to begin again at.
    pub again: Option<&'f str>,
}

#[derive(Template)]
#[template(path = "console/failure.html")]
struct View<'v> {
    frame: Frame,
    number: String,
    failure: Failure<'v>,
}

/// The page. It leads nowhere by itself: no redirect, whatever was sent along.
pub fn page(browser: &Browser, failure: Failure<'_>) -> Response {
    let mut frame = Frame::new(browser, Text::ErrorTitle.of(browser.language));
    frame.other = None;
    let number = Text::Number.filled(browser.language, &[("id", browser.request_id.to_string())]);
    let status = failure.status;
    page::answer(browser, status, &View { frame, number, failure }, None)
}

/// The page for a request of a program that is not right, and whose answer it must not get (RFC 6749 section 4.1.2.1): 400.
/// `detail` is shown as text.
pub fn app_mistake(browser: &Browser, detail: &str) -> Response {
    let story = Text::AppMistake.of(browser.language);
    let mut response = page(browser, Failure { status: StatusCode::BAD_REQUEST, story, detail: Some(detail), again: None });
    response.extensions_mut().insert(Detail(detail.to_owned()));
    response
}

/// What a page tells whoever made the program, beside the page for whoever explains it.
#[derive(Debug, Clone)]
pub struct Detail(pub String);

/// The page for what waited too long, or waits for another browser: 403.
pub fn interaction_over(browser: &Browser) -> Response {
    say(browser, StatusCode::FORBIDDEN, Text::InteractionOver)
}

/// The page for whoever is a member of no organisation, and has nothing to give access to: 403.
pub fn no_member(browser: &Browser) -> Response {
    let withheld = browser.signed_in.as_ref().is_some_and(|person| !person.withheld.is_empty());
    say(browser, StatusCode::FORBIDDEN, if withheld { Text::NoSecondFactor } else { Text::NoMember })
}

/// The page where too much waits already: 429.
pub fn too_many(browser: &Browser) -> Response {
    let mut response = say(browser, StatusCode::TOO_MANY_REQUESTS, Text::TooManyRequests);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// The page for a use case that failed. Its cause goes to the log.
pub fn outage(browser: &Browser, error: &Error) -> Response {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    match error {
        Error::OutcomeUnknown(_) => {
            tracing::error!(%error, cause, request = %browser.request_id, "whether a page's change was made is not known");
            say(browser, StatusCode::GATEWAY_TIMEOUT, Text::OutcomeUnknown)
        }
        Error::Unavailable(_) => {
            tracing::error!(%error, cause, request = %browser.request_id, "a page cannot be answered");
            let mut response = say(browser, StatusCode::SERVICE_UNAVAILABLE, Text::Unavailable);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(crate::edge::problem::RETRY_AFTER_SECONDS));
            response
        }
        // No page asks for what could be refused otherwise.
        _ => {
            tracing::error!(%error, request = %browser.request_id, "a page's use case was refused");
            say(browser, StatusCode::INTERNAL_SERVER_ERROR, Text::ErrorTitle)
        }
    }
}

pub(super) fn outdated(browser: &Browser) -> Response {
    let story = Text::FormOutdated.of(browser.language);
    page(browser, Failure { status: StatusCode::FORBIDDEN, story, detail: None, again: Some(&browser.here) })
}

/// The page for what is not there, and for what may not be seen: nobody can tell which.
pub(super) fn not_found(browser: &Browser) -> Response {
    say(browser, StatusCode::NOT_FOUND, Text::NotFound)
}

/// The page for a member who may not do this: with the names of those who may.
pub(super) fn forbidden(browser: &Browser, managers: &[String]) -> Response {
    let story = match managers {
        [] => Text::Forbidden.of(browser.language).to_owned(),
        names => Text::ForbiddenAsk.filled(browser.language, &[("names", names.join(", "))]),
    };
    page(browser, Failure { status: StatusCode::FORBIDDEN, story: &story, detail: None, again: None })
}

pub(super) fn exposed(browser: &Browser) -> Response {
    say(browser, StatusCode::FORBIDDEN, Text::NeedsHttps)
}

pub(super) fn say(browser: &Browser, status: StatusCode, text: Text) -> Response {
    page(browser, Failure { status, story: text.of(browser.language), detail: None, again: None })
}

/// Where not even the browser could be read.
pub(super) fn unreadable(error: &Error, request: RequestId) -> Response {
    tracing::error!(%error, %request, "a page cannot be answered");
    axum::response::IntoResponse::into_response(Problem::new(Code::Unavailable))
}
