//! What the owner of an API announces is told to everybody whom it concerns: once each, in their language.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{App, Visitor};

use super::{delivered, with_mailbox};

const DAY: Duration = Duration::from_secs(86_400);

fn in_days(app: &App, days: u32) -> Value {
    use domain::time::Clock as _;
    json!(app.clock.now().saturating_add(DAY * days).to_string())
}

fn announcement(app: &App, api: &str) -> Value {
    json!({
        "api": api,
        "title": {"nl": "Versie 1 stopt", "en": "Version 1 stops"},
        "text": {"nl": "Gebruik versie 2.\n\nAlles staat in de gids.", "en": "Use version 2.\n\nThe guide has everything."},
        "deprecated_at": in_days(app, 10),
        "sunset_at": in_days(app, 100),
        "link": "https://docs.example/v2",
    })
}

/// What is told now: recipients, sorted, with the whole message of each.
async fn told(app: &App, folder: &std::path::Path) -> Vec<(String, String)> {
    app.node.tell_of_announcements().await;
    let to = |message: String| {
        let line = message.lines().find_map(|line| line.strip_prefix("To:")).expect("a recipient").trim().to_owned();
        (line, message)
    };
    let mut told: Vec<(String, String)> = delivered(app, folder).await.into_iter().map(to).collect();
    told.sort();
    told
}

fn recipients(told: &[(String, String)]) -> Vec<&str> {
    told.iter().map(|(to, _)| to.trim_end_matches("@example.org")).collect()
}

#[tokio::test]
async fn people_are_told_in_their_language_and_once() {
    let (app, folder) = with_mailbox().await;
    let shop = app.shop().await;
    app.survey("survey").await;
    let organisation = app.organisation("Acme").await;
    let mut people = Vec::new();
    for name in ["ann", "ben", "cas", "dirk"] {
        people.push(app.person_with_password(name, &organisation, "correct horse battery").await);
    }
    // Ann has a permission by name, Ben has used one, Cas could use all but has not, Dirk's token has ended.
    app.token(&people[0], Some(&["shop:things:read"])).await;
    let (_, used) = app.token(&people[1], None).await;
    app.token(&people[2], None).await;
    let (ended, _) = app.token(&people[3], Some(&["shop:things:read"])).await;
    app.operate("DELETE", &format!("/api/v1/tokens/{ended}")).send().await.expect(200);
    let question = json!({"authorization": format!("Bearer {used}"), "permission": "shop:things:read"});
    app.call("POST", "/api/v1/verify").token(&shop).json(&question).send().await.expect(200);
    app.node.authority.flush_usage(usize::MAX).await.expect("written");
    // The first time in a browser that asks for English says what he reads.
    Visitor::new(&app).sign_in("ben@example.org", "correct horse battery").await.expect(303);
    delivered(&app, &folder).await;

    let id = app.make("/api/v1/announcements", announcement(&app, "shop")).await.member("/id");
    let first = told(&app, &folder).await;
    assert_eq!(recipients(&first), ["ann", "ben"]);
    let (dutch, english) = (&first[0].1, &first[1].1);
    for said in [
        "Subject: Shop: Versie 1 stopt",
        "Gebruik versie 2.",
        "Alles staat in de gids.",
        "niet meer voor iets nieuws",
        "Het stopt op",
        "Meer hierover: https://docs.example/v2",
        "Je krijgt dit omdat je Shop gebruikt met: ‘token",
        "https://poort.example.org/nl/profile/tokens",
    ] {
        assert!(dutch.contains(said), "{said}: {dutch}");
    }
    for said in ["Subject: Shop: Version 1 stops", "Use version 2.", "It stops working on", "https://poort.example.org/en/profile/tokens"] {
        assert!(english.contains(said), "{said}: {english}");
    }
    assert_eq!(recipients(&told(&app, &folder).await), [""; 0], "once");

    // Who begins to use it while it is current is told, too.
    app.token(&people[2], Some(&["shop:things:write"])).await;
    app.node.send_letters().await;
    delivered(&app, &folder).await;
    assert_eq!(recipients(&told(&app, &folder).await), ["cas"]);

    // What was withdrawn is told to nobody, not even where the letter was written already.
    let another = app.make("/api/v1/announcements", announcement(&app, "shop")).await.member("/id");
    app.node.tell_of_announcements().await;
    app.operate("DELETE", &format!("/api/v1/announcements/{another}")).send().await.expect(200);
    assert_eq!(recipients(&told(&app, &folder).await), [""; 0]);
    app.operate("DELETE", &format!("/api/v1/announcements/{id}")).send().await.expect(200);
    app.clock.advance(DAY * 101);
    assert_eq!(recipients(&told(&app, &folder).await), [""; 0]);
}

#[tokio::test]
async fn who_manages_tokens_and_keys_is_told_and_their_contacts() {
    let (app, folder) = with_mailbox().await;
    app.survey("survey").await;
    app.archive().await;
    let organisation = app.organisation("Acme <b>").await;
    for (name, role) in [("olga", "owner"), ("karl", "key_manager"), ("mia", "member")] {
        app.person(name, &organisation, &[role]).await;
    }
    app.organisation_token(&organisation, "survey", "acme-field-01").await;
    let key = |name: &str, contact: &str| json!({"name": name, "permissions": ["archive:papers:read"], "contact": contact});
    for (name, contact) in [("Loader", "desk@example.org"), ("Reports", "Desk@example.org"), ("Karl's", "karl@example.org")] {
        app.organisation_key(&organisation, key(name, contact)).await;
    }
    delivered(&app, &folder).await;

    app.make("/api/v1/announcements", announcement(&app, "survey")).await;
    let of_token = told(&app, &folder).await;
    assert_eq!(recipients(&of_token), ["karl", "olga"]);
    assert!(of_token[0].1.contains("‘acme-field-01’") && of_token[0].1.contains("Organisatie: Acme <b>"), "{}", of_token[0].1);
    assert!(of_token[0].1.contains(&format!("https://poort.example.org/nl/o/{organisation}")), "{}", of_token[0].1);

    app.make("/api/v1/announcements", announcement(&app, "archive")).await;
    let of_keys = told(&app, &folder).await;
    assert_eq!(recipients(&of_keys), ["desk", "karl", "olga"], "one for each, whatever they are");
    assert!(of_keys[0].1.contains("als contactpersoon van: ‘Loader’, ‘Reports’."), "{}", of_keys[0].1);
    assert!(of_keys[1].1.contains("met: ‘Karl's’, ‘Loader’, ‘Reports’."), "{}", of_keys[1].1);
    assert_eq!(recipients(&told(&app, &folder).await), [""; 0], "once");
}

#[tokio::test]
async fn many_people_are_told_in_parts() {
    let (app, folder) = with_mailbox().await;
    app.shop().await;
    let organisation = app.organisation("Acme").await;
    for number in 0..205 {
        let person = app.person(&format!("p{number:03}"), &organisation, &["member"]).await;
        app.token(&person, Some(&["shop:things:read"])).await;
    }
    app.node.send_letters().await;
    while !delivered(&app, &folder).await.is_empty() {}
    app.make("/api/v1/announcements", announcement(&app, "shop")).await;
    app.node.tell_of_announcements().await;
    assert_eq!(app.node.authority.waiting_letters().await.expect("counted").count, 205);
}
