//! An organisation's keys in the console: made and shown once, used, rotated, paused, ended; with forms alone.

use std::time::Duration;

use serde_json::json;
use testkit::{App, Visitor, basic, hidden};

use super::PASSWORD;

/// A server with Acme, of which Kim manages the keys: the organisation's id.
pub(super) async fn with_kim(app: &App) -> String {
    let acme = app.organisation("Acme").await;
    person(app, "kim", &acme, "key_manager").await;
    acme
}

pub(super) async fn person(app: &App, name: &str, organisation: &str, role: &str) {
    let email = format!("{name}@example.org");
    let body = json!({"name": name, "email": email, "organisation": organisation, "roles": [role], "password": PASSWORD});
    app.make("/api/v1/people", body).await;
}

pub(super) async fn browser<'a>(app: &'a App, name: &str) -> Visitor<'a> {
    let mut visitor = Visitor::new(app);
    visitor.sign_in(&format!("{name}@example.org"), PASSWORD).await.expect(303);
    visitor
}

/// What is on the page that shows a key: public and private.
pub(super) fn shown(html: &str) -> (String, String) {
    let secret = |number: u8| {
        let (_, rest) = html.split_once(&format!("id=\"secret-{number}\" tabindex=\"0\">")).unwrap_or_else(|| panic!("nothing in {html}"));
        rest.split('<').next().expect("a text").to_owned()
    };
    (secret(1), secret(2))
}

/// The ids of the keys in the list.
pub(super) fn ids(html: &str, list: &str) -> Vec<String> {
    let link = format!("<a href=\"{list}/");
    let links = html.split(&link).skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|id| id.len() == 36).map(str::to_owned).collect()
}

/// Asks for an access token with a key for itself: the status, and the token where there is one.
async fn ask(app: &App, public: &str, private: &str) -> (u16, String) {
    let call = app.call("POST", "/connect/token").header("authorization", &basic(public, private));
    let call = call.header("content-type", "application/x-www-form-urlencoded").bytes(b"grant_type=client_credentials".to_vec());
    let answer = call.send().await;
    let token = answer.json()["access_token"].as_str().unwrap_or_default().to_owned();
    (answer.status, token)
}

/// How the archive judges an access token.
async fn verdict(app: &App, archive: &str, token: &str) -> bool {
    let question = json!({"authorization": format!("Bearer {token}"), "method": "GET", "path": "/papers"});
    let answer = app.call("POST", "/api/v1/verify").token(archive).json(&question).send().await.expect(200);
    answer.json()["allowed"].as_bool().unwrap_or_else(|| panic!("{}", answer.text))
}

pub(super) const SERVER: [(&str, &str); 7] = [
    ("name", "Reports"),
    ("reach", "all"),
    ("purpose", "server"),
    ("may", "some"),
    ("permission", "archive:papers:read"),
    ("proof", "ours"),
    ("days", "365"),
];

#[tokio::test]
async fn a_key_is_made_shown_once_used_rotated_and_revoked() {
    for app in App::start_each().await {
        let acme = with_kim(&app).await;
        let archive = app.archive().await;
        let mut kim = browser(&app, "kim").await;
        let list = format!("/en/o/{acme}/keys");
        assert!(kim.get(&list).await.expect(200).text.contains("Your organisation has no API keys yet"));

        let made = kim.fill(&format!("{list}/new"), &SERVER).await.expect(200);
        assert_eq!(made.header("cache-control"), Some("no-store"));
        let (public, old) = shown(&made.text);
        assert!(made.text.contains("The key ‘Reports’ is ready") && made.text.contains(&format!("{public}:%s")), "{}", made.text);
        let (status, token) = ask(&app, &public, &old).await;
        assert_eq!((status, verdict(&app, &archive, &token).await), (200, true));

        let page = kim.get(&list).await.expect(200).text;
        assert!(page.contains(&public) && page.contains("Whole organisation") && !page.contains(&old), "{page}");
        let key = format!("{list}/{}", ids(&page, &list)[0]);
        let page = kim.get(&key).await.expect(200).text;
        assert!(page.contains(&public) && page.contains("archive:papers:read") && !page.contains(&old), "{page}");

        let (same, new) = shown(&kim.fill(&format!("{key}/rotate"), &[("overlap", "24"), ("days", "365")]).await.expect(200).text);
        assert_eq!(same, public);
        assert_eq!((ask(&app, &public, &old).await.0, ask(&app, &public, &new).await.0), (200, 200));
        let page = kim.get(&key).await.expect(200).text;
        assert_eq!(page.matches("/private-keys/").count(), 2, "both are there: {page}");
        assert!(!page.contains(&old) && !page.contains(&new), "{page}");
        app.clock.advance(Duration::from_secs(25 * 3_600));
        assert_eq!((ask(&app, &public, &old).await.0, ask(&app, &public, &new).await.0), (401, 200));

        let mut kim = browser(&app, "kim").await;
        let question = kim.get(&format!("{key}/revoke")).await.expect(200).text;
        assert!(question.contains("Revoke key ‘Reports’?") && question.contains(&public), "{question}");
        let (status, token) = ask(&app, &public, &new).await;
        assert_eq!((status, verdict(&app, &archive, &token).await), (200, true), "looking changes nothing");
        let ended = kim.fill(&format!("{key}/revoke"), &[]).await.expect(303);
        assert_eq!(ended.header("location"), Some(list.as_str()));
        assert_eq!((ask(&app, &public, &new).await.0, verdict(&app, &archive, &token).await), (401, false));
        assert!(kim.get(&list).await.expect(200).text.contains("Key ‘Reports’ no longer works."));
        kim.get(&key).await.expect(404);
    }
}

