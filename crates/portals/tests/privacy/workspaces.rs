//! Workspaces: their list in any case, page by page, and what they have been given.

use domain::permission::Permissions;
use serde_json::{Value, json};

use crate::harness::{OTHER, World};

fn ids(list: &Value) -> Vec<i64> {
    list["items"].as_array().expect("a list").iter().map(|item| item["id"].as_i64().expect("a number")).collect()
}

#[tokio::test]
async fn the_list_has_the_documented_shape_in_any_case() {
    let world = World::start().await;
    let first = json!({
        "id": 1, "tenantId": 1, "label": "My data company", "logoUrl": null, "state": "Active", "permissions": null,
        "dataSubjectArchivedRetentionDays": null, "nbEntities": 1, "primaryColor": null, "secondaryColor": null,
    });
    for path in ["/v1/workspaces", "/v1/WorkSpaces", "/V1/WORKSPACES", "/v1/workSpaces/"] {
        let list = world.get(path).await.ok();
        assert_eq!((list["total"].clone(), list["items"][0].clone()), (json!(3), first.clone()), "{path}");
        assert_eq!(list["workSpaces"], list["items"]);
        assert_eq!(ids(&list), [1, 2, 3]);
        assert_eq!(list["items"][2]["label"], "Workspace 3", "nobody has named it yet");
    }
    assert_eq!(world.get("/v1/workspaces/1").await.ok(), first);
    let other = world.poort.key(OTHER, Permissions::All);
    let list = world.as_key(&other, "GET", "/v1/workspaces", "").await.ok();
    assert_eq!((ids(&list), list["items"][0]["tenantId"].clone()), (vec![7], json!(2)));
    let head = world.send("HEAD", "/v1/workspaces", "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn pages_hold_everything_once_and_in_order() {
    let world = World::start().await;
    for (query, expected) in [
        ("size=2", vec![1, 2]),
        ("size=2&page=2", vec![3]),
        ("size=2&page=3", vec![]),
        ("page=1000000000&size=500", vec![]),
        ("skip=1&size=1", vec![2]),
        ("asc=false", vec![3, 2, 1]),
        ("sortBy=label", vec![1, 3, 2]),
        ("SortBy=nbEntities&Asc=FALSE", vec![1, 3, 2]),
        ("q=DATA", vec![1]),
        ("q=%C3%A9tage", vec![2]),
        ("q=%25", vec![]),
        ("state=active", vec![1, 2, 3]),
        ("state=Archived", vec![]),
        ("unknown=1&filters=", vec![1, 2, 3]),
    ] {
        let list = world.get(&format!("/v1/workspaces?{query}")).await.ok();
        assert_eq!(ids(&list), expected, "{query}");
    }
    assert_eq!(world.get("/v1/workspaces?size=1&page=9").await.ok()["total"], 3);
    for (query, name) in [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=1e3", "page"),
        ("size=501", "size"),
        ("size=0", "size"),
        ("size=many", "size"),
        ("skip=-1", "skip"),
        ("asc=1", "asc"),
        ("sortBy=tenantId;drop", "sortBy"),
        ("state=Activa", "state"),
        ("size=1&size=2", "size"),
        ("filters=%7B%22field%22%3A%22id%22%7D", "filters"),
    ] {
        let problem = world.get(&format!("/v1/workspaces?{query}")).await.problem(400);
        assert!(problem["errors"][name][0].is_string(), "{query}: {problem}");
    }
}

#[tokio::test]
async fn what_a_workspace_has_been_given_stays() {
    let world = World::start().await;
    let body = json!({
        "label": "  Kantoor Noord ", "primaryColor": "#1A2b3c", "logoUrl": "https://example.org/logo.png",
        "dataSubjectArchivedRetentionDays": 90, "state": "Archived",
    });
    let changed = world.put(200, "PATCH", "/v1/WorkSpaces/3", body).await;
    let expected = json!({
        "id": 3, "tenantId": 1, "label": "Kantoor Noord", "logoUrl": "https://example.org/logo.png", "state": "Archived",
        "permissions": null, "dataSubjectArchivedRetentionDays": 90, "nbEntities": 0, "primaryColor": "#1A2b3c", "secondaryColor": null,
    });
    assert_eq!(changed, expected);
    let back = world.put(200, "PATCH", "/v1/workspaces/3", expected.clone()).await;
    assert_eq!(back, expected, "what was got may be sent back");
    let world = World::start_in(world.stop().await).await;
    assert_eq!(world.get("/v1/workspaces/3").await.ok(), expected, "after a restart too");
    assert_eq!(ids(&world.get("/v1/workspaces?state=Archived").await.ok()), [3]);
    let cleared =
        world.put(200, "PATCH", "/v1/workspaces/3", json!({"primaryColor": null, "dataSubjectArchivedRetentionDays": null})).await;
    assert_eq!((cleared["primaryColor"].clone(), cleared["dataSubjectArchivedRetentionDays"].clone()), (Value::Null, Value::Null));
    assert_eq!(world.get("/v1/workspaces/1").await.ok()["label"], "My data company", "the others stay as they are");
    for (body, name) in [
        (json!({"label": ""}), "label"),
        (json!({"label": null}), "label"),
        (json!({"label": "x".repeat(81)}), "label"),
        (json!({"label": "a\u{1}b"}), "label"),
        (json!({"label": 7}), "label"),
        (json!({"primaryColor": "red"}), "primaryColor"),
        (json!({"secondaryColor": "#12345é"}), "secondaryColor"),
        (json!({"logoUrl": "javascript:alert(1)"}), "logoUrl"),
        (json!({"dataSubjectArchivedRetentionDays": 0}), "dataSubjectArchivedRetentionDays"),
        (json!({"dataSubjectArchivedRetentionDays": 1.5}), "dataSubjectArchivedRetentionDays"),
        (json!({"state": "Deleted"}), "state"),
        (json!({"lable": "x"}), "lable"),
    ] {
        let problem = world.send("PATCH", "/v1/workspaces/1", &body.to_string()).await.problem(400);
        assert!(problem["errors"][name][0].is_string(), "{body}: {problem}");
    }
    assert_eq!(world.get("/v1/workspaces/1").await.ok()["label"], "My data company", "a refused change changes nothing");
}
