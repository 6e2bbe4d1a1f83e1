//! Bodies and queries that are not what a route takes.

use serde_json::json;
use server::api::{Parameter, Who};

use super::{World, body_for, has_body, routes};

#[tokio::test]
async fn bad_bodies_are_refused_and_change_nothing() {
    let world = World::new().await;
    let before = world.changes();
    let deep = "[".repeat(100_000);
    let members: String = (0..20_000).map(|number| format!("\"m{number}\":1,")).collect();
    let many = format!("{{{members}\"z\":1}}");
    let texts: [&[u8]; 12] = [
        b"{",
        b"{}{}",
        b"{}x",
        b"[]",
        b"null",
        b"\"x\"",
        b"{/**/}",
        b"{\"a\":1e999}",
        b"{\"a\":\"\xff\"}",
        b"\xff\xfe{\0}\0",
        deep.as_bytes(),
        many.as_bytes(),
    ];
    for (route, name) in routes().filter(|(route, _)| has_body(route)) {
        let path = world.path(route, &world.acme).await;
        let token = if matches!(route.who, Who::Api) { &world.shop } else { &world.app.operator };
        let call = || world.app.call(route.method.as_str(), &path).token(token);
        for text in texts {
            let answer = call().header("content-type", "application/json").bytes(text.to_vec()).send().await;
            assert_eq!(answer.status, 400, "{name} {:.20}: {}", String::from_utf8_lossy(text), answer.text);
            answer.problem();
        }
        let body = body_for(route, &world.acme);
        let twice = body.to_string().replacen('{', "{\"a\":1,\"a\":1,", 1).replace(",}", "}");
        call().header("content-type", "application/json").bytes(twice.into_bytes()).send().await.expect(400);
        let mut unknown = body.clone();
        unknown["colour"] = json!("red");
        let answer = call().json(&unknown).send().await.expect(400);
        assert!(answer.text.contains("\"colour\""), "{name}: {}", answer.text);
        for media_type in
            ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "multipart/form-data; boundary=x"]
        {
            let answer = call().header("content-type", media_type).bytes(unknown.to_string().into_bytes()).send().await;
            assert_eq!(answer.status, 415, "{name} {media_type}");
        }
        call().bytes(unknown.to_string().into_bytes()).send().await.expect(415);
        let zipped = call().header("content-encoding", "gzip").json(&unknown);
        zipped.send().await.expect(415);
        let large = call().header("content-type", "application/json").bytes(vec![b' '; 1024 * 1024 + 1]);
        large.send().await.expect(413);
    }
    assert_eq!(world.changes(), before);
}

#[tokio::test]
async fn bad_queries_are_refused() {
    let world = World::new().await;
    for (route, name) in routes() {
        let path = world.path(route, &world.acme).await;
        let token = if matches!(route.who, Who::Api) { &world.shop } else { &world.app.operator };
        let get = |query: &str| world.app.call(route.method.as_str(), &format!("{path}?{query}")).token(token);
        if route.method != "GET" {
            assert_eq!(get("limit=1").json(&json!({})).send().await.status, 400, "{name}");
            continue;
        }
        assert_eq!(get("colour=red").send().await.status, 400, "{name}");
        if !route.query.contains(&Parameter::Limit) {
            continue;
        }
        for bad in [
            "limit=0",
            "limit=-1",
            "limit=201",
            "limit=1e3",
            "limit=",
            "limit=1&limit=2",
            "cursor=x",
            "cursor=",
            "cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(get(bad).send().await.status, 400, "{name} {bad}");
        }
        get("limit=200").send().await.expect(200);
        for parameter in route.query.iter().filter(|parameter| !matches!(parameter, Parameter::Limit | Parameter::Cursor)) {
            let answer = get(&format!("{}=%00", parameter.name())).send().await.expect(400);
            assert_eq!(answer.problem()["errors"][0]["field"], parameter.name(), "{name}");
        }
    }
}

/// ADR-19.
#[tokio::test]
async fn all_fields_that_are_wrong_are_told_together() {
    let world = World::new().await;
    let body = json!({"email": "a@@b", "password": 1_234_567_890, "organisation": "x", "roles": ["king"], "nme": "x"});
    let answer = world.app.operate("POST", "/api/v1/people").json(&body).send().await.expect(400);
    let problem = answer.problem();
    let fields: Vec<&str> = problem["errors"].as_array().expect("a list").iter().filter_map(|error| error["field"].as_str()).collect();
    for field in ["name", "email", "password", "organisation", "roles[0]", "nme"] {
        assert!(fields.contains(&field), "{field} in {fields:?}");
    }
    assert!(!answer.text.contains("1234567890"), "{}", answer.text);
}
