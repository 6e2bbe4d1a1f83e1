//! The device flow (RFC 8628); the names begin with the ids of the project's list of standards.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::client::{ApplicationType, GrantType};
use testkit::{Answer, App, Visitor, encoded, hidden};

use futures_util::future::join_all;

use super::world::{Made, PASSWORD, World, assert_page, decide, form_action};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const BEGIN: &str = "/connect/deviceauthorization";
const PAGE: &str = "/device";

/// A television: it cannot keep a secret.
async fn television(world: &World) -> Made {
    world
        .client(|definition| {
            definition.authentication = vec![];
            definition.application_type = ApplicationType::Native;
            definition.grant_types = vec![GrantType::DeviceCode, GrantType::RefreshToken];
            definition.redirect_uris = vec![];
        })
        .await
}

async fn begin(world: &World, client: &Made) -> Answer {
    world.post_as(client, BEGIN, &[("scope", "api1 offline_access openid")]).await.expect(200)
}

async fn poll(world: &World, client: &Made, device_code: &str) -> Answer {
    world.post_as(client, "/connect/token", &[("grant_type", GRANT), ("device_code", device_code)]).await
}

async fn refused(world: &World, client: &Made, device_code: &str, error: &str) {
    let status = if error == "invalid_client" { 401 } else { 400 };
    assert_eq!(poll(world, client, device_code).await.expect(status).member("/error"), error);
}

/// Types the code; gives the page that asks.
async fn typed(visitor: &mut Visitor<'_>, code: &str) -> Answer {
    visitor.fill(PAGE, &[("user_code", code)]).await
}

async fn answered(world: &World, code: &str, decision: &str) {
    let mut ann = world.ann().await;
    let page = typed(&mut ann, code).await;
    decide(&mut ann, &page, decision).await.expect(200);
}

#[tokio::test]
async fn rfc8628_01_a_client_authenticates_as_at_the_token_endpoint() {
    let world = World::start().await;
    let confidential = world.client(|definition| definition.grant_types = vec![GrantType::DeviceCode]).await;
    let form = encoded(&[("client_id", confidential.id.as_str())]).into_bytes();
    let call = world.app.call("POST", BEGIN).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(call.bytes(form).send().await.expect(401).member("/error"), "invalid_client");
    world.post_as(&confidential, BEGIN, &[("scope", "api1")]).await.expect(200);
    let without = world.post_as(&world.client, BEGIN, &[("scope", "api1")]).await.expect(400);
    assert_eq!(without.member("/error"), "unauthorized_client");
}

#[tokio::test]
async fn rfc8628_02_the_answer_has_both_codes_and_where_to_go() {
    let world = World::start().await;
    let television = television(&world).await;
    let answer = begin(&world, &television).await;
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")));
    let (page, code) = (answer.member("/verification_uri"), answer.member("/user_code"));
    assert_eq!(page, format!("{}{PAGE}", world.issuer()));
    assert_eq!(answer.member("/verification_uri_complete"), format!("{page}?user_code={code}"));
    assert_eq!((answer.json()["expires_in"].as_i64(), answer.json()["interval"].as_i64()), (Some(600), Some(5)));
    let unknown = world.post_as(&television, BEGIN, &[("scope", "nothing")]).await.expect(400);
    assert_eq!(unknown.member("/error"), "invalid_scope");
}

/// DEV-03.
#[tokio::test]
async fn rfc8628_03_the_person_sees_client_and_code_and_must_say_yes() {
    let world = World::start().await;
    let television = television(&world).await;
    let begun = begin(&world, &television).await;
    let code = begun.member("/user_code");
    let mut ann = world.ann().await;
    let link = ann.get(&format!("{PAGE}?user_code={code}")).await.expect(200);
    assert!(link.text.contains(&format!("value=\"{code}\"")), "{}", link.text);
    refused(&world, &television, &begun.member("/device_code"), "authorization_pending").await;
    let page = typed(&mut ann, &code).await.expect(200);
    assert!(page.text.contains("Veldboek") && page.text.contains(&code) && page.text.contains("Use everything"), "{}", page.text);
    world.app.clock.advance(Duration::from_secs(5));
    refused(&world, &television, &begun.member("/device_code"), "authorization_pending").await;
    decide(&mut ann, &page, "allow").await.expect(200);
    world.app.clock.advance(Duration::from_secs(5));
    let tokens = poll(&world, &television, &begun.member("/device_code")).await.expect(200);
    assert_eq!(tokens.member("/scope"), "openid api1 offline_access");
    assert_eq!((tokens.member("/token_type").as_str(), tokens.json()["expires_in"].as_i64()), ("Bearer", Some(3_600)));
    let about = world.app.call("GET", "/connect/userinfo").token(&tokens.member("/access_token")).send().await.expect(200);
    assert_eq!(about.member("/sub"), world.ann);
    assert_eq!(tokens.member("/id_token").split('.').count(), 3);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.member("/refresh_token"))];
    world.post_as(&television, "/connect/token", &refresh).await.expect(200);
}

