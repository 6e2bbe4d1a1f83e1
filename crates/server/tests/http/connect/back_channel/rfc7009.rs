//! RFC 7009: a client ends its tokens.

use super::*;

async fn revoke(world: &World, client: &TestClient, token: &str, hint: &str) -> Answer {
    world.post("/connect/revocation", client, &[("token", token), ("token_type_hint", hint)]).await
}

#[tokio::test]
async fn r7009_01_only_post() {
    let world = World::new().await;
    for path in ["/connect/revocation", "/connect/revoke"] {
        refused(&world.app.call("GET", path).send().await, 405, "invalid_request");
    }
}

#[tokio::test]
async fn r7009_02_a_wrong_secret_ends_nothing() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, _) = world.tokens(&client).await;
    let wrong = TestClient { secret: "wrong".to_owned(), ..client.clone() };
    refused(&revoke(&world, &wrong, &access, "").await, 401, "invalid_client");
    assert!(world.is_active(&access).await);
}

/// REV-02.
#[tokio::test]
async fn r7009_03_another_clients_token_stays_alive() {
    let world = World::new().await;
    let (client, other) = (world.confidential().await, world.confidential().await);
    let (access, refresh) = world.tokens(&client).await;
    for token in [&access, &refresh] {
        revoke(&world, &other, token, "").await.expect(200);
    }
    assert!(world.is_active(&access).await);
    world.refresh(&client, &refresh).await.expect(200);
}

#[tokio::test]
async fn r7009_04_05_06_09_a_refresh_token_takes_its_access_tokens_along_and_not_the_other_way() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, refresh) = world.tokens(&client).await;
    revoke(&world, &client, &access, "refresh_token").await.expect(200);
    assert!(!world.is_active(&access).await);
    let again = world.refresh(&client, &refresh).await.expect(200).member("/access_token");
    revoke(&world, &client, &refresh, "access_token").await.expect(200);
    assert!(!world.is_active(&again).await);
    refused(&world.refresh(&client, &refresh).await, 400, "invalid_grant");
    let alone = world.token(&client, &[("grant_type", "client_credentials")]).await.expect(200).member("/access_token");
    world.post("/connect/revoke", &client, &[("token", &alone)]).await.expect(200);
    assert!(!world.is_active(&alone).await);
}

#[tokio::test]
async fn r7009_07_an_unknown_token_is_200_with_an_empty_json_answer() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, _) = world.tokens(&client).await;
    for token in ["garbage", access.as_str(), access.as_str(), "prtr_garbage", "eyJx"] {
        let answer = revoke(&world, &client, token, "x").await.expect(200);
        assert_eq!((answer.text.as_str(), answer.header("content-type")), ("", Some("application/json")), "{token}");
    }
    refused(&world.post("/connect/revocation", &client, &[("token", &client.secret)]).await, 400, "unsupported_token_type");
    refused(&world.post("/connect/revocation", &client, &[]).await, 400, "invalid_request");
}

/// Renames a table behind the server's back.
fn rename(world: &World, from: &str, to: &str) {
    let database = rusqlite::Connection::open(world.app.data().join("data/poort.db")).expect("the database");
    database.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}")).expect("renamed");
}

#[tokio::test]
async fn r7009_08_what_cannot_be_ended_now_is_not_said_to_be() {
    let world = World::new().await;
    let client = world.confidential().await;
    let (access, refresh) = world.tokens(&client).await;
    for (table, token) in [("ended_access", &access), ("refresh_token", &refresh)] {
        rename(&world, table, "gone");
        let answer = revoke(&world, &client, token, "").await;
        refused(&answer, 503, "temporarily_unavailable");
        assert!(answer.header("retry-after").is_some(), "{table}");
        rename(&world, "gone", table);
        assert!(world.is_active(&access).await, "{table}");
    }
    revoke(&world, &client, &access, "").await.expect(200);
    assert!(!world.is_active(&access).await);
    for kind in [&client.secret, &world.shop, &world.app.operator] {
        refused(&revoke(&world, &client, kind, "").await, 400, "unsupported_token_type");
    }
}

#[tokio::test]
async fn r7009_10_no_answer_tells_whether_there_is_such_a_token() {
    let world = World::new().await;
    let (client, other) = (world.confidential().await, world.confidential().await);
    let (access, refresh) = world.tokens(&other).await;
    let (ended, ended_refresh) = world.tokens(&client).await;
    revoke(&world, &client, &ended_refresh, "").await.expect(200);
    let mut told = Vec::new();
    for token in [&access, &refresh, &ended, &ended_refresh, &format!("{}A", &access[..access.len() - 1]), "garbage"] {
        let answer = revoke(&world, &client, token, "").await;
        let mut headers = answer.headers.clone();
        for own in ["request-id", "date"] {
            headers.remove(own);
        }
        told.push((answer.status, answer.text, headers));
    }
    assert!(told.iter().all(|answer| *answer == told[0]) && told[0].0 == 200, "{told:?}");
    assert!(world.is_active(&access).await);
}
