//! `/forgotten-password`, and the link that follows it.

use std::time::Duration;

use testkit::{App, Visitor};

use super::{at_once, journal, letter, letters, mail, seen};
use crate::console::{PASSWORD, signed_in, with_ann};

const OTHER: &str = "een ander lang wachtwoord";

async fn forgot(app: &App, email: &str) -> testkit::Answer {
    Visitor::new(app).fill("/en/forgotten-password", &[("email", email)]).await
}

#[tokio::test]
async fn a_link_sets_another_password_and_ends_every_session() {
    for app in App::start_each_with(mail).await {
        let ann = with_ann(&app).await;
        let mut elsewhere = signed_in(&app).await;
        let answer = forgot(&app, "ANN@example.org").await.expect(303);
        assert_eq!(answer.header("location"), Some("/en/forgotten-password/sent"));
        let first = letter(&app).await.link("/new-password/");
        forgot(&app, "ann@example.org").await.expect(303);
        let link = letter(&app).await.link("/new-password/");
        let mut visitor = Visitor::new(&app);
        let page = visitor.get(&link).await.expect(200).text;
        assert!(page.contains("value=\"ann@example.org\"") && page.contains("signed out everywhere"), "{page}");
        for wrong in ["short", "annannannann"] {
            visitor.fill(&link, &[("password", wrong)]).await.expect(422);
        }
        elsewhere.get("/en/profile").await.expect(200);
        let done = visitor.fill(&link, &[("password", OTHER)]).await.expect(303);
        assert_eq!(done.header("location"), Some("/en/password-changed"));
        assert!(visitor.get("/en/password-changed").await.expect(200).text.contains("signed out everywhere"));
        elsewhere.get("/en/profile").await.expect(303);
        Visitor::new(&app).sign_in("ann@example.org", PASSWORD).await.expect(422);
        Visitor::new(&app).sign_in("ann@example.org", OTHER).await.expect(303);
        // It is told by mail, proves the address, and the other link does not work any more.
        let told = letter(&app).await;
        assert_eq!(told.to, "ann@example.org");
        assert!(!told.text.contains("/new-password/"), "{}", told.text);
        let person = app.operate("GET", &format!("/api/v1/people/{ann}")).send().await.expect(200).json();
        assert_eq!(person["email_verified"], true);
        visitor.get(&link).await.expect(410);
        visitor.get(&first).await.expect(410);
        let journal = journal(&app).await;
        assert!(journal.contains("password_changed") && !journal.contains(OTHER) && !journal.contains("ann@"), "{journal}");
    }
}

#[tokio::test]
async fn tim_03_whether_an_address_has_an_account_shows_in_its_mail_only() {
    let app = App::start_with(mail).await;
    let ann = with_ann(&app).await;
    assert!(
        app.operate("PUT", &format!("/api/v1/people/{}/suspension", app.person("sam", &app.organisation("B").await, &["member"]).await))
            .send()
            .await
            .status
            < 300
    );
    let mut answers = Vec::new();
    for email in ["ann@example.org", "nobody@example.org", "sam@example.org"] {
        let mut visitor = Visitor::new(&app);
        let sent = visitor.fill("/en/forgotten-password", &[("email", email)]).await;
        let page = visitor.get("/en/forgotten-password/sent").await;
        answers.push((seen(&sent), seen(&page), page.text));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    let mails = letters(&app).await;
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ann@example.org"], "{ann}");
}

#[tokio::test]
async fn one_link_sets_one_password() {
    for app in App::start_each_with(mail).await {
        with_ann(&app).await;
        forgot(&app, "ann@example.org").await.expect(303);
        let link = letter(&app).await.link("/new-password/");
        let statuses = at_once(&app, &link, &[("password", OTHER)]).await;
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [303, 410].contains(status)), "{statuses:?}");
        assert_eq!(letters(&app).await.len(), 1, "told once");
    }
}

#[tokio::test]
async fn a_link_is_void_when_the_account_has_another_address_or_its_time_is_over() {
    let app = App::start_with(mail).await;
    let ann = with_ann(&app).await;
    forgot(&app, "ann@example.org").await.expect(303);
    let link = letter(&app).await.link("/new-password/");
    let path = format!("/api/v1/people/{ann}");
    let moved = |email: &'static str| app.operate("PATCH", &path).json(&serde_json::json!({"email": email})).send();
    moved("anna@example.org").await.expect(200);
    Visitor::new(&app).get(&link).await.expect(410);
    moved("ann@example.org").await.expect(200);
    let mut visitor = Visitor::new(&app);
    let page = visitor.get(&link).await.expect(200);
    let csrf = testkit::hidden(&page.text, "csrf").expect("a form");
    app.clock.advance(Duration::from_secs(86_400));
    visitor.post(&link, &[("csrf", &csrf), ("password", OTHER)]).await.expect(410);
    let told = letters(&app).await;
    assert_eq!(told.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ann@example.org", "anna@example.org"], "the old addresses");
    // A form that did not come from our page does nothing.
    forgot(&app, "ann@example.org").await.expect(303);
    let link = letter(&app).await.link("/new-password/");
    Visitor::new(&app).post(&link, &[("password", OTHER)]).await.expect(403);
    Visitor::new(&app).get(&link).await.expect(200);
}
