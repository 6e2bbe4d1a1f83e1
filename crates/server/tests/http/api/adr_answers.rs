//! The Dutch REST API Design Rules on what is answered, for every route; names begin with the ids of the list of standards.

use std::collections::BTreeSet;

use domain::Timestamp;
use serde_json::{Value, json};
use server::api::{Route, VERSION, Who, document};
use testkit::{Answer, Call, Visitor};

use super::{World, body_for, has_body, routes};
use crate::raw::{header_values, send};

const NOBODY: &str = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";

/// A call of a route as whoever it is for would make it.
fn call(world: &World, route: &Route, path: &str) -> Call {
    let token = if matches!(route.who, Who::Api) { &world.shop } else { &world.app.operator };
    world.app.call(route.method.as_str(), path).token(token)
}

fn with_body(call: Call, world: &World, route: &Route) -> Call {
    if has_body(route) { call.json(&body_for(route, &world.acme)) } else { call }
}

/// Answers of every route to calls that are good and that are wrong in each way, with words on what they were.
async fn answers(world: &World) -> Vec<(&'static Route, String, Answer)> {
    let mut found = Vec::new();
    let mut good = Vec::new();
    // All of them first: some calls end what others are about.
    for (route, name) in routes() {
        good.push((route, name, world.path(route, &world.acme).await));
    }
    for (route, name, path) in &good {
        let mut calls = vec![
            ("no credential", with_body(world.app.call(route.method.as_str(), path), world, route)),
            ("a bad credential", with_body(world.app.call(route.method.as_str(), path).token("x"), world, route)),
            (
                "a credential for something else",
                with_body(world.app.call(route.method.as_str(), path).token(&world.acme.secret), world, route),
            ),
            ("an unknown parameter", with_body(call(world, route, &format!("{path}?colour=red")), world, route)),
            ("a clash", call(world, route, path).header("if-match", "\"77\"").json(&body_for(route, &world.acme))),
        ];
        if route.path.contains("{id}") {
            calls.push(("another id", with_body(call(world, route, &route.path.replace("{id}", NOBODY)), world, route)));
            calls.push(("no id", with_body(call(world, route, &route.path.replace("{id}", "x")), world, route)));
        }
        if has_body(route) {
            calls.push(("a bad body", call(world, route, path).json(&json!({"colour": "red"}))));
            calls.push(("no JSON", call(world, route, path).header("content-type", "text/plain").bytes(b"x".to_vec())));
            calls
                .push(("too much", call(world, route, path).header("content-type", "application/json").bytes(vec![b' '; 1024 * 1024 + 1])));
        }
        for (what, call) in calls {
            found.push((*route, format!("{name}: {what}"), call.send().await));
        }
    }
    // Last, as much of it ends what others need; what is over by then is an answer too.
    for (route, name, path) in good {
        found.push((route, name, with_body(call(world, route, &path), world, route).send().await));
    }
    found
}

/// What the edge answers itself, before it knows of routes.
async fn refused_at_the_edge(world: &World) -> Vec<crate::raw::Answer> {
    let address = world.app.url.trim_start_matches("http://").parse().expect("an address");
    let mut found = Vec::new();
    for lines in [
        "Host: a\r\nHost: b",
        "Host: a\r\nAuthorization: Bearer x\r\nAuthorization: Bearer y",
        "Host: a\r\nContent-Length: 99999999",
        "Host: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        "Host: a\r\nX-Forwarded-Proto: http\r\nX-Forwarded-For: 203.0.113.5\r\nAuthorization: Bearer prtp_x",
    ] {
        let request = format!("POST /api/v1/people HTTP/1.1\r\n{lines}\r\nConnection: close\r\n\r\n");
        found.extend(send(address, request.as_bytes()).await);
    }
    assert!(found.len() >= 5 && found.iter().all(|answer| answer.status >= 400), "{found:?}");
    found
}

