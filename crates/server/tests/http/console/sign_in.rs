//! `/sign-in`: who gets in, who does not, and what can be told from the answer.

use std::time::Duration;

use testkit::{App, Visitor, hidden};

use super::{PASSWORD, SESSION, signed_in, with_ann};

#[tokio::test]
async fn a_person_signs_in_and_out() {
    for app in App::start_each().await {
        with_ann(&app).await;
        let mut visitor = Visitor::new(&app);
        assert_eq!(visitor.get("/").await.expect(302).header("location"), Some("/sign-in"));
        let page = visitor.get("/sign-in?lang=nl").await.expect(200);
        assert!(page.text.contains("<html lang=\"nl\"") && page.text.contains("Inloggen"), "{}", page.text);
        for (header, expected) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")] {
            assert_eq!(page.header(header), Some(expected));
        }
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );

        let answer = visitor.sign_in(" ANN@Example.org ", PASSWORD).await.expect(303);
        assert_eq!((answer.header("location"), answer.header("cache-control")), (Some("/"), Some("no-store")));
        let cookie =
            answer.headers.get_all("set-cookie").iter().find_map(|value| value.to_str().ok().filter(|text| text.starts_with(SESSION)));
        let cookie = cookie.expect("a session");
        assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Domain"), "{cookie}");
        assert!(visitor.get("/en/profile").await.expect(200).text.contains("ann@example.org"));
        // Whoever is signed in is sent on.
        assert_eq!(visitor.get("/sign-in?next=/en/profile/sign-in").await.expect(303).header("location"), Some("/en/profile/sign-in"));

        let secret = visitor.cookies[SESSION].clone();
        visitor.fill("/sign-out", &[("decision", "deny")]).await.expect(303);
        visitor.get("/en/profile/sign-in").await.expect(200);
        let out = visitor.fill("/sign-out", &[("decision", "allow")]).await.expect(303);
        assert_eq!(out.header("location"), Some("/signed-out"));
        assert!(!visitor.cookies.contains_key(SESSION));
        visitor.get("/signed-out").await.expect(200);
        visitor.cookies.insert(SESSION.to_owned(), secret);
        visitor.get("/en/profile/sign-in").await.expect(303);
    }
}

#[tokio::test]
async fn oa21_42_cookies_travel_over_https_only_and_do_nothing_by_themselves() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut visitor = Visitor::new(&app);
    visitor.headers.push(("x-forwarded-proto".to_owned(), "https".to_owned()));
    let page = visitor.get("/sign-in").await.expect(200);
    let signed_in = visitor.sign_in("ann@example.org", PASSWORD).await.expect(303);
    let set: Vec<&str> = [&page, &signed_in]
        .into_iter()
        .flat_map(|answer| answer.headers.get_all("set-cookie"))
        .map(|value| value.to_str().expect("a cookie of text"))
        .collect();
    assert!(set.iter().any(|cookie| cookie.starts_with("__Host-poort-session=")), "{set:?}");
    for cookie in &set {
        assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure") && cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
    }
    // The cookie alone changes nothing, and is no credential of an API.
    assert_eq!(visitor.post("/sign-out", &[("decision", "allow")]).await.status, 403);
    visitor.get("/en/profile/sign-in").await.expect(200);
    visitor.get("/api/v1/people").await.expect(401);
}

