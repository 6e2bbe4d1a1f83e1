//! Pages for whoever runs the installation: signed in as a person who was appointed. The mailbox opens with an operator token in the
//! browser's own dialogue, too.

pub(super) mod apis;
mod ask;
pub(super) mod health;
pub(super) mod keys;
mod mailbox;
pub(super) mod organisation;
pub(super) mod organisations;
pub(super) mod overview;
pub(super) mod people;
pub(super) mod person;
pub(super) mod policies;
mod sheet;
pub(super) mod suspension;
mod texts;
pub(super) mod view;

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::verify::Owner;
use domain::{Secret, presentation};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};

pub(super) use mailbox::show as mailbox;
pub(super) use policies::Policies;
use texts::Text;

use super::browser::Browser;
use super::failure::Failure;
use super::page::{self, Frame, Message};
use super::{Console, failure};
use crate::edge::{Code, Problem};

/// Admits a person who runs the installation; with a second factor, where that is asked for. For others there is no such page.
pub(super) async fn enter(console: &Console, browser: &Browser) -> Result<(), Response> {
    let Some(signed_in) = browser.signed_in.as_ref().filter(|person| person.is_operator) else { return Err(failure::not_found(browser)) };
    if console.operators_need_second_factor() {
        let has = console.authority().has_second_factor(signed_in.person.id).await.map_err(|error| failure::outage(browser, &error))?;
        if !has {
            let (story, again) = (Text::NeedsFactor.of(browser.language), browser.to("/profile/sign-in"));
            return Err(failure::page(browser, Failure { status: StatusCode::FORBIDDEN, story, detail: None, again: Some(&again) }));
        }
    }
    Ok(())
}

/// Admits a person who runs the installation, and whoever shows an operator token as the password of `Basic` (RFC 7617), with any name: it
/// stays in the browser's memory, and in no cookie. Whoever is signed in as somebody else finds nothing here; others get the page that
/// says so, with the status that opens the browser's dialogue.
pub(super) async fn enter_mailbox(console: &Console, browser: &Browser, headers: &HeaderMap) -> Result<(), Response> {
    if browser.signed_in.as_ref().is_some_and(|person| person.is_operator) {
        return Ok(());
    }
    let Some(token) = headers.get(AUTHORIZATION).and_then(|value| password(value.as_bytes())) else {
        return Err(if browser.signed_in.is_some() { failure::not_found(browser) } else { ask(browser) });
    };
    let bearer = Secret::new(format!("Bearer {}", token.expose()));
    let Ok(presented) = presentation::read(Some(bearer.expose().as_bytes()), None) else { return Err(ask(browser)) };
    match console.authority().verifier().authenticate(presented.as_ref(), browser.now, &[]) {
        Ok(Ok(facts)) if matches!(facts.owner, Owner::Operator) => Ok(()),
        Ok(_) => Err(ask(browser)),
        Err(unavailable) => Err(failure::outage(browser, &unavailable.into())),
    }
}

fn password(value: &[u8]) -> Option<Secret<String>> {
    let (scheme, rest) = std::str::from_utf8(value).ok()?.split_once(' ')?;
    let decoded = Secret::new(STANDARD.decode(rest.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?);
    let (_, password) = std::str::from_utf8(decoded.expose()).ok()?.split_once(':')?;
    Some(Secret::new(password.trim().to_owned()))
}

fn ask(browser: &Browser) -> Response {
    let say = |text: Text| text.of(browser.language);
    let message = Message { frame: Frame::new(browser, say(Text::ForOperators)), story: say(Text::ShowToken), link: None };
    let mut response = page::answer(browser, StatusCode::UNAUTHORIZED, &message, None);
    if response.status() != StatusCode::UNAUTHORIZED {
        return axum::response::IntoResponse::into_response(Problem::new(Code::Internal));
    }
    let challenge = HeaderValue::from_static("Basic realm=\"Poort: operator token\", charset=\"UTF-8\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}
