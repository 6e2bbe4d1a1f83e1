//! Why a request was refused, told to those who may know.

use serde_json::{Value, json};
use testkit::{Answer, App};

async fn explained(app: &App, token: &str, request: &str) -> Answer {
    app.call("GET", &format!("/api/v1/refusals/{request}")).token(token).send().await
}

fn outcomes(explanation: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let checks = explanation["checks"].as_array().expect("steps");
    checks.iter().map(|check| (text(&check["name"]), text(&check["outcome"]))).collect()
}

#[tokio::test]
async fn an_ended_token_is_explained_to_its_person_and_to_nobody_else() {
    for app in App::start_each().await {
        let shop = app.shop().await;
        let (acme, other) = (app.organisation("Acme").await, app.organisation("Other").await);
        let (ann, owner, eve) = (
            app.person("ann", &acme, &["member"]).await,
            app.person("owner", &acme, &["owner"]).await,
            app.person("eve", &other, &["owner"]).await,
        );
        let (token, secret) = app.token(&ann, None).await;
        let (anns, owners, eves) = (app.token(&ann, None).await.1, app.token(&owner, None).await.1, app.token(&eve, None).await.1);
        app.call("DELETE", &format!("/api/v1/tokens/{token}")).token(&owners).send().await.expect(200);
        let question = json!({"authorization": format!("Bearer {secret}"), "method": "GET", "path": "/things/7", "address": "192.0.2.7"});
        let refused = app.call("POST", "/api/v1/verify").token(&shop).json(&question).send().await.expect(200).json();
        assert_eq!((&refused["allowed"], &refused["reason"]), (&json!(false), &json!("revoked")));
        let request = refused["request_id"].as_str().expect("an id");

        let told = explained(&app, &anns, request).await.expect(200);
        assert!(!told.text.contains(&secret[6..]), "no secret: {}", told.text);
        let told = told.json();
        for (member, expected) in [
            ("reason", json!("revoked")),
            ("reader", json!("owner")),
            ("api", json!("shop")),
            ("method", json!("GET")),
            ("path", json!("/things/7")),
            ("permission", json!("shop:things:read")),
            ("credential", json!(token)),
            ("person", json!(ann)),
            ("organisation_name", json!("Acme")),
            ("address", json!("192.0.2.7")),
        ] {
            assert_eq!(told[member], expected, "{member}: {told}");
        }
        assert_eq!((&told["decision"]["what"], &told["decision"]["name"]), (&json!("tokens_revoked"), &json!("owner")), "{told}");
        let outcomes = outcomes(&told);
        let failed: Vec<&str> = outcomes.iter().filter(|(_, outcome)| outcome == "failed").map(|(name, _)| name.as_str()).collect();
        assert_eq!(failed, ["not_revoked"]);
        assert_eq!(outcomes.last().map(|(name, outcome)| (name.as_str(), outcome.as_str())), Some(("permission", "not_reached")));

        assert_eq!(explained(&app, &owners, request).await.expect(200).json()["reader"], "owner");
        app.operate("GET", &format!("/api/v1/refusals/{request}")).send().await.expect(200);
        explained(&app, &eves, request).await.expect(404);
        explained(&app, &anns, "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f").await.expect(404);
        app.call("GET", &format!("/api/v1/refusals/{request}")).send().await.expect(401);
    }
}

#[tokio::test]
async fn a_credential_that_nobody_knows_is_explained_to_who_sent_it_and_to_operators() {
    let app = App::start().await;
    let shop = app.shop().await;
    let acme = app.organisation("Acme").await;
    let ann = app.person("ann", &acme, &["owner"]).await;
    let anns = app.token(&ann, None).await.1;
    for (address, status) in [("192.0.2.7", 404), ("127.0.0.1", 200)] {
        let question = json!({"authorization": "Bearer nothing-of-ours", "permission": "shop:things:read", "address": address});
        let refused = app.call("POST", "/api/v1/verify").token(&shop).json(&question).send().await.expect(200).json();
        let request = refused["request_id"].as_str().expect("an id");
        let told = explained(&app, &anns, request).await.expect(status);
        if status == 200 {
            assert_eq!(told.json()["reader"], "sender");
        }
        let told = app.operate("GET", &format!("/api/v1/refusals/{request}")).send().await.expect(200).json();
        assert_eq!((&told["reason"], &told["credential"]), (&json!("unknown_credential"), &Value::Null));
    }
}

#[tokio::test]
async fn both_sides_of_a_closed_delegation_are_told_what_is_theirs_to_know() {
    let app = App::start().await;
    let survey = app.survey("survey").await;
    let (holder, supplier) = (app.organisation("Waterschap").await, app.organisation("Peilwerk").await);
    app.workspace(&holder, "1255").await;
    let (manager, worker) =
        (app.person("sanne", &holder, &["project_manager"]).await, app.person("kees", &supplier, &["key_manager"]).await);
    let (managers, workers) = (app.token(&manager, None).await.1, app.token(&worker, None).await.1);
    let (_, username_and_code) = app.organisation_token(&supplier, "survey", "veld-01").await;
    let new = json!({
        "api": "survey", "workspace": "1255", "to": supplier, "kind": "delivering",
        "permissions": ["survey:deliveries:create"], "description": "Sonderingen Noord"
    });
    let delegation = app.call("POST", "/api/v1/delegations").token(&managers).json(&new).header("idempotency-key", &app.key()).send().await;
    let delegation = delegation.expect(201).member("/id");
    let closing = json!({"reason": "Veldwerk afgerond"});
    let path = format!("/api/v1/delegations/{delegation}/closures");
    app.call("POST", &path).token(&managers).json(&closing).header("idempotency-key", &app.key()).send().await.expect(200);
    let question = json!({
        "authorization": username_and_code, "permission": "survey:deliveries:create", "workspace": "1255", "address": "192.0.2.7"
    });
    let refused = app.call("POST", "/api/v1/verify").token(&survey).json(&question).send().await.expect(200).json();
    assert_eq!(refused["reason"], "delegation_closed");
    let request = refused["request_id"].as_str().expect("an id");

    let told = explained(&app, &workers, request).await.expect(200).json();
    let decision = json!({
        "what": "delegation_closed", "at": told["decision"]["at"], "by": "organisation", "name": "Waterschap", "reason": "Veldwerk afgerond"
    });
    assert_eq!((&told["decision"], &told["reader"]), (&decision, &json!("owner")), "the supplier learns no person's name");
    assert_eq!((&told["credential_label"], &told["delegation"]), (&json!("veld-01"), &json!("Sonderingen Noord")));

    let told = explained(&app, &managers, request).await.expect(200).json();
    assert_eq!((&told["reader"], &told["decision"]["name"]), (&json!("target"), &json!("sanne")));
    let hidden = ["credential", "credential_label", "person", "address"].map(|member| told[member].clone());
    assert_eq!(hidden, [Value::Null, Value::Null, Value::Null, Value::Null], "the supplier's own affairs: {told}");
}
