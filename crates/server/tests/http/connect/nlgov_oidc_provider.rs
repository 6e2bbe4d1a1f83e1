//! NL GOV Assurance profile for OpenID Connect: the provider, its flow, clients and documents.

use serde_json::json;

use super::nlgov_world::*;
use super::world::*;

#[tokio::test]
async fn nli_01_only_the_code_flow() {
    let agency = Agency::start().await;
    let mut ann = agency.world.ann().await;
    for response_type in ["id_token", "token", "id_token token", "code id_token", "code token", "code id_token token", "none"] {
        let sent = told(&mut ann, &agency.request().with("response_type", response_type)).await;
        assert_eq!(sent.get("error"), "unsupported_response_type", "{response_type}");
        assert!(sent.fields.keys().all(|name| !name.contains("token")));
    }
    let fragment = told(&mut ann, &agency.request().with("response_mode", "fragment")).await;
    assert_eq!(fragment.get("error"), "invalid_request");
    let metadata = agency.world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    assert_eq!(metadata["response_types_supported"], json!(["code"]));
}

#[tokio::test]
async fn nli_02_pkce_with_a_verifier_of_43_to_128_characters() {
    let agency = Agency::start().await;
    let mut ann = agency.world.ann().await;
    assert_eq!(told(&mut ann, &agency.request().without("code_challenge")).await.get("error"), "invalid_request");
    assert_eq!(told(&mut ann, &agency.request().with("code_challenge_method", "plain")).await.get("error"), "invalid_request");
    for (length, status) in [(42, 400), (43, 200), (128, 200), (129, 400)] {
        let verifier = "a".repeat(length);
        let code = agency.code(&agency.request().with("code_challenge", &challenge(&verifier))).await;
        let fields = [&redemption(&code, REDIRECT)[..3], &[("code_verifier", verifier.as_str())]].concat();
        assert_eq!(agency.post(TOKEN, &fields).await.status, status, "{length}");
    }
}

fn challenge(verifier: &str) -> String {
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest.as_ref())
}

#[tokio::test]
async fn nli_03_pages_of_registered_origins_may_read_answers_and_no_others() {
    let agency = Agency::start().await;
    let origin = "https://app.example";
    let client = agency
        .world
        .client(|definition| {
            strict(definition, &agency.key);
            definition.cors_origins = vec![origin.to_owned()];
        })
        .await;
    let asked = |method: &'static str, path: &'static str, origin: &'static str| {
        let call = agency.world.app.call(method, path).header("origin", origin);
        call.header("access-control-request-method", "POST").send()
    };
    for path in [TOKEN, "/connect/userinfo", "/connect/par", "/connect/revocation"] {
        let allowed = asked("OPTIONS", path, origin).await;
        assert_eq!(allowed.header("access-control-allow-origin"), Some(origin), "{path}");
        assert!(allowed.header("access-control-allow-methods").is_some_and(|methods| methods.contains("POST")), "{path}");
        assert_eq!(allowed.header("access-control-allow-credentials"), None, "{path}");
        for other in ["https://evil.example", "https://app.example.evil.example", "null"] {
            assert_eq!(asked("OPTIONS", path, other).await.header("access-control-allow-origin"), None, "{path} {other}");
        }
    }
    let refused = asked("POST", TOKEN, origin).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (400, Some(origin)));
    assert!(refused.header("vary").is_some_and(|vary| vary.contains("Origin")));
    assert!(client.id.starts_with("prtk_"));
}

#[tokio::test]
async fn nli_04_a_native_client_chooses_its_port_and_is_public() {
    let agency = Agency::start().await;
    let native = agency.native().await;
    let tokens = agency.native_tokens(&native).await;
    assert!(tokens.member("/access_token").starts_with("eyJ"));
    let mut ann = agency.world.ann().await;
    // Nobody can tell whether it is the same program: the person is asked each time (RFC 8252 section 8.6).
    let request = Request::of(&native).pkce().with("redirect_uri", LOOPBACK);
    assert_eq!(ann.get(&request.path()).await.status, 200);
    for uri in ["http://127.0.0.2:49152/cb", "http://127.0.0.1:49152/other", "https://127.0.0.1:49152/cb", "http://127.0.0.1:0/cb"] {
        assert_page(&ann.get(&request.clone().with("redirect_uri", uri).path()).await, 400);
    }
}

#[tokio::test]
async fn nli_06_no_request_uri_of_somebody_else_is_taken_or_fetched() {
    let agency = Agency::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut ann = agency.world.ann().await;
    for uri in
        [format!("http://127.0.0.1:{port}/request"), format!("https://127.0.0.1:{port}/request"), "https://app.example/request".to_owned()]
    {
        let sent = told(&mut ann, &agency.request().with("request_uri", &uri)).await;
        assert_eq!(sent.get("error"), "request_uri_not_supported", "{uri}");
    }
    let pending = tokio::time::timeout(std::time::Duration::from_millis(100), listener.accept()).await;
    assert!(pending.is_err(), "somebody came to fetch it");
    // One that was pushed is the client's own, and what stands beside it does not count.
    let fields = agency.request();
    let fields: Vec<(&str, &str)> = fields.fields().into_iter().filter(|(name, _)| *name != "client_id").collect();
    let uri = agency.post("/connect/par", &fields).await.expect(201).member("/request_uri");
    let query = [("client_id", agency.client.id.as_str()), ("request_uri", uri.as_str()), ("state", "outside"), ("scope", "api1")];
    let page = ann.get(&format!("/connect/authorize?{}", testkit::encoded(&query))).await;
    let sent = Sent::of(&decide(&mut ann, &page, "allow").await);
    assert_eq!(sent.get("state"), "st");
    assert_eq!(agency.redeem(sent.get("code")).await.expect(200).member("/scope"), "openid reading offline_access");
    let other = agency.own().await;
    let foreign = [("client_id", other.id.as_str()), ("request_uri", uri.as_str())];
    assert_page(&ann.get(&format!("/connect/authorize?{}", testkit::encoded(&foreign))).await, 400);
}

#[tokio::test]
async fn nli_17_request_objects_by_reference_are_said_not_to_be_taken() {
    let agency = Agency::start().await;
    let metadata = agency.world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    // True unless it is said; and then their registration would have to be required.
    assert_eq!(metadata["request_uri_parameter_supported"], json!(false));
    assert!(metadata.get("require_request_uri_registration").is_none_or(|required| *required == json!(true)));
}

#[tokio::test]
async fn nli_23_every_client_has_an_id_of_its_own_that_is_public_or_confidential() {
    let agency = Agency::start().await;
    let mut ids = std::collections::BTreeSet::from([agency.client.id.clone()]);
    for _ in 0..10 {
        assert!(ids.insert(agency.native().await.id) && ids.insert(agency.own().await.id));
    }
    let native = agency.native().await;
    let request = Request::of(&native).pkce().with("redirect_uri", LOOPBACK);
    let code = agency.code(&request).await;
    let signed = agency.post_as(&native, TOKEN, &redemption(&code, LOOPBACK)).await;
    assert_eq!(signed.member("/error"), "invalid_client", "a public client does not authenticate");
    let code = agency.code(&agency.request()).await;
    let fields = [&redemption(&code, REDIRECT)[..], &[("client_id", agency.client.id.as_str())]].concat();
    assert_eq!(agency.form(TOKEN, &fields).await.member("/error"), "invalid_client", "a confidential one always does");
}
