//! Pages for whoever runs the installation: signed in, or with an operator token in the browser's own dialogue.

mod mailbox;
mod texts;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::verify::Owner;
use domain::{Secret, presentation};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};

pub(super) use mailbox::show as mailbox;
use texts::Text;

use super::browser::Browser;
use super::page::{self, Frame, Message};
use super::{Console, failure};
use crate::edge::{Code, Problem};

/// Admits a person who runs the installation, and whoever shows an operator token as the password of `Basic` (RFC 7617), with any name: it stays in the browser's memory, and in
/// no cookie. Others get the page that says so, with the status that opens the browser's dialogue.
pub(super) async fn enter(console: &Console, browser: &Browser, headers: &HeaderMap) -> Result<(), axum::response::Response> {
    if let Some(person) = &browser.signed_in {
        let found = console.authority().runs_installation(person.person.id).await;
        if found.map_err(|error| failure::outage(browser, &error))? {
            return Ok(());
        }
    }
    let Some(token) = headers.get(AUTHORIZATION).and_then(|value| password(value.as_bytes())) else { return Err(ask(browser)) };
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

fn ask(browser: &Browser) -> axum::response::Response {
    let say = |text: Text| text.of(browser.language);
    let message = Message { frame: Frame::new(browser, say(Text::Operators)), story: say(Text::ShowToken), link: None };
    let mut response = page::answer(browser, StatusCode::UNAUTHORIZED, &message, None);
    if response.status() != StatusCode::UNAUTHORIZED {
        return axum::response::IntoResponse::into_response(Problem::new(Code::Internal));
    }
    let challenge = HeaderValue::from_static("Basic realm=\"Poort: operator token\", charset=\"UTF-8\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}
