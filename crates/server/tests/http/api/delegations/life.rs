//! The life of a delegation, from the side of the API and from both sides of it.

use super::*;

#[tokio::test]
async fn closing_between_two_calls_ends_it_and_a_new_one_works_again() {
    for app in App::start_each().await {
        let field = Field::on(app).await;
        let (supplier, other) = (&field.supplier, &field.other);
        assert_eq!(field.says(supplier, "1255").await, "no_delegation");
        let id = field.give("1255", supplier).await;
        let (beside, other_project) = (field.give("1255", other).await, field.give("1256", supplier).await);
        let answer = field.ask(supplier, "1255", CREATE).await;
        assert_eq!((&answer["allowed"], &answer["delegation"]), (&json!(true), &json!(id)), "{answer}");
        assert_eq!(field.forward_auth(supplier, "1255").await.expect(200).header("poort-delegation"), Some(id.as_str()));

        let closed = field.close(&field.holder, &id).await.expect(200);
        assert_eq!((closed.json()["closed"].as_u64(), closed.member("/state")), (Some(1), "closed".to_owned()));
        assert!(closed.header("poort-receipt").is_some());
        assert_eq!(field.ask(supplier, "1255", CREATE).await["status"], 403);
        assert_eq!(
            (field.says(supplier, "1255").await, field.forward_auth(supplier, "1255").await.status),
            ("delegation_closed".into(), 403)
        );
        // The holder's other suppliers and the supplier's other projects are untouched, and so is who holds the workspace.
        assert_eq!((field.says(other, "1255").await, field.says(supplier, "1256").await), ("allowed".into(), "allowed".into()));
        assert_eq!(field.says(&field.holder, "1255").await, "allowed");
        // Closed stays closed; saying so again changes nothing.
        assert_eq!(field.close(&field.holder, &id).await.expect(200).json()["receipt"]["sequence"], Value::Null);
        field.by(&field.holder, "PATCH", &format!("/api/v1/delegations/{id}")).json(&json!({"ends_at": null})).send().await.expect(409);

        let again = field.give("1255", supplier).await;
        assert_ne!(again, id);
        assert_eq!(field.says(supplier, "1255").await, "allowed");
        field.app.operate("DELETE", &format!("/api/v1/organisation-tokens/{}", supplier.token)).send().await.expect(200);
        assert_eq!(field.ask(supplier, "1255", CREATE).await["status"], 401);
        field.forward_auth(supplier, "1255").await.expect(401);
        assert_eq!(field.says(other, "1255").await, "allowed");

        // A closed workspace takes its delegations along.
        let workspace = field.show(&field.holder, &beside).await["workspace"]["id"].as_str().expect("an id").to_owned();
        field.app.operate("POST", &format!("/api/v1/workspaces/{workspace}/closures")).send().await.expect(200);
        assert_eq!(field.says(other, "1255").await, "wrong_workspace");
        assert_eq!(field.show(&field.holder, &beside).await["state"], "closed");
        assert_eq!(field.show(&field.holder, &other_project).await["state"], "open");
    }
}

