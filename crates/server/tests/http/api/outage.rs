//! A database that is gone: 503 and `Retry-After` on every route that needs it, never an allow, never a denial.

use server::api::Who;

use super::{World, body_for, has_body, routes};

/// Gives every table another name, or the right one again, behind the server's back.
fn cut(world: &World, gone: bool) {
    let database = rusqlite::Connection::open(world.app.data().join("data/poort.db")).expect("the database");
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let names: Vec<String> = {
        let mut statement = database.prepare(tables).expect("a statement");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.map(|name| name.expect("a name")).collect()
    };
    assert!(names.len() > 5);
    for name in names {
        let other = if gone { format!("gone_{name}") } else { name.trim_start_matches("gone_").to_owned() };
        database.execute_batch(&format!("ALTER TABLE {name} RENAME TO {other}")).expect("renamed");
    }
}

#[tokio::test]
async fn every_route_says_that_it_cannot_know() {
    let world = World::new().await;
    let mut calls = Vec::new();
    for (route, name) in routes() {
        calls.push((route, name, world.path(route, &world.acme).await));
    }
    let before = world.changes();
    cut(&world, true);
    for (route, name, path) in &calls {
        let token = if matches!(route.who, Who::Api) { &world.shop } else { &world.app.operator };
        let call = world.app.call(route.method.as_str(), path).token(token);
        let call = if has_body(route) { call.json(&body_for(route, &world.acme)) } else { call };
        let answer = call.send().await;
        // The check, the own identity and the document are answered from memory; an import of nothing asks nothing.
        let from_memory = matches!(route.who, Who::Anyone | Who::Api | Who::Known) || route.path.ends_with("-imports");
        if from_memory {
            assert_eq!(answer.status, 200, "{name}: {}", answer.text);
            continue;
        }
        // That this installation sends no mail is known without a database.
        if name == "POST /api/v1/organisations/{id}/invitations" {
            assert_eq!((answer.status, answer.member("/code").as_str()), (409, "no_mail"));
            continue;
        }
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{name}: {}", answer.text);
        assert_eq!(answer.problem()["type"], "/problems/unavailable", "{name}");
        assert!(!answer.text.to_lowercase().contains("sql") && !answer.text.contains("table"), "{name}: {}", answer.text);
    }
    assert_eq!(world.changes(), before);
    world.app.call("GET", "/readyz").send().await.expect(503);
    world.app.call("GET", "/livez").send().await.expect(200);
    cut(&world, false);
    world.app.operate("GET", &format!("/api/v1/tokens/{}", world.acme.token)).send().await.expect(200);
    world.app.operate("DELETE", &format!("/api/v1/tokens/{}", world.acme.token)).send().await.expect(200);
    world.app.call("GET", "/readyz").send().await.expect(200);
}

#[tokio::test]
async fn without_a_lease_nobody_is_known() {
    let world = World::new().await;
    let mut calls = Vec::new();
    for (route, name) in routes().filter(|(route, _)| !matches!(route.who, Who::Anyone)) {
        calls.push((route, name, world.path(route, &world.acme).await));
    }
    world.app.node.authority.verifier().lease().end();
    for (route, name, path) in &calls {
        for token in [&world.app.operator, &world.shop, &world.acme.secret, "never-issued"] {
            let answer = world.app.call(route.method.as_str(), path).token(token).send().await;
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{name}: {}", answer.text);
        }
    }
    world.app.call("GET", "/readyz").send().await.expect(503);
}