#[tokio::test]
async fn rfc8628_03_whoever_is_not_signed_in_signs_in_first() {
    let world = World::start().await;
    let television = television(&world).await;
    let code = begin(&world, &television).await.member("/user_code");
    let mut visitor = Visitor::new(&world.app);
    let answer = visitor.get(&format!("{PAGE}?user_code={code}")).await.expect(303);
    let path = answer.header("location").expect("a location").to_owned();
    let signed_in = visitor.fill(&path, &[("email", "ann@example.org"), ("password", PASSWORD)]).await.expect(303);
    let page = visitor.get(signed_in.header("location").expect("a location")).await.expect(200);
    assert!(page.text.contains(&format!("value=\"{code}\"")), "{}", page.text);
}

/// DEV-02.
#[tokio::test]
async fn rfc8628_04_each_state_has_its_error() {
    let world = World::start().await;
    let television = television(&world).await;
    let (first, second) = (begin(&world, &television).await, begin(&world, &television).await);
    refused(&world, &television, &first.member("/device_code"), "authorization_pending").await;
    answered(&world, &second.member("/user_code"), "deny").await;
    refused(&world, &television, &second.member("/device_code"), "access_denied").await;
    world.app.clock.advance(Duration::from_secs(600));
    refused(&world, &television, &first.member("/device_code"), "expired_token").await;
    refused(&world, &television, "x", "invalid_grant").await;
    let mut ann = world.ann().await;
    typed(&mut ann, &first.member("/user_code")).await.expect(422);
}

#[tokio::test]
async fn rfc8628_05_polling_too_fast_is_slowed_down() {
    let world = World::start().await;
    let television = television(&world).await;
    let code = begin(&world, &television).await.member("/device_code");
    refused(&world, &television, &code, "authorization_pending").await;
    refused(&world, &television, &code, "slow_down").await;
    world.app.clock.advance(Duration::from_secs(9));
    refused(&world, &television, &code, "slow_down").await;
    world.app.clock.advance(Duration::from_secs(15));
    refused(&world, &television, &code, "authorization_pending").await;
}

/// DEV-02.
#[tokio::test]
async fn rfc8628_06_a_device_code_is_used_once() {
    let world = World::start().await;
    let television = television(&world).await;
    let begun = begin(&world, &television).await;
    answered(&world, &begun.member("/user_code"), "allow").await;
    let tokens = poll(&world, &television, &begun.member("/device_code")).await.expect(200);
    refused(&world, &television, &begun.member("/device_code"), "invalid_grant").await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.member("/refresh_token"))];
    let refreshed = world.post_as(&television, "/connect/token", &refresh).await.expect(400);
    assert_eq!(refreshed.member("/error"), "invalid_grant", "what came of it has ended");
}

/// DEV-02.
#[tokio::test]
async fn rfc8628_07_a_device_code_is_its_clients() {
    let world = World::start().await;
    let (television, other) = (television(&world).await, television(&world).await);
    let begun = begin(&world, &television).await;
    answered(&world, &begun.member("/user_code"), "allow").await;
    refused(&world, &other, &begun.member("/device_code"), "invalid_grant").await;
    poll(&world, &television, &begun.member("/device_code")).await.expect(200);
}

/// DEV-01.
#[tokio::test]
async fn rfc8628_08_nobody_can_try_many_user_codes() {
    let world = World::start().await;
    let mut ann = world.ann().await;
    for _ in 0..10 {
        typed(&mut ann, "BBBB-BBBB").await.expect(422);
    }
    typed(&mut ann, "BBBB-BBBB").await.expect(429);
    world.app.clock.advance(Duration::from_secs(60));
    typed(&mut ann, "BBBB-BBBB").await.expect(422);
}

