//! Organisations, people and memberships.

use serde_json::{Value, json};
use testkit::App;

use super::World;

async fn allowed(world: &World, secret: &str) -> Value {
    let body = json!({"authorization": format!("Bearer {secret}"), "permission": "shop:things:read"});
    let answer = world.app.call("POST", "/api/v1/verify").token(&world.shop).json(&body).send().await.expect(200).json();
    if answer["allowed"] == true { json!("allowed") } else { answer["reason"].clone() }
}

#[tokio::test]
async fn an_organisation_and_its_people_live_and_end() {
    for app in App::start_each().await {
        let made = app.make("/api/v1/organisations", json!({"name": " Acme "})).await;
        let (id, path) = (made.member("/id"), made.header("location").expect("a path").to_owned());
        assert_eq!((made.member("/name"), &path), ("Acme".to_owned(), &format!("/api/v1/organisations/{id}")));
        let clash = app.operate("POST", "/api/v1/organisations").json(&json!({"name": "ACME"})).send().await.expect(409);
        assert_eq!(clash.problem()["code"], "name_taken");
        assert_eq!(app.operate("PATCH", &path).json(&json!({"name": "Acme 2"})).send().await.expect(200).member("/name"), "Acme 2");
        assert_eq!(app.operate("GET", &path).send().await.expect(200).member("/name"), "Acme 2");

        let person = app.person("zeus", &id, &["owner"]).await;
        let found = app.operate("GET", "/api/v1/people?email=ZEUS@example.org").send().await.expect(200);
        assert_eq!((found.member("/items/0/id"), found.json()["next_cursor"].is_null()), (person.clone(), true));
        let members = app.operate("GET", &format!("{path}/members")).send().await.expect(200).json();
        assert_eq!((&members["items"][0]["person"], &members["items"][0]["roles"]), (&json!(person), &json!(["owner"])));
        let one = format!("/api/v1/people/{person}");
        let changed = app.operate("PATCH", &one).json(&json!({"email": "z@example.org"})).send().await.expect(200);
        assert_eq!((changed.member("/name"), changed.member("/email")), ("zeus".to_owned(), "z@example.org".to_owned()));
        app.person("hera", &id, &["owner"]).await;
        app.operate("DELETE", &one).send().await.expect(200);
        app.operate("DELETE", &one).send().await.expect(404);
        let gone = app.operate("GET", "/api/v1/people?email=z@example.org").send().await.expect(200).json();
        assert_eq!(gone["items"], json!([]));
    }
}

#[tokio::test]
async fn suspension_ends_everything_at_once_and_can_be_taken_back() {
    let world = World::new().await;
    let paths = [
        format!("/api/v1/organisations/{}/suspension", world.acme.organisation),
        format!("/api/v1/people/{}/suspension", world.acme.member),
    ];
    for (path, reason) in paths.iter().zip(["organisation_suspended", "owner_inactive"]) {
        world.app.operate("PUT", path).send().await.expect(200);
        assert_eq!(allowed(&world, &world.acme.secret).await, reason);
        world.app.call("GET", "/api/v1/whoami").token(&world.acme.secret).send().await.expect(401);
        assert_eq!(allowed(&world, &world.umbrella.secret).await, "allowed");
        let changes = world.changes();
        world.app.operate("PUT", path).send().await.expect(200);
        assert_eq!(world.changes(), changes, "a second time changes nothing");
        world.app.operate("DELETE", path).send().await.expect(200);
        assert_eq!(allowed(&world, &world.acme.secret).await, "allowed");
    }
}

