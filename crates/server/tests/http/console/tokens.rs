//! Everybody's own tokens in the console: made and shown once, used, renewed, ended; with forms alone.

use std::time::Duration;

use testkit::{App, Visitor, hidden};

use super::{PASSWORD, signed_in, with_ann};

const LIST: &str = "/en/profile/tokens";
const NEW: &str = "/en/profile/tokens/new";

/// The secret on the page that shows it.
fn secret(html: &str) -> String {
    let (_, rest) = html.split_once("id=\"secret-1\" tabindex=\"0\">").unwrap_or_else(|| panic!("no secret in {html}"));
    rest.split('<').next().expect("a text").to_owned()
}

/// The id of the only token in the list.
fn only_id(html: &str) -> String {
    let ids: Vec<&str> = html.split("/profile/tokens/").filter_map(|rest| rest.split_once("/delete\"")).map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 1, "{html}");
    ids[0].to_owned()
}

async fn status(app: &App, token: &str) -> u16 {
    app.call("GET", "/api/v1/whoami").token(token).send().await.status
}

#[tokio::test]
async fn a_token_is_made_shown_once_used_and_ended() {
    for app in App::start_each().await {
        with_ann(&app).await;
        let mut ann = signed_in(&app).await;
        assert!(ann.get("/en/profile").await.expect(200).text.contains("/en/profile/tokens/new"), "the + button");
        let made = ann.fill(NEW, &[("description", "pycharm"), ("may", "all"), ("days", "90")]).await.expect(200);
        assert_eq!(made.header("cache-control"), Some("no-store"));
        assert!(made.text.contains("Your token ‘pycharm’ is ready"), "{}", made.text);
        let secret = secret(&made.text);
        assert_eq!(status(&app, &secret).await, 200);

        let list = ann.get(LIST).await.expect(200).text;
        assert!(list.contains("pycharm") && list.contains("90 days left") && !list.contains(&secret), "{list}");
        let id = only_id(&list);
        let question = ann.get(&format!("{LIST}/{id}/delete")).await.expect(200).text;
        assert!(question.contains("Delete token ‘pycharm’?"), "{question}");
        assert_eq!(status(&app, &secret).await, 200, "looking changes nothing");
        let ended = ann.fill(&format!("{LIST}/{id}/delete"), &[]).await.expect(303);
        assert_eq!(ended.header("location"), Some(LIST));
        assert_eq!(status(&app, &secret).await, 401);
        let list = ann.get(LIST).await.expect(200).text;
        assert!(list.contains("Token ‘pycharm’ no longer works.") && list.contains("You have no tokens yet"), "{list}");
        ann.get(&format!("{LIST}/{id}/delete")).await.expect(404);
    }
}

#[tokio::test]
async fn a_form_that_was_sent_twice_makes_one_token() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    let page = ann.get(NEW).await.expect(200).text;
    let (csrf, nonce) = (hidden(&page, "csrf").expect("a token"), hidden(&page, "nonce").expect("a number"));
    let fields = [("csrf", csrf.as_str()), ("nonce", &nonce), ("description", "pycharm"), ("may", "all"), ("days", "90")];
    let secret = secret(&ann.post(NEW, &fields).await.expect(200).text);
    for minutes in [0, 12] {
        // An answer that is kept for a repeated call of the API would be gone by then.
        app.clock.advance(Duration::from_secs(minutes * 60));
        // The description is another one, so that only the number tells.
        let again = [fields[0], fields[1], ("description", "another"), fields[3], fields[4]];
        let page = ann.post(NEW, &again).await.expect(409);
        assert!(page.text.contains("already made and shown") && !page.text.contains(&secret), "{}", page.text);
    }
    only_id(&ann.get(LIST).await.text);
    ann.post(NEW, &[fields[0], fields[2], fields[3], fields[4]]).await.expect(403);
}

#[tokio::test]
async fn what_is_wrong_is_told_beside_the_field_and_above_the_form() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    let page = ann.fill(NEW, &[("description", "py"), ("may", "some"), ("days", "later"), ("until", "2020-01-01")]).await.expect(422).text;
    for part in [
        "3 more things",
        "href=\"#description\"",
        "id=\"description-problem\"",
        "aria-describedby=\"description-help description-problem\"",
        "value=\"py\"",
        "value=\"later\" id=\"days-5\" checked",
        "href=\"#until\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    ann.fill(NEW, &[("description", "pycharm"), ("may", "all"), ("days", "7")]).await.expect(200);
    let page = ann.fill(NEW, &[("description", "PyCharm"), ("may", "all"), ("days", "7")]).await.expect(422).text;
    assert!(page.contains("You already have a token ‘PyCharm’") && page.contains("One more thing"), "{page}");
    for bad in ["0", "-1", "366", "x", ""] {
        ann.fill(NEW, &[("description", "other"), ("may", "all"), ("days", bad)]).await.expect(422);
    }
    only_id(&ann.get(LIST).await.text);
}

