//! Input that no client sends, version 1, and pages without a credential.

use poort_portals::subsurface::{Environment, Options, Subsurface};
use serde_json::json;

use crate::common;
use crate::harness::{GMW, World, send};

#[tokio::test]
async fn version_one_is_gone() {
    let world = World::start().await;
    let paths = ["/api/validatie", "/api/1255/uploads", "/api/uploads/1/brondocumenten", "/api/leveringen/1", "/api/v1/validatie"];
    for path in paths {
        for (method, headers) in [("GET", vec![]), ("POST", vec![("Authorization", "Basic eDp5")])] {
            let reply = send(world.production.address, method, path, &headers, "").await;
            let told = reply.json();
            assert_eq!(reply.status, 410, "{method} {path}");
            assert_eq!((told["since"].clone(), told["successor"].clone()), (json!("2024-03-01"), json!("/api/v2")), "{path}");
        }
    }
    for path in ["/api", "/api/v3/validatie", "/api/v2", "/v2/validatie", "/api/v2/1255"] {
        let reply = world.get(path).await;
        assert_eq!((reply.status, reply.json()["status"].clone()), (404, json!(404)), "{path}");
    }
}

#[tokio::test]
async fn each_environment_describes_itself() {
    let world = World::start().await;
    for (site, title, api) in [
        (&world.production, "Bronhouderportaal BRO", "`subsurface:"),
        (&world.demo, "Bronhouderportaal BRO (demo-omgeving)", "`subsurface-demo:"),
    ] {
        let document = send(site.address, "GET", "/doc/openapi.json", &[], "").await.ok();
        assert_eq!(document["info"]["title"], title);
        assert_eq!(document["servers"][0]["url"], format!("http://{}", site.address));
        assert!(document["paths"]["/api/v2/{project}/uploads"]["post"]["description"].as_str().expect("words").contains(api));
        let page = send(site.address, "GET", "/", &[], "").await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert!(page.body.contains(title) && page.body.contains("/api/v2/{project}/leveringen") && !page.body.contains("<script"));
    }
}

#[tokio::test]
async fn only_listed_hosts_are_served_and_named() {
    let world = World::start().await;
    let own = world.production.address;
    let ask = async |lines: &str| {
        let head = format!("POST /api/v2/1255/uploads HTTP/1.1\r\n{lines}Authorization: {}\r\n", world.supplier.header());
        common::send(own, format!("{head}Connection: close\r\nContent-Length: 0\r\n\r\n").as_bytes()).await
    };
    let named = ask("Host: www.bronhouderportaal-bro.nl\r\nX-Forwarded-Host: evil.example\r\n").await;
    assert!(named.header("location").expect("a location").starts_with("https://www.bronhouderportaal-bro.nl/api/v2/1255/uploads/"));
    for (lines, status) in
        [("Host: evil.example\r\n".to_owned(), 421), (String::new(), 400), (format!("Host: {own}\r\nHost: {own}\r\n"), 400)]
    {
        let reply = ask(&lines).await;
        assert_eq!(reply.status, status, "{lines}");
        assert!(!reply.body.contains("evil"));
    }
}

#[tokio::test]
async fn odd_requests_are_refused_in_json() {
    let world = World::start().await;
    let header = world.supplier.header();
    for (method, path, status) in [
        ("GET", "/api/v2//1255/leveringen", 400),
        ("GET", "/api/v2/1255/../9999/leveringen", 400),
        ("GET", "/api/v2/1255%2fleveringen", 400),
        ("GET", "/api/v2/1255/leveringen/x", 404),
        ("GET", "/api/v2/1255/leveringen/99999999999999999999", 404),
        ("DELETE", "/api/v2/1255/leveringen/1", 405),
        ("PUT", "/api/v2/1255/uploads", 405),
        ("GET", "/api/v2/1255/validatie", 405),
        ("GET", "/api/v2/1255/onzin", 404),
        ("BREW", "/api/v2/1255/leveringen", 405),
    ] {
        let reply = world.send(method, path, &header, "").await;
        assert_eq!((reply.status, reply.json()["status"].clone()), (status, json!(status)), "{method} {path}");
    }
    for (body, status) in [
        ("", 400),
        ("[]", 400),
        ("{}", 400),
        ("{\"upload\": \"x\"}", 400),
        ("{\"upload\": 1.5}", 400),
        ("{\"upload\": -1}", 422),
        ("{\"upload\": 999}", 422),
        ("{\"upload\": 1, \"x\": 1}", 400),
    ] {
        let reply = world.post("/api/v2/1255/leveringen", body).await;
        assert_eq!((reply.status, reply.json()["status"].clone()), (status, json!(status)), "{body}");
    }
    assert_eq!(world.post("/api/v2/1255/leveringen", &format!("{{\"a\": \"{}\"}}", "x".repeat(70_000))).await.status, 413);
    let (_, empty) = world.upload(&[]).await;
    assert_eq!(world.post("/api/v2/1255/leveringen", &format!("{{\"upload\": {empty}}}")).await.status, 422, "nothing to deliver");
}

#[tokio::test]
async fn other_encodings_and_doubled_credentials_are_refused() {
    let world = World::start().await;
    let (address, header) = (world.production.address, world.supplier.header());
    for (kind, status) in [
        ("application/xml; charset=utf-16", 415),
        ("text/xml;charset=\"iso-8859-1\"", 415),
        ("application/xml; charset=UTF-8", 200),
        ("application/xml", 200),
    ] {
        let headers = [("Authorization", header.as_str()), ("Content-Type", kind)];
        let reply = send(address, "POST", "/api/v2/1255/validatie", &headers, GMW).await;
        assert_eq!(reply.status, status, "{kind}");
        reply.json();
    }
    let twice = [("Authorization", header.as_str()), ("Authorization", header.as_str())];
    assert_eq!(send(address, "GET", "/api/v2/leveringen", &twice, "").await.status, 401);
    let (upload, _) = world.upload(&[]).await;
    for name in ["%00", &"x".repeat(300), "%0a%01"] {
        assert_eq!(world.post(&format!("{upload}/brondocumenten?filename={name}"), GMW).await.status, 400, "{name:.10}");
    }
    let odd = world.post(&format!("{upload}/brondocumenten?filename=../../etc/passwd"), GMW).await;
    assert_eq!(odd.status, 201, "a name is only a name");
    assert!(world.documents().iter().all(|name| name.len() == 64));
}

#[tokio::test]
async fn a_folder_of_a_later_release_is_not_touched() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let other = rusqlite::Connection::open(folder.path().join("portal.sqlite")).expect("opened");
    other.pragma_update(None, "user_version", 99).expect("set");
    drop(other);
    let options = Options { folder: folder.path().to_owned(), environment: Environment::Demo, step_delay: std::time::Duration::ZERO };
    let clock = std::sync::Arc::new(common::HandClock::at_noon());
    let entropy = std::sync::Arc::new(common::Counting::default());
    let opened = Subsurface::open(options, clock, entropy).await;
    assert!(opened.is_err_and(|error| error.to_string().contains("version 99")));
}
