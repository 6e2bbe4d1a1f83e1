//! Credentials that came over plain HTTP: refused, and marked for their owners until they are rotated.

use serde_json::{Value, json};
use testkit::{Answer, App, Call, basic};

/// As a trusted proxy tells of a caller outside that spoke plain HTTP to it.
fn plainly(call: Call) -> Call {
    call.header("x-forwarded-proto", "http").header("x-forwarded-for", "203.0.113.5")
}

async fn refused(call: Call) -> Answer {
    let answer = plainly(call).send().await.expect(403);
    assert_eq!(answer.problem()["type"], "/problems/insecure_transport");
    assert_eq!(answer.header("location"), None);
    answer
}

async fn shown(app: &App, token: &str, path: &str) -> Value {
    app.node.authority.flush_usage(usize::MAX).await.expect("written");
    app.call("GET", path).token(token).send().await.expect(200).json()
}

#[tokio::test]
async fn a_person_sees_which_of_the_own_tokens_was_exposed_until_it_is_rotated() {
    for app in App::start_each().await {
        let organisation = app.organisation("Acme").await;
        let person = app.person("ann", &organisation, &["member"]).await;
        let ((exposed, secret), (other, safe)) = (app.token(&person, None).await, app.token(&person, None).await);
        let list = format!("/api/v1/people/{person}/tokens");
        let marks = async || {
            let items = shown(&app, &safe, &list).await["items"].as_array().expect("a list").clone();
            let mark = |id: &str| items.iter().find(|item| item["id"] == id).expect("there")["exposed_at"].clone();
            (mark(&exposed), mark(&other))
        };
        app.call("GET", "/api/v1/whoami").token(&secret).send().await.expect(200);
        assert_eq!(marks().await, (Value::Null, Value::Null), "from this machine nobody could read it");

        refused(app.call("GET", "/api/v1/whoami").token(&secret)).await;
        let (first, others) = marks().await;
        assert!(first.is_string() && others.is_null(), "{first} {others}");
        app.clock.advance(std::time::Duration::from_secs(60));
        refused(app.call("GET", "/api/v1/whoami").token(&secret)).await;
        assert_eq!(marks().await.0, first, "the first time stays");
        let protected = app.call("GET", "/api/v1/whoami").token(&secret).header("x-forwarded-proto", "https");
        protected.send().await.expect(200);
        assert_eq!(marks().await.0, first, "it stays marked");

        let rotated = app.call("POST", &format!("/api/v1/tokens/{exposed}/rotations")).token(&safe);
        let new = rotated.json(&json!({"overlap_seconds": 3600})).send().await.expect(200);
        assert_eq!(new.json()["exposed_at"], Value::Null);
        let new = new.member("/secret");
        assert_eq!(marks().await.0, Value::Null, "the new secret was not exposed");
        refused(app.call("GET", "/api/v1/whoami").token(&secret)).await;
        assert_eq!(marks().await.0, Value::Null, "the old one was: that says nothing of the new one");
        refused(app.call("GET", "/api/v1/whoami").token(&new)).await;
        assert!(marks().await.0.is_string());
    }
}

#[tokio::test]
async fn an_api_says_how_its_caller_came() {
    let app = App::start().await;
    let organisation = app.organisation("Peilwerk").await;
    app.workspace(&organisation, "77").await;
    let survey = app.survey("survey").await;
    let (id, authorization) = app.organisation_token(&organisation, "survey", "veld-01").await;
    let ask = async |more: Value| {
        let mut question = json!({"authorization": authorization, "permission": "survey:deliveries:create", "workspace": "77"});
        question.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        app.call("POST", "/api/v1/verify").token(&survey).json(&question).send().await.expect(200).json()
    };
    let path = format!("/api/v1/organisation-tokens/{id}");
    for good in [json!({}), json!({"scheme": "https", "address": "203.0.113.5"}), json!({"scheme": "http", "address": "127.0.0.1"})] {
        assert_eq!(ask(good.clone()).await["allowed"], true, "{good}");
    }
    assert_eq!(shown(&app, &app.operator, &path).await["exposed_at"], Value::Null);
    for bad in [json!({"scheme": "http", "address": "203.0.113.5"}), json!({"scheme": "http"})] {
        let answer = ask(bad.clone()).await;
        let told = (&answer["allowed"], &answer["reason"], &answer["status"]);
        assert_eq!(told, (&json!(false), &json!("insecure_transport"), &json!(403)), "{bad}");
    }
    assert!(shown(&app, &app.operator, &path).await["exposed_at"].is_string());
    let none = json!({"authorization": "", "scheme": "http"});
    assert_eq!(ask(none).await["reason"], "missing_credential", "there is nothing to refuse");
    let odd = json!({"authorization": authorization, "scheme": "gopher"});
    app.call("POST", "/api/v1/verify").token(&survey).json(&odd).send().await.expect(400);
}

#[tokio::test]
async fn a_username_with_its_code_is_known_on_whatever_surface_it_comes() {
    let app = App::start().await;
    let organisation = app.organisation("Peilwerk").await;
    app.survey("survey").await;
    app.survey("survey-demo").await;
    let (id, authorization) = app.organisation_token(&organisation, "survey-demo", "veld-01").await;
    let path = format!("/api/v1/organisation-tokens/{id}");
    refused(app.call("GET", "/api/v1/openapi.json").header("authorization", &basic("veld-01", "prtd_wrong"))).await;
    assert_eq!(shown(&app, &app.operator, &path).await["exposed_at"], Value::Null, "another code");
    refused(app.call("GET", "/api/v1/openapi.json").header("authorization", &authorization)).await;
    assert!(shown(&app, &app.operator, &path).await["exposed_at"].is_string());
}

#[tokio::test]
async fn operators_see_which_of_their_own_credentials_were_exposed() {
    let app = App::start().await;
    let survey = app.survey("survey").await;
    for (secret, list) in [(survey, "/api/v1/apis/survey/credentials"), (app.operator.clone(), "/api/v1/operator-tokens")] {
        let mark = async || shown(&app, &app.operator, list).await["items"][0]["exposed_at"].clone();
        assert_eq!(mark().await, Value::Null, "{list}");
        refused(app.call("POST", "/api/v1/verify").token(&secret).json(&json!({}))).await;
        assert!(mark().await.is_string(), "{list}");
    }
}

#[tokio::test]
async fn every_route_refuses_alike() {
    let app = App::start().await;
    for route in server::api::ROUTES {
        let path = route.path.replace(['{', '}'], "");
        let answer = refused(app.call(route.method.as_str(), &path).token(&app.operator)).await;
        assert!(answer.text.contains("HTTPS"), "{path}");
    }
    assert_eq!(plainly(app.call("GET", "/swagger/index.html")).send().await.status, 200, "a page needs no credential");
}
