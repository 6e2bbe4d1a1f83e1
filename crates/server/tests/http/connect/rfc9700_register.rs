//! RFC 9700 and OAuth 2.1 where clients are made: by an operator, and by themselves (RFC 7591).

use serde_json::{Value, json};
use testkit::{Answer, App};

/// Somebody's organisation, on a server where programs register themselves.
async fn open() -> (App, String) {
    let app = App::start_with(|config| config.registration_open = true).await;
    let organisation = app.organisation("Acme").await;
    (app, organisation)
}

async fn made(app: &App, organisation: &str, body: &Value) -> Answer {
    app.operate("POST", &format!("/api/v1/organisations/{organisation}/organisation-keys")).json(body).send().await
}

async fn registered(app: &App, body: &Value) -> Answer {
    app.call("POST", "/connect/register").json(body).send().await
}

#[tokio::test]
async fn rfc9700_16_no_answer_travels_over_plain_http_to_another_machine() {
    let (app, organisation) = open().await;
    let plain = ["http://app.example/cb", "http://192.0.2.1/cb", "http://localhost.evil.example/cb", "http://127.0.0.1.evil.example/cb"];
    for kind in ["web", "native"] {
        for uri in plain {
            let answer =
                made(&app, &organisation, &json!({"name": "x", "application_type": kind, "redirect_uris": [uri]})).await.expect(400);
            assert!(answer.text.contains("redirect_uris[0]"), "{kind} {uri}: {}", answer.text);
            let answer = registered(&app, &json!({"application_type": kind, "redirect_uris": [uri]})).await.expect(400);
            assert_eq!(answer.member("/error"), "invalid_redirect_uri", "{kind} {uri}");
        }
    }
    let own = json!({"name": "x", "application_type": "native", "redirect_uris": ["http://127.0.0.1/cb"]});
    made(&app, &organisation, &own).await.expect(201);
    registered(&app, &own).await.expect(201);
}

#[tokio::test]
async fn rfc9700_18_no_client_looks_like_a_person() {
    let (app, organisation) = open().await;
    let person = app.person("ann", &organisation, &["member"]).await;
    let posed = json!({"client_id": person, "sub": person, "client_name": person, "redirect_uris": ["https://notes.example/cb"]});
    let told = registered(&app, &posed).await.expect(201).json();
    assert!(told["client_id"].as_str().is_some_and(|id| id.starts_with("prtk_")), "{told}");
    for member in ["client_id", "sub"] {
        let answer = made(&app, &organisation, &json!({"name": "x", member: person})).await.expect(400);
        assert!(answer.text.contains(member), "{}", answer.text);
    }
    let archive = app.archive().await;
    let key = made(&app, &organisation, &json!({"name": person})).await.expect(201);
    let form = |fields: &[(&str, &str)]| testkit::encoded(fields).into_bytes();
    let call = |path: &str, authorization: &str| {
        app.call("POST", path).header("authorization", authorization).header("content-type", "application/x-www-form-urlencoded")
    };
    let basic = testkit::basic(&key.member("/client_id"), &key.member("/private_key"));
    let token = call("/connect/token", &basic).bytes(form(&[("grant_type", "client_credentials")])).send().await.expect(200);
    let asked = form(&[("token", &*token.member("/access_token"))]);
    let told = call("/connect/introspect", &format!("Bearer {archive}")).bytes(asked).send().await.expect(200);
    assert_eq!((told.member("/sub"), told.member("/client_id")), (key.member("/client_id"), key.member("/client_id")));
    assert_ne!(told.member("/sub"), person);
}

#[tokio::test]
async fn oa21_46_a_native_program_is_a_public_client_whatever_it_asks_for() {
    let (app, organisation) = open().await;
    for method in [json!("client_secret_basic"), json!("client_secret_post"), Value::Null] {
        let mut asked = json!({"application_type": "native", "redirect_uris": ["com.example.notes:/cb"]});
        if !method.is_null() {
            asked["token_endpoint_auth_method"] = method;
        }
        let told = registered(&app, &asked).await.expect(201).json();
        assert_eq!((&told["token_endpoint_auth_method"], &told["application_type"]), (&json!("none"), &json!("native")));
        assert_eq!(told.get("client_secret"), None);
    }
    let native = json!({"name": "x", "application_type": "native", "redirect_uris": ["com.example.notes:/cb"]});
    let key = made(&app, &organisation, &native).await.expect(201).json();
    assert_eq!((&key["authentication"], key.get("private_key").filter(|key| !key.is_null())), (&json!([]), None));
    let mut secret = native;
    secret["authentication"] = json!(["client_secret_basic"]);
    let answer = made(&app, &organisation, &secret).await.expect(400);
    assert!(answer.text.contains("authentication"), "{}", answer.text);
}
