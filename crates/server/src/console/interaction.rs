//! Letting a request wait for a person: until somebody has signed in, or has answered a page.
//!
//! An endpoint keeps its request with [`begin`], sends the browser to the sign-in page with [`to_sign_in`], and finds the
//! request again at `{resume}/{id}` with [`find`]. Only the browser in which it began can go on with it. Whoever finishes it,
//! does so once: [`finish`].

use authority::{Interaction, Waiting};
use axum::response::Response;
use domain::InteractionId;

use super::browser::Browser;
use super::{Console, failure, page};

/// Keeps a request for this browser, for ten minutes. The error is the page to answer with.
pub async fn begin(console: &Console, browser: &Browser, waiting: Waiting) -> Result<InteractionId, Response> {
    let begun = console.authority().wait_for_person(waiting, browser.visit(), Some(browser.address), browser.now).await;
    match begun {
        Ok(Some(id)) => Ok(id),
        Ok(None) => Err(failure::too_many(browser)),
        Err(error) => Err(failure::outage(browser, &error)),
    }
}

/// Sends the browser to sign in, and from there to `{resume}/{id}`.
pub fn to_sign_in(browser: &Browser, id: InteractionId) -> Response {
    browser.answer(page::see_other(&format!("/sign-in?interaction={id}")))
}

/// Where whoever wants to sign in as somebody else goes: for [`super::consent::ConsentView::other_account`].
pub fn other_account(id: InteractionId) -> String {
    format!("/sign-in?interaction={id}&switch=1")
}

/// What waits under this id, in this browser. Another browser, and a request that is over, get a page that says so (403).
pub async fn find(console: &Console, browser: &Browser, id: &str) -> Result<Interaction, Response> {
    let Ok(id) = id.parse::<InteractionId>() else { return Err(failure::interaction_over(browser)) };
    match console.authority().interaction(id, browser.visit(), browser.now).await {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(failure::interaction_over(browser)),
        Err(error) => Err(failure::outage(browser, &error)),
    }
}

/// Takes what waits, once: whoever comes second gets the page that says that it is over.
pub async fn finish(console: &Console, browser: &Browser, id: InteractionId) -> Result<(), Response> {
    match console.authority().take_interaction(id, browser.visit(), browser.now).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(failure::interaction_over(browser)),
        Err(error) => Err(failure::outage(browser, &error)),
    }
}

/// Where the browser goes on with it.
pub(super) fn resume(found: &Interaction) -> String {
    format!("{}/{}", found.resume, found.id)
}
