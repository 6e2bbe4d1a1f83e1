//! OAuth 2.1 and RFC 9700: codes and refresh tokens.

use std::time::Duration;

use super::*;

/// CODE-01.
#[tokio::test]
async fn r9700_21_oa21_31_a_replayed_code_ends_everything_that_came_of_it() {
    let world = World::new().await;
    for client in [world.confidential().await, world.public().await] {
        let code = world.code(&client, |_| {}).await;
        let first = world.redeem(&client, &code).await.expect(200);
        let (access, refresh) = (first.member("/access_token"), first.member("/refresh_token"));
        assert!(world.is_active(&access).await);
        for _ in 0..2 {
            refused(&world.redeem(&client, &code).await, 400, "invalid_grant");
            assert!(!world.is_active(&access).await);
            refused(&world.refresh(&client, &refresh).await, 400, "invalid_grant");
        }
    }
}

/// CODE-05.
#[tokio::test]
async fn r9700_23_another_clients_code_is_not_redeemed_and_stays() {
    let world = World::new().await;
    let (client, other) = (world.confidential().await, world.confidential().await);
    let code = world.code(&client, |_| {}).await;
    refused(&world.redeem(&other, &code).await, 400, "invalid_grant");
    world.redeem(&client, &code).await.expect(200);
}

#[tokio::test]
async fn code_08_09_only_the_code_itself_is_a_code() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (_, refresh) = world.tokens(&client).await;
    let code = world.code(&client, |_| {}).await;
    for bad in
        [&code[..code.len() - 1], &format!("{code}\0"), &format!("{code} "), &code.to_uppercase(), &format!("{code}{code}"), &refresh, "x"]
    {
        refused(&world.redeem(&client, bad).await, 400, "invalid_grant");
    }
    world.redeem(&client, &code).await.expect(200);
}

#[tokio::test]
async fn oa21_27_a_code_is_over_after_a_minute() {
    let world = World::new().await;
    let client = world.confidential().await;
    let code = world.code(&client, |_| {}).await;
    world.app.clock.advance(Duration::from_secs(61));
    refused(&world.redeem(&client, &code).await, 400, "invalid_grant");
}

#[tokio::test]
async fn oa21_48_a_redirect_uri_that_is_sent_is_enforced() {
    let world = World::new().await;
    let client = world.confidential().await;
    for (redirect, status) in [("https://app.example/cb/", 400), ("https://app.example/other", 400), (REDIRECT, 200), ("", 200)] {
        let code = world.code(&client, |_| {}).await;
        let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", redirect), ("code_verifier", VERIFIER)];
        assert_eq!(world.token(&client, &fields).await.status, status, "{redirect}");
    }
    let code = world.code(&client, |authorization| authorization.code_challenge = None).await;
    refused(&world.token(&client, &[("grant_type", "authorization_code"), ("code", &code)]).await, 400, "invalid_grant");
}

#[tokio::test]
async fn code_11_12_whoever_was_ended_in_between_gets_nothing() {
    let world = World::new().await;
    let client = world.confidential().await;
    let code = world.code(&client, |_| {}).await;
    world.app.operate("PUT", &format!("/api/v1/people/{}/suspension", world.person)).send().await.expect(200);
    refused(&world.redeem(&client, &code).await, 400, "invalid_grant");
    world.app.operate("DELETE", &format!("/api/v1/people/{}/suspension", world.person)).send().await.expect(200);
    let (access, refresh) = world.tokens(&client).await;
    world.app.node.authority.suspend_organisation_key(&world.context(), client.key, true).await.expect("suspended");
    assert!(!world.is_active(&access).await);
    refused(&world.refresh(&client, &refresh).await, 401, "invalid_client");
}

