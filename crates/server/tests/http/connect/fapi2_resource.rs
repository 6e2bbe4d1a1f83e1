//! FAPI 2.0 Security Profile and RFC 9449 where tokens are used: userinfo, APIs behind a proxy, APIs that ask.

use serde_json::{Value, json};
use testkit::Answer;

use super::fapi::*;
use super::signer::{Signer, with};

/// Where the API's callers reach it: the origin of its resource identifier.
const API: &str = "https://api.example/workspaces";

/// A client with an access token, and the API's own credential.
struct Held {
    fapi: Fapi,
    token: String,
    credential: String,
}

impl Held {
    async fn start() -> Self {
        let fapi = Fapi::start().await;
        let token = fapi.tokens().await.member("/access_token");
        let credential = fapi.api_credential().await;
        Self { fapi, token, credential }
    }

    /// Asks userinfo with these headers.
    async fn userinfo(&self, headers: &[(&str, &str)]) -> Answer {
        let call = self.fapi.world.app.call("GET", "/connect/userinfo");
        headers.iter().fold(call, |call, (name, value)| call.header(name, value)).send().await
    }

    /// A proxy asks with the headers of a request for [`API`].
    async fn forward(&self, headers: &[(&str, &str)]) -> Answer {
        let own = [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/workspaces?page=1"), ("x-forwarded-proto", "https")];
        let call = self.fapi.world.app.call("GET", "/forward-auth/privacy");
        own.iter().chain(headers).fold(call, |call, (name, value)| call.header(name, value)).send().await
    }

    /// The API asks about a request for [`API`].
    async fn verify(&self, authorization: &str, dpop: Option<Value>) -> Value {
        let mut body = json!({"authorization": authorization, "permission": "privacy:workspaces:read"});
        if let Some(dpop) = dpop {
            body["dpop"] = dpop;
        }
        self.fapi.world.app.call("POST", "/api/v1/verify").token(&self.credential).json(&body).send().await.expect(200).json()
    }

    fn dpop(&self) -> String {
        format!("DPoP {}", self.token)
    }

    fn proof_at(&self, url: &str) -> Value {
        with(&self.fapi.proof("GET", url), "ath", ath(&self.token))
    }

    fn proven(&self, claims: &Value) -> String {
        self.fapi.prove(&self.fapi.holder, claims)
    }
}

#[track_caller]
fn challenged(answer: &Answer, scheme: &str, error: &str) {
    assert_eq!(answer.status, if error == "insufficient_scope" { 403 } else { 401 }, "{}", answer.text);
    let challenges: Vec<&str> = answer.headers.get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok()).collect();
    let said = challenges.iter().any(|value| value.starts_with(scheme) && value.contains(&format!("error=\"{error}\"")));
    assert!(said, "{challenges:?}");
    if scheme == "DPoP" {
        assert!(challenges.iter().any(|value| value.contains("algs=\"ES256 ")), "{challenges:?}");
    }
}

#[tokio::test]
async fn fapi_07_tokens_are_given_to_whoever_proves_a_key_only() {
    let fapi = Fapi::start().await;
    let code = fapi.code().await;
    refused(&fapi.asserted(TOKEN, &fapi.signed_assertion(), &redeeming(&code)).await, 400, "invalid_dpop_proof");
    let tokens = fapi.redeem(&code).await.expect(200);
    assert_eq!(tokens.member("/token_type"), "DPoP");
    let refresh = tokens.member("/refresh_token");
    refused(&fapi.asserted(TOKEN, &fapi.signed_assertion(), &refreshing(&refresh)).await, 400, "invalid_dpop_proof");
}