#[tokio::test]
async fn every_wrong_try_gets_the_same_answer() {
    let app = App::start().await;
    let ann = with_ann(&app).await;
    let organisation = app.organisation("Umbrella").await;
    app.person("passwordless", &organisation, &["member"]).await;
    let gone = app.person_with_password("gone", &organisation, PASSWORD).await;
    assert!(app.operate("DELETE", &format!("/api/v1/people/{gone}")).send().await.status < 300);
    let mut answers = Vec::new();
    for (email, password) in [
        ("ann@example.org", "wrong"),
        ("gone@example.org", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("passwordless@example.org", PASSWORD),
        ("not an address", ""),
    ] {
        let mut visitor = Visitor::new(&app);
        let answer = visitor.sign_in(email, password).await.expect(422);
        assert!(!visitor.cookies.contains_key(SESSION), "{email}");
        let csrf = hidden(&answer.text, "csrf").expect("a token");
        let escaped = email.replace('@', "&#64;");
        let mut text = answer.text.replace(&csrf, "");
        for form in [email, &escaped] {
            text = text.replace(&format!("value=\"{form}\""), "");
        }
        answers.push(text);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    let suspended = app.operate("PUT", &format!("/api/v1/people/{ann}/suspension")).send().await;
    assert!(suspended.status < 300, "{}", suspended.text);
    Visitor::new(&app).sign_in("ann@example.org", PASSWORD).await.expect(422);
}

#[tokio::test]
async fn who_is_suspended_or_erased_is_signed_out_at_once() {
    let app = App::start().await;
    let ann = with_ann(&app).await;
    let mut visitor = signed_in(&app).await;
    visitor.get("/en/profile/sign-in").await.expect(200);
    assert!(app.operate("PUT", &format!("/api/v1/people/{ann}/suspension")).send().await.status < 300);
    visitor.get("/en/profile/sign-in").await.expect(303);
    assert!(app.operate("DELETE", &format!("/api/v1/people/{ann}/suspension")).send().await.status < 300);
    visitor.get("/en/profile/sign-in").await.expect(303);
    let mut visitor = signed_in(&app).await;
    assert!(app.operate("DELETE", &format!("/api/v1/people/{ann}")).send().await.status < 300);
    visitor.get("/en/profile/sign-in").await.expect(303);
    Visitor::new(&app).sign_in("ann@example.org", PASSWORD).await.expect(422);
}

/// RDU-19.
#[tokio::test]
async fn the_next_page_is_one_of_ours() {
    let app = App::start().await;
    with_ann(&app).await;
    let fields = [("email", "ann@example.org"), ("password", PASSWORD)];
    for (next, leads_to) in [
        ("/en/profile/sign-in", "/en/profile/sign-in"),
        ("//evil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("https:evil.example", "/"),
        ("/%2509/evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let answer = Visitor::new(&app).fill(&format!("/sign-in?next={next}"), &fields).await.expect(303);
        assert_eq!(answer.header("location"), Some(leads_to), "{next}");
    }
}

#[tokio::test]
async fn a_session_has_another_secret_after_each_signing_in() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut visitor = Visitor::new(&app);
    // Whatever stands in the cookie before is not what counts afterwards.
    let planted = "a".repeat(32);
    visitor.cookies.insert(SESSION.to_owned(), planted.clone());
    visitor.sign_in("ann@example.org", PASSWORD).await.expect(303);
    let first = visitor.cookies[SESSION].clone();
    assert_ne!(first, planted);
    let page = visitor.get("/sign-in?switch=1").await.expect(200);
    let csrf = hidden(&page.text, "csrf").expect("a token");
    visitor.post("/sign-in", &[("csrf", &csrf), ("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
    let second = visitor.cookies[SESSION].clone();
    assert_ne!(first, second);
    // The same session, so that it is one in the list; the secret before does not count any more.
    let sessions = visitor.get("/en/profile/sign-in").await.expect(200);
    assert_eq!(sessions.text.matches("name=\"end\"").count(), 1, "{}", sessions.text);
    visitor.cookies.insert(SESSION.to_owned(), first);
    visitor.get("/en/profile/sign-in").await.expect(303);
}

#[tokio::test]
async fn somebody_else_in_the_same_browser_ends_the_session_before() {
    let app = App::start().await;
    with_ann(&app).await;
    let organisation = app.organisation("Umbrella").await;
    app.person_with_password("bo", &organisation, PASSWORD).await;
    let mut visitor = signed_in(&app).await;
    let anns = visitor.cookies[SESSION].clone();
    let csrf = hidden(&visitor.get("/sign-in?switch=1").await.text, "csrf").expect("a token");
    visitor.post("/sign-in", &[("csrf", &csrf), ("email", "bo@example.org"), ("password", PASSWORD)]).await.expect(303);
    assert!(visitor.get("/en/profile").await.text.contains("bo@example.org"));
    visitor.cookies.insert(SESSION.to_owned(), anns);
    visitor.get("/en/profile/sign-in").await.expect(303);
}

#[tokio::test]
async fn sessions_end_by_themselves() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut visitor = signed_in(&app).await;
    let hour = Duration::from_secs(3_600);
    // Used now and then, it lasts for a week; unused, for eight hours.
    for _ in 0..(7 * 24 / 7 - 1) {
        app.clock.advance(hour * 7);
        visitor.get("/en/profile/sign-in").await.expect(200);
    }
    app.clock.advance(hour * 7);
    visitor.get("/en/profile/sign-in").await.expect(303);
    let mut visitor = signed_in(&app).await;
    app.clock.advance(hour * 8);
    visitor.get("/en/profile/sign-in").await.expect(303);
}

/// BF-01, BF-02.
#[tokio::test]
async fn guessing_is_slowed_down_and_locks_nobody_out() {
    for app in App::start_each().await {
        with_ann(&app).await;
        let mut ann = signed_in(&app).await;
        ann.cookies.remove(SESSION);
        let mut stranger = Visitor::new(&app);
        stranger.headers.push(("x-forwarded-for".to_owned(), "198.51.100.1".to_owned()));
        let mut statuses = Vec::new();
        for (try_, email) in ["ann@example.org", "ANN@example.org", " ann@EXAMPLE.org "].iter().cycle().take(12).enumerate() {
            // Another network each time: the account's own allowance is what ends.
            stranger.headers[0].1 = format!("2001:db8:{try_}::1");
            statuses.push(stranger.sign_in(email, "wrong").await.status);
        }
        assert_eq!(statuses, [422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 429, 429]);
        let refused = stranger.sign_in("ann@example.org", PASSWORD).await.expect(429);
        let wait: u32 = refused.header("retry-after").and_then(|text| text.parse().ok()).expect("when to try again");
        assert!((1..=61).contains(&wait), "{wait}");
        assert!(!stranger.cookies.contains_key(SESSION));
        // An account that does not exist is no different.
        for status in std::iter::repeat_n(422, 10).chain([429]) {
            stranger.headers[0].1 = format!("2001:db8:1:{status}::1");
            stranger.sign_in("nobody@example.org", "wrong").await.expect(status);
        }
        // Ann's own browser, meanwhile, gets her in; a mark that was made for it is of no use elsewhere.
        ann.sign_in("ann@example.org", PASSWORD).await.expect(303);
        let mark = ann.cookies["poort-device"].clone();
        stranger.cookies.insert("poort-device".to_owned(), format!("{mark}x"));
        stranger.sign_in("ann@example.org", PASSWORD).await.expect(429);
        // With time a try comes back.
        app.clock.advance(Duration::from_secs(60));
        stranger.cookies.remove("poort-device");
        stranger.sign_in("ann@example.org", PASSWORD).await.expect(303);
    }
}

/// BF-01.
#[tokio::test]
async fn one_address_cannot_try_many_accounts() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut visitor = Visitor::new(&app);
    visitor.headers.push(("x-forwarded-for".to_owned(), "2001:db8::1".to_owned()));
    for number in 0..30 {
        // All of one network of 64 bits.
        visitor.headers[0].1 = format!("2001:db8::{number}");
        visitor.sign_in(&format!("person-{number}@example.org"), "wrong").await.expect(422);
    }
    visitor.sign_in("ann@example.org", PASSWORD).await.expect(429);
    // Elsewhere Ann is not touched by it: her account was not tried.
    visitor.headers[0].1 = "2001:db8:0:1::1".to_owned();
    visitor.sign_in("ann@example.org", PASSWORD).await.expect(303);
}

/// BF-02.
#[tokio::test]
async fn fifty_tries_at_once_are_no_more_than_the_allowance() {
    for app in App::start_each().await {
        with_ann(&app).await;
        let tries = (0..50).map(|number| {
            let app = &app;
            async move {
                let mut visitor = Visitor::new(app);
                visitor.headers.push(("x-forwarded-for".to_owned(), format!("192.0.2.{number}")));
                visitor.sign_in("ann@example.org", "wrong").await.status
            }
        });
        let mut statuses = futures_util::future::join_all(tries).await;
        statuses.sort_unstable();
        assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 10, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 40, "{statuses:?}");
    }
}
