//! What waits for a person: for one browser, for ten minutes, once.

use std::time::Duration;

use authority::Waiting;
use domain::{Digest, InteractionId};
use testkit::{App, Visitor, hidden};

use super::{PASSWORD, SESSION, signed_in, with_ann};

/// What an endpoint lets wait for this browser.
async fn begin(app: &App, visitor: &mut Visitor<'_>, waiting: Waiting) -> InteractionId {
    visitor.get("/sign-in").await;
    let visit = Digest::of(visitor.cookies["poort-visit"].as_bytes());
    let now = domain::time::Clock::now(&*app.clock);
    app.node.authority.wait_for_person(waiting, visit, None, now).await.expect("kept").expect("not too many")
}

fn waiting() -> Waiting {
    Waiting {
        resume: "/connect/authorize".to_owned(),
        request: "{}".to_owned(),
        client: Some("<b>Veldboek</b>".to_owned()),
        leads_to: Some("https://app.example".to_owned()),
        login_hint: Some("ann@example.org".to_owned()),
        sign_in_again: false,
    }
}

#[tokio::test]
async fn signing_in_leads_back_to_what_waits() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut visitor = Visitor::new(&app);
    let id = begin(&app, &mut visitor, waiting()).await;
    let path = format!("/sign-in?interaction={id}");
    let page = visitor.get(&path).await.expect(200);
    assert!(page.text.contains("value=\"ann") && page.text.contains("Veldboek") && !page.text.contains("<b>"), "{}", page.text);
    // The redirect after the form goes on to the app in the end: a browser must not stop it.
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.ends_with("form-action 'self' https://app.example")));
    let done = visitor.fill(&path, &[("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
    assert_eq!(done.header("location"), Some(format!("/connect/authorize/{id}").as_str()));
    // Whoever is signed in is not asked again, unless that is what was asked for, or somebody else wants to.
    visitor.get(&path).await.expect(303);
    visitor.get(&format!("{path}&switch=1")).await.expect(200);
}

#[tokio::test]
async fn another_browser_cannot_go_on_with_it() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut visitor = Visitor::new(&app);
    let path = format!("/sign-in?interaction={}", begin(&app, &mut visitor, waiting()).await);
    let mut other = Visitor::new(&app);
    other.get("/sign-in").await.expect(200);
    other.get(&path).await.expect(403);
    let csrf = hidden(&other.get("/sign-in").await.text, "csrf").expect("a token");
    other.post(&path, &[("csrf", &csrf), ("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(403);
    assert!(!other.cookies.contains_key(SESSION));
    app.clock.advance(Duration::from_secs(600));
    visitor.get(&path).await.expect(403);
    visitor.get("/sign-in?interaction=x").await.expect(403);
}

#[tokio::test]
async fn who_must_sign_in_again_must_do_so_after_it_began() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut visitor = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(5));
    let id = begin(&app, &mut visitor, Waiting { sign_in_again: true, ..waiting() }).await;
    let path = format!("/sign-in?interaction={id}");
    visitor.get(&path).await.expect(200);
    app.clock.advance(Duration::from_secs(5));
    visitor.fill(&path, &[("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
    visitor.get(&path).await.expect(303);
}
