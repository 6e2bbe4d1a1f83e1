//! OpenID Connect Core at the token endpoint: codes, errors, scopes, keys, and what clients send of themselves.

use std::time::Duration;

use jose::{Algorithm, SigningKey};
use serde_json::{Value, json};
use testkit::{Answer, SeededEntropy};

use super::world::*;

async fn redeem(world: &World, client: &Made, code: &str, redirect_uri: Option<&str>) -> Answer {
    let fields = [("grant_type", "authorization_code"), ("code", code)];
    let uri = redirect_uri.map(|uri| ("redirect_uri", uri));
    world.post_as(client, "/connect/token", &fields.into_iter().chain(uri).collect::<Vec<_>>()).await
}

/// The tokens for a request that a person allows.
async fn tokens(world: &World, client: &Made, request: &Request) -> Value {
    let mut ann = world.ann().await;
    let sent = allow(&mut ann, request).await;
    redeem(world, client, sent.get("code"), Some(REDIRECT)).await.expect(200).json()
}

fn claims_of(token: &Value) -> Value {
    use base64::Engine as _;
    let payload = token.as_str().and_then(|token| token.split('.').nth(1)).expect("a token");
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("claims")
}

#[track_caller]
fn assert_error(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status, answer.member("/error").as_str()), (status, error), "{}", answer.text);
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("application/json")));
    assert!(answer.header("cache-control").is_some_and(|cache| cache.contains("no-store")));
    assert_eq!(answer.json().get("id_token"), None);
}

