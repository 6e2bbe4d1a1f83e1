//! A form counts only from our own page, in the browser that got it: attacks CSRF-01, CSRF-03, CSRF-06.

use testkit::{App, Visitor, hidden};

use super::{PASSWORD, SESSION, signed_in, with_ann};

/// CSRF-03.
#[tokio::test]
async fn a_sign_in_form_from_elsewhere_signs_nobody_in() {
    let app = App::start().await;
    with_ann(&app).await;
    let good = [("email", "ann@example.org"), ("password", PASSWORD)];
    let token = hidden(&Visitor::new(&app).get("/sign-in").await.text, "csrf").expect("a token");
    for token in ["", "x", &token] {
        // Without the cookie that the token belongs to.
        let mut visitor = Visitor::new(&app);
        let fields: Vec<(&str, &str)> = [("csrf", token)].into_iter().chain(good).collect();
        visitor.post("/sign-in", &fields).await.expect(403);
        assert!(!visitor.cookies.contains_key(SESSION));
    }
    for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")] {
        let mut visitor = Visitor::new(&app);
        let token = hidden(&visitor.get("/sign-in").await.text, "csrf").expect("a token");
        visitor.headers.push((name.to_owned(), value.to_owned()));
        let fields: Vec<(&str, &str)> = [("csrf", token.as_str())].into_iter().chain(good).collect();
        visitor.post("/sign-in", &fields).await.expect(403);
        assert!(!visitor.cookies.contains_key(SESSION), "{name}: {value}");
    }
    // As a browser sends it from our own page.
    let mut visitor = Visitor::new(&app);
    visitor.headers = vec![("sec-fetch-site".to_owned(), "same-origin".to_owned()), ("origin".to_owned(), "null".to_owned())];
    visitor.sign_in("ann@example.org", PASSWORD).await.expect(303);
}

#[tokio::test]
async fn a_form_of_somebody_signed_in_is_bound_to_the_session() {
    let app = App::start().await;
    with_ann(&app).await;
    let (mut ann, mut other) = (signed_in(&app).await, signed_in(&app).await);
    let others = hidden(&other.get("/en/profile/sign-in").await.text, "csrf").expect("a token");
    let own = hidden(&ann.get("/en/profile/sign-in").await.text, "csrf").expect("a token");
    for (path, field) in [("/en/profile/sign-in", ("end", "others")), ("/sign-out", ("decision", "allow"))] {
        for token in ["", &others] {
            ann.post(path, &[("csrf", token), field]).await.expect(403);
        }
        ann.post(path, &[field]).await.expect(403);
        ann.headers.push(("sec-fetch-site".to_owned(), "cross-site".to_owned()));
        ann.post(path, &[("csrf", &own), field]).await.expect(403);
        ann.headers.clear();
    }
    ann.get("/en/profile/sign-in").await.expect(200);
    other.get("/en/profile/sign-in").await.expect(200);
}

/// CSRF-06.
#[tokio::test]
async fn nothing_is_changed_by_a_link() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    let before = app.node.authority.verifier().applied();
    for path in
        ["/sign-out", "/sign-out?decision=allow", "/en/profile/sign-in?end=others", "/sign-in?email=ann%40example.org", "/signed-out", "/"]
    {
        ann.get(path).await;
    }
    for method in ["PUT", "DELETE", "PATCH"] {
        for path in ["/sign-in", "/sign-out", "/en/profile/sign-in"] {
            app.call(method, path).send().await.expect(405);
        }
    }
    ann.get("/en/profile/sign-in").await.expect(200);
    assert_eq!(app.node.authority.verifier().applied(), before);
}

/// FRM-04, FRM-05.
#[tokio::test]
async fn cookies_that_are_none_of_ours_sign_nobody_in() {
    let app = App::start().await;
    with_ann(&app).await;
    let ann = signed_in(&app).await;
    let good = ann.cookies[SESSION].clone();
    let long = "a".repeat(8_000);
    for bad in ["", "x", &good[1..], &format!("{good}x"), &long, "eyJhbGciOiJub25lIn0.e30.", "%00", &good.to_uppercase()] {
        let answer = app.call("GET", "/en/profile/sign-in").header("cookie", &format!("{SESSION}={bad}")).send().await;
        assert_eq!(answer.status, 303, "{bad:.40}");
    }
    // Two of them: one may have been planted for all hosts of the domain.
    let two = format!("{SESSION}={good}; {SESSION}={good}");
    app.call("GET", "/en/profile/sign-in").header("cookie", &two).send().await.expect(303);
    app.call("GET", "/en/profile/sign-in").header("cookie", &format!("{SESSION}={good}")).send().await.expect(200);
}

#[tokio::test]
async fn a_password_is_not_asked_for_over_a_connection_that_others_read() {
    let app = App::start().await;
    for method in ["GET", "POST"] {
        let call = app.call(method, "/sign-in").header("host", "poort.example").header("content-type", "application/x-www-form-urlencoded");
        let answer = call.bytes(b"email=a&password=b&csrf=c".to_vec()).send().await.expect(403);
        assert!(answer.header("set-cookie").is_none() && answer.text.contains("https://"), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_was_sent_comes_back_as_text() {
    let app = App::start().await;
    with_ann(&app).await;
    let markup = "\"><script>alert(1)</script>";
    let answer = Visitor::new(&app).sign_in(markup, "x").await.expect(422);
    assert!(answer.text.contains("script") && !answer.text.contains("<script>"), "{}", answer.text);
    let answer = Visitor::new(&app).get("/sign-in?next=%22%3E%3Cscript%3E&lang=en&x=%22%3E%3Cscript%3E").await.expect(200);
    assert!(!answer.text.contains("<script>"), "{}", answer.text);
    let answer = Visitor::new(&app).get("/sign-in?interaction=%3Cscript%3E").await.expect(403);
    assert!(!answer.text.contains("<script>"), "{}", answer.text);
}

#[tokio::test]
async fn the_style_sheet_may_be_kept_for_ever() {
    let app = App::start().await;
    let page = app.call("GET", "/sign-in").send().await.expect(200).text;
    let path = page.split("rel=\"stylesheet\" href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a style sheet");
    let style = app.call("GET", path).send().await.expect(200);
    assert!(style.header("cache-control").is_some_and(|value| value.contains("immutable")));
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(!page.contains("style=") && !page.contains("<style") && !page.contains("<script>"), "{page}");
}