/// FAPI-31, 9449-08, 9449-12, 9449-13.
#[tokio::test]
async fn fapi_27_userinfo_takes_the_token_in_the_header_with_its_proof() {
    let held = Held::start().await;
    let url = format!("{}/connect/userinfo", held.fapi.world.issuer());
    let (good, dpop) = (held.proof_at(&url), held.dpop());
    held.userinfo(&[("authorization", &dpop), ("dpop", &held.proven(&good))]).await.expect(200);
    let fresh = || with(&good, "jti", held.fapi.name());
    let wrong = [
        with(&fresh(), "ath", ath("another token")),
        with(&fresh(), "ath", Value::Null),
        with(&fresh(), "htm", "POST"),
        with(&fresh(), "htu", API),
        with(&fresh(), "iat", held.fapi.now() - 600),
        good.clone(),
    ];
    for claims in wrong {
        let answer = held.userinfo(&[("authorization", &dpop), ("dpop", &held.proven(&claims))]).await;
        challenged(&answer, "DPoP", "invalid_token");
    }
    let other = held.fapi.prove(&Signer::es256(), &fresh());
    challenged(&held.userinfo(&[("authorization", &dpop), ("dpop", &other)]).await, "DPoP", "invalid_token");
    challenged(&held.userinfo(&[("authorization", &dpop)]).await, "DPoP", "invalid_token");
    let two = [held.proven(&fresh()), held.proven(&fresh())];
    challenged(&held.userinfo(&[("authorization", &dpop), ("dpop", &two[0]), ("dpop", &two[1])]).await, "DPoP", "invalid_token");
    let bearer = format!("Bearer {}", held.token);
    for headers in [vec![], vec![("dpop", held.proven(&fresh()))]] {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = held.userinfo(&[&[("authorization", bearer.as_str())], headers.as_slice()].concat()).await;
        challenged(&answer, "DPoP", "invalid_token");
    }
    let nothing = held.userinfo(&[]).await.expect(401);
    let schemes: Vec<&str> =
        nothing.headers.get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok()?.split(' ').next()).collect();
    assert_eq!(schemes, ["Bearer", "DPoP"]);
}

#[tokio::test]
async fn fapi_28_no_token_is_taken_from_a_url() {
    let held = Held::start().await;
    let url = format!("{}/connect/userinfo", held.fapi.world.issuer());
    let proof = held.proven(&held.proof_at(&url));
    let path = format!("/connect/userinfo?access_token={}", held.token);
    let asked = held.fapi.world.app.call("GET", &path).header("dpop", &proof).send().await;
    assert!(matches!(asked.status, 400 | 401), "{}", asked.text);
    let uri = format!("/workspaces?access_token={}", held.token);
    let call = held.fapi.world.app.call("GET", "/forward-auth/privacy").header("x-forwarded-method", "GET");
    let proof = held.proven(&held.proof_at(API));
    call.header("x-forwarded-uri", &uri).header("x-forwarded-proto", "https").header("dpop", &proof).send().await.expect(401);
}

#[tokio::test]
async fn fapi_29_what_was_revoked_is_refused_at_once() {
    let held = Held::start().await;
    let (dpop, other) = (held.dpop(), held.fapi.tokens().await);
    let proven = || held.proven(&with(&held.proof_at(API), "jti", held.fapi.name()));
    held.forward(&[("authorization", &dpop), ("dpop", &proven())]).await.expect(200);
    held.fapi.send("/connect/revocation", &[("token", &held.token)]).await.expect(200);
    challenged(&held.forward(&[("authorization", &dpop), ("dpop", &proven())]).await, "Bearer", "invalid_token");
    let forged = format!("{}x", other.member("/access_token"));
    challenged(&held.forward(&[("authorization", &format!("DPoP {forged}")), ("dpop", &proven())]).await, "Bearer", "invalid_token");
    let held = Held { token: other.member("/access_token"), ..held };
    let proof = held.proven(&held.proof_at(API));
    held.forward(&[("authorization", &held.dpop()), ("dpop", &proof)]).await.expect(200);
    held.fapi.world.app.clock.advance(std::time::Duration::from_secs(3_601));
    let late = held.proven(&held.proof_at(API));
    challenged(&held.forward(&[("authorization", &held.dpop()), ("dpop", &late)]).await, "Bearer", "invalid_token");
}

#[tokio::test]
async fn fapi_30_a_token_that_is_not_enough_is_told_so() {
    let fapi = Fapi::start().await;
    let pushed = fapi.push(&fapi.request().with("scope", "reading offline_access")).await.expect(201);
    let code = fapi.allowed(&mut fapi.world.ann().await, &pushed).await.get("code").to_owned();
    let token = fapi.redeem(&code).await.expect(200).member("/access_token");
    let held = Held { credential: fapi.api_credential().await, fapi, token };
    let url = format!("{}/connect/userinfo", held.fapi.world.issuer());
    let answer = held.userinfo(&[("authorization", &held.dpop()), ("dpop", &held.proven(&held.proof_at(&url)))]).await;
    challenged(&answer, "Bearer", "insufficient_scope");
    let dpop = json!({"proof": held.proven(&held.proof_at(API)), "method": "GET", "uri": API});
    let body = json!({"authorization": held.dpop(), "permission": "privacy:workspaces:write", "dpop": dpop});
    let asked = held.fapi.world.app.call("POST", "/api/v1/verify").token(&held.credential).json(&body).send().await.expect(200).json();
    assert_eq!((&asked["allowed"], &asked["status"], &asked["reason"]), (&json!(false), &json!(403), &json!("permission_missing")));
}

