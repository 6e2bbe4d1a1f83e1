//! Clients that register themselves (RFC 7591) and manage their registration (RFC 7592); the names begin with the ids of the
//! project's list of standards.

use std::time::Duration;

use authority::Context;
use domain::RequestId;
use domain::time::Clock as _;
use serde_json::{Value, json};
use testkit::{Answer, App, basic};

const PATH: &str = "/connect/register";
const INITIAL: &str = "0123456789abcdef0123456789abcdef";
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"one","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

async fn open() -> App {
    App::start_with(|config| config.registration_open = true).await
}

/// A registration that is right.
fn plain() -> Value {
    json!({"client_name": "Notes", "redirect_uris": ["https://notes.example/cb"]})
}

/// The same with other members.
fn with(members: Value) -> Value {
    let mut body = plain();
    for (name, value) in members.as_object().expect("members") {
        body[name] = value.clone();
    }
    body
}

async fn register(app: &App, body: &Value) -> Answer {
    app.call("POST", PATH).json(body).send().await
}

/// The client's own path and its registration token.
fn own(answer: &Answer) -> (String, String) {
    (format!("{PATH}/{}", answer.member("/client_id")), answer.member("/registration_access_token"))
}

async fn refused(app: &App, members: Value, error: &str) {
    // One that is refused counts, too.
    app.clock.advance(Duration::from_secs(300));
    let answer = register(app, &with(members.clone())).await.expect(400);
    assert_eq!(answer.member("/error"), error, "{members}");
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")));
}

/// How the token endpoint takes the client's secret: 400 where it is the client's, 401 where not.
async fn asked_with(app: &App, client_id: &str, secret: &str) -> u16 {
    let form = b"grant_type=refresh_token&refresh_token=x".to_vec();
    let call = app.call("POST", "/connect/token").header("authorization", &basic(client_id, secret));
    call.header("content-type", "application/x-www-form-urlencoded").bytes(form).send().await.status
}

fn context(app: &App) -> Context {
    let (now, entropy) = (app.node.authority.clock().now(), app.node.authority.entropy());
    Context::system(RequestId::generate(now, &**entropy).expect("an id"), now)
}

