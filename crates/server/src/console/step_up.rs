//! `/confirm-identity`: for what matters most, the person has proved within the last quarter of an hour who they are.

use std::time::Duration;

use authority::Waiting;
use axum::response::Response;

use super::browser::Browser;
use super::interaction;
use super::page::{local_path, see_other};
use super::visit::{Answer, Visit};
use crate::outbound::encoded;

/// For how long a signing in counts.
const FRESH_FOR: Duration = Duration::from_secs(15 * 60);

/// Whether the person signed in a short while ago.
pub(super) fn is_fresh(browser: &Browser) -> bool {
    browser.signed_in.as_ref().is_some_and(|person| person.session.auth_time.saturating_add(FRESH_FOR) > browser.now)
}

/// Sends the browser to prove it again, and from there to this page of ours.
pub(super) fn ask(browser: &Browser, next: &str) -> Response {
    browser.answer(see_other(&format!("{}?{}", browser.to("/confirm-identity"), encoded(&[("return", next)]))))
}

/// Asks for it on the page for signing in, with every way to sign in that there is.
pub(super) async fn show(visit: Visit) -> Answer {
    let next = local_path(visit.query.text("return")).unwrap_or("/");
    let email = visit.person().person.email.clone();
    let waiting = Waiting {
        resume: visit.to("/confirm-identity"),
        request: next.to_owned(),
        sign_in_again: true,
        login_hint: email.map(String::from),
        ..Waiting::default()
    };
    let id = interaction::begin(&visit.console, &visit.browser, waiting).await?;
    Ok(interaction::to_sign_in(&visit.browser, id))
}

/// Back to the page.
pub(super) async fn done(visit: Visit) -> Answer {
    let id: String = visit.parameter("interaction")?;
    let found = interaction::find(&visit.console, &visit.browser, &id).await?;
    interaction::finish(&visit.console, &visit.browser, found.id).await?;
    Ok(visit.browser.answer(see_other(local_path(&found.request).unwrap_or("/"))))
}
