//! RFC 9700 at the authorization endpoint.

use super::world::*;

/// OA21-07 too.
#[tokio::test]
async fn rfc9700_01_redirect_uris_are_compared_exactly() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    for uri in ["https://app.example/cb/", "https://app.example/CB", "https://app.example/cb?x=1", "https://app.example:443/cb"] {
        assert_page(&ann.get(&Request::of(&world.client).with("redirect_uri", uri).path()).await, 400);
    }
}

/// OA21-09 too.
#[tokio::test]
async fn rfc9700_02_nobody_is_redirected_for_a_wrong_client_or_address() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    assert_page(&ann.get(&Request::of(&world.client).with("client_id", "prtk_unknown").path()).await, 400);
    assert_page(&ann.get(&Request::of(&world.client).without("client_id").path()).await, 400);
    assert_page(&ann.get(&Request::of(&world.client).with("redirect_uri", "https://evil.example/").path()).await, 400);
}

/// OA21-43 too.
#[tokio::test]
async fn rfc9700_03_27_redirects_after_forms_are_303() {
    let world = World::start().await;
    let mut visitor = testkit::Visitor::new(&world.app);
    let to_sign_in = visitor.get(&Request::of(&world.client).path()).await.expect(303);
    let sign_in = to_sign_in.header("location").expect("a location").to_owned();
    let signed_in = visitor.fill(&sign_in, &[("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
    let consent = visitor.get(signed_in.header("location").expect("a location")).await;
    let sent = decide(&mut visitor, &consent, "allow").await;
    assert_eq!(sent.status, 303);
    assert!(Sent::of(&sent).get("code").starts_with("prtc_"));
}

/// 7636-04 too.
#[tokio::test]
async fn rfc9700_05_public_clients_must_use_pkce() {
    let world = World::start().await;
    let public = world.public().await;
    let mut ann = world.ann().await;
    let error = Sent::of(&ann.get(&Request::of(&public).path()).await);
    assert_eq!((error.get("error"), error.get("state")), ("invalid_request", "st"));
    assert!(allow(&mut ann, &Request::of(&public).pkce()).await.get("code").starts_with("prtc_"));
}

#[tokio::test]
async fn rfc9700_08_09_s256_and_codes_only() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    for response_type in ["token", "id_token", "code id_token", "code token", "none", "CODE"] {
        let error = Sent::of(&ann.get(&Request::of(&world.client).with("response_type", response_type).path()).await);
        assert_eq!(error.get("error"), "unsupported_response_type", "{response_type}");
    }
    let metadata = world.app.call("GET", "/.well-known/openid-configuration").send().await.expect(200).json();
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(metadata["response_types_supported"], serde_json::json!(["code"]));
    assert!(metadata["grant_types_supported"].as_array().is_some_and(|grants| !grants.contains(&"implicit".into())));
}

/// OA21-18 too.
#[tokio::test]
async fn rfc9700_17_no_other_origin_reads_the_authorization_endpoint() {
    let world = World::start().await;
    for method in ["GET", "OPTIONS"] {
        let call = world.app.call(method, &Request::of(&world.client).path());
        let answer = call.header("origin", "https://app.example").header("access-control-request-method", "GET").send().await;
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{method}");
    }
}

/// LEAK-02.
#[tokio::test]
async fn rfc9700_20_32_oa21_44_pages_tell_nobody_and_are_not_framed() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let consent = ann.get(&Request::of(&world.client).path()).await;
    let mut pages = vec![consent, testkit::Visitor::new(&world.app).get("/sign-in").await.expect(200)];
    for path in ["/connect/authorize", "/connect/endsession", "/sign-out", "/signed-out", "/en/profile/sign-in", "/"] {
        let page = ann.get(path).await;
        assert!(matches!(page.status, 200 | 302 | 303 | 400), "{path}: {}", page.status);
        pages.push(page);
    }
    for page in pages {
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'")));
        assert!(!page.text.contains("src=\"http") && !page.text.contains("<script>"), "{}", page.text);
    }
}

#[tokio::test]
async fn rfc9700_19_no_fragment_is_carried_over() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let request = Request::of(&world.client);
    let consent = ann.get(&request.path()).await;
    let refused = decide(&mut ann, &consent, "deny").await;
    let wrong = ann.get(&request.clone().with("scope", "unknown").path()).await;
    allow(&mut ann, &request).await;
    let right = ann.get(&request.path()).await;
    for answer in [refused, wrong, right] {
        // A fragment of its own, so that the browser does not keep that of the page before.
        assert!(answer.expect(303).header("location").is_some_and(|location| location.ends_with('#')));
    }
    assert_page(&ann.get(&request.with("response_mode", "form_post").path()).await, 200);
}

/// RDU-17.
#[tokio::test]
async fn rfc9700_26_a_client_that_registered_itself_sends_nobody_before_somebody_answered() {
    let world = World::start().await;
    let evil = world.unvouched().await;
    let mut ann = world.ann().await;
    for request in [Request::of(&evil).with("prompt", "none"), Request::of(&evil).with("scope", "unknown")] {
        let page = ann.get(&request.path()).await;
        assert_page(&page, 400);
        assert!(page.text.contains("<strong>app.example</strong>") || page.text.contains("app.example"), "{}", page.text);
    }
    let consent = ann.get(&Request::of(&evil).path()).await;
    assert_eq!(Sent::of(&decide(&mut ann, &consent, "deny").await).get("error"), "access_denied");
}
