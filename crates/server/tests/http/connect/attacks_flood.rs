//! DOS-02: ten thousand of each thing that waits for somebody, from one source that nobody knows.
//!
//! Each is refused after a documented number, tables do not grow beyond that, and what is in them goes by itself.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::json;
use testkit::{Answer, App, encoded};

use super::back_channel::attacks::rows;
use super::world::*;

const MANY: usize = 10_000;

/// Sends it so often, a few at a time; how many were taken. Whatever is not taken is 429 and says when to come again.
async fn flood(send: impl AsyncFn() -> Answer, taken: u16) -> usize {
    let answers = stream::iter(0..MANY).map(|_| send()).buffer_unordered(8);
    let counted = answers.fold(0, async |counted, answer| {
        assert!(answer.status == taken || answer.status == 429 && answer.header("retry-after").is_some(), "{}", answer.text);
        counted + usize::from(answer.status == taken)
    });
    counted.await
}

async fn form(app: &App, path: &str, fields: &[(&str, &str)]) -> Answer {
    let call = app.call("POST", path).header("content-type", "application/x-www-form-urlencoded");
    call.bytes(encoded(fields).into_bytes()).send().await
}

/// A day later all of it is gone.
async fn swept(app: &App, table: &str) -> i64 {
    app.clock.advance(Duration::from_secs(86_400 + 3_600));
    let authority = &app.node.authority;
    let now = authority.clock().now();
    authority.forget_old_sign_ins(now).await.expect("swept");
    authority.forget_old_grants(now).await.expect("swept");
    authority.forget_old_pushed_requests(now).await.expect("swept");
    assert_eq!(rows(app, "allowance"), 0);
    rows(app, table)
}

#[tokio::test]
async fn dos_02_of_ten_thousand_authorization_requests_sixty_wait() {
    let world = World::start().await;
    let path = Request::of(&world.client).path();
    // Each with no cookie: a browser of its own that leads to signing in.
    let taken = flood(async || world.app.call("GET", &path).send().await, 303).await;
    assert_eq!((taken, rows(&world.app, "interaction")), (60, 60));
    assert_eq!(swept(&world.app, "interaction").await, 0);
}

#[tokio::test]
async fn dos_02_of_ten_thousand_pushed_requests_sixty_are_kept() {
    let world = World::start().await;
    let public = world.public().await;
    let request = Request::of(&public).pkce();
    let taken = flood(async || form(&world.app, "/connect/par", &request.fields()).await, 201).await;
    assert_eq!((taken, rows(&world.app, "pushed_request")), (60, 60));
    // Whoever authenticates has an allowance of its own, also at the same address.
    world.post_as(&world.client, "/connect/par", &Request::of(&world.client).fields()).await.expect(201);
    assert_eq!(swept(&world.app, "pushed_request").await, 0);
}

#[tokio::test]
async fn dos_02_of_ten_thousand_devices_thirty_begin() {
    let world = World::start().await;
    let public = world
        .client(|definition| {
            definition.authentication = vec![];
            definition.redirect_uris = vec![];
            definition.grant_types = vec![domain::client::GrantType::DeviceCode];
        })
        .await;
    let fields = [("client_id", public.id.as_str()), ("scope", "api1")];
    let taken = flood(async || form(&world.app, "/connect/deviceauthorization", &fields).await, 200).await;
    assert_eq!((taken, rows(&world.app, "device_code")), (30, 30));
    assert_eq!(swept(&world.app, "device_code").await, 0);
}

#[tokio::test]
async fn dos_02_of_ten_thousand_clients_twenty_register() {
    let app = App::start_with(|config| config.registration_open = true).await;
    let definition = json!({"client_name": "x", "redirect_uris": ["https://app.example/cb"]});
    let before = rows(&app, "organisation_key");
    let taken = flood(async || app.call("POST", "/connect/register").json(&definition).send().await, 201).await;
    assert_eq!((taken, rows(&app, "organisation_key") - before), (20, 20));
    let authority = &app.node.authority;
    let week = authority.clock().now().saturating_add(Duration::from_secs(7 * 86_400));
    assert_eq!(authority.end_unused_clients(week).await.expect("swept"), 20);
}
