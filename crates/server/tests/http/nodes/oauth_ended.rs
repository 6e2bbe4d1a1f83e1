//! What is ended on one node is refused by every other when the call has returned: for all that an access token hangs from.

use super::oauth::*;

use authority::{Caller, Page, Which};

const GOOD: (bool, bool, u16) = (true, true, 200);
const OVER: (bool, bool, u16) = (false, false, 401);

/// REV-01.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_of_one_node_works_on_all_at_once_and_ends_on_all_at_once() {
    let cloud = Cloud::start(3).await;
    for what in ["token", "private key", "tokens of the key", "key", "grant", "session", "person"] {
        let client = cloud.client(|client| client.rotates_refresh_tokens = Some(Some(false))).await;
        let (session, _) = cloud.session().await;
        let code = cloud.code(&client, Some(session)).await;
        let made = cloud.nodes[1].redeem(&client, &code).await.expect(200);
        let (token, refresh) = (made.member("/access_token"), made.member("/refresh_token"));
        assert_eq!(cloud.says(&token).await, [GOOD; 3], "{what}: a token of the second node, at once");
        end(&cloud, what, &client, &token).await;
        // Nothing waits in between: the first question after the answer counts.
        assert_eq!(cloud.says(&token).await, [OVER; 3], "{what}");
        let still_refreshes = what == "token" || what == "tokens of the key";
        for node in &cloud.nodes {
            let answer = node.refresh(&client, &refresh).await;
            assert_eq!(answer.status == 200, still_refreshes, "{what}: {}", answer.text);
        }
    }
}

async fn end(cloud: &Cloud, what: &str, client: &Party, token: &str) {
    let (authority, context) = (cloud.first(), cloud.context());
    match what {
        "token" => {
            let headers = [("authorization", client.basic())];
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            cloud.nodes[0].post("/connect/revocation", &headers, &[("token", token)]).await.expect(200);
        }
        "private key" => {
            let known = authority.verifier().client_of(&client.key).expect("a lease").expect("a client");
            let id = known.client.private_keys[0].id;
            authority.revoke_private_key(&context, client.key, id).await.map(drop).expect("ended");
        }
        "tokens of the key" => authority.end_access_tokens_of_key(&context, client.key).await.map(drop).expect("ended"),
        "key" => authority.revoke_organisation_key(&context, client.key).await.map(drop).expect("ended"),
        "grant" => {
            let operator = Caller::Operator { credential: client.key };
            let grants = authority.grants_of(&operator, cloud.person, Page::first(50)).await.expect("listed");
            let grant = grants.iter().find(|grant| grant.key == client.key && grant.ended_at.is_none()).expect("a grant");
            authority.end_grant(&context, grant.id).await.map(drop).expect("ended");
        }
        "session" => authority.end_sessions(&context, cloud.person, Which::All).await.map(drop).expect("ended"),
        _ => authority.suspend_person(&context, cloud.person, true).await.map(drop).expect("suspended"),
    }
}
