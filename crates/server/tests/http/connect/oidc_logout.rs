//! OpenID Connect RP-Initiated Logout.

use super::world::*;

const PATH: &str = "/connect/endsession";
const BACK: &str = "https://app.example/bye";

async fn leaving(world: &World) -> Made {
    world.client(|definition| definition.post_logout_redirect_uris = vec![BACK.to_owned()]).await
}

fn path(fields: &[(&str, &str)]) -> String {
    format!("{PATH}?{}", testkit::encoded(fields))
}

async fn is_signed_in(visitor: &mut testkit::Visitor<'_>) -> bool {
    visitor.get("/en/profile/sign-in").await.status == 200
}

#[tokio::test]
async fn logo_01_get_and_post_without_a_hint_the_person_is_asked() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let page = ann.get(PATH).await;
    assert!(page.status == 200 && page.text.contains("name=\"decision\""), "{}", page.text);
    let posted = ann.post(PATH, &[("state", "x y")]).await.expect(303);
    assert_eq!(posted.header("location"), Some("/connect/endsession?state=x%20y"));
    assert!(is_signed_in(&mut ann).await);
}

#[tokio::test]
async fn logo_02_a_hint_must_be_ours_but_may_be_old() {
    let world = World::start().await;
    let client = leaving(&world).await;
    let mut ann = world.ann().await;
    for hint in ["eyJhbGciOiJub25lIn0.e30.", "x"] {
        assert_page(&ann.get(&path(&[("id_token_hint", hint), ("post_logout_redirect_uri", BACK)])).await, 400);
    }
    let hint = world.id_token_of(&client, &mut ann).await;
    world.app.clock.advance(std::time::Duration::from_secs(600));
    let answer = ann.get(&path(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BACK), ("state", "a b")])).await.expect(303);
    assert_eq!(answer.header("location"), Some("https://app.example/bye?state=a%20b"));
    assert!(!is_signed_in(&mut ann).await);
}

#[tokio::test]
async fn logo_03_the_question_is_safe_from_other_pages() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let page = ann.get(PATH).await;
    let csrf = testkit::hidden(&page.text, "csrf").expect("a form");
    assert_page(&ann.post(PATH, &[("decision", "allow"), ("csrf", "guessed")]).await, 403);
    assert!(is_signed_in(&mut ann).await);
    ann.post(PATH, &[("decision", "deny"), ("csrf", &csrf)]).await.expect(303);
    assert!(is_signed_in(&mut ann).await);
    let answer = ann.post(PATH, &[("decision", "allow"), ("csrf", &csrf)]).await.expect(303);
    assert_eq!(answer.header("location"), Some("/signed-out"));
    assert!(!is_signed_in(&mut ann).await);
}

#[tokio::test]
async fn logo_04_07_out_01_only_registered_addresses() {
    let world = World::start().await;
    let client = leaving(&world).await;
    let mut ann = world.ann().await;
    for uri in ["https://evil.example/", "https://app.example/bye?x=1", "https://app.example/cb", "javascript:alert(1)"] {
        assert_page(&ann.get(&path(&[("client_id", &client.id), ("post_logout_redirect_uri", uri)])).await, 400);
    }
    assert_page(&ann.get(&path(&[("post_logout_redirect_uri", BACK)])).await, 400);
    assert_page(&ann.get(&path(&[("client_id", "prtk_unknown"), ("post_logout_redirect_uri", BACK)])).await, 400);
    assert_eq!(ann.get(&path(&[("client_id", &client.id), ("post_logout_redirect_uri", BACK)])).await.status, 200);
}

#[tokio::test]
async fn logo_05_client_and_hint_must_agree() {
    let world = World::start().await;
    let client = leaving(&world).await;
    let mut ann = world.ann().await;
    let hint = world.id_token_of(&client, &mut ann).await;
    assert_page(&ann.get(&path(&[("id_token_hint", &hint), ("client_id", &world.client.id)])).await, 400);
    assert!(is_signed_in(&mut ann).await);
}

#[tokio::test]
async fn logo_08_the_session_is_over() {
    let world = World::start().await;
    let client = leaving(&world).await;
    let mut ann = world.ann().await;
    let request = Request::of(&client).with("scope", "openid");
    allow(&mut ann, &request).await;
    let cookies = ann.cookies.clone();
    let hint = world.id_token_of(&client, &mut ann).await;
    ann.get(&path(&[("id_token_hint", &hint)])).await.expect(303);
    ann.cookies = cookies;
    assert!(!is_signed_in(&mut ann).await, "the old cookie is worth nothing");
    assert_eq!(Sent::of(&ann.get(&request.with("prompt", "none").path()).await).get("error"), "login_required");
}

#[tokio::test]
async fn logo_06_state_comes_back_as_it_was_and_only_if_it_was_sent() {
    let world = World::start().await;
    let client = leaving(&world).await;
    for state in ["a b", "+ % \u{e9} \" < & = # ' ;", "x"] {
        let mut ann = world.ann().await;
        let hint = world.id_token_of(&client, &mut ann).await;
        let asked = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BACK), ("state", state)];
        let answer = ann.get(&path(&asked)).await.expect(303);
        let query = answer.header("location").and_then(|location| location.strip_prefix(&format!("{BACK}?state="))).expect("a state");
        assert_eq!(percent_decode(query), state);
    }
    let mut ann = world.ann().await;
    let hint = world.id_token_of(&client, &mut ann).await;
    let answer = ann.get(&path(&[("id_token_hint", &hint), ("post_logout_redirect_uri", BACK)])).await.expect(303);
    assert_eq!(answer.header("location"), Some(BACK));
}

#[tokio::test]
async fn logo_09_an_image_on_another_page_signs_nobody_out() {
    let world = World::start().await;
    let client = leaving(&world).await;
    let mut ann = world.ann().await;
    let image = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")];
    ann.headers = image.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    // A hint of another session of hers is none for this one.
    let other = world.id_token(&world.ann).await;
    for asked in [
        path(&[]),
        path(&[("client_id", &client.id), ("post_logout_redirect_uri", BACK)]),
        path(&[("logout_hint", &world.ann)]),
        path(&[("id_token_hint", &other)]),
        "/sign-out".to_owned(),
    ] {
        let page = ann.get(&asked).await;
        assert!(page.status == 200 && page.text.contains("name=\"decision\""), "{asked}: {}", page.text);
    }
    ann.headers.clear();
    assert!(is_signed_in(&mut ann).await);
}
