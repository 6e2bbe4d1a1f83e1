//! A process is killed: what was used up, rotated or ended before stays so, and what was issued goes on.

use super::oauth::*;
use super::processes::Process;
use super::*;

use authority::{Purpose, Which};
use testkit::Answer;

/// For how long a refresh token that was exchanged gives the same successor once more, here.
const OVERLAP: Duration = Duration::from_secs(2);

async fn token(process: &Process, client: &Party, fields: &[(&str, &str)]) -> Answer {
    post(&process.client, &format!("{}/connect/token", process.url), &[("authorization", &client.basic())], fields).await
}

async fn refresh(process: &Process, client: &Party, token_text: &str) -> Answer {
    token(process, client, &[("grant_type", "refresh_token"), ("refresh_token", token_text)]).await
}

async fn is_active(process: &Process, cloud: &Cloud, text: &str) -> bool {
    let bearer = format!("Bearer {}", cloud.shop);
    let url = format!("{}/connect/introspect", process.url);
    post(&process.client, &url, &[("authorization", &bearer)], &[("token", text)]).await.expect(200).json()["active"] == true
}

/// Whether somebody is signed in, in the browser with this secret.
async fn is_signed_in(process: &Process, secret: &str) -> bool {
    let cookie = format!("poort-session={secret}");
    let answer = send(&process.client, ("GET", &format!("{}/sessions", process.url)), &[("cookie", &cookie)], String::new()).await;
    answer.status == 200 && answer.text.contains("name=\"end\"")
}

/// RT-04, and the same for codes, single tokens, sessions, and the keys that access tokens are sealed under.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rt_04_what_was_used_up_or_ended_before_a_kill_stays_so_after_the_restart() {
    let cloud = Cloud::start(1).await;
    let client = cloud.client(|client| client.rotates_refresh_tokens = Some(Some(true))).await;
    let (used, unused, replayed) = (cloud.code(&client, None).await, cloud.code(&client, None).await, cloud.code(&client, None).await);
    let ((kept, kept_secret), (ended, ended_secret)) = (cloud.session().await, cloud.session().await);
    let overlap = OVERLAP.as_secs().to_string();
    let settings = [("POORT_REFRESH_OVERLAP_SECONDS", overlap.as_str())];
    let mut process = Process::start_with(&cloud.cluster, "killed", &settings).await;

    let first = token(&process, &client, &redemption(&used)).await.expect(200);
    let (access, old) = (first.member("/access_token"), first.member("/refresh_token"));
    let new = refresh(&process, &client, &old).await.expect(200).member("/refresh_token");
    let over = token(&process, &client, &[("grant_type", "client_credentials"), ("scope", "shop")]).await.expect(200);
    let over = over.member("/access_token");
    let spared = token(&process, &client, &redemption(&replayed)).await.expect(200);
    let url = format!("{}/connect/revocation", process.url);
    post(&process.client, &url, &[("authorization", &client.basic())], &[("token", &over)]).await.expect(200);
    cloud.first().end_sessions(&cloud.context(), cloud.person, Which::One(ended)).await.expect("ended");
    assert!(is_signed_in(&process, &kept_secret).await && !is_signed_in(&process, &ended_secret).await, "{kept}");
    cloud.first().rotate_server_key(&cloud.context(), Purpose::AccessTokens).await.expect("rotated");

    process.child.kill().expect("killed");
    process.child.wait().expect("gone");
    let process = Process::start_with(&cloud.cluster, "killed", &settings).await;

    assert!(is_active(&process, &cloud, &access).await, "sealed under the key before, by a process that is gone");
    assert!(!is_active(&process, &cloud, &over).await, "a single token that was ended");
    assert!(is_signed_in(&process, &kept_secret).await && !is_signed_in(&process, &ended_secret).await);
    token(&process, &client, &redemption(&unused)).await.expect(200);
    refused(&token(&process, &client, &redemption(&replayed)).await, "invalid_grant");
    assert!(!is_active(&process, &cloud, &spared.member("/access_token")).await, "a replay ends what came of the code");
    let newest = refresh(&process, &client, &new).await.expect(200);
    assert!(is_active(&process, &cloud, &newest.member("/access_token")).await);
    // Once the time is over in which it gives its successor again.
    tokio::time::sleep(OVERLAP).await;
    refused(&refresh(&process, &client, &old).await, "invalid_grant");
    refused(&refresh(&process, &client, &newest.member("/refresh_token")).await, "invalid_grant");
    for text in [&access, &newest.member("/access_token")] {
        assert!(!is_active(&process, &cloud, text).await, "its family has ended");
    }
}
