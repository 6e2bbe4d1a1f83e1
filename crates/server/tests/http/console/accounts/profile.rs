//! One's own password and mail address, changed in a session.

use std::time::Duration;

use testkit::{App, Visitor};

use super::{letter, letters, mail};
use crate::console::{PASSWORD, signed_in, with_ann};

const OTHER: &str = "een ander lang wachtwoord";

#[tokio::test]
async fn who_changes_the_password_stays_signed_in_here_and_nowhere_else() {
    let app = App::start_with(mail).await;
    with_ann(&app).await;
    let (mut here, mut elsewhere) = (signed_in(&app).await, signed_in(&app).await);
    let block = here.get("/en/profile/sign-in").await.expect(200).text;
    assert!(block.contains("/en/profile/sign-in/password"), "{block}");
    for wrong in ["", "short", "annannannann"] {
        here.fill("/en/profile/sign-in/password", &[("password", wrong)]).await.expect(422);
    }
    here.fill("/en/profile/sign-in/password", &[("password", OTHER)]).await.expect(303);
    let said = here.get("/en/profile/sign-in").await.expect(200).text;
    assert!(said.contains("Your password is changed. Everywhere else you are signed out."), "{said}");
    elsewhere.get("/en/profile").await.expect(303);
    Visitor::new(&app).sign_in("ann@example.org", PASSWORD).await.expect(422);
    Visitor::new(&app).sign_in("ann@example.org", OTHER).await.expect(303);
    assert_eq!(letter(&app).await.to, "ann@example.org");
    // Whoever signed in longer ago must do so again first.
    app.clock.advance(Duration::from_secs(15 * 60));
    let asked = here.get("/en/profile/sign-in/password").await.expect(303);
    assert!(asked.header("location").expect("a page").starts_with("/en/confirm-identity"));
}

#[tokio::test]
async fn another_address_counts_when_it_is_proven() {
    let app = App::start_with(mail).await;
    let ann = with_ann(&app).await;
    let mut visitor = signed_in(&app).await;
    let shown = async || app.operate("GET", &format!("/api/v1/people/{ann}")).send().await.expect(200).json();
    assert!(visitor.get("/en/profile").await.expect(200).text.contains("not confirmed"));
    // The present one first.
    visitor.fill("/en/profile/email", &[("email", "ann@example.org")]).await.expect(303);
    let link = letter(&app).await.link("/verify/");
    visitor.fill(&link, &[]).await.expect(303);
    assert!(visitor.get("/en/profile").await.expect(200).text.contains("Your e-mail address is confirmed."));
    assert_eq!(shown().await["email_verified"], true);

    visitor.fill("/en/profile/email", &[("email", "anna@example.org")]).await.expect(303);
    let new = letter(&app).await;
    assert_eq!(new.to, "anna@example.org");
    assert_eq!(shown().await["email"], "ann@example.org", "not yet");
    let link = new.link("/verify/");
    // Whoever else reads the mail of that address does not put it into Ann's account.
    let mut stranger = Visitor::new(&app);
    assert!(stranger.get(&link).await.expect(303).header("location").expect("a page").starts_with("/sign-in"));
    let organisation = app.organisation("B").await;
    app.person_with_password("bob", &organisation, PASSWORD).await;
    stranger.sign_in("bob@example.org", PASSWORD).await.expect(303);
    stranger.get(&link).await.expect(403);
    visitor.fill(&link, &[]).await.expect(303);
    let person = shown().await;
    assert_eq!((&person["email"], &person["email_verified"]), (&"anna@example.org".into(), &true.into()));
    let told = letter(&app).await;
    assert_eq!(told.to, "ann@example.org", "the address that it was");
    assert!(told.text.contains("Subject: The e-mail address of your account was changed"), "{}", told.text);
    assert!(told.text.contains("/en/profile/email") && !told.text.contains("anna@example.org") && !told.text.contains("/verify/"));
    // Somebody else's is not taken; its holder is told.
    visitor.fill("/en/profile/email", &[("email", "bob@example.org")]).await.expect(303);
    let mails = letters(&app).await;
    assert!(mails.iter().any(|mail| mail.to == "bob@example.org" && !mail.text.contains("/verify/")), "{mails:#?}");
    // What an owner or an operator writes there is not proven.
    let path = format!("/api/v1/people/{ann}");
    app.operate("PATCH", &path).json(&serde_json::json!({"email": "ann3@example.org"})).send().await.expect(200);
    assert_eq!(letter(&app).await.to, "anna@example.org", "whoever changed it");
    app.operate("PATCH", &path).json(&serde_json::json!({"email": "Ann3@example.org", "name": "Anna"})).send().await.expect(200);
    assert!(letters(&app).await.is_empty(), "it is the same one");
    assert_eq!(shown().await["email_verified"], false);
}
