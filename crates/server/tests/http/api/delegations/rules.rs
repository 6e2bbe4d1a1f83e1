//! Passing on: no wider, no longer, not endlessly; and what is above rules what is below.

use super::*;

#[tokio::test]
async fn what_is_passed_on_is_no_wider_and_no_longer() {
    let field = Field::new().await;
    let mut body = given("1255", &field.supplier);
    body["permissions"] = json!([CREATE]);
    body["ends_at"] = json!(field.at(100));
    let id = field.by(&field.holder, "POST", "/api/v1/delegations").json(&body).send().await.expect(201).member("/id");
    let pass = async |with: Value| {
        let mut body = json!({"parent": id, "to": field.sub.id, "description": "passed on"});
        body.as_object_mut().expect("an object").extend(with.as_object().expect("an object").clone());
        field.by(&field.supplier, "POST", "/api/v1/delegations").json(&body).send().await
    };
    for (with, wrong) in [
        (json!({"permissions": [VALIDATE]}), "permissions"),
        (json!({"permissions": "all"}), "permissions"),
        (json!({"permissions": []}), "permissions"),
        (json!({"permissions": ["shop:things:read"]}), "permissions"),
        (json!({"ends_at": field.at(101)}), "ends_at"),
        (json!({"kind": "checking"}), "kind"),
        (json!({"api": "survey"}), "parent"),
        (json!({"to": field.holder.id}), "to"),
        (json!({"to": field.supplier.id}), "to"),
        (json!({"to": "Nobody"}), "to"),
        (json!({"parent": "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f"}), "parent"),
    ] {
        let refused = pass(with.clone()).await.expect(400).json();
        assert_eq!(refused["errors"][0]["field"], wrong, "{with}: {refused}");
    }
    let below = pass(json!({})).await.expect(201).json();
    assert_eq!((&below["ends_at"], &below["permissions"]), (&json!(field.at(100)), &json!([CREATE])), "as the parent, if nothing is said");
    assert_eq!(pass(json!({})).await.expect(409).json()["code"], "delegation_exists");
    // The parent is shortened and narrowed: so is the child, whatever it says itself.
    field
        .by(&field.holder, "PATCH", &format!("/api/v1/delegations/{id}"))
        .json(&json!({"permissions": [VALIDATE]}))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (field.says(&field.sub, "1255").await, field.says(&field.supplier, "1255").await),
        ("permission_missing".into(), "permission_missing".into())
    );
    let child = field.show(&field.sub, below["id"].as_str().expect("an id")).await;
    assert_eq!((&child["allows"], &child["permissions"]), (&json!([]), &json!([CREATE])));
    let stays = json!({"may_pass_on": false});
    field.by(&field.holder, "PATCH", &format!("/api/v1/delegations/{id}")).json(&stays).send().await.expect(200);
    let mut other = json!({"parent": id, "to": field.other.id, "description": "passed on", "permissions": [VALIDATE]});
    let refused = field.by(&field.supplier, "POST", "/api/v1/delegations").json(&other).send().await.expect(409).json();
    assert_eq!(refused["code"], "not_to_be_passed_on");
    other["parent"] = below["id"].clone();
    field.by(&field.supplier, "POST", "/api/v1/delegations").json(&other).send().await.expect(403);
}

