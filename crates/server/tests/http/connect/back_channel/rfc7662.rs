//! RFC 7662 and RFC 9701: introspection.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

#[tokio::test]
async fn r7662_01_02_07_10_it_takes_a_post_of_somebody_who_may_ask() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, _) = world.tokens(&client).await;
    refused(&world.app.call("GET", "/connect/introspect").send().await, 405, "invalid_request");
    let bearer = |text: &str| format!("Bearer {text}");
    for header in [None, Some(bearer(&access)), Some(bearer(&world.app.operator)), Some(bearer("prtv_x")), Some("Basic eDp5".to_owned())] {
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("authorization", value.as_str())).collect();
        let answer = world.post_with("/connect/introspect", &headers, &[("token", &access)]).await;
        assert_eq!(answer.status, 401, "{header:?} {}", answer.text);
        assert!(answer.header("www-authenticate").is_some());
    }
    let named = basic("shop", &world.shop);
    let answer = world.post_with("/connect/introspect", &[("authorization", &named)], &[("token", &access)]).await.expect(200);
    assert_eq!(answer.json()["active"], true);
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")));
    let other = basic("depot", &world.shop);
    assert_eq!(world.post_with("/connect/introspect", &[("authorization", &other)], &[("token", &access)]).await.status, 401);
}

/// REV-05, REV-07.
#[tokio::test]
async fn r7662_04_05_06_07_what_is_not_for_the_asker_looks_like_nothing() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, refresh) = world.tokens(&client).await;
    let revoked =
        world.token(&client, &[("grant_type", "client_credentials"), ("scope", "depot")]).await.expect(200).member("/access_token");
    world.post("/connect/revoke", &client, &[("token", &revoked)]).await.expect(200);
    let bearer = format!("Bearer {}", world.depot);
    for token in ["garbage", &access, &refresh, &revoked, &client.secret, "eyJhbGciOiJub25lIn0.e30."] {
        let answer = world.post_with("/connect/introspect", &[("authorization", &bearer)], &[("token", token)]).await.expect(200);
        assert_eq!(answer.text, "{\"active\":false}");
    }
    world.app.clock.advance(std::time::Duration::from_secs(3_600));
    assert_eq!(world.introspect(&world.shop, &access).await, json!({"active": false}), "expired");
}

#[tokio::test]
async fn r7662_03_11_an_api_sees_what_is_meant_for_it() {
    let world = World::new().await;
    let client = world.confidential().await;
    let code = world.code(&client, |authorization| authorization.scope = "shop depot.read".to_owned()).await;
    let access = world.redeem(&client, &code).await.expect(200).member("/access_token");
    let seen = world.introspect(&world.shop, &access).await;
    assert_eq!(seen["scope"], "shop");
    assert_eq!((seen["aud"].as_str(), seen["sub"].as_str()), (Some("https://shop.example/"), Some(&*world.person.to_string())));
    assert_eq!((seen["client_id"].as_str(), seen["iss"].as_str()), (Some(client.id.as_str()), Some(world.issuer().as_str())));
    assert_eq!(seen["exp"].as_i64().zip(seen["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(3_600));
    assert_eq!(world.introspect(&world.depot, &access).await["scope"], "depot.read");
    let own = world.token(&client, &[("grant_type", "client_credentials"), ("scope", "shop")]).await.expect(200).member("/access_token");
    assert_eq!(world.introspect(&world.shop, &own).await["sub"], client.id.as_str());
}

#[tokio::test]
async fn sub_02_a_client_sees_its_own_tokens_only() {
    let world = World::new().await;
    let (client, other) = (world.confidential().await, world.confidential().await);
    let (access, refresh) = world.tokens(&client).await;
    for token in [&access, &refresh] {
        let of = |client: TestClient| {
            let world = &world;
            async move { world.post("/connect/introspect", &client, &[("token", token)]).await.expect(200).json() }
        };
        assert_eq!(of(client.clone()).await["active"], true);
        assert_eq!(of(other.clone()).await, json!({"active": false}));
    }
}

/// REV-05.
#[tokio::test]
async fn r9701_01_02_03_04_06_a_signed_answer_holds_the_same() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, _) = world.tokens(&client).await;
    for (token, credential, active) in [(&access, &world.shop, true), (&access, &world.depot, false)] {
        let bearer = format!("Bearer {credential}");
        let headers = [("authorization", bearer.as_str()), ("accept", "application/token-introspection+jwt")];
        let answer = world.post_with("/connect/introspect", &headers, &[("token", token)]).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/token-introspection+jwt"));
        let part = |place: usize| -> Value {
            let part = answer.text.split('.').nth(place).expect("three parts");
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
        };
        assert_eq!(part(0)["typ"], "token-introspection+jwt");
        let claims = part(1);
        assert!(claims.get("sub").is_none() && claims.get("exp").is_none());
        assert_eq!(claims["aud"], if active { "https://shop.example/" } else { "https://depot.example/" });
        assert_eq!(claims["token_introspection"]["active"], active);
        assert!(active || claims["token_introspection"] == json!({"active": false}));
        assert!(!world.is_active(&answer.text).await, "9701-10: no access token");
    }
}

/// BF-04.
#[tokio::test]
async fn r7662_08_guessing_is_slowed_down() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, _) = world.tokens(&client).await;
    let ask = async |from: &str, authorization: &str| {
        let headers = [("x-forwarded-for", from), ("authorization", authorization)];
        world.post_with("/connect/introspect", &headers, &[("token", &access)]).await
    };
    for wrong in ["Bearer prtv_wrong", &basic("shop", "wrong")] {
        let from = if wrong.starts_with("Basic") { "192.0.2.1" } else { "192.0.2.2" };
        for _ in 0..10 {
            assert_eq!(ask(from, wrong).await.status, 401);
        }
        let answer = ask(from, wrong).await;
        refused(&answer, 429, "temporarily_unavailable");
        assert!(answer.header("retry-after").is_some());
        ask("192.0.2.3", &format!("Bearer {}", world.shop)).await.expect(200);
    }
}

#[tokio::test]
async fn r7662_09_what_does_not_count_now_is_not_active() {
    let world = World::new().await;
    let client = world.confidential().await;
    let own = async |scope: &str| {
        let fields = [("grant_type", "client_credentials"), ("scope", scope)];
        world.token(&client, &fields).await.expect(200).member("/access_token")
    };
    let inactive = json!({"active": false});
    for (api, credential) in [("shop", &world.shop), ("depot", &world.depot)] {
        let (good, revoked) = (own(api).await, own(api).await);
        assert_eq!(world.introspect(credential, &good).await["active"], true);
        let (mut changed, place) = (good.clone(), good.len() - 10..good.len() - 9);
        changed.replace_range(place.clone(), if &good[place] == "A" { "B" } else { "A" });
        assert!(changed != good && world.introspect(credential, &changed).await == inactive, "{api}: a wrong signature");
        world.post("/connect/revocation", &client, &[("token", &revoked)]).await.expect(200);
        assert_eq!(world.introspect(credential, &revoked).await, inactive, "{api}: revoked");
        let authority = &world.app.node.authority;
        for (suspended, active) in [(true, false), (false, true)] {
            authority.suspend_organisation_key(&world.context(), client.key, suspended).await.expect("changed");
            assert_eq!(world.introspect(credential, &good).await["active"], active, "{api}: suspended {suspended}");
        }
        world.app.clock.advance(std::time::Duration::from_secs(3_600));
        assert_eq!(world.introspect(credential, &good).await, inactive, "{api}: expired");
    }
}
