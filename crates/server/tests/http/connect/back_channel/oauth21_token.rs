//! OAuth 2.1 (draft-ietf-oauth-v2-1) and RFC 6749: the token endpoint and client authentication.

use domain::client::{ClientAuthentication, GrantType};
use domain::permission::{Permission, Permissions};
use testkit::basic;

use super::*;

const CLIENT_CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];

#[tokio::test]
async fn wire_c4_the_answer_is_as_clients_know_it() {
    let world = World::new().await;
    let client = world.confidential().await;
    let answer = world.token(&client, &[("grant_type", "client_credentials"), ("scope", "shop")]).await.expect(200);
    let access = answer.member("/access_token");
    assert_eq!(answer.text, format!(r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","scope":"shop"}}"#));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=UTF-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store, no-cache, max-age=0"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert!(world.is_active(&access).await);
    let code = world.code(&client, |_| {}).await;
    let answer = world.redeem(&client, &code).await.expect(200);
    let (access, refresh) = (answer.member("/access_token"), answer.member("/refresh_token"));
    let expected = format!(
        r#"{{"access_token":"{access}","expires_in":3600,"token_type":"Bearer","refresh_token":"{refresh}","scope":"shop offline_access"}}"#
    );
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn oa21_01_no_changed_token_works() {
    let world = World::new().await;
    let client = world.confidential().await;
    let access = world.token(&client, &[("grant_type", "client_credentials"), ("scope", "shop")]).await.expect(200).member("/access_token");
    for place in (0..access.len()).step_by(7) {
        let mut changed = access.clone().into_bytes();
        changed[place] = if changed[place] == b'x' { b'y' } else { b'x' };
        let changed = String::from_utf8(changed).expect("ASCII");
        assert!(changed == access || !world.is_active(&changed).await, "{place}");
    }
}

#[tokio::test]
async fn oa21_03_without_a_scope_a_key_gets_all_of_its_scopes() {
    let world = World::new().await;
    let client = world.confidential().await;
    assert_eq!(world.token(&client, &CLIENT_CREDENTIALS).await.expect(200).member("/scope").split(' ').count(), 4);
    let reader = world
        .client(|definition| {
            definition.permissions = Permissions::Only([Permission::new("shop:things:read").expect("a permission")].into());
        })
        .await;
    let answer = world.token(&reader, &CLIENT_CREDENTIALS).await.expect(200);
    assert_eq!(answer.member("/scope"), "shop shop.read");
    refused(&world.token(&reader, &[("grant_type", "client_credentials"), ("scope", "depot")]).await, 400, "invalid_scope");
    for bad in ["openid", "offline_access", "SHOP", "unknown", "shop unknown", "a\"b", "é"] {
        refused(&world.token(&client, &[("grant_type", "client_credentials"), ("scope", bad)]).await, 400, "invalid_scope");
    }
}

#[tokio::test]
async fn oa21_10_two_authentication_methods_are_refused() {
    let world = World::new().await;
    let client = world.confidential().await;
    for secret in [client.secret.as_str(), "wrong"] {
        let fields = [CLIENT_CREDENTIALS[0], ("client_secret", secret)];
        refused(&world.token(&client, &fields).await, 400, "invalid_request");
    }
    let fields = [CLIENT_CREDENTIALS[0], ("client_assertion", "x"), ("client_assertion_type", "y")];
    refused(&world.token(&client, &fields).await, 400, "invalid_request");
}

#[tokio::test]
async fn oa21_12_the_secret_may_stand_in_the_body_and_never_in_the_url() {
    let world = World::new().await;
    let client = world.confidential().await;
    let fields = [CLIENT_CREDENTIALS[0], ("client_id", client.id.as_str()), ("client_secret", client.secret.as_str())];
    world.post_with("/connect/token", &[], &fields).await.expect(200);
    let path = format!("/connect/token?client_secret={}", client.secret);
    refused(&world.post_with(&path, &[], &fields).await, 400, "invalid_request");
    let pinned = world.client(|definition| definition.authentication = vec![ClientAuthentication::ClientSecretPost]).await;
    refused(&world.token(&pinned, &CLIENT_CREDENTIALS).await, 401, "invalid_client");
}

/// BF-04.
#[tokio::test]
async fn oa21_13_guessing_is_slowed_down() {
    let world = World::new().await;
    let client = world.confidential().await;
    let wrong = basic(&client.id, "wrong");
    let from = |address: &'static str| [("x-forwarded-for", address)];
    for _ in 0..10 {
        let headers = [from("192.0.2.1")[0], ("authorization", wrong.as_str())];
        refused(&world.post_with("/connect/token", &headers, &CLIENT_CREDENTIALS).await, 401, "invalid_client");
    }
    for secret in [wrong.clone(), client.basic()] {
        let headers = [from("192.0.2.1")[0], ("authorization", wrong.as_str())];
        let answer = world.post_with("/connect/token", &headers, &CLIENT_CREDENTIALS).await;
        refused(&answer, 429, "temporarily_unavailable");
        assert!(answer.header("retry-after").is_some(), "{secret}");
    }
    let elsewhere = [from("192.0.2.2")[0], ("authorization", &client.basic())];
    world.post_with("/connect/token", &elsewhere, &CLIENT_CREDENTIALS).await.expect(200);
    world.app.clock.advance(std::time::Duration::from_secs(7));
    let again = [from("192.0.2.1")[0], ("authorization", &client.basic())];
    world.post_with("/connect/token", &again, &CLIENT_CREDENTIALS).await.expect(200);
}

#[tokio::test]
async fn oa21_15_16_17_parameters_stand_once_and_empty_ones_are_none() {
    let world = World::new().await;
    let client = world.confidential().await;
    world.token(&client, &[CLIENT_CREDENTIALS[0], ("foo", "bar"), ("scope", ""), ("client_secret", "")]).await.expect(200);
    for name in ["grant_type", "scope", "client_id", "foo"] {
        let fields = [("grant_type", "client_credentials"), (name, "x"), (name, "x")];
        refused(&world.token(&client, &fields).await, 400, "invalid_request");
    }
}

#[tokio::test]
async fn oa21_19_only_post_of_a_form_is_answered() {
    let world = World::new().await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = world.app.call(method, "/connect/token").send().await;
        refused(&answer, 405, "invalid_request");
        assert_eq!(answer.header("allow"), Some("POST, OPTIONS"));
    }
    for content_type in
        ["application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=utf-16"]
    {
        let call = world.app.call("POST", "/connect/token").header("content-type", content_type).bytes(b"grant_type=x".to_vec());
        refused(&call.send().await, 400, "invalid_request");
    }
    let long = format!("grant_type=client_credentials&x={}", "a".repeat(70_000));
    let call =
        world.app.call("POST", "/connect/token").header("content-type", "application/x-www-form-urlencoded").bytes(long.into_bytes());
    refused(&call.send().await, 413, "invalid_request");
}

/// CA-04, CA-13.
#[tokio::test]
async fn oa21_20_23_wrong_credentials_are_401_with_the_scheme_that_was_used() {
    let world = World::new().await;
    let (client, public) = (world.confidential().await, world.public().await);
    let basics =
        [basic(&client.id, "wrong"), basic("unknown", "wrong"), basic(&client.id, ""), "Basic !!".to_owned(), "Bearer x".to_owned()];
    for value in &basics {
        let answer = world.post_with("/connect/token", &[("authorization", value)], &CLIENT_CREDENTIALS).await;
        refused(&answer, 401, "invalid_client");
        assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic ")), "{value}");
    }
    for (id, secret) in [(&client.id, "wrong"), (&public.id, "wrong"), (&client.id, "")] {
        let fields = [CLIENT_CREDENTIALS[0], ("client_id", id.as_str()), ("client_secret", secret)];
        let answer = world.post_with("/connect/token", &[], &fields).await;
        refused(&answer, 401, "invalid_client");
        assert!(answer.header("www-authenticate").is_some(), "no 401 is without a challenge");
    }
    let (unknown, wrong) = (basic("unknown", "x"), basic(&client.id, "x"));
    let unknown = world.post_with("/connect/token", &[("authorization", &unknown)], &CLIENT_CREDENTIALS).await;
    let wrong = world.post_with("/connect/token", &[("authorization", &wrong)], &CLIENT_CREDENTIALS).await;
    assert_eq!((unknown.status, unknown.refusal()), (wrong.status, wrong.refusal()), "CA-13");
}

/// GR-03.
#[tokio::test]
async fn oa21_33_grants_are_for_clients_that_have_them() {
    let world = World::new().await;
    let (client, public) = (world.confidential().await, world.public().await);
    refused(&world.token(&public, &CLIENT_CREDENTIALS).await, 400, "unauthorized_client");
    let server = world.client(|definition| definition.grant_types = vec![GrantType::ClientCredentials]).await;
    refused(&world.token(&server, &[("grant_type", "authorization_code"), ("code", "x")]).await, 400, "unauthorized_client");
    for unknown in ["password", "implicit", "CLIENT_CREDENTIALS", "x"] {
        refused(&world.token(&client, &[("grant_type", unknown)]).await, 400, "unsupported_grant_type");
    }
    refused(&world.token(&client, &[("scope", "shop")]).await, 400, "invalid_request");
}

/// CORS-04.
#[tokio::test]
async fn issue_4_1_a_private_key_from_a_browser_is_refused_and_no_page_reads_it() {
    let world = World::new().await;
    let (client, public) = (world.confidential().await, world.public().await);
    let headers = [("authorization", &*client.basic()), ("origin", "https://app.example")];
    let answer = world.post_with("/connect/token", &headers, &CLIENT_CREDENTIALS).await;
    refused(&answer, 400, "invalid_request");
    assert!(answer.text.contains("browser") && answer.header("access-control-allow-origin").is_none());
    for (origin, allowed) in [("https://app.example", true), ("https://evil.example", false), ("null", false)] {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", public.id.as_str())];
        let answer = world.post_with("/connect/token", &[("origin", origin)], &fields).await;
        refused(&answer, 400, "invalid_grant");
        assert_eq!(answer.header("access-control-allow-origin"), allowed.then_some(origin));
        assert!(answer.header("vary").is_some_and(|value| value.contains("Origin")));
        assert_eq!(answer.header("access-control-expose-headers").is_some_and(|value| value.contains("DPoP-Nonce")), allowed, "9449-20");
        let preflight = world.app.call("OPTIONS", "/connect/token").header("origin", origin).send().await.expect(204);
        assert_eq!(preflight.header("access-control-allow-origin"), allowed.then_some(origin));
    }
}