#[tokio::test]
async fn rfc8628_09_codes_are_long_and_never_the_same() {
    let world = World::start().await;
    let television = television(&world).await;
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let begun = begin(&world, &television).await;
        let (device, user) = (begun.member("/device_code"), begun.member("/user_code"));
        assert!(device.len() >= 40, "30 characters of 62 are 178 bits");
        assert!(user.len() == 9 && user.bytes().all(|byte| b"BCDFGHJKLMNPQRSTVWXZ-".contains(&byte)), "{user}");
        assert!(seen.insert(device) && seen.insert(user));
    }
}

#[tokio::test]
async fn rfc8628_10_the_page_names_client_place_and_time() {
    let world = World::start().await;
    let television = television(&world).await;
    let form = encoded(&[("client_id", television.id.as_str()), ("scope", "api1")]).into_bytes();
    let call = world.app.call("POST", BEGIN).header("content-type", "application/x-www-form-urlencoded").bytes(form);
    let call = call.header("x-forwarded-for", "198.51.100.7").header("user-agent", "Meetkast/2.1 <b>");
    let elsewhere = call.send().await.expect(200).member("/user_code");
    let here = begin(&world, &television).await.member("/user_code");
    world.app.clock.advance(Duration::from_secs(120));
    let mut ann = world.ann().await;
    let page = typed(&mut ann, &elsewhere).await.expect(200);
    let asked = "It asked for this on 21 Nov 2026 13:00, from address 198.51.100.7.";
    for part in ["Veldboek wants access", &elsewhere, asked, "not the network that you are in", "Meetkast/2.1 &#60;b&#62;"] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
    let page = typed(&mut ann, &here).await.expect(200);
    assert!(page.text.contains("from address 127.0.0.1.") && !page.text.contains("not the network"), "{}", page.text);

    let dutch = ann.get(&format!("/nl{PAGE}?user_code={here}")).await.expect(303);
    assert_eq!(dutch.header("location"), Some(&*format!("{PAGE}?lang=nl&user_code={here}")));
    assert!(ann.get(&format!("{PAGE}?lang=nl")).await.expect(200).text.contains("Typ de code die je op je apparaat ziet."));
    let page = typed(&mut ann, &elsewhere).await.expect(200);
    for part in ["Veldboek wil toegang", "Het vroeg hierom op 21 nov 2026 13:00, vanaf adres 198.51.100.7.", "Weiger dan."] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
}

#[tokio::test]
async fn rfc8628_11_user_codes_have_no_case_and_no_punctuation() {
    let world = World::start().await;
    let television = television(&world).await;
    let code = begin(&world, &television).await.member("/user_code");
    let mut ann = world.ann().await;
    typed(&mut ann, &code.to_lowercase().replace('-', " ")).await.expect(200);
    typed(&mut ann, &code.replace('-', "")).await.expect(200);
}

#[tokio::test]
async fn rfc8628_12_forms_of_other_pages_are_refused() {
    let world = World::start().await;
    let television = television(&world).await;
    let begun = begin(&world, &television).await;
    let mut ann = world.ann().await;
    ann.post(PAGE, &[("user_code", &begun.member("/user_code")), ("csrf", "x")]).await.expect(403);
    let page = typed(&mut ann, &begun.member("/user_code")).await;
    let path = form_action(&page);
    ann.post(&path, &[("decision", "allow")]).await.expect(403);
    let mut other = world.ann().await;
    let csrf = hidden(&other.get(PAGE).await.text, "csrf").expect("a form");
    other.post(&path, &[("decision", "allow"), ("csrf", &csrf)]).await.expect(403);
    refused(&world, &television, &begun.member("/device_code"), "authorization_pending").await;
}

#[tokio::test]
async fn rfc8628_13_somebody_who_was_suspended_meanwhile_gives_nothing() {
    let world = World::start().await;
    let television = television(&world).await;
    let begun = begin(&world, &television).await;
    answered(&world, &begun.member("/user_code"), "allow").await;

    world.app.operate("PUT", &format!("/api/v1/people/{}/suspension", world.ann)).send().await.expect(200);
    refused(&world, &television, &begun.member("/device_code"), "invalid_grant").await;
}

