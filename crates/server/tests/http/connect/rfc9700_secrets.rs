//! RFC 9700: credentials that nobody finds, and headers that nobody believes.

use testkit::{Visitor, basic};

use super::world::*;
use crate::api::canary::{Log, assert_absent, files};

/// LEAK-01.
#[tokio::test]
async fn rfc9700_24_tokens_and_codes_are_nowhere() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::start().await;
    let mut ann = world.ann().await;
    let used = allow(&mut ann, &Request::of(&world.client)).await.get("code").to_owned();
    let unused = allow(&mut ann, &Request::of(&world.client)).await.get("code").to_owned();
    let redeem = [("grant_type", "authorization_code"), ("code", &*used), ("redirect_uri", REDIRECT)];
    let tokens = world.post_as(&world.client, "/connect/token", &redeem).await.expect(200);
    let (access, refresh) = (tokens.member("/access_token"), tokens.member("/refresh_token"));
    let secrets = [used.clone(), unused, access.clone(), refresh.clone(), world.client.secret.clone().expect("a secret")];
    // Shown rightly and wrongly.
    let forward = |token: &str| world.app.call("GET", "/forward-auth/privacy").token(token).header("x-forwarded-method", "GET");
    forward(&access).header("x-forwarded-uri", "/workspaces").send().await.expect(200);
    forward(&refresh).header("x-forwarded-uri", &format!("/workspaces?access_token={access}")).send().await.expect(401);
    let mut told = Vec::new();
    for secret in &secrets {
        told.push(world.app.call("GET", &format!("/connect/userinfo?access_token={secret}")).token(secret).send().await);
        told.push(world.post_as(&world.client, &format!("/connect/token?refresh_token={secret}"), &[]).await);
        told.push(world.post_as(&world.client, "/connect/token", &[("grant_type", secret), ("scope", secret)]).await);
        told.push(
            world.post_as(&world.client, "/connect/revocation", &[("token", &format!("{secret}x")), ("token_type_hint", secret)]).await,
        );
        told.push(ann.get(&Request::of(&world.client).with("scope", secret).with("login_hint", secret).without("state").path()).await);
    }
    for answer in &told {
        assert_absent("an answer", answer.text.as_bytes(), &secrets);
        assert_absent("a header", format!("{:?}", answer.headers).as_bytes(), &secrets);
    }
    world.app.node.authority.flush_usage(usize::MAX).await.expect("written");
    let mut searched = 0;
    for path in files(world.app.data()) {
        let bytes = std::fs::read(&path).expect("a file");
        searched += bytes.len();
        assert_absent(&path.display().to_string(), &bytes, &secrets);
    }
    assert!(searched > 10_000, "the database was searched");
    tracing::info!("the log is captured");
    let log = log.text();
    assert!(String::from_utf8_lossy(&log).contains("the log is captured"));
    assert_absent("the log", &log, &secrets);
}

/// By which a proxy would tell who a caller is; Poort takes none of them.
const POSED: [(&str, &str); 10] = [
    ("x-client-cert", "MIIB"),
    ("x-ssl-client-cert", "MIIB"),
    ("ssl-client-verify", "SUCCESS"),
    ("x-ssl-client-verify", "SUCCESS"),
    ("client-cert", ":MIIB:"),
    ("x-forwarded-client-cert", "Hash=00;Subject=\"CN=acme\""),
    ("x-forwarded-user", "ann@example.org"),
    ("x-remote-user", "ann@example.org"),
    ("remote-user", "ann@example.org"),
    ("poort-permissions", "privacy:workspaces:write"),
];

/// CA-16.
#[tokio::test]
async fn rfc9700_28_nobody_is_somebody_by_a_header() {
    let world = World::start().await;
    let subject = ("poort-subject", world.ann.as_str());
    let lies = || POSED.into_iter().chain([subject]);
    let with_lies = |call: testkit::Call| lies().fold(call, |call, (name, value)| call.header(name, value));
    let asked = |call: testkit::Call| call.header("x-forwarded-method", "GET").header("x-forwarded-uri", "/workspaces");
    let forward = || with_lies(asked(world.app.call("GET", "/forward-auth/privacy")));
    forward().send().await.expect(401);
    with_lies(world.app.call("GET", "/api/v1/people")).send().await.expect(401);
    with_lies(world.app.call("GET", "/connect/userinfo")).send().await.expect(401);
    let form = |fields: &[(&str, &str)]| {
        let call = world.app.call("POST", "/connect/token").header("content-type", "application/x-www-form-urlencoded");
        with_lies(call.bytes(testkit::encoded(fields).into_bytes()))
    };
    let named = [("grant_type", "client_credentials"), ("client_id", &*world.client.id)];
    assert_eq!(form(&named).send().await.expect(401).member("/error"), "invalid_client");
    let mut nobody = Visitor::new(&world.app);
    nobody.headers = lies().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    nobody.get("/en/profile/sign-in").await.expect(303);
    // Who is somebody is told as who they are.
    let own = world.client(|definition| definition.grant_types.push(domain::client::GrantType::ClientCredentials)).await;
    let secret = own.secret.clone().expect("a secret");
    let token = form(&[("grant_type", "client_credentials"), ("scope", "reading")]).header("authorization", &basic(&own.id, &secret));
    let token = token.send().await.expect(200).member("/access_token");
    let passed = forward().token(&token).send().await.expect(200);
    for (name, value) in lies() {
        assert!(passed.headers.get_all(name).iter().all(|told| told.as_bytes() != value.as_bytes()), "{name}: {value}");
    }
}