#[tokio::test]
async fn a_membership_changes_moves_and_ends() {
    let world = World::new().await;
    let path = format!("/api/v1/memberships/{}", world.acme.membership);
    let roles = world.app.operate("PATCH", &path).json(&json!({"roles": ["member", "key_manager"]})).send().await.expect(200).json();
    assert_eq!(roles["roles"], json!(["key_manager", "member"]));
    let to = json!({"organisation": world.umbrella.organisation});
    let moved = world.app.operate("POST", &format!("{path}/moves")).json(&to).send().await.expect(200);
    assert_eq!(moved.member("/organisation"), world.umbrella.organisation);
    // The old owner has lost sight of the member and the token; the new one has them.
    let token = format!("/api/v1/tokens/{}", world.acme.token);
    world.app.call("GET", &token).token(&world.acme.owner_token).send().await.expect(404);
    world.app.call("GET", &token).token(&world.umbrella.owner_token).send().await.expect(200);
    world.app.call("DELETE", &path).token(&world.umbrella.owner_token).send().await.expect(200);
    assert_eq!(allowed(&world, &world.acme.secret).await, "revoked");
    world.app.operate("GET", &token).send().await.expect(404);
}

/// TEN-07.
#[tokio::test]
async fn the_last_owner_stays() {
    let world = World::new().await;
    let memberships = world.app.operate("GET", &format!("/api/v1/people/{}/memberships", world.acme.owner)).send().await.expect(200);
    let path = format!("/api/v1/memberships/{}", memberships.member("/items/0/id"));
    let before = world.changes();
    let demoted = world.app.operate("PATCH", &path).json(&json!({"roles": ["member"]})).send().await.expect(409);
    assert_eq!(demoted.problem()["code"], "last_owner");
    world.app.operate("DELETE", &path).send().await.expect(409);
    let to = json!({"organisation": world.umbrella.organisation});
    world.app.operate("POST", &format!("{path}/moves")).json(&to).send().await.expect(409);
    assert_eq!(world.changes(), before);
}

/// TEN-02.
#[tokio::test]
async fn bodies_refer_to_nothing_of_another_tenant() {
    let world = World::new().await;
    let before = world.changes();
    let as_owner = |method: &str, path: &str| world.app.call(method, path).token(&world.acme.owner_token);
    let person = json!({"name": "x", "email": "x@example.org", "organisation": world.umbrella.organisation});
    as_owner("POST", "/api/v1/people").json(&person).send().await.expect(404);
    let token = json!({"description": "elsewhere", "organisation": world.umbrella.organisation});
    as_owner("POST", &format!("/api/v1/people/{}/tokens", world.acme.member)).json(&token).send().await.expect(400);
    let organisation = json!({"organisation": world.umbrella.organisation});
    as_owner("PATCH", &format!("/api/v1/people/{}", world.acme.member)).json(&organisation).send().await.expect(400);
    as_owner("PATCH", &format!("/api/v1/tokens/{}", world.acme.token)).json(&organisation).send().await.expect(400);
    let nowhere = json!({"organisation": "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f"});
    world.app.operate("POST", &format!("/api/v1/people/{}/memberships", world.acme.member)).json(&nowhere).send().await.expect(400);
    assert_eq!(world.changes(), before);
}

/// TEN-04.
#[tokio::test]
async fn odd_ids_are_answered_like_missing_ones() {
    let world = World::new().await;
    let missing = "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f";
    let expected = world.app.operate("GET", &format!("/api/v1/people/{missing}")).send().await.expect(404).problem();
    let real = &world.acme.member;
    let upper = real.to_uppercase();
    let odd = [
        "0",
        "-1",
        "00000000-0000-0000-0000-000000000000",
        "x",
        "..",
        "%2e%2e",
        "%00",
        "%ff",
        "%c3%28",
        &upper,
        &format!("%7B{real}%7D"),
        &"x".repeat(10_000),
    ];
    for id in odd {
        for path in ["/api/v1/people/{id}", "/api/v1/organisations/{id}", "/api/v1/tokens/{id}", "/api/v1/apis/{id}"] {
            let answer = world.app.operate("GET", &path.replace("{id}", id)).send().await;
            assert!(answer.status == 404 || id.starts_with('.') || id == "%2e%2e", "{path} {id:.40}: {} {}", answer.status, answer.text);
            if answer.status == 404 {
                assert_eq!(answer.problem(), expected, "{path} {id:.40}");
            }
        }
    }
}

