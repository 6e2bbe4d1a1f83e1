//! Lists in pages, the document, and the page to browse it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::App;

use super::{World, routes};

#[tokio::test]
async fn pages_hold_everything_once_and_in_order() {
    for app in App::start_each().await {
        let mut made = Vec::new();
        for number in 0..7 {
            app.clock.advance(std::time::Duration::from_millis(1));
            made.push(app.organisation(&format!("o{number}")).await);
        }
        for limit in [1, 2, 3, 7, 200] {
            let (mut seen, mut next) = (Vec::new(), String::new());
            loop {
                let page = app.operate("GET", &format!("/api/v1/organisations?limit={limit}{next}")).send().await.expect(200).json();
                let items = page["items"].as_array().expect("a list");
                assert!(items.len() <= limit);
                seen.extend(items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()));
                match page["next_cursor"].as_str() {
                    Some(cursor) => next = format!("&cursor={cursor}"),
                    None => break,
                }
            }
            assert_eq!(seen, made, "limit {limit}");
        }
    }
}

#[tokio::test]
async fn the_journal_is_read_on_from_any_place() {
    let world = World::new().await;
    let all = world.app.operate("GET", "/api/v1/audit?limit=200").send().await.expect(200).json();
    let all = all["items"].as_array().expect("a list").clone();
    let sequences: Vec<i64> = all.iter().filter_map(|entry| entry["sequence"].as_i64()).collect();
    assert_eq!(sequences, (1..=world.changes()).collect::<Vec<_>>(), "without a gap");
    let tail = world.app.operate("GET", "/api/v1/audit?after=5&limit=2").send().await.expect(200).json();
    assert_eq!(tail["items"].as_array().map(Vec::as_slice), Some(&all[5..7]));
    let next = format!("/api/v1/audit?after=5&limit=2&cursor={}", tail["next_cursor"].as_str().expect("more"));
    assert_eq!(world.app.operate("GET", &next).send().await.expect(200).json()["items"][0], all[7]);
    let about = world.app.operate("GET", &format!("/api/v1/audit?about={}", world.acme.token)).send().await.expect(200).json();
    assert_eq!((about["items"].as_array().map(Vec::len), &about["items"][0]["event"]["type"]), (Some(1), &json!("token_created")));
    // A person reads about oneself.
    let own = world.app.call("GET", "/api/v1/audit").token(&world.acme.secret).send().await.expect(200);
    assert!(own.text.contains(&world.acme.token) && !own.text.contains(&world.umbrella.member), "{}", own.text);
}

#[tokio::test]
async fn the_document_is_open_and_tells_every_route() {
    let app = App::start().await;
    let answer = app.call("GET", "/api/v1/openapi.json").send().await.expect(200);
    assert_eq!((answer.header("access-control-allow-origin"), answer.header("api-version")), (Some("*"), Some("1.0.0")));
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    for (route, name) in routes() {
        let path = route.path.trim_start_matches("/api/v1").replace('/', "~1");
        let operation = document.pointer(&format!("/paths/{path}/{}", route.method.as_str().to_lowercase()));
        assert_eq!(operation.map(|operation| &operation["summary"]), Some(&json!(route.summary)), "{name}");
    }
    let declared: usize =
        document["paths"].as_object().expect("paths").values().filter_map(Value::as_object).map(serde_json::Map::len).sum();
    assert_eq!(declared, routes().count());
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let app = App::start().await;
    let page = app.call("GET", "/swagger/index.html").send().await.expect(200);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(!policy.contains("unsafe") && !policy.contains("http") && policy.contains("default-src 'none'"), "{policy}");
    let named: BTreeSet<&str> = page.text.split('"').filter(|part| part.starts_with('/') && !part.ends_with('>')).collect();
    assert!(named.contains("/swagger/swagger-ui-bundle.js"), "{named:?}");
    for path in named {
        app.call("GET", path).send().await.expect(200);
    }
    assert!(!page.text.contains("://") && !page.text.contains("<style") && !page.text.contains("onload"), "{}", page.text);
    assert_eq!(app.call("GET", "/swagger").send().await.header("location"), Some("/swagger/index.html"));
    app.call("GET", "/swagger/nothing.js").send().await.expect(404);
}

/// TEN-09.
#[tokio::test]
async fn methods_and_paths_are_taken_as_they_are() {
    let world = World::new().await;
    let before = world.changes();
    for (route, name) in routes() {
        let path = world.path(route, &world.acme).await;
        let trailing = world.app.operate(route.method.as_str(), &format!("{path}/")).send().await;
        assert_eq!((trailing.status, trailing.header("api-version")), (404, Some("1.0.0")), "{name} with a slash: {}", trailing.text);
        let head = world.app.operate("HEAD", &path).send().await;
        let has_get = routes().any(|(other, _)| other.path == route.path && other.method == "GET");
        assert_eq!(head.status == 405, !has_get, "HEAD {path}: {}", head.status);
        for odd in ["TRACE", "BREW", "get", "OPTIONS"] {
            let answer = world.app.operate(odd, &path).send().await;
            assert_eq!(answer.status, 405, "{odd} {path}");
            assert!(answer.header("allow").is_some_and(|allow| allow.contains(route.method.as_str())), "{odd} {path}");
            assert_eq!(answer.problem()["type"], "/problems/method_not_allowed");
        }
    }
    let revoke = format!("/api/v1/tokens/{}", world.acme.token);
    for (name, value) in [("x-http-method-override", "DELETE"), ("x-method-override", "DELETE"), ("x-http-method", "DELETE")] {
        world.app.operate("GET", &revoke).header(name, value).send().await.expect(200);
    }
    world.app.operate("GET", &format!("{revoke}?_method=DELETE")).send().await.expect(400);
    for path in ["/api", "/api/", "/api/v1", "/api/v2/people", "/api/v1/nothing", "/api/v1/people/x/y/z"] {
        let answer = world.app.operate("GET", path).header("accept", "image/png").send().await.expect(404);
        assert_eq!(
            (answer.problem()["type"].as_str(), answer.header("api-version")),
            (Some("/problems/not_found"), Some("1.0.0")),
            "{path}"
        );
    }
    assert_eq!(world.changes(), before);
}
