//! `/sign-up` and the link that follows it.

use std::time::Duration;

use testkit::{App, Visitor};

use super::{at_once, journal, letter, letters, mail, seen};
use crate::console::SESSION;

const PASSWORD: &str = "een fiets met vier wielen";
const NEW: [(&str, &str); 3] = [("name", "Nina"), ("email", "Nina@example.org"), ("password", PASSWORD)];

async fn asked(app: &App) -> (Visitor<'_>, String) {
    let mut nina = Visitor::new(app);
    let answer = nina.fill("/en/sign-up", &NEW).await.expect(303);
    assert_eq!(answer.header("location"), Some("/en/sign-up/sent"));
    let link = letter(app).await.link("/verify/");
    (nina, link)
}

#[tokio::test]
async fn a_link_makes_an_account_whose_address_is_proven() {
    for app in App::start_each_with(mail).await {
        let (mut nina, link) = asked(&app).await;
        assert!(nina.get("/en/sign-up/sent").await.expect(200).text.contains("We have sent you a link"));
        let none = app.operate("GET", "/api/v1/people").send().await.expect(200).json();
        assert_eq!(none["items"], serde_json::json!([]), "nobody is known before the link is used");
        // Programs that read mail open every link.
        for _ in 0..3 {
            let page = Visitor::new(&app).get(&link).await.expect(200);
            assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
            assert_eq!(page.header("cache-control"), Some("no-store"));
        }
        let page = nina.get(&link).await.expect(200).text;
        assert!(page.contains("Nina@example.org") && !page.contains("type=\"password\""), "{page}");
        let done = nina.fill(&link, &[]).await.expect(303);
        assert_eq!(done.header("location"), Some("/en/profile"));
        assert!(nina.cookies.contains_key(SESSION));
        let profile = nina.get("/en/profile").await.expect(200).text;
        assert!(profile.contains("Nina@example.org") && !profile.contains("not confirmed"), "{profile}");
        let made = app.operate("GET", "/api/v1/people?email=nina@example.org").send().await.expect(200).json();
        assert_eq!((&made["items"][0]["name"], &made["items"][0]["email_verified"]), (&"Nina".into(), &true.into()));
        Visitor::new(&app).sign_in("nina@example.org", PASSWORD).await.expect(303);
        assert!(Visitor::new(&app).get(&link).await.expect(410).text.contains("used already"));
        let journal = journal(&app).await;
        for kept in ["person_created", "email_verified"] {
            assert!(journal.contains(kept), "{journal}");
        }
        let secret = link.rsplit('/').next().expect("a secret");
        for hidden in ["nina@", "Nina", PASSWORD, "argon2", secret] {
            assert!(!journal.to_lowercase().contains(&hidden.to_lowercase()), "{hidden}");
        }
    }
}

#[tokio::test]
async fn in_another_browser_whoever_reads_the_mail_chooses_the_password() {
    let app = App::start_with(mail).await;
    let (_, link) = asked(&app).await;
    let mut owner = Visitor::new(&app);
    assert!(owner.get(&link).await.expect(200).text.contains("type=\"password\""));
    for wrong in ["", "short", "password1234"] {
        owner.fill(&link, &[("password", wrong)]).await.expect(422);
    }
    owner.fill(&link, &[("password", "mijn eigen lange wachtwoord")]).await.expect(303);
    owner.get("/en/profile").await.expect(200);
    Visitor::new(&app).sign_in("nina@example.org", PASSWORD).await.expect(422);
    Visitor::new(&app).sign_in("nina@example.org", "mijn eigen lange wachtwoord").await.expect(303);
}

#[tokio::test]
async fn tim_03_whether_an_address_has_an_account_shows_in_its_mail_only() {
    let app = App::start_with(mail).await;
    app.person("ann", &app.organisation("Acme").await, &["member"]).await;
    let mut answers = Vec::new();
    for email in ["ann@example.org", "bob@example.org"] {
        let mut visitor = Visitor::new(&app);
        let sent = visitor.fill("/en/sign-up", &[("name", "Ann"), ("email", email), ("password", PASSWORD)]).await;
        let page = visitor.get("/en/sign-up/sent").await;
        answers.push((seen(&sent), seen(&page), page.text));
    }
    assert_eq!(answers[0], answers[1]);
    let mails = letters(&app).await;
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ann@example.org", "bob@example.org"]);
    assert!(!mails[0].text.contains("/verify/"), "{}", mails[0].text);
    mails[1].link("/verify/");
}

