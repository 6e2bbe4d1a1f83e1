//! RFC 8707: resource indicators.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

const SHOP: &str = "https://shop.example/";
const DEPOT: &str = "https://depot.example/";

#[tokio::test]
async fn r8707_01_02_08_only_known_resources_letter_by_letter() {
    let world = World::new().await;
    let client = world.confidential().await;
    for bad in [
        "https://shop.example",
        "https://SHOP.example/",
        "https://shop.example:443/",
        "shop",
        "https://shop.example/#x",
        "https://other.example/",
    ] {
        let fields = [("grant_type", "client_credentials"), ("resource", bad)];
        refused(&world.token(&client, &fields).await, 400, "invalid_target");
    }
    let answer = world.token(&client, &[("grant_type", "client_credentials"), ("resource", SHOP)]).await.expect(200);
    assert_eq!(answer.member("/scope"), "shop shop.read");
    assert_eq!(world.introspect(&world.depot, &answer.member("/access_token")).await, json!({"active": false}));
    let both = [("grant_type", "client_credentials"), ("resource", SHOP), ("resource", DEPOT)];
    world.token(&client, &both).await.expect(200);
}

#[tokio::test]
async fn r8707_04_06_a_grant_covers_the_resources_that_were_consented_to() {
    let world = World::new().await;
    let client = world.confidential().await;
    let code = world
        .code(&client, |authorization| {
            authorization.scope = "shop depot offline_access".to_owned();
            authorization.resources = vec![SHOP.to_owned(), DEPOT.to_owned()];
        })
        .await;
    let refresh = world.redeem(&client, &code).await.expect(200).member("/refresh_token");
    for (resource, scope) in [(SHOP, "shop offline_access"), (DEPOT, "depot offline_access")] {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str()), ("resource", resource)];
        assert_eq!(world.token(&client, &fields).await.expect(200).member("/scope"), scope);
    }
    let (_, narrow) = world.tokens(&client).await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", narrow.as_str()), ("resource", DEPOT)];
    refused(&world.token(&client, &fields).await, 400, "invalid_target");
}

/// 8707-07: without a resource, a token is for the APIs of its scopes and no others.
#[tokio::test]
async fn r8707_05_the_audience_is_the_resource_that_was_asked_for() {
    let world = World::new().await;
    let client = world.confidential().await;
    let claims = |token: &str| -> Value {
        let payload = token.split('.').nth(1).expect("a JWT");
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("claims")
    };
    let jwt = world.token(&client, &[("grant_type", "client_credentials"), ("resource", DEPOT)]).await.expect(200).member("/access_token");
    assert_eq!(claims(&jwt)["aud"], DEPOT);
    assert_eq!(world.introspect(&world.depot, &jwt).await["aud"], DEPOT);
    assert_eq!(world.introspect(&world.shop, &jwt).await, json!({"active": false}));
    let code = world
        .code(&client, |authorization| {
            authorization.scope = "shop depot offline_access".to_owned();
            authorization.resources = vec![SHOP.to_owned(), DEPOT.to_owned()];
        })
        .await;
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    let one = world.token(&client, &[&fields[..], &[("resource", DEPOT)]].concat()).await.expect(200).member("/access_token");
    assert_eq!(claims(&one)["aud"], DEPOT);
    let own = world.token(&client, &[("grant_type", "client_credentials"), ("scope", "shop")]).await.expect(200).member("/access_token");
    assert_eq!(world.introspect(&world.shop, &own).await["aud"], SHOP);
    assert_eq!(world.introspect(&world.depot, &own).await, json!({"active": false}));
}