#[tokio::test]
async fn adr_04_a_slash_at_the_end_is_another_path() {
    let world = World::new().await;
    for (route, name) in routes() {
        let path = world.path(route, &world.acme).await;
        let answer = with_body(call(&world, route, &format!("{path}/")), &world, route).send().await.expect(404);
        assert_eq!((answer.header("location"), answer.problem()["title"].is_string()), (None, true), "{name}");
    }
}

#[tokio::test]
async fn adr_07_answers_tell_nothing_of_what_is_inside() {
    let world = World::new().await;
    for (_, what, answer) in answers(&world).await {
        for name in answer.headers.keys() {
            assert!(!matches!(name.as_str(), "server" | "via") && !name.as_str().starts_with("x-powered"), "{what}: {name}");
        }
        if answer.status >= 400 {
            let text = answer.text.to_lowercase();
            for word in
                ["sql", "axum", "hyper", "tokio", "serde", "rust", "panick", ".rs", "struct", "stack", "thread", "/home", "/root", "/tmp"]
            {
                assert!(!text.contains(word), "{what}: {word} in {text}");
            }
        }
    }
}

/// Whatever offset is sent, moments are told in UTC.
#[tokio::test]
async fn adr_09_moments_come_in_any_offset_and_go_out_in_utc() {
    let world = World::new().await;
    let path = format!("/api/v1/tokens/{}", world.acme.token);
    for sent in ["2026-12-01T02:00:00+02:00", "2026-11-30T16:30:00-07:30", "2026-12-01T00:00:00Z", "2026-12-01T00:00:00+00:00"] {
        let answer = world.app.operate("PATCH", &path).json(&json!({"expires_at": sent})).send().await.expect(200);
        assert_eq!(answer.member("/expires_at"), "2026-12-01T00:00:00Z", "{sent}");
    }
    for bad in ["2026-12-01", "2026-12-01T00:00:00", "1764547200", "01-12-2026"] {
        world.app.operate("PATCH", &path).json(&json!({"expires_at": bad})).send().await.expect(400);
    }
    let mut moments = 0;
    for (_, what, answer) in answers(&world).await.into_iter().filter(|(_, _, answer)| answer.status < 300) {
        told(&answer.json(), &mut |name, text| {
            if name.ends_with("_at") || name == "at" {
                moments += 1;
                assert!(text.ends_with('Z') && Timestamp::parse(text).is_some(), "{what}: {name} {text}");
            }
        });
    }
    assert!(moments > 50, "{moments}");
}

/// Every member that is text.
fn told(value: &Value, tell: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                if let Some(text) = inner.as_str() {
                    tell(name, text);
                }
                told(inner, tell);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| told(item, tell)),
        _ => {}
    }
}

#[tokio::test]
async fn adr_11_other_methods_are_405_and_allow_names_those_that_are_there() {
    let world = World::new().await;
    for (route, name) in routes() {
        let path = world.path(route, &world.acme).await;
        let mut there: BTreeSet<&str> =
            routes().filter(|(other, _)| other.path == route.path).map(|(other, _)| other.method.as_str()).collect();
        if there.contains("GET") {
            there.insert("HEAD");
        }
        for method in
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"].iter().filter(|method| !there.contains(**method))
        {
            let answer = world.app.operate(method, &path).send().await;
            assert_eq!(answer.status, 405, "{method} {path}");
            let allow: BTreeSet<&str> = answer.header("allow").expect("Allow").split(',').map(str::trim).collect();
            assert_eq!(allow, there, "{name} by {method}");
        }
    }
}

#[tokio::test]
async fn adr_12_reading_changes_nothing() {
    let world = World::new().await;
    let before = world.changes();
    for (route, name) in routes().filter(|(route, _)| route.method == "GET") {
        let path = world.path(route, &world.acme).await;
        let first = call(&world, route, &path).send().await;
        let again = call(&world, route, &path).send().await;
        assert_eq!((first.status, again.status), (200, 200), "{name}: {}", first.text);
        let head = world.app.operate("HEAD", &path).send().await;
        assert!(head.text.is_empty() && (head.status == 200 || matches!(route.who, Who::Api)), "HEAD {path}");
    }
    assert_eq!(world.changes(), before);
}

