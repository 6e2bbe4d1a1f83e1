//! Access tokens that came over plain HTTP: refused, and marked at the organisation key whose software sends them so.

use serde_json::{Value, json};
use testkit::{App, basic, encoded};

#[tokio::test]
async fn an_access_token_that_came_over_plain_http_is_refused_and_marked_at_its_key() {
    let app = App::start().await;
    let api = app.archive().await;
    let acme = app.organisation("acme").await;
    let mut keys = Vec::new();
    for _ in 0..2 {
        let body = json!({"grant_types": ["client_credentials"], "permissions": "all"});
        let key = app.organisation_key(&acme, body).await;
        let form = encoded(&[("grant_type", "client_credentials"), ("scope", "archive")]);
        let call = app.call("POST", "/connect/token").header("content-type", "application/x-www-form-urlencoded");
        let call = call.header("authorization", &basic(&key.member("/client_id"), &key.member("/private_key")));
        keys.push((key.member("/id"), call.bytes(form.into_bytes()).send().await.expect(200).member("/access_token")));
    }
    let marked = async |id: &str| {
        app.node.authority.flush_usage(100).await.expect("written");
        app.operate("GET", &format!("/api/v1/organisation-keys/{id}")).send().await.expect(200).json()["access_token_exposed_at"].clone()
    };
    let ask = async |token: &str, scheme: &str| {
        let authorization = format!("Bearer {token}");
        let body = json!({"api": "archive", "authorization": authorization, "permission": "archive:papers:read", "scheme": scheme});
        app.call("POST", "/api/v1/verify").token(&api).json(&body).send().await.expect(200).json()
    };
    let (id, token) = &keys[0];
    assert_eq!(ask(token, "https").await["allowed"], true);
    assert_eq!(marked(id).await, Value::Null);
    assert_eq!(ask(token, "http").await["reason"], "insecure_transport");
    assert!(marked(id).await.is_string());
    assert_eq!(marked(&keys[1].0).await, Value::Null, "another key's are not");
    let answer = app.operate("GET", &format!("/api/v1/organisation-keys/{id}")).send().await.expect(200).json();
    assert_eq!(answer["private_keys"][0]["exposed_at"], Value::Null, "the private key never came so");
}
