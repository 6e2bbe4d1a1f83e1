//! `/set-up/{code}`: the one-time page of the first start.

use testkit::{Answer, App, Visitor};

const GOOD: [(&str, &str); 4] =
    [("organisation", "Gemeente X"), ("name", "An"), ("email", "an@x.nl"), ("password", "correct-horse-battery")];

fn path(app: &App) -> String {
    format!("/nl/set-up/{}", app.set_up_code)
}

#[tokio::test]
async fn the_link_works_once_shows_a_token_that_works_and_signs_in() {
    for app in App::start_each().await {
        let mut visitor = Visitor::new(&app);
        visitor.headers.push(("accept-language".to_owned(), "nl-NL,nl;q=0.9".to_owned()));
        let printed = visitor.get(&format!("/set-up/{}", app.set_up_code)).await.expect(302);
        assert_eq!(printed.header("location"), Some(path(&app).as_str()));
        let page = visitor.get(&path(&app)).await.expect(200);
        assert!(page.text.contains("lang=\"nl\"") && page.text.contains("In gebruik nemen"), "{}", page.text);
        assert!(page.text.contains(&path(&app).replace("/nl/", "/en/")), "the other language");
        let csp = page.header("content-security-policy").expect("a policy");
        assert!(csp.contains("default-src 'none'") && !csp.contains("unsafe"), "{csp}");

        let done = visitor.fill(&path(&app), &GOOD).await.expect(200);
        assert_eq!(done.header("cache-control"), Some("no-store"));
        let (_, rest) = done.text.split_once("tabindex=\"0\">prtp_").expect("the token");
        let token = format!("prtp_{}", rest.split('<').next().expect("its text"));
        app.call("GET", "/api/v1/whoami").token(&token).send().await.expect(200);
        assert_eq!(app.call("GET", "/api/v1/people").token(&token).send().await.expect(200).member("/items/0/name"), "An");
        let profile = visitor.get("/nl/profile").await.expect(200).text;
        assert!(profile.contains("an@x.nl") && !profile.contains(&token), "{profile}");

        // Used up: a reload shows nothing and makes nothing.
        let people = app.operate("GET", "/api/v1/people").send().await.text;
        let mut again = Visitor::new(&app);
        let csrf = testkit::hidden(&again.get("/sign-in").await.text, "csrf").expect("a form");
        assert!(!again.post(&path(&app), &[("csrf", &csrf)]).await.text.contains("prtp_"));
        again.get(&path(&app)).await.expect(404);
        assert_eq!(app.operate("GET", "/api/v1/people").send().await.text, people);
    }
}

#[tokio::test]
async fn what_is_not_right_is_said_and_changes_nothing() {
    let app = App::start().await;
    let mut visitor = Visitor::new(&app);
    let with = |changed: &[(&'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
        GOOD.iter().map(|field| *changed.iter().find(|(name, _)| *name == field.0).unwrap_or(field)).collect()
    };
    let bad = [
        (
            with(&[("organisation", ""), ("name", ""), ("email", "x"), ("password", "short")]),
            ["organisation", "name", "email", "password"].as_slice(),
        ),
        (with(&[("password", "short")]), &["password"]),
        (with(&[("password", "password1234")]), &["password"]),
        (with(&[("email", "an@x.nl,b@x.nl")]), &["email"]),
        (with(&[("organisation", "a\0b")]), &["organisation"]),
    ];
    for (fields, wrong) in bad {
        let page = visitor.fill(&path(&app), &fields).await.expect(422).text;
        assert!(wrong.iter().all(|field| page.contains(&format!("href=\"#{field}\""))), "{fields:?}: {page}");
    }
    let markup = with(&[("organisation", "<script>alert(1)</script>"), ("email", "x")]);
    let page = visitor.fill(&path(&app), &markup).await.expect(422).text;
    assert!(!page.contains("<script>alert") && !page.contains("correct-horse"), "{page}");

    for code in ["x", &app.set_up_code[1..], "used"] {
        visitor.get(&format!("/nl/set-up/{code}")).await.expect(404);
    }
    visitor.post(&path(&app), &GOOD).await.expect(403);
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        visitor.headers.push((name.to_owned(), value.to_owned()));
        visitor.fill(&path(&app), &GOOD).await.expect(403);
        visitor.headers.pop();
    }
    assert_eq!(app.operate("GET", "/api/v1/organisations").send().await.json()["items"], serde_json::json!([]));
    visitor.fill(&path(&app), &GOOD).await.expect(200);
}

#[tokio::test]
async fn of_two_at_once_one_is_let_in() {
    let app = App::start().await;
    let other = [("organisation", "Y"), ("name", "Bo"), ("email", "bo@x.nl"), ("password", "correct-horse-battery")];
    let fill = async |fields: [(&'static str, &'static str); 4]| -> Answer { Visitor::new(&app).fill(&path(&app), &fields).await };
    let (one, two) = tokio::join!(fill(GOOD), fill(other));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
}