#[tokio::test]
async fn each_side_sees_its_own_and_nobody_else_anything() {
    let field = Field::new().await;
    let id = field.give("1255", &field.supplier).await;
    let below = field.pass_on(&id, &field.supplier, &field.sub).await;
    let (giver, receiver, sub) =
        (field.show(&field.holder, &id).await, field.show(&field.supplier, &id).await, field.show(&field.sub, &below).await);
    assert_eq!(
        (&giver["side"], &giver["note"], &giver["workspace"]["name"]),
        (&json!("giver"), &json!("second contract"), &json!("Project 1255"))
    );
    assert_eq!(
        (&receiver["side"], &receiver["description"], &receiver["from"]["name"]),
        (&json!("receiver"), &json!("Soundings north"), &json!("Waterschap"))
    );
    assert_eq!((&receiver["workspace"]["number"], receiver["workspace"].get("name"), receiver.get("note")), (&json!("1255"), None, None));
    assert_eq!((&sub["from"]["name"], &sub["parent"], sub["workspace"].get("name")), (&json!("Peilwerk"), &Value::Null, None));
    assert!(!sub.to_string().contains(&field.holder.id), "who is above is no concern of the sub: {sub}");
    // Whoever is above sees the chain; whoever is below or beside sees nothing of it.
    let chain = field.show(&field.holder, &below).await;
    assert_eq!((&chain["side"], &chain["parent"], chain.get("note")), (&json!("above"), &json!(id), None));
    for (stranger, hidden) in [(&field.sub, &id), (&field.other, &id), (&field.other, &below)] {
        for (method, path) in [("GET", ""), ("GET", "/impact"), ("POST", "/closures"), ("POST", "/acceptances"), ("PUT", "/suspension")] {
            field.by(stranger, method, &format!("/api/v1/delegations/{hidden}{path}")).send().await.expect(404);
        }
    }
    // Lists hold the same, and their filters work.
    let listed = async |by: &Party, query: &str| {
        let all = field.by(by, "GET", &format!("/api/v1/delegations{query}")).send().await.expect(200).json();
        let items = all["items"].as_array().expect("items").iter();
        items.map(|item| item["id"].as_str().expect("an id").to_owned()).collect::<Vec<String>>()
    };
    let mut both = [id.clone(), below.clone()];
    both.sort();
    for party in [&field.holder, &field.supplier] {
        assert_eq!(listed(party, "").await, both);
    }
    assert_eq!((listed(&field.sub, "").await, listed(&field.other, "").await.len()), (vec![below.clone()], 0));
    assert_eq!(listed(&field.holder, &format!("?from={}", field.holder.id)).await, std::slice::from_ref(&id));
    assert_eq!(listed(&field.supplier, &format!("?to={}", field.supplier.id)).await, std::slice::from_ref(&id));
    assert_eq!((listed(&field.holder, "?state=open").await.len(), listed(&field.holder, "?state=closed").await.len()), (2, 0));
    let page = field.by(&field.holder, "GET", "/api/v1/delegations?state=open&limit=1").send().await.expect(200).json();
    let next = format!("?state=open&limit=1&cursor={}", page["next_cursor"].as_str().expect("more"));
    assert_eq!(listed(&field.holder, &next).await, both[1..]);
    // The receiver may look, not rule.
    for (method, path) in [("PUT", "/suspension"), ("POST", "/closures"), ("POST", "/confirmations"), ("GET", "/impact")] {
        field.by(&field.supplier, method, &format!("/api/v1/delegations/{id}{path}")).send().await.expect(403);
    }
    // A member who manages nothing may look at it too.
    let member = field.app.person("visitor", &field.supplier.id, &["member"]).await;
    let (_, token) = field.app.token(&member, None).await;
    field.app.call("GET", &format!("/api/v1/delegations/{id}")).token(&token).send().await.expect(200);
    field.app.call("POST", "/api/v1/delegations").token(&token).json(&given("1255", &field.other)).send().await.expect(403);
}

#[tokio::test]
async fn what_is_offered_counts_once_it_is_accepted() {
    let field = Field::new().await;
    let mut offer = given("1255", &field.supplier);
    offer["invitation"] = json!(true);
    offer["to"] = json!("PEILWERK");
    let id = field.by(&field.holder, "POST", "/api/v1/delegations").json(&offer).send().await.expect(201).member("/id");
    let path = |verb: &str| format!("/api/v1/delegations/{id}/{verb}");
    assert_eq!(
        (field.says(&field.supplier, "1255").await, field.show(&field.supplier, &id).await["state"].clone()),
        ("no_delegation".into(), json!("invited"))
    );
    field.by(&field.holder, "POST", &path("acceptances")).send().await.expect(403);
    field.by(&field.holder, "PUT", &path("suspension")).send().await.expect(409);
    for _ in 0..2 {
        field.by(&field.supplier, "POST", &path("acceptances")).send().await.expect(200);
        assert_eq!(field.says(&field.supplier, "1255").await, "allowed");
    }
    field.by(&field.supplier, "POST", &path("declines")).send().await.expect(409);

    let mut offer = given("1256", &field.supplier);
    offer["invitation"] = json!(true);
    let id = field.by(&field.holder, "POST", "/api/v1/delegations").json(&offer).send().await.expect(201).member("/id");
    let declined = field.by(&field.supplier, "POST", &format!("/api/v1/delegations/{id}/declines")).json(&json!({"reason": "no crew"}));
    assert_eq!(declined.send().await.expect(200).member("/state"), "closed");
    assert_eq!(field.show(&field.holder, &id).await["reason"], "no crew");
    field.by(&field.supplier, "POST", &format!("/api/v1/delegations/{id}/acceptances")).send().await.expect(409);
    assert_eq!(field.says(&field.supplier, "1256").await, "delegation_closed");
}

