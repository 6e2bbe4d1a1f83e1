//! Entities, areas and data processings: made, found, changed and deleted, each within its workspace.

use serde_json::{Value, json};

use crate::harness::World;

fn labels(list: &Value) -> Vec<&str> {
    list["items"].as_array().expect("a list").iter().map(|item| item["label"].as_str().expect("a label")).collect()
}

#[tokio::test]
async fn areas_are_kept_in_their_workspace() {
    let world = World::start().await;
    let made = world.send("POST", "/v1/ws/1/Areas", &json!({"label": "Personeelszaken", "type": "Area", "parentId": 1}).to_string()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let location = made.header("location").expect("a location").to_owned();
    let made = made.json();
    assert_eq!(location, format!("http://{}/v1/ws/1/Areas/{}", world.address, made["id"]));
    assert_eq!(world.get(&location).await.ok(), made);
    let id = made["id"].as_i64().expect("a number");
    let list = world.get("/v1/ws/1/areas?sortBy=label").await.ok();
    assert_eq!((labels(&list), list["total"].clone(), list["page"].clone(), list["size"].clone()), {
        (vec!["My data company", "Personeelszaken"], json!(2), json!(1), json!(20))
    });
    assert_eq!(labels(&world.get("/v1/ws/1/areas?type=entity").await.ok()), ["My data company"]);
    assert_eq!(labels(&world.get("/v1/ws/1/areas?parentId=1").await.ok()), ["Personeelszaken"]);
    assert_eq!(world.get("/v1/workspaces/1").await.ok()["nbEntities"], 1, "an area is no entity");

    for target in [format!("/v1/ws/2/areas/{id}"), "/v1/ws/1/areas/99".to_owned(), "/v1/ws/1/areas/x".to_owned()] {
        for (method, body) in [("GET", ""), ("PUT", "{\"label\": \"x\"}"), ("DELETE", "")] {
            world.send(method, &target, body).await.problem(404);
        }
    }
    assert_eq!(world.get("/v1/ws/2/areas").await.ok()["total"], 0);
    for (target, body, name) in [
        ("/v1/ws/2/areas", json!({"label": "x", "parentId": id}), "parentId"),
        ("/v1/ws/1/areas", json!({"label": "x", "parentId": 99}), "parentId"),
        ("/v1/ws/1/areas", json!({}), "label"),
        ("/v1/ws/1/areas", json!({"label": "x", "type": "Land"}), "type"),
        ("/v1/ws/1/areas", json!({"label": "x", "countryCode": "NLDX"}), "countryCode"),
    ] {
        let problem = world.send("POST", target, &body.to_string()).await.problem(400);
        assert!(problem["errors"][name][0].is_string(), "{body}: {problem}");
    }
    for (body, name) in [(json!({"label": "x", "parentId": id}), "parentId"), (json!({"label": "x", "parentId": 1}), "parentId")] {
        let problem = world.send("PUT", "/v1/ws/1/areas/1", &body.to_string()).await.problem(400);
        assert!(problem["errors"][name][0].is_string(), "nothing is above itself: {problem}");
    }
    world.send("DELETE", "/v1/ws/1/areas/1", "").await.problem(409);
    let replaced = world.put(200, "PUT", &location, json!({"label": "Vestiging", "city": "Utrecht"})).await;
    assert_eq!(
        (replaced["type"].clone(), replaced["parentId"].clone(), replaced["city"].clone()),
        (json!("Entity"), Value::Null, json!("Utrecht"))
    );
    assert_eq!(world.get("/v1/workspaces/1").await.ok()["nbEntities"], 2);
    assert_eq!(world.send("DELETE", "/v1/ws/1/areas/1", "").await.status, 204);
    world.get("/v1/ws/1/areas/1").await.problem(404);
}

#[tokio::test]
async fn data_processings_live_through_a_restart() {
    let world = World::start().await;
    let body = json!({"label": "Salarisadministratie", "areaId": 1, "ref": "HR-1", "state": "Active", "processingState": "InProduction"});
    let made = world.send("POST", "/v1/ws/1/DataProcessings", &body.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let location = made.header("location").expect("a location").replace(&format!("http://{}", world.address), "");
    let made = made.json();
    assert_eq!((made["workSpaceId"].clone(), made["archived"].clone(), made["dateUpdate"].clone()), (json!(1), json!(false), Value::Null));
    for (label, state) in [("Nieuwsbrief", "Draft"), ("Bezoekersregistratie", "Archived")] {
        world.poort.clock.advance_milliseconds(1);
        world.put(201, "POST", "/v1/ws/1/dataprocessings", json!({"label": label, "state": state})).await;
    }
    let listed = async |query: &str| world.get(&format!("/v1/ws/1/dataprocessings?{query}")).await.ok();
    assert_eq!(labels(&listed("").await), ["Salarisadministratie", "Nieuwsbrief", "Bezoekersregistratie"]);
    assert_eq!(labels(&listed("sortBy=label&size=1&page=2").await), ["Nieuwsbrief"]);
    assert_eq!(labels(&listed("archived=true").await), ["Bezoekersregistratie"]);
    assert_eq!(labels(&listed("states=draft").await), ["Nieuwsbrief"]);
    assert_eq!(labels(&listed("areaId=1&q=SALARIS").await), ["Salarisadministratie"]);
    world.get("/v1/ws/1/dataprocessings?tags=1").await.problem(400);
    world.send("DELETE", "/v1/ws/1/areas/1", "").await.problem(409);

    let elsewhere = location.replace("/ws/1/", "/ws/2/");
    for (method, body) in [("GET", ""), ("PUT", "{\"label\": \"x\"}"), ("DELETE", "")] {
        world.send(method, &elsewhere, body).await.problem(404);
    }
    let replaced =
        world.put(200, "PUT", &location.to_uppercase().replace("/WS/", "/ws/"), json!({"label": "Lonen", "state": "Archived"})).await;
    assert_eq!(
        (replaced["id"].clone(), replaced["archived"].clone(), replaced["areaId"].clone()),
        (made["id"].clone(), json!(true), Value::Null)
    );
    let world = World::start_in(world.stop().await).await;
    assert_eq!(world.get(&location).await.ok(), replaced);
    assert_eq!(world.send("DELETE", &location, "").await.status, 204);
    world.get(&location).await.problem(404);
    for (body, name) in [
        (json!({"label": "x", "areaId": 99}), "areaId"),
        (json!({"label": "x", "state": "Deleted"}), "state"),
        (json!({"label": "x".repeat(121)}), "label"),
        (json!({"label": "x", "creatorUser": {}}), "creatorUser"),
    ] {
        let problem = world.send("POST", "/v1/ws/1/dataprocessings", &body.to_string()).await.problem(400);
        assert!(problem["errors"][name][0].is_string(), "{body}: {problem}");
    }
}
