//! Requests that a page in a browser sends: whose answers it may read, and that a private key has no place there.

use domain::Event;

use crate::harness::{Key, OWN, Reply, World, basic, send};

const ORIGIN: &str = "https://app.example";

async fn with_origin() -> (World, Key) {
    let world = World::start().await;
    let key = world.poort.key_with(OWN, None, |client| client.cors_origins = vec![ORIGIN.to_owned()]);
    (world, key)
}

async fn ask(world: &World, method: &str, headers: &[(&str, &str)]) -> Reply {
    send(world.address, method, "/v1/workspaces", headers, "").await
}

const ASKED: (&str, &str) = ("Access-Control-Request-Method", "GET");

#[tokio::test]
async fn a_page_of_a_registered_origin_reads_answers_to_access_tokens() {
    let (world, key) = with_origin().await;
    let preflight = ask(&world, "OPTIONS", &[("Origin", ORIGIN), ASKED]).await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, Some(ORIGIN)));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("Authorization, Content-Type, DPoP"));
    let token = format!("Bearer {}", world.poort.access_token(&key, |_| {}));
    let read = ask(&world, "GET", &[("Origin", ORIGIN), ("Authorization", &token)]).await;
    assert_eq!((read.status, read.header("access-control-allow-origin"), read.header("vary")), (200, Some(ORIGIN), Some("Origin")));
    assert_eq!(read.header("access-control-allow-credentials"), None, "no cookie counts here");
    let refused = ask(&world, "GET", &[("Origin", ORIGIN), ("Authorization", "Bearer nothing")]).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some(ORIGIN)));
    world.poort.revoke(&key);
    let gone = ask(&world, "OPTIONS", &[("Origin", ORIGIN), ASKED]).await;
    assert_eq!((gone.status, gone.header("access-control-allow-origin")), (405, None), "it went with the key that named it");
}

#[tokio::test]
async fn other_pages_read_nothing() {
    let (world, key) = with_origin().await;
    let token = format!("Bearer {}", world.poort.access_token(&key, |_| {}));
    for origin in ["https://evil.example", "https://app.example.evil.example", "http://app.example", "https://APP.example", "null", "*", ""]
    {
        let preflight = ask(&world, "OPTIONS", &[("Origin", origin), ASKED]).await;
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (405, None), "{origin}");
        let read = ask(&world, "GET", &[("Origin", origin), ("Authorization", &token)]).await;
        assert_eq!((read.status, read.header("access-control-allow-origin")), (200, None), "{origin}");
    }
    let twice = ask(&world, "GET", &[("Origin", ORIGIN), ("Origin", "https://evil.example"), ("Authorization", &token)]).await;
    assert_eq!(twice.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_private_key_has_no_place_in_a_browser() {
    let (world, key) = with_origin().await;
    for (name, value) in [("X-API-Key", key.private.clone()), ("Authorization", basic(&key.public, &key.private))] {
        for origin in [ORIGIN, "https://evil.example"] {
            let refused = ask(&world, "GET", &[("Origin", origin), (name, &value)]).await;
            let problem = refused.problem(403);
            assert!(problem["detail"].as_str().is_some_and(|why| why.contains("browser")), "{problem}");
            assert_eq!(refused.header("access-control-allow-origin"), None, "{name} {origin}");
        }
        assert_eq!(ask(&world, "GET", &[(name, &value)]).await.status, 200, "on a server it works");
        let wrong = ask(&world, "GET", &[("Origin", ORIGIN), ("X-API-Key", "nothing")]).await;
        assert_eq!((wrong.status, wrong.header("access-control-allow-origin")), (401, None));
    }
}

#[tokio::test]
async fn an_origin_is_registered_as_long_as_some_key_names_it() {
    let (world, first) = with_origin().await;
    let second = world.poort.key_with(OWN, None, |client| client.cors_origins = vec![ORIGIN.to_owned(), "https://b.example".to_owned()]);
    let allowed = async |origin: &str| ask(&world, "OPTIONS", &[("Origin", origin), ASKED]).await.status == 204;
    world.poort.revoke(&first);
    assert!(allowed(ORIGIN).await && allowed("https://b.example").await);
    world.poort.change(&second, |client| client.cors_origins = vec!["https://c.example".to_owned()]);
    assert!(!allowed(ORIGIN).await && !allowed("https://b.example").await && allowed("https://c.example").await);
    world.poort.record(Event::OrganisationKeySuspended { key: second.id });
    assert!(allowed("https://c.example").await, "it works again when it is resumed");
    world.poort.change(&second, |client| client.cors_origins = vec!["https://d.example".to_owned(); 2]);
    world.poort.change(&second, |client| client.cors_origins = vec!["https://d.example".to_owned()]);
    world.poort.revoke(&second);
    assert!(!allowed("https://c.example").await && !allowed("https://d.example").await, "named twice is named once");
}