#[tokio::test]
async fn rfc7591_01_a_closed_registration_asks_for_the_initial_access_token() {
    let closed = App::start().await;
    assert_eq!(register(&closed, &plain()).await.expect(401).member("/error"), "invalid_token");
    let operator = closed.operate("POST", PATH).json(&plain()).send().await;
    assert_eq!(operator.status, 401, "an operator's token is no initial access token");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{INITIAL}\n")).expect("written");
    let app = App::start_with(|config| config.registration_token_file = Some(file)).await;
    let none = register(&app, &plain()).await.expect(401);
    assert!(none.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    app.call("POST", PATH).token("wrong").json(&plain()).send().await.expect(401);
    app.call("POST", PATH).token(INITIAL).json(&plain()).send().await.expect(201);
}

#[tokio::test]
async fn rfc7591_02_a_registration_is_json_and_unknown_members_are_passed_over() {
    let app = open().await;
    let form = app.call("POST", PATH).header("content-type", "application/x-www-form-urlencoded");
    form.bytes(b"client_name=x".to_vec()).send().await.expect(400);
    for body in ["", "[]", "{", "7", r#"{"redirect_uris":"x"}"#, r#"{"client_name":"a","client_name":"b"}"#] {
        let answer = app.call("POST", PATH).header("content-type", "application/json").bytes(body.into()).send().await.expect(400);
        assert_eq!(answer.member("/error"), "invalid_client_metadata", "{body}");
    }
    let answer = register(&app, &with(json!({"favourite_colour": "blue", "client_name#nl": "Notities"}))).await.expect(201);
    assert_eq!(answer.json().get("favourite_colour"), None);
}

#[tokio::test]
async fn rfc7591_03_the_answer_holds_id_secret_and_times_and_is_not_kept() {
    let app = open().await;
    let answer = register(&app, &plain()).await.expect(201);
    let body = answer.json();
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")));
    assert_eq!(body["client_secret_expires_at"], 0);
    assert_eq!(body["client_id_issued_at"], app.clock.now().unix_seconds());
    assert!(body["client_id"].as_str().is_some_and(|id| id.starts_with("prtk_")), "{body}");
    assert_eq!(
        answer.member("/registration_client_uri"),
        format!("{}/{}", format_args!("{}{PATH}", app.node.config.base_url()), answer.member("/client_id"))
    );
    assert_eq!(asked_with(&app, &answer.member("/client_id"), &answer.member("/client_secret")).await, 400);
    assert_eq!(asked_with(&app, &answer.member("/client_id"), "wrong").await, 401);
    let public = register(&app, &with(json!({"token_endpoint_auth_method": "none"}))).await.expect(201).json();
    assert_eq!((public.get("client_secret"), public.get("client_secret_expires_at")), (None, None));
}

#[tokio::test]
async fn rfc7591_04_what_is_registered_is_told() {
    let app = open().await;
    let key: Value = serde_json::from_str(KEY).expect("a key");
    let asked = with(json!({
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key]}, "application_type": "native",
        "client_uri": "https://notes.example/", "contacts": ["notes@example.org"],
        "post_logout_redirect_uris": ["https://notes.example/out"], "dpop_bound_access_tokens": true,
    }));
    let told = register(&app, &asked).await.expect(201).json();
    for (name, value) in asked.as_object().expect("members") {
        assert_eq!(&told[name], value, "{name}");
    }
    let least = register(&app, &plain()).await.expect(201).json();
    assert_eq!(least["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!((&least["grant_types"], &least["response_types"]), (&json!(["authorization_code"]), &json!(["code"])));
}

#[tokio::test]
async fn rfc7591_05_each_error_has_its_name() {
    let app = open().await;
    refused(&app, json!({"redirect_uris": ["http://notes.example/cb"]}), "invalid_redirect_uri").await;
    refused(&app, json!({"redirect_uris": []}), "invalid_redirect_uri").await;
    refused(&app, json!({"token_endpoint_auth_method": "tls_client_auth"}), "invalid_client_metadata").await;
    refused(&app, json!({"client_name": ""}), "invalid_client_metadata").await;
    refused(&app, json!({"software_statement": "x"}), "invalid_software_statement").await;
    refused(&app, json!({"software_statement": "eyJhbGciOiJFUzI1NiJ9.e30.eA"}), "unapproved_software_statement").await;
}

#[tokio::test]
async fn rfc7591_06_keys_are_sent_along_and_never_fetched() {
    let app = open().await;
    let key: Value = serde_json::from_str(KEY).expect("a key");
    let both = json!({"jwks": {"keys": [key]}, "jwks_uri": "https://notes.example/keys"});
    refused(&app, both, "invalid_client_metadata").await;
    refused(&app, json!({"jwks_uri": "http://127.0.0.1:1/"}), "invalid_client_metadata").await;
    refused(&app, json!({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}), "invalid_client_metadata").await;
    refused(&app, json!({"token_endpoint_auth_method": "private_key_jwt"}), "invalid_client_metadata").await;
}

#[tokio::test]
async fn rfc7591_07_grant_types_and_response_types_say_the_same() {
    let app = open().await;
    refused(&app, json!({"response_types": ["token"]}), "invalid_client_metadata").await;
    refused(&app, json!({"response_types": []}), "invalid_client_metadata").await;
    refused(&app, json!({"grant_types": ["refresh_token"]}), "invalid_client_metadata").await;
    refused(&app, json!({"grant_types": ["implicit"], "response_types": ["token"]}), "invalid_client_metadata").await;
    let device = json!({"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"], "redirect_uris": []});
    refused(&app, with(json!({"grant_types": device["grant_types"], "response_types": ["code"]})), "invalid_client_metadata").await;
    register(&app, &with(device)).await.expect(201);
}

#[tokio::test]
async fn rfc7591_08_redirect_uris_that_could_harm_are_refused() {
    let app = open().await;
    for uri in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "HTTPS://notes.example/cb",
        "https://Notes.example/cb",
        "https://user@notes.example/cb",
        "https://notes.example/cb#x",
        "https://*.example/cb",
        "//notes.example/cb",
        "/cb",
        "",
    ] {
        refused(&app, json!({"redirect_uris": [uri]}), "invalid_redirect_uri").await;
        refused(&app, json!({"redirect_uris": ["https://notes.example/cb", uri]}), "invalid_redirect_uri").await;
    }
    let many: Vec<String> = (0..51).map(|number| format!("https://notes.example/{number}")).collect();
    refused(&app, json!({"redirect_uris": many}), "invalid_redirect_uri").await;
}

#[tokio::test]
async fn rfc7591_09_pages_of_a_client_are_https_and_others_are_passed_over() {
    let app = open().await;
    refused(&app, json!({"client_uri": "javascript:alert(1)"}), "invalid_client_metadata").await;
    refused(&app, json!({"client_uri": "http://127.0.0.1/"}), "invalid_client_metadata").await;
    for uri in ["http://127.0.0.1:1/", "https://elsewhere.example/out", "http://notes.example/out"] {
        refused(&app, json!({"backchannel_logout_uri": uri}), "invalid_client_metadata").await;
    }
    let good = json!({"logo_uri": "http://127.0.0.1:1/x", "backchannel_logout_uri": "https://notes.example/out"});
    let told = register(&app, &with(good)).await.expect(201).json();
    assert_eq!((told.get("logo_uri"), &told["backchannel_logout_uri"]), (None, &"https://notes.example/out".into()));
}