/// RT-01; OA21-36 too.
/// RT-05.
#[tokio::test]
async fn r9700_11_30_a_replay_after_the_overlap_ends_the_family() {
    let world = World::new().await;
    let client = world.public().await;
    let (_, first) = world.tokens(&client).await;
    let answer = world.refresh(&client, &first).await.expect(200);
    let (access, second) = (answer.member("/access_token"), answer.member("/refresh_token"));
    assert_ne!(first, second);
    world.app.clock.advance(Duration::from_secs(9));
    assert_eq!(world.refresh(&client, &first).await.expect(200).member("/refresh_token"), second, "RT-05: the same successor");
    world.app.clock.advance(Duration::from_secs(2));
    refused(&world.refresh(&client, &first).await, 400, "invalid_grant");
    assert!(!world.is_active(&access).await);
    refused(&world.refresh(&client, &second).await, 400, "invalid_grant");
}

#[tokio::test]
async fn wire_refresh_tokens_of_confidential_clients_do_not_rotate() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (_, refresh) = world.tokens(&client).await;
    for _ in 0..3 {
        let answer = world.refresh(&client, &refresh).await.expect(200);
        assert_eq!(answer.member("/refresh_token"), refresh);
        assert!(world.is_active(&answer.member("/access_token")).await);
        world.app.clock.advance(Duration::from_secs(60));
    }
}

/// RT-06, RT-07.
#[tokio::test]
async fn oa21_34_another_clients_refresh_token_is_refused_and_stays() {
    let world = World::new().await;
    let (client, other) = (world.confidential().await, world.confidential().await);
    let (_, refresh) = world.tokens(&client).await;
    refused(&world.refresh(&other, &refresh).await, 400, "invalid_grant");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("client_id", client.id.as_str())];
    refused(&world.post_with("/connect/token", &[], &fields).await, 401, "invalid_client");
    world.refresh(&client, &refresh).await.expect(200);
}

/// OA21-21 and 9700-29 too; the resources are those of `r8707_04_06_a_grant_covers_the_resources_that_were_consented_to`.
/// SC-01, SC-02.
#[tokio::test]
async fn oa21_35_37_scope_is_narrowed_once_and_never_widened() {
    let world = World::new().await;
    let client = world.public().await;
    let (_, mut refresh) = world.tokens(&client).await;
    for (scope, given) in
        [("depot", None), ("shop depot", None), ("SHOP", None), ("openid", None), ("shop", Some("shop")), ("", Some("shop offline_access"))]
    {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("scope", scope)];
        let answer = world.token(&client, &fields).await;
        match given {
            None => refused(&answer, 400, "invalid_scope"),
            Some(given) => {
                assert_eq!(answer.clone().expect(200).member("/scope"), given);
                refresh = answer.member("/refresh_token");
            }
        }
    }
}

#[tokio::test]
async fn r9700_31_refresh_tokens_end_by_idling_by_age_and_by_signing_out() {
    let world = World::new().await;
    let client = world.confidential().await;
    let day = Duration::from_secs(86_400);
    let (_, idle) = world.tokens(&client).await;
    let (_, used) = world.tokens(&client).await;
    for _ in 0..2 {
        world.app.clock.advance(day * 14);
        world.refresh(&client, &used).await.expect(200);
    }
    refused(&world.refresh(&client, &idle).await, 400, "invalid_grant");
    world.app.clock.advance(day * 3);
    refused(&world.refresh(&client, &used).await, 400, "invalid_grant");
}

#[tokio::test]
async fn rt_09_a_withdrawn_consent_ends_access_and_refresh() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, refresh) = world.tokens(&client).await;
    let page = authority::Page::first(10);
    let grants = world.app.node.authority.grants_of(&authority::Caller::System, world.person, page).await.expect("read");
    world.app.node.authority.end_grant(&world.context(), grants[0].id).await.expect("ended");
    assert!(!world.is_active(&access).await);
    refused(&world.refresh(&client, &refresh).await, 400, "invalid_grant");
}

#[tokio::test]
async fn rt_11_without_offline_access_there_is_no_refresh_token() {
    let world = World::new().await;
    let client = world.confidential().await;
    let code = world.code(&client, |authorization| authorization.scope = "shop".to_owned()).await;
    assert!(world.redeem(&client, &code).await.expect(200).json().get("refresh_token").is_none());
    assert!(world.token(&client, &[("grant_type", "client_credentials")]).await.expect(200).json().get("refresh_token").is_none());
}
