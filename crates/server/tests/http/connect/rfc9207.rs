//! RFC 9207: the issuer in every answer of the authorization endpoint.

use super::world::*;

/// 9700-04 too.
#[tokio::test]
async fn rfc9207_01_iss_is_in_success_and_error() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let request = Request::of(&world.client);
    assert_eq!(allow(&mut ann, &request).await.get("iss"), world.issuer());
    let error = Sent::of(&ann.get(&request.with("scope", "unknown").path()).await);
    assert_eq!((error.get("error"), error.get("iss")), ("invalid_scope", world.issuer().as_str()));
}

#[tokio::test]
async fn rfc9207_02_iss_is_the_issuer_of_the_metadata_letter_by_letter() {
    let world = World::start().await;
    let metadata = world.app.call("GET", "/.well-known/oauth-authorization-server").send().await.expect(200);
    let mut ann = world.ann().await;
    let sent = allow(&mut ann, &Request::of(&world.client)).await;
    assert_eq!(sent.get("iss"), metadata.member("/issuer"));
    assert!(!sent.get("iss").contains(['?', '#']));
}

#[tokio::test]
async fn rfc9207_03_metadata_says_so() {
    let world = World::start().await;
    let metadata = world.app.call("GET", "/.well-known/oauth-authorization-server").send().await.expect(200).json();
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
}

#[tokio::test]
async fn rfc9207_04_iss_is_in_form_post_too() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let request = Request::of(&world.client).with("response_mode", "form_post");
    let consent = ann.get(&request.path()).await;
    let page = decide(&mut ann, &consent, "allow").await;
    assert_page(&page, 200);
    assert_eq!(testkit::hidden(&page.text, "iss"), Some(world.issuer()));
    assert!(testkit::hidden(&page.text, "code").is_some_and(|code| code.starts_with("prtc_")));
    assert_eq!(form_action(&page), REDIRECT);
}

#[tokio::test]
async fn rfc9207_05_there_is_one_issuer_for_every_organisation() {
    let world = World::start().await;
    let other = world.app.organisation("Other").await;
    world.app.person_with_password("bob", &other, PASSWORD).await;
    let mut bob = testkit::Visitor::new(&world.app);
    bob.sign_in("bob@example.org", PASSWORD).await.expect(303);
    assert_eq!(allow(&mut bob, &Request::of(&world.client)).await.get("iss"), world.issuer());
}
