//! `/set-up/{code}`: the one-time page of the first start.

use testkit::{Answer, App};

const FORM: &str = "application/x-www-form-urlencoded";
const GOOD: &str = "organisation=Gemeente+X&name=An&email=an%40x.nl&password=correct-horse&lang=nl";

async fn submit(app: &App, code: &str, form: &str) -> Answer {
    let call = app.call("POST", &format!("/set-up/{code}")).header("content-type", FORM);
    call.bytes(form.as_bytes().to_vec()).send().await
}

#[tokio::test]
async fn the_link_works_once_and_shows_a_token_that_works() {
    for app in App::start_each().await {
        let path = format!("/set-up/{}", app.set_up_code);
        let page = app.call("GET", &path).header("accept-language", "nl-NL,nl;q=0.9").send().await.expect(200);
        assert!(page.text.contains("lang=\"nl\"") && page.text.contains("In gebruik nemen"), "{}", page.text);
        assert!(app.call("GET", &format!("{path}?lang=en")).send().await.expect(200).text.contains("Set up"));
        let csp = page.header("content-security-policy").expect("a policy");
        assert!(csp.contains("default-src 'none'") && !csp.contains("unsafe"), "{csp}");

        let done = submit(&app, &app.set_up_code, GOOD).await.expect(200);
        assert_eq!(done.header("cache-control"), Some("no-store"));
        let (_, rest) = done.text.split_once("tabindex=\"0\">prtp_").expect("the token");
        let token = format!("prtp_{}", rest.split('<').next().expect("its text"));
        let whoami = app.call("GET", "/api/v1/whoami").token(&token).send().await.expect(200);
        assert_eq!(
            app.call("GET", "/api/v1/people").token(&token).send().await.expect(200).member("/items/0/name"),
            "An",
            "{}",
            whoami.text
        );

        // Used up: a reload shows nothing and makes nothing.
        let people = app.operate("GET", "/api/v1/people").send().await.text;
        assert!(!submit(&app, &app.set_up_code, GOOD).await.expect(404).text.contains("prtp_"));
        app.call("GET", &path).send().await.expect(404);
        assert_eq!(app.operate("GET", "/api/v1/people").send().await.text, people);
    }
}

#[tokio::test]
async fn what_is_not_right_is_said_and_changes_nothing() {
    let app = App::start().await;
    let bad = [
        ("organisation=&name=&email=x&password=short", ["#organisation", "#name", "#email", "#password"].as_slice()),
        ("organisation=X&name=An&email=an%40x.nl&password=short", &["#password"]),
        ("organisation=X&name=An&email=an%40x.nl%2Cb%40x.nl&password=correct-horse", &["#email"]),
        ("organisation=a%00b&name=An&email=an%40x.nl&password=correct-horse", &["#organisation"]),
    ];
    for (form, fields) in bad {
        let page = submit(&app, &app.set_up_code, form).await.expect(400);
        assert!(fields.iter().all(|field| page.text.contains(&format!("href=\"{field}\""))), "{form}: {}", page.text);
    }
    let markup = "organisation=%3Cscript%3Ealert(1)%3C%2Fscript%3E&name=An&email=x&password=correct-horse";
    let page = submit(&app, &app.set_up_code, markup).await.expect(400);
    assert!(page.text.contains("&#60;script&#62;") || page.text.contains("&lt;script&gt;"), "{}", page.text);
    assert!(!page.text.contains("<script") && !page.text.contains("correct-horse"), "{}", page.text);

    for code in ["", "x", &app.set_up_code[1..], "used"] {
        assert!(matches!(submit(&app, code, GOOD).await.status, 404 | 405), "{code}");
    }
    let elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    for (name, value) in elsewhere {
        let call = app.call("POST", &format!("/set-up/{}", app.set_up_code)).header("content-type", FORM).header(name, value);
        call.bytes(GOOD.as_bytes().to_vec()).send().await.expect(403);
    }
    assert_eq!(app.operate("GET", "/api/v1/organisations").send().await.json()["items"], serde_json::json!([]));
    submit(&app, &app.set_up_code, GOOD).await.expect(200);
}

#[tokio::test]
async fn of_two_at_once_one_is_let_in() {
    let app = App::start().await;
    let other = GOOD.replace("Gemeente+X", "Y").replace("an%40", "bo%40");
    let (one, two) = tokio::join!(submit(&app, &app.set_up_code, GOOD), submit(&app, &app.set_up_code, &other));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404]);
}
