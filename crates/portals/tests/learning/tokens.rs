//! A user's tokens through the platform's own routes.

use std::sync::atomic::Ordering;

use serde_json::json;

use crate::harness::{Reply, World, person};

async fn create(world: &World, path: &str, token: &str, accept: &str, description: &str) -> Reply {
    let form = "application/x-www-form-urlencoded";
    let headers = [("Accept", accept), ("Content-Type", form), ("Authorization", token)];
    world.send("POST", path, &headers, &format!("api_token%5Bdescription%5D={description}")).await
}

fn secret(script: &str) -> &str {
    let (_, rest) = script.split_once(r#"<d-copy-container content=\""#).expect("the secret");
    rest.split_once(r#"\""#).expect("its end").0
}

#[tokio::test]
async fn a_token_is_made_shown_once_used_and_ended() {
    let world = World::start().await;
    let created = create(&world, "/nl/users/3/api_tokens", "student", "text/javascript", "my+laptop").await;
    assert_eq!((created.status, created.header("content-type")), (200, Some("text/javascript; charset=utf-8")));
    assert_eq!(created.header("cache-control"), Some("no-store"));
    assert!(created.body.contains("Dit is je nieuwe token. Kopieer dit token nu."), "{}", created.body);
    let secret = secret(&created.body).to_owned();
    assert!(secret.starts_with("prtp_"));
    let caller = world.poort.last_caller.lock().expect("no panic").expect("a caller");
    assert_eq!((caller.person, caller.address.map(|address| address.is_loopback())), (person(3), Some(true)));

    let list = world.get("/users/3/api_tokens", "student").await;
    assert!(!list.body.contains(&secret), "never again");
    let rows = list.ok();
    let row = rows.as_array().expect("a list").iter().find(|row| row["description"] == "my laptop").expect("listed").clone();
    assert_eq!(row["created_at"], "2026-11-21T12:00:00.000+01:00");
    assert_eq!(row["url"], format!("http://{}/nl/api_tokens/{}.json", world.address, row["id"].as_str().expect("an id")));
    assert_eq!(world.get("/submissions", &secret).await.status, 200);

    let target = format!("/api_tokens/{}", row["id"].as_str().expect("an id"));
    let other = world.send("DELETE", &target, &[("Authorization", "staff")], "").await;
    assert_eq!((other.status, other.json()["error"].is_string()), (403, true));
    assert_eq!(world.get("/submissions", &secret).await.status, 200);
    let deleted = world.send("DELETE", &target, &[("Authorization", &secret)], "").await;
    assert_eq!((deleted.status, deleted.header("location")), (302, Some(&*format!("http://{}/nl/users/3/", world.address))));
    let after = world.get("/submissions", &secret).await;
    assert_eq!((after.status, after.body.as_str()), (401, ""), "ended is ended");
    assert_eq!(world.send("DELETE", &target, &[("Authorization", "student")], "").await.status, 404);
}

#[tokio::test]
async fn a_browser_is_sent_back_with_a_sentence() {
    let world = World::start().await;
    let created = create(&world, "/en/users/3/api_tokens", "student", "text/html", "browser").await;
    assert_eq!((created.status, created.body.as_str()), (302, ""));
    let location = created.header("location").expect("a place").to_owned();
    assert_eq!(location, format!("http://{}/en/users/3/", world.address));
    let cookie = created.header("set-cookie").expect("a flash");
    assert!(cookie.starts_with("flash=created;") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let headers = [("Accept", "text/html"), ("Authorization", "student"), ("Cookie", "a=b; flash=created")];
    assert!(world.send("GET", &location, &headers, "").await.body.contains("New token created"));
    let forged = [("Accept", "text/html"), ("Authorization", "student"), ("Cookie", "flash=<script>alert(1)</script>")];
    assert!(!world.send("GET", &location, &forged, "").await.body.contains("<script>"));
    let refused = create(&world, "/users/3/api_tokens", "student", "text/html", "BROWSER").await;
    assert!(refused.header("set-cookie").expect("a flash").starts_with("flash=refused;"));
}

#[tokio::test]
async fn zeus_sees_and_ends_everybodys_but_makes_nobodys() {
    let world = World::start().await;
    assert_eq!(world.get("/users/1/api_tokens", "student").await.status, 403);
    let rows = world.get("/users/3/api_tokens.json", "zeus").await.ok();
    assert_eq!(rows[0]["description"], "student");
    assert_eq!(create(&world, "/users/3/api_tokens", "zeus", "text/javascript", "for+you").await.status, 403);
    assert_eq!(create(&world, "/users/1/api_tokens", "student", "text/javascript", "for+you").await.status, 403);
    let target = format!("/api_tokens/{}.js", rows[0]["id"].as_str().expect("an id"));
    let deleted = world.send("DELETE", &target, &[("Authorization", "zeus")], "").await;
    assert_eq!((deleted.status, deleted.header("content-type")), (200, Some("text/javascript; charset=utf-8")));
    assert_eq!(world.get("/", "student").await.status, 401);
}

#[tokio::test]
async fn refusals_and_formats() {
    let world = World::start().await;
    for description in ["", "ab", "%00abc", "student", "STUDENT"] {
        let reply = create(&world, "/users/3/api_tokens", "student", "text/javascript", description).await;
        assert_eq!(reply.status, 422, "{description}");
        assert!(!reply.body.contains("d-copy-container"));
    }
    let markup = create(&world, "/users/3/api_tokens", "student", "text/javascript", "%3C/script%3E%3Cimg+src=x%3E").await;
    assert_eq!(markup.status, 200);
    assert_eq!(create(&world, "/users/3/api_tokens", "student", "application/json", "json").await.status, 406);
    assert_eq!(create(&world, "/users/3/api_tokens.json", "student", "text/html", "json").await.status, 406);
    let body = json!({"api_token": {"description": "sent as json"}});
    let headers = [("Accept", "text/javascript"), ("Content-Type", "application/json"), ("Authorization", "student")];
    assert_eq!(world.send("POST", "/users/3/api_tokens", &headers, &body.to_string()).await.status, 200);
    let nothing = world.send("POST", "/users/3/api_tokens", &headers, "{}").await;
    assert_eq!((nothing.status, nothing.body.as_str()), (400, "Bad request"));
    for id in ["1", "x", "01936E0C-7A3B-7C3E-9D2F-5A6B7C8D9E0F", "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f"] {
        let reply = world.send("DELETE", &format!("/api_tokens/{id}"), &[("Authorization", "zeus")], "").await;
        assert_eq!(reply.status, 404, "{id}");
    }
}

#[tokio::test]
async fn tokens_that_cannot_be_reached_are_an_outage() {
    let world = World::start().await;
    let rows = world.get("/users/3/api_tokens", "student").await.ok();
    let target = format!("/api_tokens/{}", rows[0]["id"].as_str().expect("an id"));
    world.poort.unavailable.store(true, Ordering::SeqCst);
    let replies = [
        world.get("/users/3/api_tokens", "student").await,
        create(&world, "/users/3/api_tokens", "student", "text/html", "later").await,
        create(&world, "/users/3/api_tokens", "student", "text/javascript", "later").await,
        world.send("DELETE", &target, &[("Authorization", "student")], "").await,
    ];
    for reply in replies {
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("2")), "{}", reply.body);
    }
    world.poort.unavailable.store(false, Ordering::SeqCst);
    assert_eq!(world.get("/users/3/api_tokens", "student").await.ok(), rows, "nothing changed");
}
