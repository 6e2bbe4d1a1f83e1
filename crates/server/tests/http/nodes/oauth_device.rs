//! A device whose code was begun on one node, typed on another and asked about on all of them.

use super::oauth::*;
use super::*;

use authority::{DeviceAnswer, DeviceAnswered, Typed};
use domain::authorization::Authorization;
use domain::client::GrantType;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_device_begins_on_one_node_is_answered_on_another_and_gets_its_tokens_once() {
    let cloud = Cloud::start(3).await;
    let client = cloud
        .client(|client| {
            client.redirect_uris = Some(vec![]);
            client.grant_types = Some(vec![GrantType::DeviceCode]);
        })
        .await;
    let basic = client.basic();
    let fields = [("scope", "openid shop")];
    let begun = cloud.nodes[0].post("/connect/deviceauthorization", &[("authorization", &basic)], &fields).await.expect(200);
    let (device_code, user_code) = (begun.member("/device_code"), begun.member("/user_code"));
    let ask = [("grant_type", GRANT), ("device_code", device_code.as_str())];
    refused(&cloud.nodes[2].token(&client, &ask).await, "authorization_pending");
    refused(&cloud.nodes[1].token(&client, &ask).await, "slow_down");

    let answering = cloud.nodes[1].authority();
    let typed = answering.device_typed(&user_code, (cloud.person, [192, 0, 2, 1].into()), SystemClock.now()).await.expect("asked");
    let Typed::Waiting(device) = typed else { panic!("it waits") };
    let authorization = Authorization {
        redirect_uri: None,
        scope: device.asked.scope.clone(),
        resources: vec![],
        nonce: None,
        code_challenge: None,
        key_thumbprint: None,
        session: None,
        auth_time: SystemClock.now(),
        acr: None,
        amr: vec!["pwd".to_owned()],
    };
    let answer =
        DeviceAnswer { digest: device.digest, key: client.key, person: cloud.person, allowed: Some((cloud.membership, authorization)) };
    assert_eq!(answering.answer_device(&cloud.context(), answer).await.expect("answered"), DeviceAnswered::Done);
    cloud.settle().await;

    // It was told to wait ten seconds: whoever asks sooner is too fast, on whatever node.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let won = cloud.nodes[2].token(&client, &ask).await.expect(200).member("/access_token");
    assert_eq!(cloud.says(&won).await, [(true, true, 200); 3]);
    // Once: asking again on another node is a replay, and ends what came of it on all of them.
    refused(&cloud.nodes[0].token(&client, &ask).await, "invalid_grant");
    assert_eq!(cloud.says(&won).await, [(false, false, 401); 3]);
}