#[tokio::test]
async fn rfc7591_10_a_software_statement_without_signature_is_none() {
    let app = open().await;
    refused(&app, json!({"software_statement": "eyJhbGciOiJub25lIn0.e30."}), "invalid_software_statement").await;
    refused(&app, json!({"software_statement": "eyJhbGciOiJub25lIn0.e30.eA"}), "invalid_software_statement").await;
}

/// DCR-01.
#[tokio::test]
async fn rfc7591_11_nobody_gives_themselves_rights() {
    let app = open().await;
    app.shop().await;
    let asked = with(json!({
        "scope": "shop:things:write admin", "first_party": true, "organisation": "x", "registration": "operator", "client_id": "console",
        "permissions": "all", "cors_origins": ["https://notes.example"], "profile": "default", "roles": ["owner"],
    }));
    let told = register(&app, &asked).await.expect(201).json();
    assert_eq!(told["scope"], "openid profile email offline_access");
    assert_ne!(told["client_id"], "console");
    let known = app.node.authority.verifier().client(told["client_id"].as_str().expect("an id")).expect("a lease").expect("the client");
    assert_eq!((known.client.organisation, known.client.workspace), (None, None));
    assert_eq!(known.client.definition.registration, domain::client::Registration::Dynamic);
    assert_eq!(known.client.definition.permissions, domain::permission::Permissions::Only(Default::default()));
    assert!(!app.node.authority.verifier().knows_origin("https://notes.example"));
    for grant in ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"] {
        refused(&app, json!({"grant_types": ["authorization_code", grant]}), "invalid_client_metadata").await;
    }
}

#[tokio::test]
async fn rfc7591_11_what_the_operator_lets_all_have_is_all_there_is() {
    let app = App::start_with(|config| {
        config.registration_open = true;
        config.registration_permissions = vec!["shop:things:read".to_owned()];
    });
    let told = register(&app.await, &with(json!({"scope": "shop:things:write"}))).await.expect(201).json();
    assert_eq!(told["scope"], "openid profile email offline_access shop:things:read");
}

#[tokio::test]
async fn rfc7592_01_a_registration_is_read_with_its_own_token_only() {
    let app = open().await;
    let registered = register(&app, &plain()).await.expect(201);
    let (path, token) = own(&registered);
    let (_, other) = own(&register(&app, &plain()).await.expect(201));
    let read = app.call("GET", &path).token(&token).send().await.expect(200).json();
    for name in ["client_id", "client_name", "redirect_uris", "registration_access_token", "registration_client_uri"] {
        assert_eq!(read[name], registered.json()[name], "{name}");
    }
    let wrong = app.call("GET", &path).token(&other).send().await.expect(401);
    let unknown = app.call("GET", &format!("{PATH}/nobody")).token(&token).send().await.expect(401);
    assert_eq!(wrong.refusal(), unknown.refusal());
    app.call("GET", &path).send().await.expect(401);
    app.operate("GET", &path).send().await.expect(401);
    app.call("GET", &path).token(&registered.member("/client_secret")).send().await.expect(401);
}

#[tokio::test]
async fn rfc7592_02_a_replacement_names_the_client_and_nothing_that_is_ours() {
    let app = open().await;
    let registered = register(&app, &plain()).await.expect(201);
    let (path, token) = own(&registered);
    let client_id = registered.member("/client_id");
    let put = |members: Value| {
        let mut body = with(members);
        body["client_id"] = body.get("client_id").cloned().unwrap_or(json!(client_id));
        app.call("PUT", &path).token(&token).json(&body)
    };
    for name in ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"] {
        let answer = put(json!({name: registered.json()[name]})).send().await.expect(400);
        assert_eq!(answer.member("/error"), "invalid_client_metadata", "{name}");
    }
    put(json!({"client_id": "another"})).send().await.expect(400);
    app.call("PUT", &path).token(&token).json(&plain()).send().await.expect(400);
    put(json!({"client_secret": "another"})).send().await.expect(400);
    let uri = "https://notes.example/new";
    let told = put(json!({"client_secret": registered.member("/client_secret"), "redirect_uris": [uri], "client_name": "New"}));
    let told = told.send().await.expect(200).json();
    assert_eq!((&told["redirect_uris"], &told["client_name"]), (&json!([uri]), &json!("New")));
    assert_eq!(asked_with(&app, &client_id, &registered.member("/client_secret")).await, 400);
    assert_eq!(app.call("GET", &path).token(&token).send().await.expect(200).json()["redirect_uris"], json!([uri]));
}

