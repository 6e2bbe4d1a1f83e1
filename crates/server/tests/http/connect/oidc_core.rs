//! OpenID Connect Core at the authorization endpoint and userinfo.

use std::time::Duration;

use super::world::*;

fn asked(world: &World) -> Request {
    Request::of(&world.client).with("scope", "openid profile email api1")
}

#[tokio::test]
async fn oidc_01_get_and_post() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let request = asked(&world);
    assert!(ann.get(&request.path()).await.text.contains("name=\"decision\""));
    assert!(ann.post("/connect/authorize", &request.fields()).await.text.contains("name=\"decision\""));
}

#[tokio::test]
async fn oidc_03_prompt_none_never_shows_anything() {
    let world = World::start().await;
    let request = asked(&world).with("prompt", "none");
    let mut nobody = testkit::Visitor::new(&world.app);
    assert_eq!(Sent::of(&nobody.get(&request.path()).await).get("error"), "login_required");
    let mut ann = world.ann().await;
    assert_eq!(Sent::of(&ann.get(&request.path()).await).get("error"), "consent_required");
    allow(&mut ann, &asked(&world)).await;
    assert!(Sent::of(&ann.get(&request.path()).await).get("code").starts_with("prtc_"));
    let both = asked(&world).with("prompt", "none login");
    assert_eq!(Sent::of(&ann.get(&both.path()).await).get("error"), "invalid_request");
}

#[tokio::test]
async fn oidc_04_prompt_login_consent_and_select_account_ask() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    allow(&mut ann, &asked(&world)).await;
    assert_eq!(ann.get(&asked(&world).path()).await.status, 303, "nothing is asked twice");
    for prompt in ["consent", "select_account"] {
        let page = ann.get(&asked(&world).with("prompt", prompt).path()).await;
        assert!(page.text.contains("name=\"decision\""), "{prompt}");
    }
    world.app.clock.advance(Duration::from_secs(1));
    let to_sign_in = ann.get(&asked(&world).with("prompt", "login").path()).await.expect(303);
    let sign_in = to_sign_in.header("location").expect("a location").to_owned();
    assert!(sign_in.starts_with("/sign-in?"), "{sign_in}");
    assert_eq!(ann.get(&sign_in).await.status, 200, "whoever is signed in is asked all the same");
    let back = ann.fill(&sign_in, &[("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
    assert!(Sent::of(&ann.get(back.header("location").expect("a location")).await).get("code").starts_with("prtc_"));
}

#[tokio::test]
async fn oidc_05_max_age() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    allow(&mut ann, &asked(&world)).await;
    world.app.clock.advance(Duration::from_secs(10));
    assert_eq!(Sent::of(&ann.get(&asked(&world).with("max_age", "10").with("prompt", "none").path()).await).fields.get("error"), None);
    for age in ["9", "0"] {
        let silent = asked(&world).with("max_age", age).with("prompt", "none");
        assert_eq!(Sent::of(&ann.get(&silent.path()).await).get("error"), "login_required", "{age}");
        let asks = ann.get(&asked(&world).with("max_age", age).path()).await;
        assert!(asks.header("location").is_some_and(|location| location.starts_with("/sign-in?")), "{age}");
    }
    assert_eq!(Sent::of(&ann.get(&asked(&world).with("max_age", "-1").path()).await).get("error"), "invalid_request");
}

#[tokio::test]
async fn oidc_06_a_hint_at_somebody_else() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    allow(&mut ann, &asked(&world)).await;
    let own = world.id_token(&world.ann).await;
    let request = asked(&world).with("id_token_hint", &own).with("prompt", "none");
    assert!(Sent::of(&ann.get(&request.path()).await).get("code").starts_with("prtc_"));
    let other = world.id_token("01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f").await;
    let request = asked(&world).with("id_token_hint", &other).with("prompt", "none");
    assert_eq!(Sent::of(&ann.get(&request.path()).await).get("error"), "login_required");
    let request = asked(&world).with("id_token_hint", "eyJhbGciOiJub25lIn0.e30.");
    assert_eq!(Sent::of(&ann.get(&request.path()).await).get("error"), "invalid_request");
}