#[tokio::test]
async fn what_ends_the_grant_or_the_client_ends_what_came_of_it() {
    let world = World::start().await;
    let television = television(&world).await;
    let (first, second) = (begin(&world, &television).await, begin(&world, &television).await);
    answered(&world, &first.member("/user_code"), "allow").await;
    answered(&world, &second.member("/user_code"), "allow").await;
    let tokens = poll(&world, &television, &first.member("/device_code")).await.expect(200);
    let userinfo = || world.app.call("GET", "/connect/userinfo").token(&tokens.member("/access_token")).send();
    userinfo().await.expect(200);

    let authority = &world.app.node.authority;
    let memberships = world.app.operate("GET", &format!("/api/v1/people/{}/memberships", world.ann)).send().await.expect(200);
    let membership = memberships.member("/items/0/id").parse().expect("an id");
    let grants = authority.grants_for(vec![membership], television.key).await.expect("read");
    assert_eq!(grants.len(), 1, "one grant, however many devices");
    authority.end_grant(&world.context(), grants[0].id).await.expect("ended");
    userinfo().await.expect(401);
    refused(&world, &television, &second.member("/device_code"), "invalid_grant").await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.member("/refresh_token"))];
    assert_eq!(world.post_as(&television, "/connect/token", &refresh).await.expect(400).member("/error"), "invalid_grant");

    let third = begin(&world, &television).await;
    let path = format!("/api/v1/organisation-keys/{}", television.key);
    world.app.operate("DELETE", &path).send().await.expect(200);
    let mut ann = world.ann().await;
    typed(&mut ann, &third.member("/user_code")).await.expect(422);
    refused(&world, &television, &third.member("/device_code"), "invalid_client").await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_says_the_same_and_never_the_opposite() {
    let world = World::start().await;
    let television = television(&world).await;
    let code = begin(&world, &television).await.member("/user_code");
    let mut ann = world.ann().await;
    let page = typed(&mut ann, &code).await;
    for _ in 0..2 {
        assert!(decide(&mut ann, &page, "allow").await.expect(200).text.contains("You can go back to your device."));
    }
    assert_page(&decide(&mut ann, &page, "deny").await, 403);
    typed(&mut ann, &code).await.expect(422);
}

#[tokio::test]
async fn code_09_a_device_code_is_no_other_kind_of_code() {
    let world = World::start().await;
    let client = world.client(|definition| definition.grant_types.push(GrantType::DeviceCode)).await;
    let begun = begin(&world, &client).await;
    answered(&world, &begun.member("/user_code"), "allow").await;
    let device_code = begun.member("/device_code");
    for (grant, name) in [("authorization_code", "code"), ("refresh_token", "refresh_token")] {
        let answer = world.post_as(&client, "/connect/token", &[("grant_type", grant), (name, &*device_code)]).await.expect(400);
        assert_eq!(answer.member("/error"), "invalid_grant", "{grant}");
    }
    refused(&world, &client, &begun.member("/user_code"), "invalid_grant").await;
    poll(&world, &client, &device_code).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc8628_06_of_twenty_polls_at_once_one_wins() {
    for app in App::start_each().await {
        let world = World::on(app).await;
        let television = television(&world).await;
        let begun = begin(&world, &television).await;
        answered(&world, &begun.member("/user_code"), "allow").await;
        let device_code = begun.member("/device_code");
        let answers = join_all((0..20).map(|_| poll(&world, &television, &device_code))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        for answer in lost {
            assert_eq!(answer.expect(400).member("/error"), "invalid_grant");
        }
    }
}

#[tokio::test]
async fn dos_02_one_address_cannot_begin_devices_without_end() {
    let world = World::start().await;
    let television = television(&world).await;
    for _ in 0..30 {
        begin(&world, &television).await;
    }
    let answer = world.post_as(&television, BEGIN, &[("scope", "api1")]).await.expect(429);
    assert!(answer.header("retry-after").is_some());
}

/// LOGO-17 too: what was allowed in a session that has ended gives no tokens.
#[tokio::test]
async fn a_device_gets_nothing_once_the_session_has_ended() {
    let world = World::start().await;
    let television = television(&world).await;
    let begun = begin(&world, &television).await;
    let mut ann = world.ann().await;
    let page = typed(&mut ann, &begun.member("/user_code")).await;
    decide(&mut ann, &page, "allow").await.expect(200);
    ann.fill("/sign-out", &[("decision", "allow")]).await.expect(303);
    refused(&world, &television, &begun.member("/device_code"), "invalid_grant").await;
}