#[tokio::test]
async fn a_key_is_paused_and_works_again() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    app.archive().await;
    let mut kim = browser(&app, "kim").await;
    let list = format!("/nl/o/{acme}/keys");
    let (public, private) = shown(&kim.fill(&format!("{list}/new"), &SERVER).await.expect(200).text);
    let key = format!("{list}/{}", ids(&kim.get(&list).await.text, &list)[0]);
    for (state, status, said) in [("paused", 401, "is gepauzeerd"), ("working", 200, "werkt weer")] {
        kim.fill(&key, &[("state", state)]).await.expect(303);
        assert!(kim.get(&key).await.expect(200).text.contains(said));
        assert_eq!(ask(&app, &public, &private).await.0, status);
    }
    kim.fill(&key, &[("state", "paused")]).await.expect(303);
    let page = kim.fill(&format!("{key}/rotate"), &[("overlap", "24"), ("days", "365")]).await.expect(422).text;
    assert!(page.contains("De sleutel is gepauzeerd"), "{page}");
}

#[tokio::test]
async fn a_private_key_is_ended_alone_and_stopping_at_once_leaves_one() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    app.archive().await;
    let mut kim = browser(&app, "kim").await;
    let list = format!("/en/o/{acme}/keys");
    let (public, first) = shown(&kim.fill(&format!("{list}/new"), &SERVER).await.expect(200).text);
    let key = format!("{list}/{}", ids(&kim.get(&list).await.text, &list)[0]);
    kim.fill(&format!("{key}/rotate"), &[("overlap", "5"), ("days", "365")]).await.expect(422);
    kim.fill(&format!("{key}/rotate"), &[]).await.expect(422);
    assert_eq!(ask(&app, &public, &first).await.0, 200);
    let (_, second) = shown(&kim.fill(&format!("{key}/rotate"), &[("overlap", "0"), ("days", "365")]).await.expect(200).text);
    assert_eq!((ask(&app, &public, &first).await.0, ask(&app, &public, &second).await.0), (401, 200));

    let (_, third) = shown(&kim.fill(&format!("{key}/rotate"), &[("overlap", "720"), ("days", "365")]).await.expect(200).text);
    let page = kim.get(&key).await.expect(200).text;
    let ends: Vec<String> =
        page.split("href=\"").filter_map(|rest| rest.split('"').next()).filter(|link| link.ends_with("/end")).map(str::to_owned).collect();
    let of_old = ends.last().expect("the old one is last").clone();
    assert!(kim.get(&of_old).await.expect(200).text.contains("End private key"));
    kim.fill(&of_old, &[]).await.expect(303);
    assert_eq!((ask(&app, &public, &second).await.0, ask(&app, &public, &third).await.0), (401, 200));
    kim.get(&of_old).await.expect(404);
}

#[tokio::test]
async fn a_form_that_was_sent_twice_makes_one_key() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    app.archive().await;
    let mut kim = browser(&app, "kim").await;
    let list = format!("/en/o/{acme}/keys");
    let page = kim.get(&format!("{list}/new")).await.expect(200).text;
    let (csrf, nonce) = (hidden(&page, "csrf").expect("a token"), hidden(&page, "nonce").expect("a number"));
    let given = [("csrf", csrf.as_str()), ("nonce", nonce.as_str())];
    let fields: Vec<(&str, &str)> = given.into_iter().chain(SERVER).collect();
    let (_, private) = shown(&kim.post(&format!("{list}/new"), &fields).await.expect(200).text);
    let fields: Vec<(&str, &str)> = given.into_iter().chain([("name", "Another")]).chain(SERVER.into_iter().skip(1)).collect();
    let again = kim.post(&format!("{list}/new"), &fields).await.expect(409).text;
    assert!(again.contains("already made and shown") && !again.contains(&private), "{again}");
    assert_eq!(ids(&kim.get(&list).await.text, &list).len(), 1);
}

#[tokio::test]
async fn the_documented_address_leads_to_the_keys() {
    let app = App::start().await;
    let acme = with_kim(&app).await;
    let mut stranger = Visitor::new(&app);
    stranger.headers.push(("accept-language".to_owned(), "nl".to_owned()));
    assert_eq!(stranger.get("/general-settings/api").await.expect(302).header("location"), Some("/nl/general-settings/api"));
    stranger.get("/nl/general-settings/api").await.expect(303);
    let mut kim = browser(&app, "kim").await;
    let to = kim.get("/nl/general-settings/api").await.expect(303).header("location").expect("a place").to_owned();
    assert_eq!(to, format!("/nl/o/{acme}/keys"));
    assert!(kim.get(&to).await.expect(200).text.contains("aria-current=\"page\">API-sleutels"));
}