/// The second call changes nothing more, and finds what is wanted, or that it is gone.
#[tokio::test]
async fn adr_12_put_and_delete_twice_are_once() {
    let mut changed = 0;
    for (route, name) in routes().filter(|(route, _)| matches!(route.method.as_str(), "PUT" | "DELETE")) {
        let world = World::new().await;
        let path = world.path(route, &world.acme).await;
        let before = world.changes();
        let first = with_body(call(&world, route, &path), &world, route).send().await;
        let between = world.changes();
        let again = with_body(call(&world, route, &path), &world, route).send().await;
        // A definition has its history, which tells of both (RFC 9110 section 9.2.2).
        let in_history = i64::from(route.path == "/api/v1/apis/{name}" && route.method == "PUT");
        assert_eq!(world.changes(), between + in_history, "{name}: {} {}", first.text, again.text);
        assert!(again.status == first.status || again.status == 404, "{name}: {} then {} {}", first.status, again.status, again.text);
        changed += usize::from(between > before);
    }
    assert!(changed > 8, "{changed}");
}

#[tokio::test]
async fn adr_13_every_status_is_one_that_the_document_names() {
    let world = World::new().await;
    let document = document();
    let mut seen = BTreeSet::new();
    for (route, what, answer) in answers(&world).await {
        let path = route.path.trim_start_matches("/api/v1").replace('/', "~1");
        let pointer = format!("/paths/{path}/{}/responses/{}", route.method.as_str().to_lowercase(), answer.status);
        assert!(document.pointer(&pointer).is_some(), "{what}: {} {}", answer.status, answer.text);
        seen.insert(answer.status);
    }
    for status in [200, 201, 400, 401, 403, 404, 409, 413, 415] {
        assert!(seen.contains(&status), "{status} in {seen:?}");
    }
}

/// No session of a browser counts here, and none is begun.
#[tokio::test]
async fn adr_14_nothing_is_remembered_between_calls() {
    let world = World::new().await;
    world.app.person_with_password("ada", &world.acme.organisation, "correct horse battery").await;
    let mut visitor = Visitor::new(&world.app);
    visitor.sign_in("ada@example.org", "correct horse battery").await;
    assert_eq!(visitor.get("/en/profile/sign-in").await.status, 200, "she is signed in");
    for (route, name) in routes().filter(|(route, _)| !matches!(route.who, Who::Anyone)) {
        let path = world.path(route, &world.acme).await;
        let cookies: Vec<String> = visitor.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer =
            with_body(world.app.call(route.method.as_str(), &path), &world, route).header("cookie", &cookies.join("; ")).send().await;
        assert_eq!(answer.status, 401, "{name}");
    }
    for (_, what, answer) in answers(&world).await {
        assert_eq!(answer.header("set-cookie"), None, "{what}");
    }
}

#[tokio::test]
async fn adr_17_every_error_is_a_problem_with_status_title_and_detail() {
    let world = World::new().await;
    let mut seen = BTreeSet::new();
    let mut errors: Vec<(String, Value)> = Vec::new();
    for (_, what, answer) in answers(&world).await.into_iter().filter(|(_, _, answer)| answer.status >= 400) {
        assert_eq!(answer.problem()["status"], answer.status, "{what}");
        seen.insert(answer.status);
        errors.push((what, answer.json()));
    }
    for (method, path) in [("GET", "/api/v1/nothing"), ("GET", "/api"), ("BREW", "/api/v1/people")] {
        errors.push((path.to_owned(), world.app.operate(method, path).send().await.problem()));
    }
    for answer in refused_at_the_edge(&world).await {
        assert!(!answer.problem().is_empty());
        errors.push((answer.head.clone(), serde_json::from_str(&answer.body).expect("JSON")));
    }
    world.app.node.authority.verifier().lease().end();
    errors.push(("no lease".to_owned(), world.app.operate("GET", "/api/v1/people").send().await.expect(503).problem()));
    for (what, problem) in errors {
        for member in ["title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{what}: {member} in {problem}");
        }
    }
    assert!([400, 401, 403, 404, 409, 413, 415].iter().all(|status| seen.contains(status)), "{seen:?}");
}

