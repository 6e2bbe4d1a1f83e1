//! Input that no client sends: odd hosts, ambiguous paths, doubled headers, methods that nothing answers.

use poort_portals::learning::{Learning, OpenError, Options};

use crate::harness::World;

async fn with_hosts(world: &World, lines: &str) -> u16 {
    let request = format!("GET /courses/1 HTTP/1.1\r\n{lines}Authorization: student\r\nConnection: close\r\n\r\n");
    let reply = world.raw(request.as_bytes()).await;
    assert!(!reply.body.contains("evil"), "{}", reply.body);
    reply.status
}

#[tokio::test]
async fn only_listed_hosts_are_served() {
    let world = World::start().await;
    let own = format!("Host: {}\r\n", world.address);
    assert_eq!(with_hosts(&world, &own).await, 200);
    assert_eq!(with_hosts(&world, "Host: evil.example\r\n").await, 421);
    assert_eq!(with_hosts(&world, "Host: \r\n").await, 421);
    assert_eq!(with_hosts(&world, "Host: dodona.be\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n").await, 200);
    assert_eq!(with_hosts(&world, "").await, 400);
    assert_eq!(with_hosts(&world, &format!("{own}{own}")).await, 400);
    assert_eq!(with_hosts(&world, &format!("{own}Host: evil.example\r\n")).await, 400);
}

#[tokio::test]
async fn ambiguous_paths_are_bad_requests() {
    let world = World::start().await;
    for path in [
        "//users/1",
        "/users/./3",
        "/courses/../users/1",
        "/users%2f1",
        "/users/%31%00",
        "/users;x=1/3",
        "/users\\3",
        "/%c0%af",
        "/%252e",
        "/courses/1//",
    ] {
        for token in ["student", "unknown"] {
            let reply = world.get(path, token).await;
            assert_eq!(reply.status, 400, "{path} {token}");
        }
    }
    assert_eq!(world.get("/%75sers/3", "student").await.status, 200, "one canonical form");
    assert_eq!(world.get("/USERS/3", "student").await.status, 404);
    assert_eq!(world.get("/courses?tab=%ff%00", "student").await.status, 200, "a query is data");
}

#[tokio::test]
async fn doubled_and_odd_credentials_do_not_count() {
    let world = World::start().await;
    for lines in [
        "Authorization: student\r\nAuthorization: student\r\n",
        "Authorization: student\r\nAuthorization: \r\n",
        "Authorization: stu\u{7f}dent\r\n",
        "Authorization: studént\r\n",
        &format!("Authorization: {}\r\n", "a".repeat(5_000)),
    ] {
        let request = format!("GET /courses HTTP/1.1\r\nHost: {}\r\n{lines}Connection: close\r\n\r\n", world.address);
        let reply = world.raw(request.as_bytes()).await;
        // Some of it is refused by the HTTP parser already.
        assert!([400, 401].contains(&reply.status), "{} for {lines:.40}", reply.status);
    }
    let key = [("Accept", "application/json"), ("X-API-Key", "student")];
    assert_eq!(world.send("GET", "/users/3", &key, "").await.status, 401, "the platform does not know this header");
}

#[tokio::test]
async fn other_methods_find_nothing() {
    let world = World::start().await;
    for (method, path) in [
        ("PUT", "/submissions"),
        ("PATCH", "/submissions/1"),
        ("DELETE", "/submissions/1"),
        ("OPTIONS", "/courses"),
        ("POST", "/courses"),
        ("TRACE", "/"),
        ("BREW", "/courses/1"),
        ("get", "/courses/1"),
    ] {
        let reply = world.send(method, path, &[("Accept", "application/json"), ("Authorization", "student")], "").await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (404, Some("Not Found")), "{method} {path}");
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let world = World::start().await;
    let mut seen = std::collections::BTreeSet::new();
    for (path, token) in [("/", ""), ("/courses/1", "student"), ("/x", ""), ("/users/1", "student"), ("//", ""), ("/", "bad")] {
        let reply = world.get(path, token).await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(seen.insert(reply.header("request-id").expect("an id").to_owned()), "{path}");
    }
}

#[tokio::test]
async fn markup_is_text() {
    let world = World::start().await;
    let other = rusqlite::Connection::open(world.database_path()).expect("opened");
    other.execute_batch("UPDATE users SET first_name = '<script>alert(1)</script>' WHERE id = 3").expect("updated");
    for path in ["/users/3", "/"] {
        let page = world.send("GET", path, &[("Accept", "text/html"), ("Authorization", "student")], "").await;
        assert!(page.body.contains("&lt;script&gt;") && !page.body.contains("<script"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn a_file_of_a_later_release_is_not_touched() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("learning.sqlite");
    let other = rusqlite::Connection::open(&path).expect("opened");
    other.pragma_update(None, "user_version", 99).expect("set");
    drop(other);
    assert!(matches!(Learning::open(Options { path }).await, Err(OpenError::TooNew { found: 99, .. })));
}
