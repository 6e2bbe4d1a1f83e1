//! The life of a personal token, from its one showing to its end.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::App;

use super::World;

/// What the shop is told about a token.
async fn ask(app: &App, shop: &str, secret: &str, permission: &str) -> Value {
    let body = json!({"authorization": format!("Bearer {secret}"), "permission": permission});
    app.call("POST", "/api/v1/verify").token(shop).json(&body).send().await.expect(200).json()
}

async fn reason(app: &App, shop: &str, secret: &str) -> Value {
    let answer = ask(app, shop, secret, "shop:things:read").await;
    if answer["allowed"] == true { json!("allowed") } else { answer["reason"].clone() }
}

#[tokio::test]
async fn a_token_lives_and_ends() {
    for app in App::start_each().await {
        let shop = app.shop().await;
        let organisation = app.organisation("acme").await;
        let person = app.person("zeus", &organisation, &["member"]).await;
        let body = json!({"description": "laptop", "permissions": ["shop:things:read", "shop:things:write"]});
        let made = app.make(&format!("/api/v1/people/{person}/tokens"), body).await;
        let (id, secret) = (made.member("/id"), made.member("/secret"));
        let path = format!("/api/v1/tokens/{id}");
        assert_eq!((made.header("location"), made.header("etag")), (Some(path.as_str()), Some("\"1\"")));
        assert!(made.header("poort-receipt").is_some_and(|receipt| receipt.starts_with("seq=") && receipt.contains("; confirmed=1; ")));
        assert!(made.json()["receipt"]["sequence"].as_i64().is_some_and(|sequence| sequence > 0));

        // It works at once, and no later answer holds its secret.
        let verdict = ask(&app, &shop, &secret, "shop:things:read").await;
        assert_eq!(verdict["permissions"], json!(["shop:things:read", "shop:things:write"]));
        assert_eq!((&verdict["credential"]["id"], &verdict["subject"]["id"]), (&json!(id), &json!(person)));
        app.node.authority.flush_usage(usize::MAX).await.expect("written");
        for list in [path.clone(), format!("/api/v1/people/{person}/tokens"), "/api/v1/tokens".to_owned(), "/api/v1/audit".to_owned()] {
            let text = app.operate("GET", &list).send().await.expect(200).text;
            assert!(text.contains(&id) && !text.contains(&secret[8..]), "{list}: {text}");
        }
        let shown = app.operate("GET", &path).send().await.expect(200).json();
        assert_eq!((&shown["uses"], &shown["prefix"]), (&json!(1), &json!(&secret[..9])), "{shown}");
        assert!(shown["last_used_at"].is_string() && shown["suspended_at"].is_null());

        // Rotation: the old secret works until the overlap ends, and not a moment longer.
        let rotated = app.operate("POST", &format!("{path}/rotations")).json(&json!({"overlap_seconds": 60})).send().await.expect(200);
        let new = rotated.member("/secret");
        assert_eq!(rotated.member("/id"), id);
        assert_eq!((reason(&app, &shop, &secret).await, reason(&app, &shop, &new).await), (json!("allowed"), json!("allowed")));
        app.clock.advance(Duration::from_secs(59));
        assert_eq!(reason(&app, &shop, &secret).await, "allowed");
        app.clock.advance(Duration::from_secs(1));
        assert_eq!((reason(&app, &shop, &secret).await, reason(&app, &shop, &new).await), (json!("expired"), json!("allowed")));

        // Pause and resume; both twice, as PUT and DELETE may be repeated.
        for _ in 0..2 {
            app.operate("PUT", &format!("{path}/suspension")).send().await.expect(200);
            assert_eq!(reason(&app, &shop, &new).await, "suspended");
        }
        for _ in 0..2 {
            app.operate("DELETE", &format!("{path}/suspension")).send().await.expect(200);
            assert_eq!(reason(&app, &shop, &new).await, "allowed");
        }

        // Narrowed at once; a stale edit is refused.
        let etag = app.operate("GET", &path).send().await.expect(200).header("etag").expect("an ETag").to_owned();
        let narrow = json!({"permissions": ["shop:things:write"]});
        let narrowed = app.operate("PATCH", &path).header("if-match", &etag).json(&narrow).send().await.expect(200);
        assert_ne!(narrowed.header("etag"), Some(etag.as_str()));
        assert_eq!(reason(&app, &shop, &new).await, "permission_missing");
        app.operate("PATCH", &path).header("if-match", &etag).json(&narrow).send().await.expect(412);
        app.operate("PATCH", &path).json(&json!({"permissions": []})).send().await.expect(200);
        assert_eq!(ask(&app, &shop, &new, "shop:things:write").await["reason"], "permission_missing");

        // Ended: refused on the very next request, and gone from every list.
        app.operate("DELETE", &path).send().await.expect(200);
        assert_eq!(reason(&app, &shop, &new).await, "revoked");
        assert_eq!(reason(&app, &shop, &secret).await, "revoked");
        app.operate("GET", &path).send().await.expect(404);
        app.operate("DELETE", &path).send().await.expect(404);
        let left = app.operate("GET", &format!("/api/v1/people/{person}/tokens")).send().await.expect(200).json();
        assert_eq!(left["items"], json!([]));
    }
}

