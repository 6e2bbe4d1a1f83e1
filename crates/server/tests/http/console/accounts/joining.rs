//! `/invitation/{link}`: becoming a member, with an account that is there or a new one.

use testkit::{App, Visitor};

use super::{at_once, journal, letter, letters, mail};
use crate::console::keys::{browser, person};
use crate::console::{PASSWORD, SESSION};

/// Acme, which Olga owns, and an invitation of somebody.
async fn invited(app: &App, email: &str) -> (String, String) {
    let acme = app.organisation("Acme").await;
    person(app, "olga", &acme, "owner").await;
    let link = invite(app, &acme, email).await;
    (acme, link)
}

async fn invite(app: &App, acme: &str, email: &str) -> String {
    let mut olga = browser(app, "olga").await;
    let form = format!("/en/o/{acme}/members/invite");
    olga.fill(&form, &[("emails", email), ("roles", "member"), ("roles", "project_manager")]).await.expect(303);
    letter(app).await.link("/invitation/")
}

async fn members(app: &App, acme: &str) -> Vec<serde_json::Value> {
    let found = app.operate("GET", &format!("/api/v1/organisations/{acme}/members")).send().await.expect(200).json();
    found["items"].as_array().expect("members").clone()
}

#[tokio::test]
async fn whoever_has_no_account_gets_one_with_the_address() {
    for app in App::start_each_with(|config| {
        mail(config);
        config.sign_up_open = false;
    })
    .await
    {
        let (acme, link) = invited(&app, "nina@example.org").await;
        let mut nina = Visitor::new(&app);
        let page = nina.get(&link).await.expect(200).text;
        for shown in ["olga invites you", "Acme", "Member", "Project manager", "value=\"nina@example.org\"", "readonly"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        nina.fill(&link, &[("name", ""), ("password", "short")]).await.expect(422);
        let done = nina.fill(&link, &[("name", "Nina"), ("password", PASSWORD), ("email", "boss@example.org")]).await.expect(303);
        assert_eq!(done.header("location"), Some(format!("/en/o/{acme}").as_str()));
        assert!(nina.cookies.contains_key(SESSION));
        nina.get(&format!("/en/o/{acme}")).await.expect(200);
        let found = members(&app, &acme).await;
        assert_eq!(found.len(), 2);
        assert!(found.iter().any(|member| member["roles"] == serde_json::json!(["project_manager", "member"])), "{found:?}");
        let person = app.operate("GET", "/api/v1/people?email=nina@example.org").send().await.expect(200).json();
        assert_eq!(person["items"][0]["email_verified"], true);
        Visitor::new(&app).get(&link).await.expect(410);
        let journal = journal(&app).await;
        assert!(journal.contains("membership_created") && !journal.contains("nina@") && !journal.contains("Nina"), "{journal}");
    }
}

#[tokio::test]
async fn whoever_has_an_account_joins_with_it_and_with_no_other() {
    let app = App::start_with(mail).await;
    let beta = app.organisation("Beta").await;
    for name in ["nina", "bob"] {
        person(&app, name, &beta, "member").await;
    }
    let (acme, link) = invited(&app, "NINA@example.org").await;
    let mut bob = browser(&app, "bob").await;
    let page = bob.get(&link).await.expect(403).text;
    assert!(page.contains("This invitation is for NINA@example.org. You are signed in as bob@example.org."), "{page}");
    let csrf = testkit::hidden(&bob.get("/en/profile").await.text, "csrf").expect("a form");
    bob.post(&link, &[("csrf", &csrf)]).await.expect(403);

    let mut nina = Visitor::new(&app);
    let page = nina.get(&link).await.expect(200).text;
    assert!(page.contains("Sign in to join") && !page.contains("type=\"password\""), "{page}");
    let csrf = testkit::hidden(&nina.get("/sign-in").await.text, "csrf").expect("a form");
    let _ = csrf;
    let fields = [("email", "nina@example.org"), ("password", PASSWORD)];
    let back = nina.fill(&format!("/sign-in?next={link}"), &fields).await.expect(303);
    assert_eq!(back.header("location"), Some(link.as_str()));
    nina.fill(&link, &[]).await.expect(303);
    assert!(nina.get(&format!("/en/o/{acme}")).await.expect(200).text.contains("You are now a member of Acme."));
    assert_eq!(members(&app, &acme).await.len(), 2);
    nina.get(&link).await.expect(410);
    // A member is not invited, and one who became one meanwhile is told.
    person(&app, "late", &beta, "member").await;
    let link = invite(&app, &acme, "late@example.org").await;
    let late = app.operate("GET", "/api/v1/people?email=late@example.org").send().await.expect(200).member("/items/0/id");
    app.make(&format!("/api/v1/people/{late}/memberships"), serde_json::json!({"organisation": acme})).await;
    assert!(browser(&app, "late").await.get(&link).await.expect(409).text.contains("You are a member of Acme already."));
}

#[tokio::test]
async fn an_invitation_is_judged_again_when_it_is_accepted() {
    let app = App::start_with(mail).await;
    let (acme, link) = invited(&app, "nina@example.org").await;
    let olga = members(&app, &acme).await[0].clone();
    let (membership, who) = (olga["id"].as_str().expect("an id"), olga["person"].as_str().expect("an id"));
    person(&app, "otto", &acme, "owner").await;
    let opens = async || Visitor::new(&app).get(&link).await.status;
    assert_eq!(opens().await, 200);
    let (person, organisation) = (format!("/api/v1/people/{who}/suspension"), format!("/api/v1/organisations/{acme}/suspension"));
    for path in [&person, &organisation] {
        assert!(app.operate("PUT", path).send().await.status < 300);
        assert_eq!(opens().await, 410, "{path}");
        assert!(app.operate("DELETE", path).send().await.status < 300);
        assert_eq!(opens().await, 200, "{path}");
    }
    // No longer an owner, and then no longer there: also where the page was open already.
    let mut nina = Visitor::new(&app);
    let csrf = testkit::hidden(&nina.get(&link).await.text, "csrf").expect("a form");
    let path = format!("/api/v1/memberships/{membership}");
    app.operate("PATCH", &path).json(&serde_json::json!({"roles": ["member"]})).send().await.expect(200);
    assert_eq!(opens().await, 410);
    app.operate("PATCH", &path).json(&serde_json::json!({"roles": ["owner"]})).send().await.expect(200);
    assert!(app.operate("DELETE", &path).send().await.status < 300);
    let page = nina.post(&link, &[("csrf", &csrf), ("name", "Nina"), ("password", PASSWORD)]).await.expect(410).text;
    assert!(page.contains("This invitation is no longer valid."), "{page}");
    assert_eq!(members(&app, &acme).await.len(), 1);
    assert!(letters(&app).await.is_empty());
}

#[tokio::test]
async fn one_invitation_makes_one_member() {
    for app in App::start_each_with(mail).await {
        let (acme, link) = invited(&app, "nina@example.org").await;
        let statuses = at_once(&app, &link, &[("name", "Nina"), ("password", PASSWORD)]).await;
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [303, 409, 410].contains(status)), "{statuses:?}");
        assert_eq!(members(&app, &acme).await.len(), 2);
    }
}