/// 9449-08, 9449-13.
#[tokio::test]
async fn fapi_31_an_api_behind_a_proxy_lets_in_whoever_holds_the_key() {
    let held = Held::start().await;
    let (dpop, fresh) = (held.dpop(), || with(&held.proof_at(API), "jti", held.fapi.name()));
    held.forward(&[("authorization", &dpop), ("dpop", &held.proven(&fresh()))]).await.expect(200);
    let wrong = [
        with(&fresh(), "htu", "https://api.example/other"),
        with(&fresh(), "htu", "https://elsewhere.example/workspaces"),
        with(&fresh(), "htm", "PUT"),
        with(&fresh(), "ath", ath("another token")),
        with(&fresh(), "iat", held.fapi.now() + 61),
    ];
    for claims in wrong {
        let headers = [("authorization", dpop.as_str()), ("dpop", &held.proven(&claims)), ("x-forwarded-host", "elsewhere.example")];
        challenged(&held.forward(&headers).await, "DPoP", "invalid_token");
    }
    let other = held.fapi.prove(&Signer::es256(), &fresh());
    challenged(&held.forward(&[("authorization", &dpop), ("dpop", &other)]).await, "DPoP", "invalid_token");
    challenged(&held.forward(&[("authorization", &dpop)]).await, "DPoP", "invalid_token");
    let bearer = format!("Bearer {}", held.token);
    challenged(&held.forward(&[("authorization", &bearer), ("dpop", &held.proven(&fresh()))]).await, "DPoP", "invalid_token");
    let two = [held.proven(&fresh()), held.proven(&fresh())];
    held.forward(&[("authorization", &dpop), ("dpop", &two[0]), ("dpop", &two[1])]).await.expect(401);
}

/// FAPI-31, FAPI-32.
#[tokio::test]
async fn an_api_that_asks_tells_of_the_proof() {
    let held = Held::start().await;
    let told = |proof: String| json!({"proof": proof, "method": "GET", "uri": format!("{API}?page=1")});
    let fresh = || with(&held.proof_at(API), "jti", held.fapi.name());
    let good = held.verify(&held.dpop(), Some(told(held.proven(&fresh())))).await;
    assert_eq!((&good["allowed"], &good["client"]), (&json!(true), &json!(held.fapi.client.id)), "{good}");
    let other = held.fapi.prove(&Signer::es256(), &fresh());
    let elsewhere = held.proven(&with(&fresh(), "htu", "https://api.example/other"));
    for dpop in [None, Some(told(other)), Some(told(elsewhere)), Some(told("x".to_owned()))] {
        let said = held.verify(&held.dpop(), dpop).await;
        assert_eq!((&said["allowed"], &said["status"], &said["reason"]), (&json!(false), &json!(401), &json!("proof_missing")));
    }
    let bearer = held.verify(&format!("Bearer {}", held.token), Some(told(held.proven(&fresh())))).await;
    assert_eq!((&bearer["allowed"], &bearer["reason"]), (&json!(false), &json!("proof_missing")));
    // A key of RSA may be held, but not be used with RS256.
    let fapi = Fapi { holder: Signer::new("PS256"), ..held.fapi };
    let token = fapi.tokens().await.member("/access_token");
    let held = Held { fapi, token, credential: held.credential };
    let good = held.verify(&held.dpop(), Some(told(held.proven(&held.proof_at(API))))).await;
    assert_eq!(good["allowed"], true);
    let Held { fapi, token, credential } = held;
    let fapi = Fapi { holder: fapi.holder.with_algorithm("RS256"), ..fapi };
    let held = Held { fapi, token, credential };
    let weak = held.verify(&held.dpop(), Some(told(held.proven(&held.proof_at(API))))).await;
    assert_eq!((&weak["allowed"], &weak["reason"]), (&json!(false), &json!("proof_missing")));
}
