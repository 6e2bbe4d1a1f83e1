//! Devices that prove a key (RFC 8628 with RFC 9449): what they get is bound to it.

use authority::{DeviceAnswer, DeviceAnswered, Typed};

use super::rfc9449::Key;
use super::*;

const BEGIN: &str = "/connect/deviceauthorization";

async fn device(world: &World) -> TestClient {
    world
        .client(|definition| {
            definition.authentication = Vec::new();
            definition.grant_types = vec![GrantType::DeviceCode, GrantType::RefreshToken];
            definition.redirect_uris = Vec::new();
        })
        .await
}

/// A proof for a path, counted once.
fn proof(world: &World, key: &Key, jti: &str, path: &str) -> String {
    key.proof(world, jti, |_, claims| claims["htu"] = format!("{}{path}", world.issuer()).into())
}

/// The person says yes to a device.
async fn allow(world: &World, user_code: &str) {
    let (authority, context) = (&world.app.node.authority, world.context());
    let who = (world.person, "192.0.2.1".parse().expect("an address"));
    let Typed::Waiting(device) = authority.device_typed(user_code, who, context.now).await.expect("asked") else { panic!("no device") };
    let authorization = Authorization {
        redirect_uri: None,
        scope: device.scope.text(),
        resources: vec![],
        nonce: None,
        code_challenge: None,
        key_thumbprint: None,
        session: None,
        auth_time: context.now,
        acr: None,
        amr: vec![],
    };
    let allowed = Some((world.membership, authorization));
    let answer = DeviceAnswer { digest: device.digest, key: device.client.id, person: world.person, allowed };
    assert_eq!(authority.answer_device(&context, answer).await.expect("asked"), DeviceAnswered::Done);
}

#[tokio::test]
async fn a_device_that_proved_a_key_gets_tokens_for_that_key_only() {
    let world = World::new().await;
    let (client, key, other) = (device(&world).await, Key::new(), Key::new());
    let fields = [("client_id", client.id.as_str()), ("scope", "shop offline_access")];
    let wrong = proof(&world, &key, "zero", "/connect/token");
    refused(&world.post_with(BEGIN, &[("dpop", &wrong)], &fields).await, 400, "invalid_dpop_proof");
    let begun = world.post_with(BEGIN, &[("dpop", &proof(&world, &key, "one", BEGIN))], &fields).await.expect(200);
    allow(&world, &begun.member("/user_code")).await;

    let device_code = begun.member("/device_code");
    let grant = GrantType::DeviceCode.name();
    let fields = [("grant_type", grant), ("device_code", &*device_code), ("client_id", &*client.id)];
    refused(&world.post_with("/connect/token", &[], &fields).await, 400, "invalid_grant");
    let stolen = proof(&world, &other, "two", "/connect/token");
    refused(&world.post_with("/connect/token", &[("dpop", &stolen)], &fields).await, 400, "invalid_grant");
    let own = proof(&world, &key, "three", "/connect/token");
    let tokens = world.post_with("/connect/token", &[("dpop", &own)], &fields).await.expect(200);
    assert_eq!(tokens.member("/token_type"), "DPoP");
    assert!(world.introspect(&world.shop, &tokens.member("/access_token")).await["cnf"]["jkt"].is_string());

    let refresh = tokens.member("/refresh_token");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", &*refresh), ("client_id", &*client.id)];
    let stolen = proof(&world, &other, "four", "/connect/token");
    refused(&world.post_with("/connect/token", &[("dpop", &stolen)], &fields).await, 400, "invalid_grant");
    let own = proof(&world, &key, "five", "/connect/token");
    world.post_with("/connect/token", &[("dpop", &own)], &fields).await.expect(200);
}
