//! What ends by itself is told 30, 7 and 1 days before: once each, to those who can do something about it.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::App;

use super::{delivered, with_mailbox};

const DAY: Duration = Duration::from_secs(86_400);

fn in_days(app: &App, days: u32) -> Value {
    use domain::time::Clock as _;
    json!(app.clock.now().saturating_add(DAY * days).to_string())
}

/// What is told now, as recipient and subject, in order.
async fn told(app: &App, folder: &std::path::Path) -> Vec<(String, String)> {
    app.node.tell_of_endings().await;
    let mut told: Vec<(String, String)> = delivered(app, folder).await.iter().map(|message| subject(message)).collect();
    told.sort();
    told
}

fn subject(message: &str) -> (String, String) {
    let header = |name: &str| {
        let line = message.lines().find_map(|line| line.strip_prefix(name)).expect("the header").to_owned();
        line.trim().to_owned()
    };
    (header("To:"), header("Subject:"))
}

#[tokio::test]
async fn a_personal_token_is_told_of_three_times() {
    let (app, folder) = with_mailbox().await;
    let organisation = app.organisation("Acme").await;
    let ann = app.person("ann", &organisation, &["member"]).await;
    let create = async |description: &str, days: u32| {
        let body = json!({"description": description, "permissions": "all", "expires_at": in_days(&app, days)});
        app.make(&format!("/api/v1/people/{ann}/tokens"), body).await.member("/id")
    };
    create("lasting", 90).await;
    let ended = create("ended", 90).await;
    create("week", 7).await;
    delivered(&app, &folder).await;
    app.operate("DELETE", &format!("/api/v1/tokens/{ended}")).send().await.expect(200);

    assert_eq!(told(&app, &folder).await, [], "who makes a token for a week knows it");
    let mut told_at = Vec::new();
    for day in 1..=90 {
        app.clock.advance(DAY);
        for (to, subject) in told(&app, &folder).await {
            assert_eq!(to, "ann@example.org");
            told_at.push(format!("{day}: {subject}"));
        }
    }
    let expected = [
        "6: Token ‘week’ werkt nog 1 dag",
        "60: Token ‘lasting’ werkt nog 30 dagen",
        "83: Token ‘lasting’ werkt nog 7 dagen",
        "89: Token ‘lasting’ werkt nog 1 dag",
    ];
    assert_eq!(told_at, expected);
}

#[tokio::test]
async fn keys_and_tokens_of_an_organisation_are_told_of_to_who_manages_them() {
    let (app, folder) = with_mailbox().await;
    app.survey("survey").await;
    let archive = app.archive().await;
    let organisation = app.organisation("Acme").await;
    app.person("olga", &organisation, &["owner"]).await;
    app.person("karl", &organisation, &["key_manager"]).await;
    app.person("mia", &organisation, &["member"]).await;
    let body = json!({"api": "survey", "username": "acme-field-01", "description": "field", "expires_at": in_days(&app, 40)});
    app.make(&format!("/api/v1/organisations/{organisation}/organisation-tokens"), body).await;
    let key = json!({"name": "Loader", "permissions": ["archive:papers:read"], "contact": "olga@example.org",
        "private_key_ends_at": in_days(&app, 40)});
    app.organisation_key(&organisation, key).await;
    delivered(&app, &folder).await;
    app.clock.advance(DAY * 12);
    let subject = "Token ‘acme-field-01’ werkt nog 28 dagen".to_owned();
    let of_key = "Sleutel ‘Loader’ werkt nog 28 dagen".to_owned();
    let expected = ["karl", "olga"].map(|name| [&of_key, &subject].map(|subject| (format!("{name}@example.org"), subject.clone())));
    assert_eq!(told(&app, &folder).await, expected.concat(), "who is contact and manager gets one");
    assert_eq!(told(&app, &folder).await, [], "once");

    // A private key that a newer one replaces, and that is used all the same.
    let key = json!({"name": "Reports", "permissions": ["archive:papers:read"], "contact": "desk@example.org"});
    let made = app.organisation_key(&organisation, key).await;
    let path = format!("/api/v1/organisation-keys/{}/rotations", made.member("/id"));
    app.operate("POST", &path).json(&json!({"overlap_seconds": 3 * 86_400})).send().await.expect(200);
    app.clock.advance(DAY * 2 + Duration::from_secs(60));
    assert_eq!(told(&app, &folder).await, [], "nobody uses it any more");
    let question = json!({"api_key": made.member("/private_key"), "permission": "archive:papers:read"});
    app.call("POST", "/api/v1/verify").token(&archive).json(&question).send().await.expect(200);
    app.node.authority.flush_usage(usize::MAX).await.expect("written");
    let told_of_key = told(&app, &folder).await;
    let to: Vec<&str> = told_of_key.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["desk@example.org", "karl@example.org", "olga@example.org"], "{told_of_key:?}");
    assert!(told_of_key[0].1.contains("De oude sleutel van ‘Reports’ stopt bijna"), "{told_of_key:?}");
    assert_eq!(told(&app, &folder).await, [], "once");
}