#[tokio::test]
async fn rotation_without_overlap_ends_the_old_secret_at_once() {
    let world = World::new().await;
    let path = format!("/api/v1/tokens/{}/rotations", world.acme.token);
    let new = world.app.operate("POST", &path).send().await.expect(200).member("/secret");
    assert_eq!(reason(&world.app, &world.shop, &world.acme.secret).await, "expired");
    assert_eq!(reason(&world.app, &world.shop, &new).await, "allowed");
    world.app.operate("POST", &path).json(&json!({"overlap_seconds": 2_592_001})).send().await.expect(400);
}

#[tokio::test]
async fn a_person_manages_the_own_tokens_only_as_far_as_the_token_reaches() {
    let world = World::new().await;
    let app = &world.app;
    let own = format!("/api/v1/people/{}/tokens", world.acme.member);
    let made = app.call("POST", &own).token(&world.acme.secret).json(&json!({"description": "mine"})).send().await.expect(201);
    let read_only = json!({"description": "read only", "permissions": ["poort:tokens:read"]});
    let reader = app.call("POST", &own).token(&world.acme.secret).json(&read_only).send().await.expect(201).member("/secret");
    assert_eq!(app.call("GET", &own).token(&reader).send().await.expect(200).json()["items"].as_array().map(Vec::len), Some(3));
    app.call("POST", &own).token(&reader).json(&json!({"description": "more"})).send().await.expect(403);
    app.call("DELETE", &format!("/api/v1/tokens/{}", made.member("/id"))).token(&reader).send().await.expect(403);
    // A narrow token makes no wider one.
    let narrow = json!({"description": "narrow", "permissions": ["poort:tokens:write", "poort:tokens:read"]});
    let narrow = app.call("POST", &own).token(&world.acme.secret).json(&narrow).send().await.expect(201).member("/secret");
    for wish in [json!({"description": "all"}), json!({"description": "shop", "permissions": ["shop:things:read"]})] {
        app.call("POST", &own).token(&narrow).json(&wish).send().await.expect(400);
    }
    app.call("DELETE", &format!("/api/v1/tokens/{}", made.member("/id"))).token(&narrow).send().await.expect(200);
    // Revoking all of one's own ends the very token that asks.
    let all = format!("/api/v1/people/{}/token-revocations", world.acme.member);
    let revoked = app.call("POST", &all).token(&narrow).send().await.expect(200).json();
    assert_eq!(revoked["revoked"], 3);
    app.call("GET", &own).token(&narrow).send().await.expect(401);
    assert_eq!(reason(app, &world.shop, &world.acme.secret).await, "revoked");
}

#[tokio::test]
async fn wishes_beyond_what_is_there_are_refused() {
    let world = World::new().await;
    let path = format!("/api/v1/people/{}/tokens", world.acme.member);
    let before = world.changes();
    for permissions in
        [json!(["*"]), json!(["shop:none:such"]), json!(["shop:staff:admin"]), json!("everything"), json!([7]), json!({"only": []})]
    {
        let body = json!({"description": "greedy", "permissions": permissions});
        let answer = world.app.operate("POST", &path).json(&body).send().await.expect(400);
        assert!(answer.problem()["errors"][0]["field"].as_str().is_some_and(|field| field.starts_with("permissions")), "{}", answer.text);
    }
    for end in [
        "2026-11-21T12:00:00Z",
        "2026-11-21T11:59:59Z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "-1",
        "2027-01-01",
        "2027-01-01T00:00:00",
    ] {
        let body = json!({"description": "odd", "expires_at": end});
        world.app.operate("POST", &path).json(&body).send().await.expect(400);
    }
    assert_eq!(world.changes(), before);
    let offset = json!({"description": "with an offset", "expires_at": "2027-01-01T01:00:00+01:00"});
    assert_eq!(world.app.make(&path, offset).await.member("/expires_at"), "2027-01-01T00:00:00Z");
}

