//! OAuth 2.1 section 3.2.3: what holds a token or a secret is kept by nobody in between.

use super::*;

#[track_caller]
fn is_not_kept(answer: &Answer, what: &str) {
    assert!(matches!(answer.status, 200 | 201), "{what}: {} {}", answer.status, answer.text);
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{what}: {:?}", answer.headers);
}

/// HDR-01.
#[tokio::test]
async fn oa21_22_no_answer_with_a_secret_is_kept() {
    let world = World::of(App::start_with(|config| config.registration_open = true).await).await;
    let (client, app) = (world.confidential().await, &world.app);
    let code = world.code(&client, |authorization| authorization.scope = "openid shop offline_access".to_owned()).await;
    let tokens = world.redeem(&client, &code).await;
    is_not_kept(&tokens, "a code");
    let (access, refresh) = (tokens.member("/access_token"), tokens.member("/refresh_token"));
    is_not_kept(&world.refresh(&client, &refresh).await, "a refresh token");
    is_not_kept(&world.token(&client, &[("grant_type", "client_credentials")]).await, "client credentials");
    is_not_kept(&world.post("/connect/introspect", &client, &[("token", &access)]).await, "introspection");
    is_not_kept(&app.call("GET", "/connect/userinfo").token(&access).send().await, "userinfo");
    let pushed = [("response_type", "code"), ("redirect_uri", REDIRECT), ("scope", "shop")];
    is_not_kept(&world.post("/connect/par", &client, &pushed).await, "a pushed request");
    let registered = app.call("POST", "/connect/register").json(&json!({"redirect_uris": [REDIRECT]})).send().await;
    is_not_kept(&registered, "a registration");
    let own = format!("/connect/register/{}", registered.member("/client_id"));
    is_not_kept(&app.call("GET", &own).token(&registered.member("/registration_access_token")).send().await, "a registration, read");

    let body = json!({"description": "field team", "permissions": "all"});
    let personal = app.operate("POST", &format!("/api/v1/people/{}/tokens", world.person)).json(&body).send().await;
    is_not_kept(&personal, "a personal token");
    let rotated = app.operate("POST", &format!("/api/v1/tokens/{}/rotations", personal.member("/id"))).json(&json!({})).send().await;
    is_not_kept(&rotated, "a personal token, rotated");
    let keys = format!("/api/v1/organisations/{}/organisation-keys", world.organisation);
    let key = app.operate("POST", &keys).json(&json!({"name": "x"})).send().await;
    is_not_kept(&key, "an organisation key");
    let rotations = format!("/api/v1/organisation-keys/{}/rotations", key.member("/id"));
    is_not_kept(&app.operate("POST", &rotations).send().await, "an organisation key, rotated");
    let credentials = app.operate("POST", "/api/v1/apis/shop/credentials").json(&json!({"description": "field team"})).send().await;
    is_not_kept(&credentials, "an API credential");
    is_not_kept(
        &app.operate("POST", "/api/v1/operator-tokens").json(&json!({"description": "field team"})).send().await,
        "an operator token",
    );
}