#[tokio::test]
async fn a_link_fills_the_form_in_and_makes_nothing() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    let page = ann.get("/nl/profile/tokens/new?description=IDE-plugin&may=all&days=365").await.expect(200).text;
    assert!(page.contains("value=\"IDE-plugin\"") && page.contains("value=\"365\" id=\"days-4\" checked"), "{page}");
    assert!(ann.get("/nl/profile/tokens").await.text.contains("Je hebt nog geen tokens"));
}

#[tokio::test]
async fn a_renewed_token_has_another_secret_and_the_old_one_works_as_long_as_said() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    let old = secret(&ann.fill(NEW, &[("description", "pycharm"), ("may", "all"), ("days", "7")]).await.expect(200).text);
    let renew = format!("{LIST}/{}/renew", only_id(&ann.get(LIST).await.text));
    ann.fill(&renew, &[("days", "30"), ("overlap", "5")]).await.expect(422);
    let new = secret(&ann.fill(&renew, &[("days", "30"), ("overlap", "24")]).await.expect(200).text);
    assert_eq!((status(&app, &old).await, status(&app, &new).await), (200, 200));
    let newer = secret(&ann.fill(&renew, &[("days", "30"), ("overlap", "0")]).await.expect(200).text);
    assert_eq!((status(&app, &old).await, status(&app, &new).await, status(&app, &newer).await), (401, 401, 200));
    assert!(ann.get(LIST).await.text.contains("30 days left"));
}

#[tokio::test]
async fn somebody_elses_token_is_not_there() {
    let app = App::start().await;
    let ann = with_ann(&app).await;
    let organisation = app.organisation("Umbrella").await;
    app.person_with_password("bo", &organisation, PASSWORD).await;
    let (id, secret) = app.token(&ann, None).await;
    let mut bo = Visitor::new(&app);
    bo.sign_in("bo@example.org", PASSWORD).await.expect(303);
    let unknown = "00000000-0000-7000-8000-000000000000";
    let mut seen = Vec::new();
    for (id, page) in
        [(id.as_str(), "delete"), (unknown, "delete"), ("no-id", "delete"), (&id, "renew"), (unknown, "renew"), (&id, "first-use")]
    {
        let answer = bo.get(&format!("{LIST}/{id}/{page}")).await.expect(404);
        seen.push(answer.text.replace(&answer.header("request-id").expect("a number").to_owned(), "").replace(id, ""));
    }
    assert!(seen.windows(2).all(|two| two[0] == two[1]), "nothing tells them apart: {seen:#?}");
    let csrf = hidden(&bo.get(NEW).await.text, "csrf").expect("a token");
    bo.post(&format!("{LIST}/{id}/delete"), &[("csrf", &csrf)]).await.expect(404);
    assert_eq!(status(&app, &secret).await, 200);
    assert!(!bo.get(LIST).await.text.contains("token 1"));
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let app = App::start().await;
    let ann_id = with_ann(&app).await;
    let (id, secret) = app.token(&ann_id, None).await;
    let mut ann = signed_in(&app).await;
    let fields = [("nonce", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ("description", "pycharm"), ("may", "all"), ("days", "90")];
    ann.post(NEW, &fields).await.expect(403);
    ann.post(&format!("{LIST}/{id}/delete"), &[]).await.expect(403);
    ann.post(&format!("{LIST}/{id}/renew"), &fields).await.expect(403);
    ann.post("/en/profile", &[("name", "Eve")]).await.expect(403);
    assert_eq!(status(&app, &secret).await, 200);
    assert_eq!(ann.get(LIST).await.text.matches("/delete\"").count(), 1);
}

#[tokio::test]
async fn making_a_token_asks_for_a_fresh_signing_in() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    app.clock.advance(Duration::from_secs(16 * 60));
    ann.get(LIST).await.expect(200);
    let sent = ann.get(NEW).await.expect(303);
    let asked = sent.header("location").expect("a place").to_owned();
    assert_eq!(asked, "/en/confirm-identity?return=%2Fen%2Fprofile%2Ftokens%2Fnew");
    let sign_in = ann.get(&asked).await.expect(303).header("location").expect("a place").to_owned();
    assert!(ann.get(&sign_in).await.expect(200).text.contains("value=\"ann@example.org\""), "who it is, is known");
    ann.fill(&sign_in, &[("email", "ann@example.org"), ("password", "wrong")]).await.expect(422);
    ann.get(NEW).await.expect(303);
    let done = ann.fill(&sign_in, &[("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
    let back = ann.get(done.header("location").expect("a place")).await.expect(303);
    assert_eq!(back.header("location"), Some(NEW));
    ann.get(NEW).await.expect(200);
    for evil in ["//evil.example", "https://evil.example", "/%5Cevil.example"] {
        app.clock.advance(Duration::from_secs(1));
        let sign_in =
            ann.get(&format!("/en/confirm-identity?return={evil}")).await.expect(303).header("location").expect("a place").to_owned();
        let done = ann.fill(&sign_in, &[("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
        let back = ann.get(done.header("location").expect("a place")).await.expect(303);
        assert_eq!(back.header("location"), Some("/"), "{evil}");
    }
}