#[tokio::test]
async fn whoami_tells_the_own_credential() {
    let world = World::new().await;
    let operator = world.app.operate("GET", "/api/v1/whoami").send().await.expect(200).json();
    assert_eq!((&operator["kind"], &operator["permissions"]), (&json!("operator_token"), &json!("all")));
    let member = world.app.call("GET", "/api/v1/whoami").token(&world.acme.secret).send().await.expect(200).json();
    assert_eq!((&member["person"], &member["credential"]), (&json!(world.acme.member), &json!(world.acme.token)));
    // A member's token has all that the member may do, and people are the owner's to manage.
    assert_eq!(member["permissions"], json!(["poort:tokens:read", "poort:tokens:write", "poort:delegations:read"]));
    let owner = world.app.call("GET", "/api/v1/whoami").token(&world.acme.owner_token).send().await.expect(200).json();
    assert_eq!(owner["permissions"].as_array().map(Vec::len), Some(13));
}

#[tokio::test]
async fn apis_are_defined_redefined_and_removed() {
    let world = World::new().await;
    let shown = world.app.operate("GET", "/api/v1/apis/shop").send().await.expect(200);
    let (etag, mut definition) = (shown.header("etag").expect("an ETag").to_owned(), shown.json());
    definition.as_object_mut().expect("an object").remove("revision");
    definition["permissions"].as_array_mut().expect("a list").remove(0);
    definition["routes"] = json!([]);
    let put = |etag: &str| world.app.operate("PUT", "/api/v1/apis/shop").header("if-match", etag).json(&definition);
    world.app.operate("POST", "/api/v1/apis").json(&definition).send().await.expect(409);
    let changed = put(&etag).send().await.expect(200);
    assert_ne!(changed.header("etag"), Some(etag.as_str()));
    put(&etag).send().await.expect(412);
    put("W/\"1\"").send().await.expect(400);
    assert_eq!(allowed(&world, &world.acme.secret).await, "permission_missing", "the permission is gone with the answer");
    world.app.operate("PUT", "/api/v1/apis/other").json(&definition).send().await.expect(400);
    let own = json!({"name": "poort", "title": "x", "presentations": ["bare"], "permissions": []});
    world.app.operate("PUT", "/api/v1/apis/poort").json(&own).send().await.expect(409);
    world.app.operate("DELETE", "/api/v1/apis/poort").send().await.expect(409);
    let bad = json!({"name": "bad", "title": "x", "presentations": [], "permissions": [{"name": "else:a:b", "title": "x"}], "routes": [{"method": "GET", "path": "//", "public": true}]});
    let answer = world.app.operate("POST", "/api/v1/apis").json(&bad).send().await.expect(400);
    assert_eq!(answer.problem()["errors"].as_array().map(Vec::len), Some(3), "{}", answer.text);
    world.app.operate("DELETE", "/api/v1/apis/shop").send().await.expect(200);
    world.app.operate("GET", "/api/v1/apis/shop").send().await.expect(404);
}

#[tokio::test]
async fn the_last_operator_token_stays() {
    let world = World::new().await;
    let first = world.first("/api/v1/operator-tokens").await;
    let path = format!("/api/v1/operator-tokens/{first}");
    assert_eq!(world.app.operate("DELETE", &path).send().await.expect(409).problem()["code"], "last_operator_token");
    let second = world.app.make("/api/v1/operator-tokens", json!({"description": "another one"})).await.member("/secret");
    world.app.operate("DELETE", &path).send().await.expect(200);
    world.app.operate("GET", "/api/v1/whoami").send().await.expect(401);
    world.app.call("GET", "/api/v1/whoami").token(&second).send().await.expect(200);
}
