//! OAuth 2.1 section 5 and RFC 9700: access tokens as they are shown to an API behind forward-auth, and at userinfo.

use super::*;

/// What a proxy is told about a request of this method and URI, with these headers.
pub(super) async fn pass(world: &World, api: &str, (method, uri): (&str, &str), headers: &[(&str, &str)]) -> Answer {
    let call = world.app.call("GET", &format!("/forward-auth/{api}")).header("x-forwarded-method", method).header("x-forwarded-uri", uri);
    headers.iter().fold(call, |call, (name, value)| call.header(name, value)).send().await
}

/// What an API answers to somebody who comes with this token.
pub(super) async fn shown(world: &World, api: &str, token: &str) -> Answer {
    pass(world, api, ("GET", "/things"), &[("authorization", &format!("Bearer {token}"))]).await
}

/// The attributes of the `Bearer` challenge.
#[track_caller]
fn challenge(answer: &Answer) -> Vec<(&str, &str)> {
    let value = answer.header("www-authenticate").and_then(|value| value.strip_prefix("Bearer ")).expect("a challenge");
    let attributes = value.split(", ").map(|attribute| attribute.split_once('=').expect("a value"));
    attributes.map(|(name, value)| (name, value.trim_matches('"'))).collect()
}

#[track_caller]
fn challenged(answer: &Answer, status: u16, error: Option<&str>) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let attributes = challenge(answer);
    let told: Vec<&str> = attributes.iter().filter(|(name, _)| *name == "error").map(|(_, value)| *value).collect();
    assert_eq!(told, error.into_iter().collect::<Vec<_>>());
    for (name, _) in &attributes {
        assert_eq!(attributes.iter().filter(|(other, _)| other == name).count(), 1, "{name} stands once");
    }
    assert!(error.is_some() || attributes.iter().all(|(name, _)| !name.starts_with("error")));
}

async fn own(world: &World, client: &TestClient, scope: &str) -> String {
    world.token(client, &[("grant_type", "client_credentials"), ("scope", scope)]).await.expect(200).member("/access_token")
}

#[tokio::test]
async fn oa21_38_r9700_22_a_token_in_the_address_is_none() {
    let world = World::new().await;
    let client = world.confidential().await;
    let token = own(&world, &client, "shop").await;
    for uri in [format!("/things?access_token={token}"), format!("/things?token={token}")] {
        challenged(&pass(&world, "shop", ("GET", &uri), &[]).await, 401, None);
    }
    let userinfo = format!("/connect/userinfo?access_token={token}");
    challenged(&world.app.call("GET", &userinfo).send().await, 401, None);
    let refused_url = format!("/connect/introspect?token={token}");
    let bearer = format!("Bearer {}", world.shop);
    refused(&world.post_with(&refused_url, &[("authorization", &bearer)], &[("token", &token)]).await, 400, "invalid_request");
    // In the header and in the body: two methods in one request.
    let both = [("authorization", &*format!("Bearer {token}"))];
    refused(&world.post_with("/connect/userinfo", &both, &[("access_token", &token)]).await, 400, "invalid_request");
}

#[tokio::test]
async fn oa21_39_a_header_is_taken_everywhere_and_a_body_with_post_only() {
    let world = World::new().await;
    let client = world.confidential().await;
    let token = own(&world, &client, "shop").await;
    assert_eq!(shown(&world, "shop", &token).await.status, 200);
    let with_body = |method: &str| {
        let call = world.app.call(method, "/connect/userinfo").header("content-type", "application/x-www-form-urlencoded");
        call.bytes(format!("access_token={token}").into_bytes()).send()
    };
    challenged(&with_body("GET").await, 401, None);
    // This one was read: it is no token of a person.
    challenged(&with_body("POST").await, 403, Some("insufficient_scope"));
}

/// SUB-03.
#[tokio::test]
async fn oa21_40_r9700_12_25_an_api_looks_at_end_audience_and_scope() {
    let world = World::new().await;
    let client = world.confidential().await;
    for (api, other) in [("shop", "depot"), ("depot", "shop")] {
        let token = own(&world, &client, api).await;
        for _ in 0..2 {
            assert_eq!(shown(&world, api, &token).await.status, 200);
            challenged(&shown(&world, other, &token).await, 401, Some("invalid_token"));
        }
        let narrow = own(&world, &client, &format!("{api}:things:write")).await;
        challenged(&shown(&world, api, &narrow).await, 403, Some("insufficient_scope"));
        world.app.clock.advance(std::time::Duration::from_secs(3_600));
        challenged(&shown(&world, api, &token).await, 401, Some("invalid_token"));
    }
}

#[tokio::test]
async fn r9700_10_a_bound_token_without_its_proof_is_none() {
    let world = World::new().await;
    let (client, key) = (world.confidential().await, rfc9449::Key::new());
    let fields = [("grant_type", "client_credentials"), ("scope", "shop")];
    let proof = key.proof(&world, "one", |_, _| {});
    let bound = rfc9449::ask(&world, &client, &proof, &fields).await.expect(200);
    assert_eq!(bound.member("/token_type"), "DPoP");
    let bound = bound.member("/access_token");
    for scheme in ["Bearer", "DPoP"] {
        let authorization = format!("{scheme} {bound}");
        assert_eq!(pass(&world, "shop", ("GET", "/things"), &[("authorization", &authorization)]).await.status, 401, "{scheme}");
        let userinfo = world.app.call("GET", "/connect/userinfo").header("authorization", &authorization);
        assert_eq!(userinfo.send().await.status, 401, "{scheme}");
    }
    assert!(world.is_active(&bound).await, "it is the proof that is missing");
    assert_eq!(shown(&world, "shop", &own(&world, &client, "shop").await).await.status, 200);
}

#[tokio::test]
async fn oa21_41_a_refusal_says_what_was_missing() {
    let world = World::new().await;
    let userinfo = |token: Option<&str>| {
        let call = world.app.call("GET", "/connect/userinfo");
        token.map_or_else(|| world.app.call("GET", "/connect/userinfo"), |token| call.token(token)).send()
    };
    challenged(&pass(&world, "shop", ("GET", "/things"), &[]).await, 401, None);
    challenged(&userinfo(None).await, 401, None);
    for wrong in ["prta_wrong", "eyJhbGciOiJub25lIn0.e30.", "x"] {
        challenged(&shown(&world, "shop", wrong).await, 401, Some("invalid_token"));
        challenged(&userinfo(Some(wrong)).await, 401, Some("invalid_token"));
    }
}