#[tokio::test]
async fn oidc_07_and_22_wishes_cause_no_error() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let wishes = asked(&world)
        .with("display", "popup")
        .with("ui_locales", "nl en")
        .with("claims_locales", "nl")
        .with("login_hint", "ann@example.org")
        .with("acr_values", "urn:example:high 1")
        .with("claims", "{\"id_token\":{\"email\":{\"essential\":true}}}");
    let page = ann.get(&wishes.path()).await;
    assert!(page.text.contains("lang=\"nl\"") && page.text.contains("Toegang geven"), "{}", page.text);
    assert!(Sent::of(&decide(&mut ann, &page, "allow").await).get("code").starts_with("prtc_"));
}

#[tokio::test]
async fn oidc_08_the_address_is_judged_before_the_rest() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let two = asked(&world).with("redirect_uri", "https://evil.example/").with("scope", "unknown");
    assert_page(&ann.get(&two.path()).await, 400);
}

#[tokio::test]
async fn oidc_09_and_29_the_person_is_asked_for_everything() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    allow(&mut ann, &asked(&world)).await;
    let wider = asked(&world).with("scope", "openid profile email api1 offline_access");
    let page = ann.get(&wider.path()).await;
    assert!(page.text.contains("do this also when you are not there") && page.text.contains("class=\"tag new\""), "{}", page.text);
    for part in [
        "Veldboek",
        "know who you are",
        "see your name",
        "see your e-mail address",
        "Privacy: Use everything",
        "ann@example.org",
        "Acme",
        "app.example",
        "until you end it",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
}

#[tokio::test]
async fn oidc_10_and_23_and_24_errors() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    let errors = [
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("request_uri", "https://app.example/request.jwt", "request_uri_not_supported"),
        ("registration", "{}", "registration_not_supported"),
    ];
    for (name, value, error) in errors {
        assert_eq!(Sent::of(&ann.get(&asked(&world).with(name, value).path()).await).get("error"), error);
    }
    let page = ann.get(&asked(&world).path()).await;
    assert_eq!(Sent::of(&decide(&mut ann, &page, "deny").await).get("error"), "access_denied");
}

#[tokio::test]
async fn oidc_09_a_member_of_several_organisations_chooses() {
    let world = World::start().await;
    let (one, two) = (world.app.organisation("One").await, world.app.organisation("Two").await);
    let bob = world.app.person_with_password("bob", &one, PASSWORD).await;
    let body = serde_json::json!({"organisation": two, "roles": ["member"]});
    world.app.make(&format!("/api/v1/people/{bob}/memberships"), body).await;
    let mut visitor = testkit::Visitor::new(&world.app);
    visitor.sign_in("bob@example.org", PASSWORD).await.expect(303);
    assert_eq!(Sent::of(&visitor.get(&asked(&world).with("prompt", "none").path()).await).get("error"), "account_selection_required");
    let page = visitor.get(&asked(&world).path()).await;
    let choices: Vec<String> =
        page.text.split("name=\"membership\" value=\"").skip(1).map(|rest| rest.split('"').next().expect("a value").to_owned()).collect();
    assert_eq!(choices.len(), 2, "{}", page.text);
    let again = decide(&mut visitor, &page, "allow").await;
    assert_eq!(again.status, 422, "{}", again.text);
    let csrf = testkit::hidden(&page.text, "csrf").expect("a form");
    let foreign = [("csrf", csrf.as_str()), ("decision", "allow"), ("membership", "01936e0c-7a3b-7c3e-9d2f-5a6b7c8d9e0f")];
    assert_eq!(visitor.post(&form_action(&page), &foreign).await.status, 422);
    let chosen = [("csrf", csrf.as_str()), ("decision", "allow"), ("membership", choices[1].as_str())];
    assert!(Sent::of(&visitor.post(&form_action(&page), &chosen).await).get("code").starts_with("prtc_"));
}

#[tokio::test]
async fn oidc_19_and_20_userinfo_needs_a_token_with_openid() {
    let world = World::start().await;
    let none = world.app.call("GET", "/connect/userinfo").send().await.expect(401);
    assert_eq!(none.header("www-authenticate"), Some("Bearer realm=\"poort\""));
    let (_, personal) = world.app.token(&world.ann, None).await;
    for token in ["prta_wrong", personal.as_str(), "eyJhbGciOiJub25lIn0.e30."] {
        let answer = world.app.call("GET", "/connect/userinfo").token(token).send().await.expect(401);
        assert!(answer.header("www-authenticate").is_some_and(|value| value.contains("error=\"invalid_token\"")), "{token}");
    }
}
