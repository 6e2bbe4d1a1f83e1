//! `POST /api/v1/verify`: what an API is told.

use serde_json::{Value, json};
use testkit::Answer;

use super::World;

async fn ask(world: &World, body: Value) -> Answer {
    world.app.call("POST", "/api/v1/verify").token(&world.shop).json(&body).send().await
}

#[tokio::test]
async fn an_api_is_told_who_and_what() {
    let world = World::new().await;
    let bearer = format!("Bearer {}", world.acme.secret);
    let answer = ask(&world, json!({"authorization": bearer, "method": "GET", "path": "/projects/acme/?x=1", "address": "192.0.2.1"}))
        .await
        .expect(200);
    assert_eq!(
        answer.json(),
        json!({
            "allowed": true,
            "request_id": answer.header("request-id"),
            "credential": {"id": world.acme.token, "kind": "personal_token"},
            "subject": {"type": "person", "id": world.acme.member},
            "organisation": world.acme.organisation,
            "workspace": "acme",
            "permissions": ["shop:things:read", "shop:things:write"]
        })
    );
    world.app.node.authority.flush_usage(usize::MAX).await.expect("written");
    let token = world.app.operate("GET", &format!("/api/v1/tokens/{}", world.acme.token)).send().await.expect(200).json();
    assert_eq!(token["last_used_from"], "192.0.2.1");
}

#[tokio::test]
async fn every_question_has_its_answer() {
    let world = World::new().await;
    let bearer = format!("Bearer {}", world.acme.secret);
    let owner = format!("Bearer {}", world.acme.owner_token);
    let operator = format!("Bearer {}", world.app.operator);
    let mut altered = world.acme.secret.clone();
    altered.replace_range(10..11, if &altered[10..11] == "a" { "b" } else { "a" });
    let cases = [
        (json!({"authorization": bearer}), "allowed"),
        (json!({"api": "shop", "api_key": world.acme.secret}), "allowed"),
        (json!({"authorization": world.acme.secret, "permission": "shop:things:read", "workspace": "acme"}), "allowed"),
        (json!({"method": "GET", "path": "/"}), "allowed"),
        (json!({"method": "HEAD", "path": "/things/1", "authorization": bearer}), "allowed"),
        (json!({"authorization": owner, "permission": "shop:staff:admin"}), "allowed"),
        (json!({"authorization": bearer, "permission": "shop:staff:admin"}), "permission_missing"),
        (json!({"authorization": bearer, "permission": "shop:things:read", "workspace": "a \"b\""}), "wrong_workspace"),
        (json!({"authorization": bearer, "method": "GET", "path": "/projects/12%2055"}), "wrong_workspace"),
        (json!({"authorization": bearer, "method": "GET", "path": "/projects/umbrella"}), "no_delegation"),
        (json!({"authorization": bearer, "permission": "poort:tokens:read"}), "permission_missing"),
        (json!({"authorization": bearer, "method": "DELETE", "path": "/things/1"}), "permission_missing"),
        (json!({}), "missing_credential"),
        (json!({"authorization": " ", "permission": "shop:things:read"}), "missing_credential"),
        (json!({"method": "GET", "path": "/things/1"}), "missing_credential"),
        (json!({"authorization": "Digest x", "method": "GET", "path": "/"}), "malformed_credential"),
        (json!({"authorization": bearer, "api_key": world.acme.secret}), "malformed_credential"),
        (json!({"authorization": format!("Bearer {altered}")}), "malformed_credential"),
        (json!({"authorization": "Basic dXNlcjphOmI="}), "malformed_credential"),
        (json!({"authorization": "never-seen"}), "unknown_credential"),
        (json!({"authorization": operator}), "unknown_credential"),
        (json!({"authorization": format!("Bearer {}", world.shop)}), "unknown_credential"),
    ];
    for (question, expected) in cases {
        let answer = ask(&world, question.clone()).await.expect(200).json();
        if expected == "allowed" {
            assert_eq!(answer["allowed"], true, "{question}: {answer}");
            continue;
        }
        let status = if ["permission_missing", "wrong_workspace", "no_delegation"].contains(&expected) { 403 } else { 401 };
        let told = json!({"allowed": false, "request_id": answer["request_id"], "reason": expected, "status": status});
        assert_eq!(answer, told, "{question}");
    }
}

#[tokio::test]
async fn questions_that_mean_two_things_are_refused() {
    let world = World::new().await;
    let bad = [
        json!({"method": "GET"}),
        json!({"path": "/"}),
        json!({"permission": "shop:things:read", "method": "GET", "path": "/"}),
        json!({"permission": "shop:things:read", "path": "/"}),
        json!({"method": "GET", "path": "/a/../b"}),
        json!({"method": "GET", "path": "//"}),
        json!({"method": "GET", "path": "/%2e%2e/x"}),
        json!({"method": "GET", "path": "things"}),
        json!({"colour": 1}),
        json!({"authorization": 7}),
        json!({"address": "not an address"}),
        json!({"method": "GET", "path": "/projects/1", "workspace": "2", "authorization": format!("Bearer {}", world.acme.secret)}),
        json!({"workspace": "x".repeat(256)}),
        json!([]),
    ];
    for question in bad {
        assert_eq!(ask(&world, question.clone()).await.status, 400, "{question}");
    }
    for text in ["{\"api\":\"shop\",\"api\":\"shop\"}", "{", "{}{}", "{\"api\":\"\\ud800\"}"] {
        let call = world.app.call("POST", "/api/v1/verify").token(&world.shop).header("content-type", "application/json");
        call.bytes(text.as_bytes().to_vec()).send().await.expect(400);
    }
    world.app.call("POST", "/api/v1/verify").token(&world.shop).bytes(b"{}".to_vec()).send().await.expect(415);
}

#[tokio::test]
async fn an_api_asks_about_itself_only_and_until_its_credential_ends() {
    let world = World::new().await;
    for api in ["poort", "other", "SHOP", ""] {
        assert_eq!(ask(&world, json!({"api": api})).await.expect(403).problem()["type"], "/problems/wrong_api");
    }
    let id = world.first("/api/v1/apis/shop/credentials").await;
    world.app.operate("DELETE", &format!("/api/v1/api-credentials/{id}")).send().await.expect(200);
    ask(&world, json!({})).await.expect(401);
    let other = world.app.make("/api/v1/apis/shop/credentials", json!({"description": "another"})).await.member("/secret");
    world.app.call("POST", "/api/v1/verify").token(&other).send().await.expect(200);
    world.app.operate("DELETE", "/api/v1/apis/shop").send().await.expect(200);
    world.app.call("POST", "/api/v1/verify").token(&other).send().await.expect(401);
}