#[tokio::test]
async fn a_stale_edit_is_refused_and_a_repeated_one_is_answered_the_same() {
    let field = Field::new().await;
    let (key, body) = (field.app.key(), given("1255", &field.supplier));
    let open = || field.by(&field.holder, "POST", "/api/v1/delegations").header("idempotency-key", &key).json(&body);
    let (first, second) = (open().send().await.expect(201), open().send().await.expect(201));
    assert_eq!((first.member("/id"), second.header("idempotent-replayed")), (second.member("/id"), Some("true")));
    let path = format!("/api/v1/delegations/{}", first.member("/id"));
    assert_eq!((first.header("location"), first.header("etag")), (Some(path.as_str()), Some("\"1\"")));
    let edit = |etag: &str| field.by(&field.holder, "PATCH", &path).header("if-match", etag).json(&json!({"note": null}));
    assert_eq!(edit("\"1\"").send().await.expect(200).json().get("note"), None);
    edit("\"1\"").send().await.expect(412);
    for bad in
        [json!({"permissions": []}), json!({"ends_at": field.at(-10)}), json!({"review_at": field.at(0)}), json!({"workspace": "1256"})]
    {
        field.by(&field.holder, "PATCH", &path).json(&bad).send().await.expect(400);
    }
    for (bad, field_name) in
        [("workspace", "9999"), ("workspace", "No Number"), ("api", "poort"), ("api", "nothing"), ("kind", "x"), ("to", "")]
    {
        let mut body = given("1255", &field.other);
        body[bad] = json!(field_name);
        field.by(&field.holder, "POST", "/api/v1/delegations").json(&body).send().await.expect(400);
    }
    // Somebody else's workspace cannot be told from none.
    let foreign =
        field.by(&field.supplier, "POST", "/api/v1/delegations").json(&given("1255", &field.other)).send().await.expect(400).json();
    let none = field.by(&field.supplier, "POST", "/api/v1/delegations").json(&given("7777", &field.other)).send().await.expect(400).json();
    assert_eq!(foreign["errors"], none["errors"]);
}

#[tokio::test]
async fn a_chain_ends_in_the_same_step_and_is_not_endless() {
    for app in App::start_each().await {
        let field = Field::on(app).await;
        let top = field.give("1255", &field.supplier).await;
        let middle = field.pass_on(&top, &field.supplier, &field.sub).await;
        let bottom = field.pass_on(&middle, &field.sub, &field.other).await;
        let last = Party::new(&field.app, "Laatste").await;
        let deepest = field.pass_on(&bottom, &field.other, &last).await;
        let beyond = json!({"parent": deepest, "to": Party::new(&field.app, "Verder").await.id, "description": "passed on"});
        let refused = field.by(&last, "POST", "/api/v1/delegations").json(&beyond).send().await.expect(409).json();
        assert_eq!(refused["code"], "chain_too_long");
        let chain = [&field.supplier, &field.sub, &field.other, &last];
        let all = async || {
            let mut said = Vec::new();
            for party in chain {
                said.push(field.says(party, "1255").await);
            }
            said
        };
        assert_eq!(all().await, ["allowed"; 4]);
        // Pausing above pauses below, and lets it go on with it.
        let pause = format!("/api/v1/delegations/{top}/suspension");
        field.by(&field.holder, "PUT", &pause).json(&json!({"reason": "frost"})).send().await.expect(200);
        assert_eq!(all().await, ["delegation_paused"; 4]);
        assert_eq!(field.show(&last, &deepest).await["state"], "paused");
        field.by(&field.holder, "DELETE", &pause).send().await.expect(200);
        assert_eq!(all().await, ["allowed"; 4]);
        // Whoever is above may close below, and nothing above it ends.
        field.close(&field.supplier, &bottom).await.expect(200);
        assert_eq!(all().await, ["allowed", "allowed", "delegation_closed", "delegation_closed"]);
        let again = field.pass_on(&middle, &field.sub, &field.other).await;
        assert_eq!(field.close(&field.holder, &top).await.expect(200).json()["closed"], 3);
        assert_eq!(all().await, ["delegation_closed"; 4]);
        for id in [&top, &middle, &again, &deepest] {
            assert_eq!(field.app.operate("GET", &format!("/api/v1/delegations/{id}")).send().await.expect(200).member("/state"), "closed");
        }
        // The trail of each side has the closing.
        for party in chain {
            let trail = field.app.operate("GET", &format!("/api/v1/audit?about={}", party.id)).send().await.expect(200).text;
            assert!(trail.contains("delegations_closed") && trail.contains("delegation_opened"), "{trail}");
        }
    }
}
