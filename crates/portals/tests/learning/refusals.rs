//! Every route of the definition without a credential, with a bad one, with one that may nothing, and in an outage.

use poort_portals::learning::definition;
use serde_json::json;

use crate::harness::{Reply, World};

/// Method, target, and whether it is public: one request for each route.
fn requests() -> Vec<(String, String, bool)> {
    let routes = definition().routes.into_iter().map(|route| {
        let path = route.path.replace("{user}", "3").replace("{course}", "1").replace("{series}", "1");
        let path = path.replace("{activity}", if route.path.ends_with("/read") { "10" } else { "11" });
        let path = path.replace("{submission}", "1").replace("{token}", "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f");
        (route.method, path, route.public)
    });
    routes.collect()
}

async fn ask(world: &World, method: &str, path: &str, accept: &str, authorization: Option<&str>) -> Reply {
    let mut headers = vec![("Accept", accept)];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    world.send(method, path, &headers, "").await
}

#[tokio::test]
async fn without_a_credential_only_public_pages_are_shown() {
    let world = World::start().await;
    for (method, path, public) in requests() {
        for authorization in [None, Some(""), Some("   ")] {
            let reply = ask(&world, &method, &path, "application/json", authorization).await;
            if public {
                assert_eq!(reply.status, 200, "{method} {path}");
                continue;
            }
            let expected = (401, "You are not authorized to view this page.");
            assert_eq!((reply.status, reply.body.as_str()), expected, "{method} {path}");
            for accept in ["text/html", "*/*"] {
                let reply = ask(&world, &method, &path, accept, authorization).await;
                // Everybody's own page is the authority's.
                let to = match path.as_str() {
                    "/profile" => "https://poort.example/nl/profile".to_owned(),
                    _ => format!("http://{}/nl/sign_in/", world.address),
                };
                assert_eq!((reply.status, reply.header("location"), reply.body.as_str()), (302, Some(to.as_str()), ""), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_bad_credential_is_refused_everywhere_and_always_alike() {
    let world = World::start().await;
    let bad = [
        "unknown",
        "Bearer student x",
        "Basic c3R1ZGVudDpzdHVkZW50",
        "Token student",
        "student, zeus",
        "prtp_M7H4jxUDDWHP4kZ6A4dxlQYsQIWJuq11T4V4",
        "prtp_M7H4jxUDDWHP4kZ6A4dxlQYsQIWJuq11T4V5",
    ];
    for (method, path, _) in requests() {
        for credential in bad {
            for accept in ["application/json", "text/html"] {
                let reply = ask(&world, &method, &path, accept, Some(credential)).await;
                assert_eq!((reply.status, reply.body.as_str()), (401, ""), "{method} {path} {credential}");
            }
        }
    }
    for path in ["/nowhere", "/nl/nowhere.json"] {
        assert_eq!(ask(&world, "GET", path, "application/json", Some("unknown")).await.status, 401);
        assert_eq!(ask(&world, "GET", path, "application/json", Some("student")).await.status, 404);
        assert_eq!(ask(&world, "GET", path, "application/json", None).await.status, 404);
    }
}

#[tokio::test]
async fn the_three_presentations_work() {
    let world = World::start().await;
    for credential in ["student", " student ", "Bearer student", "bearer student", "Token token=\"student\"", "Token token=student"] {
        let reply = ask(&world, "GET", "/users/3", "application/json", Some(credential)).await;
        assert_eq!(reply.ok()["id"], 3, "{credential}");
    }
}

#[tokio::test]
async fn a_credential_without_the_permission_is_told_so() {
    let world = World::start().await;
    for (method, path, public) in requests() {
        let reply = ask(&world, &method, &path, "application/json", Some("powerless")).await;
        let expected = if public { 200 } else { 403 };
        assert_eq!(reply.status, expected, "{method} {path}");
        if !public {
            assert_eq!(reply.json(), json!({"error": "This token does not have the permission that is needed here."}));
        }
    }
    assert_eq!(world.get("/users/3", "profile-only").await.status, 200);
    assert_eq!(world.get("/submissions", "profile-only").await.status, 403);
}

#[tokio::test]
async fn somebody_without_an_account_is_told_so() {
    let world = World::start().await;
    for path in ["/", "/courses", "/submissions"] {
        let reply = world.get(path, "stranger").await;
        assert_eq!((reply.status, reply.json()["error"].is_string()), (403, true), "{path}");
    }
}

#[tokio::test]
async fn an_outage_is_neither_yes_nor_no() {
    let world = World::start().await;
    world.poort.verifier.lease().end();
    for (method, path, _) in requests() {
        for credential in ["student", "unknown", ""] {
            let reply = ask(&world, &method, &path, "application/json", Some(credential)).await;
            assert_eq!((reply.status, reply.header("retry-after")), (503, Some("2")), "{method} {path}");
            assert!(reply.json()["error"].is_string());
        }
    }
}

#[tokio::test]
async fn a_broken_database_is_an_outage() {
    let world = World::start().await;
    let other = rusqlite::Connection::open(world.database_path()).expect("opened");
    for table in ["submissions", "activity_reads", "users"] {
        other.execute_batch(&format!("ALTER TABLE {table} RENAME TO gone_{table}")).expect("renamed");
    }
    for (method, path, public) in requests() {
        let reply = ask(&world, &method, &path, "application/json", Some("student")).await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("2")), "{method} {path} {public}");
        assert!(!reply.body.contains("users"), "no SQL outside: {}", reply.body);
    }
    for table in ["submissions", "activity_reads", "users"] {
        other.execute_batch(&format!("ALTER TABLE gone_{table} RENAME TO {table}")).expect("renamed");
    }
    assert_eq!(world.get("/submissions", "student").await.ids(), [4, 3, 2, 1], "back by itself");
}