#[tokio::test]
async fn one_link_makes_one_account() {
    for app in App::start_each_with(mail).await {
        let (_, link) = asked(&app).await;
        let statuses = at_once(&app, &link, &[("password", PASSWORD)]).await;
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [303, 409, 410].contains(status)), "{statuses:?}");
        let people = app.operate("GET", "/api/v1/people").send().await.expect(200).json();
        assert_eq!(people["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_link_is_over_after_a_day_and_one_that_never_was_is_unknown() {
    let app = App::start_with(mail).await;
    let (mut nina, link) = asked(&app).await;
    let unknown = format!("/nl/verify/{}", "A".repeat(32));
    assert!(nina.get(&unknown).await.expect(404).text.contains("We kennen deze link niet."));
    nina.get(&link.replace("/verify/", "/new-password/")).await.expect(404);
    nina.get(&link.replace("/verify/", "/invitation/")).await.expect(404);
    app.clock.advance(Duration::from_secs(86_400));
    let page = nina.get(&link.replace("/en/", "/nl/")).await.expect(410).text;
    assert!(page.contains("Deze link werkte 24 uur. Vraag een nieuwe aan.") && page.contains("/nl/sign-up"), "{page}");
}

#[tokio::test]
async fn what_is_not_right_is_said_and_nothing_is_sent() {
    let app = App::start_with(mail).await;
    let mut visitor = Visitor::new(&app);
    let bad = [
        [("name", ""), ("email", "x"), ("password", "short")],
        [("name", "N\u{202e}ina"), ("email", "a@b.nl,c@d.nl"), ("password", "aaaaaaaaaaaaaa")],
        [("name", "Nina"), ("email", "nina@example.org\r\nBcc: x@evil.example"), ("password", "ninaninanina")],
    ];
    for fields in bad {
        let page = visitor.fill("/nl/sign-up", &fields).await.expect(422).text;
        assert!(page.contains("href=\"#email\"") && page.contains("href=\"#password\"") && !page.contains(fields[2].1), "{page}");
    }
    let hostile = [("name", "<script>alert(1)</script>"), ("email", "nina@example.org"), ("password", PASSWORD)];
    visitor.fill("/nl/sign-up", &hostile).await.expect(303);
    let mail = letter(&app).await;
    let page = visitor.get(&mail.link("/verify/")).await.expect(200).text;
    assert!(!page.contains("<script>alert"), "{page}");
    visitor.post("/nl/sign-up", &NEW).await.expect(403);
    assert!(letters(&app).await.is_empty());
}

#[tokio::test]
async fn who_asks_too_often_waits() {
    let app = App::start_with(mail).await;
    let ask = async |email: &str, path: &str| {
        let mut visitor = Visitor::new(&app);
        visitor.fill(path, &[("name", "Nina"), ("email", email), ("password", PASSWORD)]).await
    };
    for _ in 0..5 {
        ask("nina@example.org", "/nl/sign-up").await.expect(303);
    }
    let refused = ask("NINA@example.org", "/nl/sign-up").await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("601"));
    assert!(refused.text.contains("Je hebt het te vaak geprobeerd. Probeer het over 11 minuten opnieuw."), "{}", refused.text);
    ask("nina@example.org", "/nl/forgotten-password").await.expect(429);
    // One address asks for many accounts.
    let mut statuses = Vec::new();
    for number in 0..20 {
        statuses.push(ask(&format!("n{number}@example.org"), "/nl/forgotten-password").await.status);
    }
    assert_eq!(statuses.iter().position(|status| *status == 429), Some(13), "{statuses:?}");
    app.clock.advance(Duration::from_secs(700));
    ask("nina@example.org", "/nl/sign-up").await.expect(303);
}

#[tokio::test]
async fn where_it_is_closed_or_no_mail_is_sent_nobody_signs_up() {
    let closed = App::start_with(|config| {
        mail(config);
        config.sign_up_open = false;
    });
    let app = closed.await;
    let page = Visitor::new(&app).get("/nl/sign-up").await.expect(200).text;
    assert!(page.contains("Je kunt hier niet zelf een account maken.") && !page.contains("<form"), "{page}");
    let sign_in = Visitor::new(&app).get("/sign-in").await.expect(200).text;
    assert!(sign_in.contains("/forgotten-password") && !sign_in.contains("/sign-up"), "{sign_in}");
    let app = App::start_with(|config| config.sign_up_open = true).await;
    for path in ["/nl/sign-up", "/nl/forgotten-password"] {
        let page = Visitor::new(&app).get(path).await.expect(200).text;
        assert!(page.contains("Deze server verstuurt geen e-mail.") && !page.contains("<form"), "{page}");
    }
    let sign_in = Visitor::new(&app).get("/sign-in").await.expect(200).text;
    assert!(!sign_in.contains("/forgotten-password") && !sign_in.contains("/sign-up"), "{sign_in}");
}