/// DCR-02.
#[tokio::test]
async fn rfc7592_03_a_replacement_is_checked_like_a_registration() {
    let app = open().await;
    let registered = register(&app, &plain()).await.expect(201);
    let (path, token) = own(&registered);
    for (members, error) in [
        (json!({"redirect_uris": ["http://notes.example/cb"]}), "invalid_redirect_uri"),
        (json!({"grant_types": ["client_credentials"], "response_types": []}), "invalid_client_metadata"),
        (json!({"token_endpoint_auth_method": "none"}), "invalid_client_metadata"),
        (json!({"software_statement": "x"}), "invalid_software_statement"),
    ] {
        let mut body = with(members);
        body["client_id"] = json!(registered.member("/client_id"));
        let answer = app.call("PUT", &path).token(&token).json(&body).send().await.expect(400);
        assert_eq!(answer.member("/error"), error, "{body}");
    }
}

#[tokio::test]
async fn rfc7592_04_whoever_is_removed_is_ended_at_once() {
    let app = open().await;
    let registered = register(&app, &plain()).await.expect(201);
    let (path, token) = own(&registered);
    let (client_id, secret) = (registered.member("/client_id"), registered.member("/client_secret"));
    app.call("DELETE", &path).token("wrong").send().await.expect(401);
    assert_eq!(asked_with(&app, &client_id, &secret).await, 400);
    app.call("DELETE", &path).token(&token).send().await.expect(204);
    assert_eq!(asked_with(&app, &client_id, &secret).await, 401);
    app.call("GET", &path).token(&token).send().await.expect(401);
    app.call("DELETE", &path).token(&token).send().await.expect(401);
}

/// DCR-02.
#[tokio::test]
async fn rfc7592_05_the_token_of_a_suspended_client_does_not_work() {
    let app = open().await;
    let registered = register(&app, &plain()).await.expect(201);
    let (path, token) = own(&registered);
    let authority = &app.node.authority;
    let id = authority.verifier().client(&registered.member("/client_id")).expect("a lease").expect("the client").client.id;
    authority.suspend_organisation_key(&context(&app), id, true).await.expect("suspended");
    let body = with(json!({"client_id": registered.member("/client_id")}));
    app.call("PUT", &path).token(&token).json(&body).send().await.expect(401);
    app.call("GET", &path).token(&token).send().await.expect(401);
    app.call("DELETE", &path).token(&token).send().await.expect(401);
    authority.suspend_organisation_key(&context(&app), id, false).await.expect("resumed");
    app.call("GET", &path).token(&token).send().await.expect(200);
}

#[tokio::test]
async fn rfc7592_06_the_registration_token_is_long_and_kept_as_a_digest() {
    let app = open().await;
    let (_, token) = own(&register(&app, &plain()).await.expect(201));
    assert!(token.starts_with("prtg_") && token.len() >= 40, "30 characters of 62 are 178 bits");
    let mut files = 0;
    for entry in std::fs::read_dir(app.data().join("data")).expect("the folder") {
        let path = entry.expect("a file").path();
        if path.is_file() {
            let bytes = std::fs::read(&path).expect("read");
            assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "{}", path.display());
            files += 1;
        }
    }
    assert!(files > 0);
}

#[tokio::test]
async fn dos_02_one_address_cannot_register_without_end() {
    let app = open().await;
    for _ in 0..20 {
        register(&app, &plain()).await.expect(201);
    }
    let answer = register(&app, &plain()).await.expect(429);
    assert!(answer.header("retry-after").is_some());
    app.clock.advance(Duration::from_secs(300));
    register(&app, &plain()).await.expect(201);
}

#[tokio::test]
async fn dos_02_clients_that_nobody_authorises_are_ended() {
    let app = open().await;
    let registered = register(&app, &plain()).await.expect(201);
    let (path, token) = own(&registered);
    let authority = &app.node.authority;
    assert_eq!(authority.end_unused_clients(authority.clock().now()).await.expect("swept"), 0);
    let week = authority.clock().now().saturating_add(Duration::from_secs(7 * 86_400));
    assert_eq!(authority.end_unused_clients(week).await.expect("swept"), 1);
    app.call("GET", &path).token(&token).send().await.expect(401);
    assert_eq!(asked_with(&app, &registered.member("/client_id"), &registered.member("/client_secret")).await, 401);
}
