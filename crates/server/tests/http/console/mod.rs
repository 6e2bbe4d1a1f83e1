//! The pages for people, over real HTTP.

mod accounts;
mod announcements;
mod attacks;
mod audit;
mod authenticator;
mod fence;
mod forms;
mod frame;
mod interactions;
mod keys;
mod keys_forms;
mod keys_proof;
mod members;
mod new_browser;
mod operator;
mod organisation;
mod outage;
mod passkeys;
mod profile;
mod providers;
pub(crate) mod second_factors;
mod sessions;
mod sign_in;
mod themes;
mod tokens;
mod unsaved;
mod why;

use testkit::{App, Visitor};

const PASSWORD: &str = "correct horse battery";
const SESSION: &str = "poort-session";

/// A server with Ann, a member of an organisation, who has a password.
async fn with_ann(app: &App) -> String {
    let organisation = app.organisation("Acme").await;
    app.person_with_password("ann", &organisation, PASSWORD).await
}

/// Ann's browser, signed in.
async fn signed_in(app: &App) -> Visitor<'_> {
    let mut visitor = Visitor::new(app);
    visitor.sign_in("ann@example.org", PASSWORD).await.expect(303);
    assert!(visitor.cookies.contains_key(SESSION));
    visitor
}
