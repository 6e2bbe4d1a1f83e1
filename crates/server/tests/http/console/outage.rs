//! A database that is gone: a page that says so, and nobody signed in or out.

use testkit::{App, Visitor, hidden};

use super::{PASSWORD, SESSION, signed_in, with_ann};

#[tokio::test]
async fn pages_say_that_they_cannot_answer_now() {
    let app = App::start().await;
    with_ann(&app).await;
    let mut ann = signed_in(&app).await;
    ann.get("/en/profile").await.expect(200);
    let mut stranger = Visitor::new(&app);
    let csrf = hidden(&stranger.get("/sign-in").await.text, "csrf").expect("a token");
    let database = rusqlite::Connection::open(app.data().join("data/poort.db")).expect("the database");
    let rename = |from: &str, to: &str| database.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}")).expect("renamed");
    rename("session", "gone_session");
    rename("allowance", "gone_allowance");
    for path in ["/", "/en/profile/sign-in", "/sign-out"] {
        let page = ann.get(path).await.expect(503);
        assert!(page.text.contains("cannot answer now") && page.header("retry-after").is_some(), "{}", page.text);
        assert!(!page.text.contains("table") && page.header("set-cookie").is_none(), "{}", page.text);
    }
    let fields = [("csrf", csrf.as_str()), ("email", "ann@example.org"), ("password", PASSWORD)];
    stranger.post("/sign-in", &fields).await.expect(503);
    assert!(!stranger.cookies.contains_key(SESSION) && ann.cookies.contains_key(SESSION));
    rename("gone_session", "session");
    rename("gone_allowance", "allowance");
    ann.get("/en/profile/sign-in").await.expect(200);
    stranger.post("/sign-in", &fields).await.expect(303);
}
