//! OAuth 2.1 at the authorization endpoint.

use super::world::*;

async fn redeem(world: &World, client: &Made, code: &str, verifier: &str) -> testkit::Answer {
    let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT), ("code_verifier", verifier)];
    world.post_as(client, "/connect/token", &fields).await
}

#[tokio::test]
async fn oa21_02_what_was_not_granted_is_told() {
    let world = World::start().await;
    let client = world.client(|definition| definition.grant_types = vec![domain::client::GrantType::AuthorizationCode]).await;
    let mut ann = world.ann().await;
    let sent = allow(&mut ann, &Request::of(&client).with("scope", "api1 offline_access")).await;
    let answer = redeem(&world, &client, sent.get("code"), "").await.expect(200);
    assert_eq!((answer.member("/scope"), answer.json().get("refresh_token")), ("api1".to_owned(), None));
}

#[tokio::test]
async fn oa21_26_s256_works_from_one_end_to_the_other() {
    let world = World::start().await;
    let (public, mut ann) = (world.public().await, world.ann().await);
    for (verifier, status) in [(CHALLENGE, 400), ("", 400), (VERIFIER, 200)] {
        let sent = allow(&mut ann, &Request::of(&public).pkce()).await;
        assert_eq!(redeem(&world, &public, sent.get("code"), verifier).await.status, status, "{verifier}");
    }
}

#[tokio::test]
async fn oa21_03_without_a_scope_the_client_gets_its_own() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let page = ann.get(&Request::of(&world.client).without("scope").path()).await;
    assert!(page.text.contains("scope api1 reading<br>"), "{}", page.text);
    let narrow = world.client(|definition| definition.default_scopes = vec!["reading".to_owned()]).await;
    let page = ann.get(&Request::of(&narrow).without("scope").path()).await;
    assert!(page.text.contains("scope reading<br>"), "{}", page.text);
}

#[tokio::test]
async fn oa21_05_08_09_redirect_uris() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    assert_page(&ann.get(&Request::of(&world.client).with("redirect_uri", "https://app.example/cb#x").path()).await, 400);
    let several = world.client(|definition| definition.redirect_uris.push("https://app.example/cb2".to_owned())).await;
    assert_page(&ann.get(&Request::of(&several).without("redirect_uri").path()).await, 400);
    let only = allow(&mut ann, &Request::of(&world.client).without("redirect_uri")).await;
    assert_eq!(only.base, REDIRECT);
}

#[tokio::test]
async fn oa21_06_the_query_of_a_redirect_uri_stays() {
    let world = World::start().await;
    let client = world.client(|definition| definition.redirect_uris = vec!["https://app.example/cb?a=1".to_owned()]).await;
    let mut ann = world.ann().await;
    let sent = allow(&mut ann, &Request::of(&client).with("redirect_uri", "https://app.example/cb?a=1")).await;
    assert_eq!((sent.base.as_str(), sent.get("a")), (REDIRECT, "1"));
    assert!(sent.get("code").starts_with("prtc_"));
}

#[tokio::test]
async fn oa21_14_and_15_get_works_and_unknown_parameters_are_ignored() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    assert!(allow(&mut ann, &Request::of(&world.client).with("foo", "bar")).await.get("code").starts_with("prtc_"));
}

#[tokio::test]
async fn oa21_16_each_parameter_stands_once() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let path = Request::of(&world.client).path();
    for name in ["client_id", "redirect_uri"] {
        assert_page(&ann.get(&format!("{path}&{name}=x")).await, 400);
    }
    for name in ["response_type", "scope", "nonce", "prompt", "max_age", "code_challenge", "dpop_jkt", "login_hint", "response_mode"] {
        let error = Sent::of(&ann.get(&format!("{path}&{name}=a&{name}=a")).await);
        assert_eq!((error.get("error"), error.get("state")), ("invalid_request", "st"), "{name}");
    }
    let error = Sent::of(&ann.get(&format!("{path}&state=other")).await);
    assert_eq!((error.get("error"), error.fields.get("state")), ("invalid_request", None));
    // Written in another way, and one in the query and one in the body.
    assert_page(&ann.get(&format!("{path}&%63lient_id=x")).await, 400);
    assert_page(&ann.post(&path, &[("client_id", &world.client.id)]).await, 400);
}

