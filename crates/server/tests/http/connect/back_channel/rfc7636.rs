//! RFC 7636: PKCE at the token endpoint.

use super::*;

async fn redeem(world: &World, client: &TestClient, code: &str, verifier: &str) -> Answer {
    let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT), ("code_verifier", verifier)];
    world.token(client, &fields).await
}

/// 9700-06 and OA21-32 too.
/// PKCE-05.
#[tokio::test]
async fn r7636_01_05_06_08_a_wrong_verifier_burns_the_code() {
    let world = World::new().await;
    let client = world.public().await;
    let (long, huge) = ("a".repeat(129), "a".repeat(10_000));
    for wrong in [
        &VERIFIER[..42],
        &long,
        &huge,
        "",
        &format!("{}\u{e9}", &VERIFIER[1..]),
        &format!("{}\0", &VERIFIER[1..]),
        &format!("{VERIFIER}="),
        &VERIFIER.to_uppercase(),
        &format!("{}+", &VERIFIER[1..]),
        CHALLENGE,
    ] {
        let code = world.code(&client, |_| {}).await;
        refused(&redeem(&world, &client, &code, wrong).await, 400, "invalid_grant");
        refused(&redeem(&world, &client, &code, VERIFIER).await, 400, "invalid_grant");
    }
}

#[tokio::test]
async fn r7636_02_the_vector_of_appendix_b_is_right() {
    let world = World::new().await;
    let client = world.public().await;
    let code = world.code(&client, |_| {}).await;
    redeem(&world, &client, &code, VERIFIER).await.expect(200);
}

/// OA21-32 too.
/// PKCE-01.
#[tokio::test]
async fn r9700_07_a_verifier_without_a_challenge_is_refused() {
    let world = World::new().await;
    let client = world.confidential().await;
    let code = world.code(&client, |authorization| authorization.code_challenge = None).await;
    refused(&redeem(&world, &client, &code, VERIFIER).await, 400, "invalid_grant");
    let code = world.code(&client, |authorization| authorization.code_challenge = None).await;
    redeem(&world, &client, &code, "").await.expect(200);
}