#[tokio::test]
async fn adr_18_what_is_not_valid_is_400() {
    let world = World::new().await;
    for (_, what, answer) in answers(&world).await {
        assert_ne!(answer.status, 422, "{what}");
        if what.ends_with("a bad body") {
            assert_eq!(answer.status, 400, "{what}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn adr_23_the_document_is_published_for_everybody() {
    let world = World::new().await;
    for origin in ["https://developer.overheid.nl", "null"] {
        let answer = world.app.call("GET", "/api/v1/openapi.json").header("origin", origin).send().await.expect(200);
        assert_eq!((answer.header("access-control-allow-origin"), answer.header("content-type")), (Some("*"), Some("application/json")));
        assert_eq!(answer.json(), document());
    }
}

#[tokio::test]
async fn adr_29_every_answer_names_the_version() {
    let world = World::new().await;
    for (_, what, answer) in answers(&world).await {
        assert_eq!(answer.header("api-version"), Some(VERSION), "{what}");
    }
    for (method, path) in [("GET", "/api/v1/nothing"), ("GET", "/api"), ("GET", "/api/v1/people/"), ("BREW", "/api/v1/people")] {
        assert_eq!(world.app.operate(method, path).send().await.header("api-version"), Some(VERSION), "{method} {path}");
    }
    for answer in refused_at_the_edge(&world).await {
        assert_eq!(header_values(&answer.head, "api-version").collect::<Vec<_>>(), [VERSION], "{answer:?}");
    }
    assert_eq!(world.app.call("GET", "/sign-in").send().await.header("api-version"), None, "it is this API's only");
}

/// HDR-02.
#[tokio::test]
async fn adr_32_every_answer_carries_the_security_headers() {
    let world = World::new().await;
    for (route, name) in routes() {
        let path = world.path(route, &world.acme).await;
        let https = world.app.call(route.method.as_str(), &path).header("host", "poort.example").header("x-forwarded-proto", "https");
        let pinned = https.send().await;
        assert!(pinned.header("strict-transport-security").is_some_and(|value| value.starts_with("max-age=63072000")), "{name}");
    }
    let expected = [
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ];
    for (_, what, answer) in answers(&world).await {
        for (name, value) in expected {
            assert_eq!(answer.header(name), Some(value), "{what}: {name}");
        }
        assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("application/")), "{what}");
    }
    for answer in refused_at_the_edge(&world).await {
        for (name, value) in expected {
            assert_eq!(header_values(&answer.head, name).collect::<Vec<_>>(), [value], "{answer:?}");
        }
    }
}

#[tokio::test]
async fn adr_33_no_page_of_another_origin_may_read_anything_but_the_document() {
    let world = World::new().await;
    for (route, name) in routes().filter(|(route, _)| route.path != "/api/v1/openapi.json") {
        let path = world.path(route, &world.acme).await;
        for origin in ["https://evil.example", "null", &world.app.url.clone()] {
            let asked =
                world.app.call("OPTIONS", &path).header("origin", origin).header("access-control-request-method", route.method.as_str());
            let preflight = asked.header("access-control-request-headers", "authorization").send().await;
            let answer = call(&world, route, &path).header("origin", origin).json(&json!({"colour": "red"})).send().await;
            for header in preflight.headers.keys().chain(answer.headers.keys()) {
                assert!(!header.as_str().starts_with("access-control-"), "{name} {origin}: {header}");
            }
        }
    }
}
