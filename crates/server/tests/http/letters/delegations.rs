//! Both organisations are told what becomes of a delegation: those who manage it, with what they may know.

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
