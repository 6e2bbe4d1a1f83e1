//! Both organisations are told what becomes of a delegation: those who manage it, with what they may know.

use std::time::Duration;

use serde_json::json;

use super::{delivered, with_mailbox};

#[tokio::test]
async fn both_sides_are_told_and_know_what_they_may() {
    let (app, folder) = with_mailbox().await;
    app.survey("survey").await;
    let (giver, receiver) = (app.organisation("Waterschap").await, app.organisation("Peilwerk").await);
    app.person("olga", &giver, &["owner"]).await;
    app.person("gert", &giver, &["project_manager"]).await;
    app.person("karl", &giver, &["key_manager"]).await;
    app.person("pia", &receiver, &["project_manager"]).await;
    let body = json!({"number": "1255", "name": "Meetnet Noord"});
    app.make(&format!("/api/v1/organisations/{giver}/workspaces"), body).await;
    let body = json!({"api": "survey", "workspace": "1255", "to": receiver, "kind": "delivering",
        "permissions": ["survey:deliveries:create"], "description": "boreholes"});
    let made = app.operate("POST", "/api/v1/delegations").json(&body).send().await;
    let id = made.expect(201).member("/id");

    let check = async |subject: &str, also: &str| {
        let messages = delivered(&app, &folder).await;
        let to = |name: &str| messages.iter().filter(|message| message.contains(&format!("To: {name}@"))).collect::<Vec<_>>();
        assert_eq!((messages.len(), to("karl").len()), (3, 0), "{messages:?}");
        for name in ["olga", "gert", "pia"] {
            let [message] = to(name)[..] else { panic!("one letter to {name}") };
            let own = if name == "pia" { &receiver } else { &giver };
            assert!(message.contains(&format!("https://poort.example.org/nl/o/{own}/delegations/{id}")), "{message}");
            assert!(message.contains(subject) && message.contains(also), "{message}");
            assert_eq!(message.contains("Meetnet Noord"), name != "pia", "{message}");
        }
    };
    check("Machtiging aan Peilwerk geopend", "1255").await;
    let closing = json!({"reason": "Veldwerk afgerond"});
    app.operate("POST", &format!("/api/v1/delegations/{id}/closures")).json(&closing).send().await.expect(200);
    check("Machtiging aan Peilwerk gesloten", "Veldwerk afgerond").await;
}

#[tokio::test]
async fn an_end_by_its_time_is_told_before_and_when_it_is_there() {
    use domain::time::Clock as _;
    const DAY: Duration = Duration::from_secs(86_400);
    let (app, folder) = with_mailbox().await;
    app.survey("survey").await;
    let (giver, receiver) = (app.organisation("Waterschap").await, app.organisation("Peilwerk").await);
    app.person("olga", &giver, &["owner"]).await;
    app.person("pia", &receiver, &["project_manager"]).await;
    let body = json!({"number": "1255", "name": "Meetnet Noord"});
    app.make(&format!("/api/v1/organisations/{giver}/workspaces"), body).await;
    let made = async |kind: &str, more: serde_json::Value| {
        let mut body = json!({"api": "survey", "workspace": "1255", "to": receiver, "kind": kind,
            "permissions": ["survey:deliveries:create"], "description": "boreholes"});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        app.make("/api/v1/delegations", body).await.member("/id")
    };
    let in_days = |days: u32| json!(app.clock.now().saturating_add(DAY * days).to_string());
    made("delivering", json!({"ends_at": in_days(40)})).await;
    made("checking", json!({"review_at": in_days(60)})).await;
    delivered(&app, &folder).await;
    let mut told = Vec::new();
    for day in 1..=70 {
        app.clock.advance(DAY);
        app.node.authority.mark_ended_delegations(app.clock.now()).await.expect("marked");
        app.node.tell_of_endings().await;
        app.node.tell_of_endings().await;
        for message in delivered(&app, &folder).await {
            let line = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).expect("the header").trim().to_owned();
            let subject = line("Subject:").split(" op ").next().expect("a subject").to_owned();
            let lapses = if line("Subject:").ends_with("tenzij zij wordt bevestigd") { ", tenzij" } else { "" };
            told.push(format!("{day} {}: {subject}{lapses}", line("To:")));
            assert_eq!(message.contains("Meetnet Noord"), message.contains("To: olga"), "the receiver knows its number: {message}");
        }
    }
    told.sort_by_key(|line| (line.split(' ').next().and_then(|day| day.parse::<u32>().ok()), line.clone()));
    let both = |day: u32, subject: &str| ["olga", "pia"].map(|name| format!("{day} {name}@example.org: Machtiging aan Peilwerk {subject}"));
    let before = [10, 33, 39].map(|day| both(day, "eindigt")).concat();
    let lapses = [30, 53, 59].map(|day| both(day, "eindigt, tenzij")).concat();
    let mut expected = [before, lapses, both(40, "is afgelopen").to_vec(), both(60, "is afgelopen").to_vec()].concat();
    expected.sort_by_key(|line| (line.split(' ').next().and_then(|day| day.parse::<u32>().ok()), line.clone()));
    assert_eq!(told, expected);

    // An announced closing was told already: when it is there, it is told as one. Who was only offered one is not told of its end.
    let closing = made("delivering", json!({})).await;
    delivered(&app, &folder).await;
    let body = json!({"reason": "Klaar", "at": in_days(8)});
    app.operate("POST", &format!("/api/v1/delegations/{closing}/closures")).json(&body).send().await.expect(200);
    assert_eq!(delivered(&app, &folder).await.len(), 2);
    made("checking", json!({"invitation": true, "ends_at": in_days(9)})).await;
    assert_eq!(delivered(&app, &folder).await.len(), 2);
    let mut subjects = Vec::new();
    for _ in 0..11 {
        app.clock.advance(DAY);
        app.node.authority.mark_ended_delegations(app.clock.now()).await.expect("marked");
        app.node.tell_of_endings().await;
        subjects.extend(delivered(&app, &folder).await);
    }
    assert!(
        subjects.len() == 2 && subjects.iter().all(|message| message.contains("is gesloten") && message.contains("Klaar")),
        "{subjects:?}"
    );
}