#[tokio::test]
async fn a_token_ends_at_its_expiry_to_the_second() {
    let world = World::new().await;
    let body = json!({"description": "short", "expires_at": "2026-11-21T12:00:10Z"});
    let made = world.app.make(&format!("/api/v1/people/{}/tokens", world.acme.member), body).await;
    let (path, secret) = (format!("/api/v1/tokens/{}", made.member("/id")), made.member("/secret"));
    world.app.clock.advance(Duration::from_millis(9_999));
    assert_eq!(reason(&world.app, &world.shop, &secret).await, "allowed");
    world.app.clock.advance(Duration::from_millis(1));
    assert_eq!(reason(&world.app, &world.shop, &secret).await, "expired");
    // A later end makes it work again; none at all too.
    for end in [json!("2026-11-21T12:01:00Z"), Value::Null] {
        let changed = world.app.operate("PATCH", &path).json(&json!({"expires_at": end})).send().await.expect(200).json();
        assert_eq!(changed["expires_at"], end);
        assert_eq!(reason(&world.app, &world.shop, &secret).await, "allowed");
    }
}

#[tokio::test]
async fn descriptions_are_unique_for_a_person_without_regard_to_case() {
    let world = World::new().await;
    let path = format!("/api/v1/people/{}/tokens", world.acme.member);
    let first = world.app.make(&path, json!({"description": "École"})).await;
    let answer = world.app.operate("POST", &path).json(&json!({"description": " éCOLE "})).send().await.expect(409);
    assert_eq!(answer.problem()["code"], "description_taken");
    for bad in ["ab", "a\u{0}b", &"x".repeat(256)] {
        world.app.operate("POST", &path).json(&json!({"description": bad})).send().await.expect(400);
    }
    world.app.operate("DELETE", &format!("/api/v1/tokens/{}", first.member("/id"))).send().await.expect(200);
    world.app.make(&path, json!({"description": "école"})).await;
}

#[tokio::test]
async fn imported_digests_work_at_once_and_rows_are_refused_alone() {
    let world = World::new().await;
    let digest = |text: &str| serde_json::to_value(domain::Digest::of(text.as_bytes())).expect("text");
    let rows = json!({"tokens": [
        {"person": world.acme.member, "description": "old one", "digest": digest("student")},
        {"email": "nobody@example.org", "description": "nobody's", "digest": digest("b")},
        {"email": "ACME-member@example.org", "description": "by mail", "digest": digest("c")},
        {"person": world.acme.member, "description": "x", "digest": "short", "colour": 1},
        7
    ]});
    let report = world.app.operate("POST", "/api/v1/token-imports").json(&rows).send().await.expect(200).json();
    assert_eq!((&report["imported"], &report["unchanged"]), (&json!(2), &json!(0)), "{report}");
    let refused: Vec<(Option<u64>, &str)> = report["rejected"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (row["index"].as_u64(), row["code"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(refused, [(Some(1), "unknown_person"), (Some(3), "invalid"), (Some(4), "invalid")], "{report}");
    assert_eq!(reason(&world.app, &world.shop, "student").await, "allowed");
    // Imported texts are for APIs that say so; Poort's own does not.
    world.app.call("GET", "/api/v1/whoami").token("student").send().await.expect(401);
    let again = world.app.operate("POST", "/api/v1/token-imports").json(&rows).send().await.expect(200).json();
    assert_eq!((&again["imported"], &again["unchanged"], &again["receipt"]["sequence"]), (&json!(0), &json!(2), &Value::Null));
    let many = json!({"tokens": vec![json!({}); 1_001]});
    world.app.operate("POST", "/api/v1/token-imports").json(&many).send().await.expect(400);
}