#[tokio::test]
async fn oa21_17_an_empty_value_is_none() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let sent = allow(&mut ann, &Request::of(&world.client).with("state", "").with("nonce", "").with("prompt", "")).await;
    assert_eq!(sent.fields.get("state"), None);
}

#[tokio::test]
async fn oa21_24_errors_hold_only_what_the_standard_allows() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    for name in ["scope", "prompt", "max_age", "response_mode", "resource", "code_challenge", "dpop_jkt", "id_token_hint", "request"] {
        let error = Sent::of(&ann.get(&Request::of(&world.client).with(name, "\"\\é<x>").path()).await);
        let allowed = |text: &str| text.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        assert!(allowed(error.get("error")) && allowed(error.get("error_description")), "{name}");
    }
}

#[tokio::test]
async fn oa21_25_response_type_must_be_there() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let error = Sent::of(&ann.get(&Request::of(&world.client).without("response_type").path()).await);
    assert_eq!(error.get("error"), "invalid_request");
}

#[tokio::test]
async fn oa21_28_state_comes_back_byte_for_byte() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let states = ["+ % é \" < & = # ' ; \r\n \u{1f600}".to_owned(), "x%20y+z&".repeat(512)];
    for state in states {
        assert_eq!(allow(&mut ann, &Request::of(&world.client).with("state", &state)).await.get("state"), state);
        let error = Sent::of(&ann.get(&Request::of(&world.client).with("state", &state).with("scope", "unknown").path()).await);
        assert_eq!(error.get("state"), state);
        let form = Request::of(&world.client).with("state", &state).with("response_mode", "form_post").with("scope", "unknown");
        let page = ann.get(&form.path()).await;
        assert!(!page.text.contains("é \" <"), "it is escaped");
        assert_page(&page, 200);
    }
}

/// 7636-03 and 7636-07 too.
#[tokio::test]
async fn oa21_29_30_challenges() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    for method in ["S512", "s256", "plain"] {
        let request = Request::of(&world.client).with("code_challenge", CHALLENGE).with("code_challenge_method", method);
        assert_eq!(Sent::of(&ann.get(&request.path()).await).get("error"), "invalid_request", "{method}");
    }
    // Without a method it would be `plain` (RFC 7636 section 4.3).
    let request = Request::of(&world.client).with("code_challenge", CHALLENGE);
    assert_eq!(Sent::of(&ann.get(&request.path()).await).get("error"), "invalid_request");
    for challenge in [&CHALLENGE[1..], "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=", "short"] {
        let request = Request::of(&world.client).pkce().with("code_challenge", challenge);
        assert_eq!(Sent::of(&ann.get(&request.path()).await).get("error"), "invalid_request", "{challenge}");
    }
}

/// OA21-07 too.
/// RDU-08.
#[tokio::test]
async fn oa21_47_the_port_of_a_loopback_address_is_free() {
    let world = World::start().await;
    let native = world.native().await;
    let mut ann = world.ann().await;
    for uri in ["http://127.0.0.1:51004/cb", "http://[::1]:9/cb", "com.example.app:/cb"] {
        let sent = allow(&mut ann, &Request::of(&native).pkce().with("redirect_uri", uri)).await;
        assert_eq!(sent.base, uri);
        assert!(sent.get("code").starts_with("prtc_"));
    }
}

#[tokio::test]
async fn oa21_45_a_client_as_dastra_documents_it_needs_no_pkce() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let sent = allow(&mut ann, &Request::of(&world.client)).await;
    assert_eq!((sent.base.as_str(), sent.get("state")), (REDIRECT, "st"));
    assert!(sent.get("code").starts_with("prtc_"));
}