#[tokio::test]
async fn oidc_11_a_code_is_of_one_client_one_address_and_one_use() {
    let world = World::start().await;
    let other = world.client(|_| {}).await;
    let mut ann = world.ann().await;
    let request = Request::of(&world.client).with("scope", "openid");
    let code = allow(&mut ann, &request).await.get("code").to_owned();
    assert_error(&redeem(&world, &other, &code, Some(REDIRECT)).await, 400, "invalid_grant");
    redeem(&world, &world.client, &code, Some(REDIRECT)).await.expect(200);
    assert_error(&redeem(&world, &world.client, &code, Some(REDIRECT)).await, 400, "invalid_grant");
    for wrong in [Some("https://app.example/cb/"), Some("https://app.example/cb?x=1"), Some("https://APP.example/cb"), None] {
        let code = allow(&mut ann, &request).await.get("code").to_owned();
        assert_error(&redeem(&world, &world.client, &code, wrong).await, 400, "invalid_grant");
        assert_error(&redeem(&world, &world.client, &code, Some(REDIRECT)).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn oidc_13_errors_are_those_of_oauth() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let code = allow(&mut ann, &Request::of(&world.client).with("scope", "openid")).await.get("code").to_owned();
    assert_error(&redeem(&world, &world.client, "prtc_unknown", Some(REDIRECT)).await, 400, "invalid_grant");
    assert_error(&world.post_as(&world.client, "/connect/token", &[("grant_type", "authorization_code")]).await, 400, "invalid_request");
    assert_error(&world.post_as(&world.client, "/connect/token", &[("code", &code)]).await, 400, "invalid_request");
    assert_error(&world.post_as(&world.client, "/connect/token", &[("grant_type", "x")]).await, 400, "unsupported_grant_type");
    let itself = [("grant_type", "client_credentials")];
    assert_error(&world.post_as(&world.client, "/connect/token", &itself).await, 400, "unauthorized_client");
    let stranger = Made { key: world.client.key, id: world.client.id.clone(), secret: Some("prts_wrong".to_owned()) };
    let refused = redeem(&world, &stranger, &code, Some(REDIRECT)).await;
    assert_error(&refused, 401, "invalid_client");
    assert!(refused.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Basic ")));
}

#[tokio::test]
async fn oidc_21_each_scope_tells_its_claims_and_no_other() {
    let world = World::start().await;
    for (scope, expected) in [
        ("openid", &["sub"][..]),
        ("openid profile", &["sub", "name"]),
        ("openid email", &["sub", "email", "email_verified"]),
        ("openid profile email", &["sub", "name", "email", "email_verified"]),
    ] {
        let told = tokens(&world, &world.client, &Request::of(&world.client).with("scope", scope)).await;
        assert_eq!(told["scope"], scope);
        let token = told["access_token"].as_str().expect("a token");
        let claims = world.app.call("GET", "/connect/userinfo").token(token).send().await.expect(200).json();
        let mut names: Vec<&str> = claims.as_object().expect("claims").keys().map(String::as_str).collect();
        let mut expected = expected.to_vec();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected, "{scope}");
    }
}

#[tokio::test]
async fn oidc_22_the_claims_parameter_is_passed_over_as_the_metadata_says() {
    let world = World::start().await;
    let metadata = world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    assert_eq!(metadata["claims_parameter_supported"], false);
    let wish = r#"{"userinfo":{"email":{"essential":true}},"id_token":{"name":{"essential":true}}}"#;
    let told = tokens(&world, &world.client, &Request::of(&world.client).with("scope", "openid").with("claims", wish)).await;
    assert_eq!(claims_of(&told["id_token"]).get("name"), None);
    let token = told["access_token"].as_str().expect("a token");
    let claims = world.app.call("GET", "/connect/userinfo").token(token).send().await.expect(200).json();
    assert_eq!(claims, json!({"sub": world.ann}));
}

#[tokio::test]
async fn oidc_23_what_a_request_object_says_counts_and_nothing_beside_it() {
    let world = World::start().await;
    let secret = SigningKey::generate(Algorithm::ES256, &SeededEntropy::default()).expect("a key");
    let key = SigningKey::from_pkcs8(Algorithm::ES256, secret.expose()).expect("a key");
    let jwks = json!({"keys": [key.public().to_jwk()]});
    let client = world.client(|definition| definition.jwks = Some(jwks)).await;
    let object = |change: &dyn Fn(&mut Value)| {
        let now = world.context().now.unix_seconds();
        let mut claims = json!({
            "iss": client.id, "aud": world.issuer(), "iat": now, "exp": now + 60, "client_id": client.id, "response_type": "code",
            "redirect_uri": REDIRECT, "scope": "openid", "nonce": "inside", "state": "inside"
        });
        change(&mut claims);
        let header = json!({"alg": "ES256", "typ": "oauth-authz-req+jwt", "kid": key.kid()}).to_string();
        key.compact(&header, claims.to_string().as_bytes()).expect("signed")
    };
    let asked = |object: &str| Request::of(&client).with("scope", "openid email").with("nonce", "beside").with("request", object);
    let mut ann = world.ann().await;
    let sent = allow(&mut ann, &asked(&object(&|_| {}))).await;
    assert_eq!(sent.get("state"), "inside");
    let told = redeem(&world, &client, sent.get("code"), Some(REDIRECT)).await.expect(200).json();
    assert_eq!((&told["scope"], &claims_of(&told["id_token"])["nonce"]), (&"openid".into(), &"inside".into()));
    let wrong: [&dyn Fn(&mut Value); 6] = [
        &|claims| claims["request"] = "x".into(),
        &|claims| claims["request_uri"] = "https://app.example/r".into(),
        &|claims| claims["client_id"] = "another".into(),
        &|claims| claims["iss"] = "another".into(),
        &|claims| claims["aud"] = "https://other.example".into(),
        &|claims| claims["exp"] = 1.into(),
    ];
    for change in wrong {
        assert_eq!(Sent::of(&ann.get(&asked(&object(change)).path()).await).get("error"), "invalid_request_object");
    }
    let whole = object(&|_| {});
    let (signed, _) = whole.rsplit_once('.').expect("a signature");
    for forged in [format!("{signed}."), format!("{signed}.AAAA"), "eyJhbGciOiJub25lIn0.e30.".to_owned()] {
        assert_eq!(Sent::of(&ann.get(&asked(&forged).path()).await).get("error"), "invalid_request_object");
    }
}

#[tokio::test]
async fn oidc_24_no_request_uri_is_fetched() {
    let app = testkit::App::start_with(|config| config.outbound_networks = vec!["127.0.0.1".to_owned()]).await;
    let world = World::on(app).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("set");
    let uri = format!("http://{}/request.jwt", listener.local_addr().expect("an address"));
    let mut ann = world.ann().await;
    for uri in [uri.as_str(), "https://169.254.169.254/latest", "file:///etc/passwd", "urn:ietf:params:oauth:request_uri:guessed"] {
        let answer = ann.get(&Request::of(&world.client).with("request_uri", uri).path()).await;
        let told = answer.status == 400 || Sent::of(&answer).get("error") == "request_uri_not_supported";
        assert!(told, "{uri}: {}", answer.text);
    }
    assert_eq!(listener.accept().expect_err("nobody").kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn oidc_26_id_and_secret_are_form_encoded_before_they_are_basic() {
    let world = World::start().await;
    let (id, secret) = ("veld+boek%2F&co", "a:b+c%20d=\u{e9}");
    let digest: String = domain::Digest::of(secret.as_bytes()).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let row = json!({
        "organisation": world.organisation.to_string(),
        "client_id": id, "digest": digest, "name": "Old one",
        "grant_types": ["client_credentials"]
    });
    let report = world.app.operate("POST", "/api/v1/organisation-key-imports").json(&json!({"keys": [row]})).send().await.expect(200);
    let encode = |text: &str| testkit::encoded(&[("", text)]).trim_start_matches('=').to_owned();
    let ask = |authorization: String| {
        let call = world.app.call("POST", "/connect/token").header("content-type", "application/x-www-form-urlencoded");
        call.header("authorization", &authorization).bytes(b"grant_type=client_credentials&scope=api1".to_vec()).send()
    };
    let answer = ask(testkit::basic(&encode(id), &encode(secret))).await;
    assert_eq!(answer.status, 200, "{} after {}", answer.text, report.text);
    assert_error(&ask(testkit::basic(&encode(id), &encode("a:b c%20d=\u{e9}"))).await, 401, "invalid_client");
}

#[tokio::test]
async fn oidc_28_a_new_key_is_published_before_it_signs_and_the_old_one_stays() {
    let world = World::start().await;
    let request = Request::of(&world.client).with("scope", "openid");
    let kid = |told: &Value| {
        use base64::Engine as _;
        let header = told["id_token"].as_str().and_then(|token| token.split('.').next()).expect("a header").to_owned();
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).expect("base64url");
        serde_json::from_slice::<Value>(&header).expect("a header")["kid"].as_str().expect("a kid").to_owned()
    };
    let first = kid(&tokens(&world, &world.client, &request).await);
    let mut published_before = false;
    for _ in 0..100 {
        world.app.clock.advance(Duration::from_secs(86_400));
        world.app.node.authority.keep_signing_keys(world.context().now).await.expect("kept");
        let keys = world.app.call("GET", "/connect/jwks").send().await.expect(200).json();
        let kids: Vec<&str> = keys["keys"].as_array().expect("keys").iter().filter_map(|key| key["kid"].as_str()).collect();
        let mine = kid(&tokens(&world, &world.client, &request).await);
        assert!(kids.contains(&mine.as_str()), "what signs is published");
        if mine != first {
            assert!(published_before && kids.contains(&first.as_str()), "{kids:?}");
            return;
        }
        published_before = kids.len() == 2;
    }
    panic!("no new key in a hundred days");
}

#[tokio::test]
async fn oidc_29_offline_access_is_asked_for_and_else_not_given() {
    let world = World::start().await;
    let without = tokens(&world, &world.client, &Request::of(&world.client).with("scope", "openid api1")).await;
    assert_eq!(without.get("refresh_token"), None);
    let request = Request::of(&world.client).with("scope", "openid api1 offline_access");
    let mut ann = world.ann().await;
    // What was consented to before does not cover it.
    assert_eq!(Sent::of(&ann.get(&request.clone().with("prompt", "none").path()).await).get("error"), "consent_required");
    let page = ann.get(&request.path()).await;
    assert!(page.text.contains("until you end it"), "{}", page.text);
    let sent = Sent::of(&decide(&mut ann, &page, "allow").await);
    let with = redeem(&world, &world.client, sent.get("code"), Some(REDIRECT)).await.expect(200).json();
    assert!(with["refresh_token"].is_string());
    let unable = world.client(|definition| definition.grant_types = vec![domain::client::GrantType::AuthorizationCode]).await;
    let ignored = tokens(&world, &unable, &Request::of(&unable).with("scope", "openid api1 offline_access")).await;
    assert_eq!(ignored.get("refresh_token"), None);
}

#[tokio::test]
async fn oidc_31_a_form_post_page_sends_itself_and_runs_nothing_else() {
    let world = World::start().await;
    let state = "\"><script>alert(1)</script><input value=\"";
    let mut ann = world.ann().await;
    let consent = ann.get(&Request::of(&world.client).with("response_mode", "form_post").with("state", state).path()).await;
    let page = decide(&mut ann, &consent, "allow").await;
    assert_page(&page, 200);
    assert_eq!((page.text.matches("<script>").count(), page.text.matches("onload").count()), (1, 0), "{}", page.text);
    let (_, rest) = page.text.split_once("<script>").expect("a script");
    let script = rest.split_once("</script>").expect("its end").0;
    assert_eq!(script, "document.forms[0].submit()");
    use base64::Engine as _;
    let hash = base64::engine::general_purpose::STANDARD.encode(domain::Digest::of(script.as_bytes()).as_bytes());
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains(&format!("'sha256-{hash}'")) && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(form_action(&page), REDIRECT);
    let hidden = testkit::hidden(&page.text, "state").expect("a state");
    assert!(!hidden.contains(['<', '>', '"']), "{hidden}");
}

#[tokio::test]
async fn oidc_32_what_every_provider_must_know() {
    let world = World::start().await;
    let client = world.client(|definition| definition.id_token_algorithm = Some(domain::client::SigningAlgorithm::Rs256)).await;
    let now = world.context().now.unix_seconds();
    for display in ["page", "popup", "touch", "wap"] {
        let request = Request::of(&client).with("scope", "openid").with("display", display).with("prompt", "consent");
        let request = request.with("ui_locales", "fr nl en").with("claims_locales", "nl").with("max_age", "3600").with("acr_values", "1 2");
        let told = tokens(&world, &client, &request.with("login_hint", "ann@example.org")).await;
        let keys = world.app.node.authority.jwks(world.context().now);
        let token = told["id_token"].as_str().expect("one");
        let verified = jose::verify(token, jose::TypeRule::or_none(&["JWT"]), &[Algorithm::RS256], &keys);
        assert!(verified.is_ok(), "{display}");
        let claims = claims_of(&told["id_token"]);
        assert_eq!((claims["auth_time"].as_i64(), &claims["acr"]), (Some(now), &"1".into()));
    }
}