#[tokio::test]
async fn times_pass() {
    use std::time::Duration;
    let field = Field::new().await;
    let open = async |number: &str, with: Value| {
        let mut body = given(number, &field.supplier);
        body.as_object_mut().expect("an object").extend(with.as_object().expect("an object").clone());
        field.by(&field.holder, "POST", "/api/v1/delegations").json(&body).send().await.expect(201).member("/id")
    };
    let first = open("1255", json!({"opens_at": field.at(10), "ends_at": field.at(20)})).await;
    let reviewed = open("1256", json!({"review_at": field.at(20)})).await;
    assert_eq!(
        (field.says(&field.supplier, "1255").await, field.says(&field.supplier, "1256").await),
        ("no_delegation".into(), "allowed".into())
    );
    assert_eq!(field.show(&field.supplier, &reviewed).await["review_due"], true);
    field.app.clock.advance(Duration::from_secs(10));
    assert_eq!(field.says(&field.supplier, "1255").await, "allowed");
    let confirm = async |at: String| {
        let path = format!("/api/v1/delegations/{reviewed}/confirmations");
        field.by(&field.holder, "POST", &path).json(&json!({"review_at": at})).send().await.status
    };
    assert_eq!(confirm(field.at(5)).await, 400, "sooner than it would lapse now");
    assert_eq!(confirm(field.at(30)).await, 200);
    field.app.clock.advance(Duration::from_secs(10));
    assert_eq!(
        (field.says(&field.supplier, "1255").await, field.says(&field.supplier, "1256").await),
        ("delegation_closed".into(), "allowed".into())
    );
    assert_eq!(field.show(&field.holder, &first).await["state"], "ended");
    // What has ended is in nobody's way, marked by the upkeep or not.
    field.give("1255", &field.supplier).await;
    assert_eq!(field.says(&field.supplier, "1255").await, "allowed");
    field.app.clock.advance(Duration::from_secs(20));
    assert_eq!(field.says(&field.supplier, "1256").await, "delegation_closed");
    assert_eq!(confirm(field.at(60)).await, 409, "lapsed");
    field.app.node.authority.mark_ended_delegations(field.app.clock.now()).await.expect("marked");
    assert_eq!(field.show(&field.holder, &reviewed).await["state"], "ended");

    // A closing that is announced, taken back, and announced again.
    let id = field.give("1256", &field.supplier).await;
    let close = async |at: String| {
        let body = json!({"at": at, "reason": "field work done"});
        field.by(&field.holder, "POST", &format!("/api/v1/delegations/{id}/closures")).json(&body).send().await.expect(200)
    };
    let announced = close(field.at(10)).await;
    assert_eq!((announced.member("/state"), announced.json()["closed"].as_u64()), ("closing".to_owned(), Some(0)));
    assert_eq!(field.show(&field.supplier, &id).await["reason"], "field work done");
    field.by(&field.holder, "PATCH", &format!("/api/v1/delegations/{id}")).json(&json!({"ends_at": null})).send().await.expect(200);
    field.app.clock.advance(Duration::from_secs(10));
    assert_eq!(field.says(&field.supplier, "1256").await, "allowed");
    close(field.at(10)).await;
    field.app.clock.advance(Duration::from_secs(10));
    assert_eq!(
        (field.says(&field.supplier, "1256").await, field.show(&field.supplier, &id).await["state"].clone()),
        ("delegation_closed".into(), json!("closed"))
    );
    field.give("1256", &field.supplier).await;
}
