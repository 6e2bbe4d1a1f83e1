//! Attacks on the authorization endpoint; the names are those of the list of attacks that the design keeps.

use super::world::*;

#[tokio::test]
async fn rdu_02_05_09_11_addresses_that_look_like_registered_ones() {
    let world = World::start().await;
    let native = world.native().await;
    let mut ann = world.ann().await;
    let bad = [
        "https://app.example@evil.example/cb",
        "https://a@b@app.example/cb",
        "https://evil.example\\@app.example/cb",
        "https://app.example%40evil.example",
        "https://app.example.evil.example/cb",
        "https://evilapp.example/cb",
        "https://app.example%00.evil.example/cb",
        "https://аpp.example/cb",
        "https://app.example。/cb",
        "https://APP.example/cb",
        "javascript:alert(1)",
    ];
    for uri in bad {
        assert_page(&ann.get(&Request::of(&world.client).with("redirect_uri", uri).path()).await, 400);
    }
    let loopback = [
        "http://127.0.0.1.evil.example/cb",
        "http://localhost.evil.example/cb",
        "http://127.1/cb",
        "http://2130706433/cb",
        "http://0x7f000001/cb",
        "http://127.0.0.2/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://localhost:1@evil.example/cb",
        "http://127.0.0.1:1/other",
        "https://127.0.0.1:1/cb",
        "http://127.0.0.1:1@evil.example/cb",
    ];
    for uri in loopback {
        assert_page(&ann.get(&Request::of(&native).pkce().with("redirect_uri", uri).path()).await, 400);
    }
}

#[tokio::test]
async fn rdu_13_16_nothing_else_that_is_wrong_makes_it_a_redirect() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let evil = Request::of(&world.client).with("redirect_uri", "https://evil.example/cb");
    let also =
        [("response_type", "token"), ("scope", "unknown"), ("prompt", "none"), ("request", "x"), ("request_uri", "https://x.example/")];
    for (name, value) in also {
        assert_page(&ann.get(&evil.clone().with(name, value).path()).await, 400);
    }
    for mode in ["form_post", "fragment", "web_message", "form_post.jwt"] {
        let page = ann.get(&evil.clone().with("response_mode", mode).path()).await;
        assert_page(&page, 400);
        assert!(!page.text.contains("evil.example"), "{mode}");
    }
}

#[tokio::test]
async fn rdu_15_two_addresses_are_none() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let path = Request::of(&world.client).path();
    assert_page(&ann.get(&format!("{path}&redirect_uri=https%3A%2F%2Fevil.example%2Fcb")).await, 400);
    let first = path.replace('?', "?redirect_uri=https%3A%2F%2Fevil.example%2Fcb&");
    assert_page(&ann.get(&first).await, 400);
    assert_page(&ann.post(&path, &[("redirect_uri", "https://evil.example/cb")]).await, 400);
}

#[tokio::test]
async fn rdu_20_long_addresses() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let long = |length: usize| format!("https://app.example/{}", "x".repeat(length));
    assert_page(&ann.get(&Request::of(&world.client).with("redirect_uri", &long(8_000)).path()).await, 400);
    let longest = Request::of(&world.client).with("redirect_uri", &long(100_000));
    assert_page(&ann.post("/connect/authorize", &longest.fields()).await, 400);
}

#[tokio::test]
async fn csrf_01_consent_from_elsewhere_is_refused() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let page = ann.get(&Request::of(&world.client).path()).await;
    let (action, csrf) = (form_action(&page), testkit::hidden(&page.text, "csrf").expect("a form"));
    assert_page(&ann.post(&action, &[("decision", "allow")]).await, 403);
    assert_page(&ann.post(&action, &[("decision", "allow"), ("csrf", "guessed")]).await, 403);
    ann.headers.push(("sec-fetch-site".to_owned(), "cross-site".to_owned()));
    assert_page(&ann.post(&action, &[("decision", "allow"), ("csrf", &csrf)]).await, 403);
    ann.headers.clear();
    assert_eq!(ann.post(&action, &[("decision", "allow"), ("csrf", &csrf)]).await.status, 303);
}

#[tokio::test]
async fn csrf_06_opening_the_form_s_address_decides_nothing() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let page = ann.get(&Request::of(&world.client).path()).await;
    let action = form_action(&page);
    let csrf = testkit::hidden(&page.text, "csrf").expect("a form");
    let again = ann.get(&format!("{action}?decision=allow&csrf={csrf}")).await;
    assert!(again.status == 200 && again.text.contains("name=\"decision\""), "{}", again.text);
}

#[tokio::test]
async fn csrf_08_what_waits_for_one_browser_is_not_another_s() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let page = ann.get(&Request::of(&world.client).path()).await;
    let action = form_action(&page);
    let mut other = world.ann().await;
    assert_page(&other.get(&action).await, 403);
    let own = other.get(&Request::of(&world.client).path()).await;
    let csrf = testkit::hidden(&own.text, "csrf").expect("a form");
    assert_page(&other.post(&action, &[("csrf", &csrf), ("decision", "allow")]).await, 403);
}

#[tokio::test]
async fn code_13_a_form_sent_twice_gives_one_code() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let page = ann.get(&Request::of(&world.client).path()).await;
    let first = Sent::of(&decide(&mut ann, &page, "allow").await);
    let second = Sent::of(&decide(&mut ann, &page, "allow").await);
    assert_eq!(first.get("code"), second.get("code"));
    world.app.clock.advance(std::time::Duration::from_secs(31));
    assert_page(&decide(&mut ann, &page, "allow").await, 403);
}

#[tokio::test]
async fn code_11_12_who_is_ended_meanwhile_gets_no_code() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let page = ann.get(&Request::of(&world.client).path()).await;
    let ended = world.client(|_| {}).await;
    let late = ann.get(&Request::of(&ended).path()).await;
    world.app.node.authority.revoke_organisation_key(&world.context(), ended.key).await.expect("ended");
    assert_page(&decide(&mut ann, &late, "allow").await, 400);
    world.app.operate("PUT", &format!("/api/v1/people/{}/suspension", world.ann)).send().await.expect(200);
    let answer = decide(&mut ann, &page, "allow").await;
    assert!(!answer.header("location").is_some_and(|location| location.contains("code=")), "{answer:?}");
}

#[tokio::test]
async fn in_09_and_10_what_was_sent_is_shown_as_text() {
    let world = World::start().await;
    let bad = world.client(|definition| definition.name = domain::text::Name::new("<script>alert(1)</script>").expect("a name")).await;
    let mut ann = world.ann().await;
    let page = ann.get(&Request::of(&bad).with("scope", "reading").path()).await;
    assert!(!page.text.contains("<script>") && !page.text.contains("<b>all</b>"), "{}", page.text);
    let error = ann.get(&Request::of(&world.client).with("client_id", "<script>").with("state", "\"><script>").path()).await;
    assert!(!error.text.contains("<script>"), "{}", error.text);
    let form = Request::of(&world.client)
        .with("scope", "unknown")
        .with("response_mode", "form_post")
        .with("state", "\"><script>alert(1)</script>");
    let page = ann.get(&form.path()).await;
    assert_eq!(page.text.matches("<script>").count(), 1, "{}", page.text);
}

#[tokio::test]
async fn dos_02_what_waits_from_one_address_is_bounded() {
    let world = World::start().await;
    let mut last = 0;
    for _ in 0..2_000 {
        let mut nobody = testkit::Visitor::new(&world.app);
        last = nobody.get(&Request::of(&world.client).path()).await.status;
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429);
}
