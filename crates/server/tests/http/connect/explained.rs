//! Refusals of the authorization endpoint and over plain HTTP, explained: to the person at the browser, to the organisation of the
//! client, on the page, over the API and on the command line.

use serde_json::{Value, json};
use testkit::{Answer, Visitor, basic};

use super::world::*;

async fn told(world: &World, answer: &Answer) -> Value {
    let id = answer.header("request-id").expect("an id");
    world.app.operate("GET", &format!("/api/v1/refusals/{id}")).send().await.expect(200).json()
}

async fn page(visitor: &mut Visitor<'_>, answer: &Answer) -> String {
    let id = answer.header("request-id").expect("an id");
    visitor.get(&format!("/nl/activity/why?id={id}")).await.expect(200).text
}

#[tokio::test]
async fn what_a_page_says_and_what_the_client_is_sent_is_explained() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let good = Request::of(&world.client);
    for (expected, request) in [
        ("client_unknown", good.clone().with("client_id", "prtk_nobody")),
        ("redirect_uri_unknown", good.clone().with("redirect_uri", "https://evil.example/cb")),
        ("request_uri_unknown", good.clone().with("request_uri", "urn:ietf:params:oauth:request_uri:x")),
    ] {
        let answer = ann.get(&request.path()).await;
        assert_page(&answer, 400);
        let why = told(&world, &answer).await;
        assert_eq!((&why["reason"], &why["flow"]), (&json!(expected), &json!("authorize")), "{why}");
    }
    for (expected, request) in [
        ("scope_wrong", good.clone().with("scope", "nothing")),
        ("resource_wrong", good.clone().with("resource", "https://nobody.example/")),
        ("parameter_wrong", good.clone().with("response_type", "token")),
        ("person_needed", good.clone().with("prompt", "none")),
    ] {
        let answer = ann.get(&request.path()).await;
        let sent = Sent::of(&answer);
        let id = answer.header("request-id").expect("an id");
        assert_eq!(sent.get("error_uri"), format!("{}/activity/why?id={id}", world.issuer()));
        let why = told(&world, &answer).await;
        assert_eq!((&why["reason"], &why["path"]), (&json!(expected), &json!("/connect/authorize")), "{why}");
        assert!(why["answer"].as_str().is_some_and(|answer| answer.starts_with(sent.get("error"))), "{why}");
    }
    let consent = ann.get(&good.path()).await;
    let answer = decide(&mut ann, &consent, "deny").await;
    assert_eq!(told(&world, &answer).await["reason"], "person_refused");
    let again = decide(&mut ann, &consent, "allow").await;
    assert_eq!(told(&world, &again).await["reason"], "page_over");
    let out = ann.get("/connect/endsession?id_token_hint=x").await;
    assert_eq!(told(&world, &out).await["flow"], "end_session");
}

#[tokio::test]
async fn the_page_tells_the_person_at_the_browser_and_the_clients_organisation_and_no_other() {
    let world = World::start().await;
    let (app, acme) = (&world.app, world.organisation.to_string());
    app.person_with_password("kim", &acme, PASSWORD).await;
    let other = app.organisation("Other").await;
    app.person_with_password("eve", &other, PASSWORD).await;
    let mut ann = world.ann().await;
    let answer = ann.get(&Request::of(&world.client).with("redirect_uri", "https://evil.example/<b>cb</b>").path()).await;
    let told = page(&mut ann, &answer).await;
    for text in [
        "Het adres om naar terug te gaan is niet bekend",
        "Klopt de redirect_uri?",
        "niet meer bekeken",
        "Veldboek",
        "redirect_uri_unknown",
    ] {
        assert!(told.contains(text), "{text}: {told}");
    }
    assert!(!told.contains("evil.example") && !told.contains("<b>cb"), "nothing that was sent: {told}");
    for name in ["kim", "eve"] {
        let mut visitor = Visitor::new(app);
        visitor.sign_in(&format!("{name}@example.org"), PASSWORD).await.expect(303);
        let told = page(&mut visitor, &answer).await;
        assert!(told.contains("Dit verzoek kennen we niet") && !told.contains("Veldboek"), "{name}: {told}");
    }
    let redirected = ann.get(&format!("/activity/why?id={}", answer.header("request-id").expect("an id"))).await;
    assert!(redirected.header("location").is_some_and(|to| to.contains("/activity/why?id=")), "{:?}", redirected.headers);
}

#[tokio::test]
async fn a_private_key_that_came_over_plain_http_is_explained_to_its_organisation() {
    let world = World::start().await;
    let app = &world.app;
    let manager = app.person("kim", &world.organisation.to_string(), &["key_manager"]).await;
    let outsider = app.person("eve", &app.organisation("Other").await, &["owner"]).await;
    let (kims, eves) = (app.token(&manager, None).await.1, app.token(&outsider, None).await.1);
    let secret = world.client.secret.clone().expect("a private key");
    let plain = |call: testkit::Call| call.header("x-forwarded-proto", "http").header("x-forwarded-for", "203.0.113.5");
    let call = || app.call("POST", "/connect/token").header("content-type", "application/x-www-form-urlencoded");
    let form = format!("grant_type=client_credentials&client_id={}&client_secret={secret}", world.client.id);
    for call in [call().header("authorization", &basic(&world.client.id, &secret)), call().bytes(form.into_bytes())] {
        let refused = plain(call).send().await.expect(403);
        let id = refused.member("/request_id");
        let read = async |token: &str| app.call("GET", &format!("/api/v1/refusals/{id}")).token(token).send().await;
        let why = read(&kims).await.expect(200).json();
        assert_eq!((&why["reason"], &why["credential_label"]), (&json!("insecure_transport"), &json!("Veldboek")), "{why}");
        assert_eq!((&why["path"], &why["address"]), (&json!("/connect/token"), &json!("203.0.113.5")), "{why}");
        assert!(!why.to_string().contains(&secret[6..]), "{why}");
        read(&eves).await.expect(404);
    }
    let unknown = plain(app.call("GET", "/api/v1/whoami").token("nobody's")).send().await.expect(403);
    let id = unknown.member("/request_id");
    app.call("GET", &format!("/api/v1/refusals/{id}")).token(&kims).send().await.expect(404);
    app.operate("GET", &format!("/api/v1/refusals/{id}")).send().await.expect(200);
    let question = json!({"authorization": format!("Bearer {kims}"), "method": "GET", "path": "/things/7", "scheme": "http", "address": "203.0.113.5"});
    let asked = app.call("POST", "/api/v1/verify").token(&app.shop().await).json(&question).send().await.expect(200);
    let id = asked.member("/request_id");
    let why = app.call("GET", &format!("/api/v1/refusals/{id}")).token(&kims).send().await.expect(200).json();
    assert_eq!((&why["reason"], &why["api"], &why["path"]), (&json!("insecure_transport"), &json!("shop"), &json!("/things/7")), "{why}");
}
