//! Every route without a credential, with a bad one, in foreign places, and in an outage.

use domain::permission::Permissions;
use poort_portals::subsurface::{Environment, definition};
use serde_json::json;

use crate::harness::{DEMO, GMW, OTHER, PRODUCTION, SUPPLIER, World, basic, only, send};

/// Method and target: one request for each route that needs a credential.
fn requests(project: &str) -> Vec<(String, String)> {
    let routes = definition(Environment::Production).routes.into_iter().filter(|route| !route.public);
    let requests = routes.map(|route| {
        let path = route.path.replace("{project}", project).replace("{bro_id}", "GMW000000000001");
        (route.method, path.replace("{upload}", "1").replace("{document}", "1").replace("{delivery}", "0000000001"))
    });
    requests.collect()
}

#[tokio::test]
async fn a_bad_credential_is_refused_everywhere_and_always_alike() {
    let world = World::start().await;
    world.poort.open(DEMO, "1255", SUPPLIER);
    let revoked = world.poort.token(SUPPLIER, PRODUCTION, Permissions::All);
    world.poort.revoke(&revoked);
    let of_demo = world.poort.token(SUPPLIER, DEMO, Permissions::All);
    let bad = [
        String::new(),
        "Basic".to_owned(),
        "Basic !!!".to_owned(),
        basic("nobody", "nothing"),
        basic(&world.supplier.username, "nothing"),
        basic(&world.supplier.username, &revoked.code),
        basic(&revoked.username, &world.supplier.code),
        basic("nobody", &world.supplier.code),
        revoked.header(),
        of_demo.header(),
        format!("Bearer {}", world.supplier.code),
        world.supplier.code.clone(),
    ];
    let mut bodies = std::collections::BTreeSet::new();
    for (method, path) in requests("1255").into_iter().chain(requests("9999")).chain(requests("4040")) {
        for authorization in &bad {
            let reply = world.send(&method, &path, authorization, "").await;
            assert_eq!(reply.status, 401, "{method} {path} {authorization}");
            assert!(reply.header("www-authenticate").is_some_and(|value| value.starts_with("Basic")));
            reply.json();
            bodies.insert(reply.body);
        }
        let none = send(world.production.address, &method, &path, &[], "").await;
        assert_eq!(none.status, 401, "{method} {path}");
        bodies.insert(none.body);
    }
    assert_eq!(bodies.len(), 1, "the same bytes, whatever is wrong with it");
    let there = send(world.demo.address, "POST", "/api/v2/1255/uploads", &[("Authorization", &of_demo.header())], "").await;
    assert_eq!(there.status, 201, "its own world knows it");
    let here = send(world.demo.address, "POST", "/api/v2/1255/uploads", &[("Authorization", &world.supplier.header())], "").await;
    assert_eq!((here.status, bodies.contains(&here.body)), (401, true), "and not the other's");
}

#[tokio::test]
async fn projects_are_open_closed_or_unknown() {
    let world = World::start().await;
    for (project, status) in [("9999", 403), ("1300", 403), ("4040", 404), ("x", 404)] {
        for (method, path) in requests(project).into_iter().filter(|(_, path)| path.contains(&format!("/{project}/"))) {
            let reply = world.send(&method, &path, &world.supplier.header(), "").await;
            assert_eq!((reply.status, reply.json()["status"].clone()), (status, json!(status)), "{method} {path}");
        }
    }
    assert_eq!(world.send("POST", "/api/v2/1300/uploads", &world.holder.header(), "").await.status, 201, "one's own needs no delegation");
    world.poort.close(world.delegation);
    for (method, path) in requests("1255").into_iter().filter(|(_, path)| path.contains("/1255/")) {
        assert_eq!(world.send(&method, &path, &world.supplier.header(), "").await.status, 403, "{method} {path}");
    }
    assert_eq!(world.post("/api/v2/validatie", GMW).await.ok()["status"], "VALIDE", "this needs no project");
    assert_eq!(world.get("/api/v2/leveringen").await.ok(), json!({"leveringen": []}));
    world.poort.open(PRODUCTION, "1255", SUPPLIER);
    assert_eq!(world.post("/api/v2/1255/uploads", "").await.status, 201, "a new one is opened instead");
    world.poort.revoke(&world.supplier);
    assert_eq!(world.post("/api/v2/1255/uploads", "").await.status, 401);
}

#[tokio::test]
async fn closing_between_two_calls_refuses_the_next_and_nobody_else() {
    let world = World::start().await;
    world.poort.open(PRODUCTION, "1255", OTHER);
    let second = world.poort.open(PRODUCTION, "1300", SUPPLIER);
    let other = world.poort.token(OTHER, PRODUCTION, Permissions::All).header();
    let (upload, number) = world.upload(&[GMW]).await;
    world.poort.close(world.delegation);
    assert_eq!(world.post(&format!("{upload}/brondocumenten"), GMW).await.status, 403);
    assert_eq!(world.post("/api/v2/1255/leveringen", &format!("{{\"upload\": {number}}}")).await.status, 403);
    assert_eq!(world.send("POST", "/api/v2/1255/uploads", &other, "").await.status, 201, "another supplier");
    assert_eq!(world.post("/api/v2/1300/uploads", "").await.status, 201, "another project");
    world.poort.close(second);
    assert_eq!(world.post("/api/v2/1300/uploads", "").await.status, 403);
}

#[tokio::test]
async fn a_token_without_the_permission_is_told_so() {
    let world = World::start().await;
    let validator = world.poort.token(SUPPLIER, PRODUCTION, only(&["subsurface:documents:validate"])).header();
    for (method, path) in requests("1255") {
        let reply = world.send(&method, &path, &validator, "").await;
        let expected = if path.ends_with("/validatie") { 200 } else { 403 };
        assert_eq!(reply.status, expected, "{method} {path}");
        reply.json();
    }
}

#[tokio::test]
async fn an_outage_is_neither_yes_nor_no() {
    let world = World::start().await;
    world.poort.verifier.lease().end();
    for (method, path) in requests("1255") {
        for authorization in [world.supplier.header(), basic("nobody", "nothing"), String::new()] {
            let reply = world.send(&method, &path, &authorization, "").await;
            assert_eq!((reply.status, reply.header("retry-after")), (503, Some("2")), "{method} {path}");
            reply.json();
        }
    }
}

#[tokio::test]
async fn a_broken_database_is_an_outage() {
    let world = World::start().await;
    let url = world.deliver(&[GMW]).await;
    world.reach(&url, "DOORGELEVERD").await;
    let other = rusqlite::Connection::open(world.database_path()).expect("opened");
    for table in ["uploads", "deliveries", "transactions", "registrations", "projects"] {
        other.execute_batch(&format!("ALTER TABLE {table} RENAME TO gone_{table}")).expect("renamed");
    }
    for target in [url.as_str(), "/api/v2/1255/uploads/1", "/api/v2/transacties", "/api/v2/registraties", "/api/v2/leveringen"] {
        let reply = world.get(target).await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("2")), "{target}");
        assert!(!reply.body.contains("deliveries"), "no SQL outside: {}", reply.body);
    }
    assert_eq!(world.post("/api/v2/1255/validatie", GMW).await.status, 503);
    assert_eq!(world.post("/api/v2/validatie", GMW).await.status, 200, "this needs no database");
    for table in ["uploads", "deliveries", "transactions", "registrations", "projects"] {
        other.execute_batch(&format!("ALTER TABLE gone_{table} RENAME TO {table}")).expect("renamed");
    }
    assert_eq!(world.get(&url).await.ok()["status"], "DOORGELEVERD", "back by itself");
}
