//! A client's assertion and its DPoP proof count once, on whichever node they are shown.

use super::*;

use authority::{ClientRequest, NewOrganisation, NewOrganisationKey};
use domain::client::{ClientAuthentication, GrantType};
use jose::{Algorithm, SigningKey};
use serde_json::json;
use server::edge::{Edge, Limits, Sites};
use tokio::net::TcpListener;
use tokio::sync::watch;

const ISSUER: &str = "https://account.example";

/// Serves a node; gives its base URL.
async fn served(member: &Member, stopped: watch::Receiver<bool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let guard = server::serve::guard(&member.node).expect("a guard");
    let edge = Edge::new(Arc::new(SystemClock), &SystemEntropy, Limits::default(), guard).expect("an edge");
    tokio::spawn(edge.serve(listener, None, Sites::one(server::serve::site(&member.node).expect("a site")), stopped));
    url
}

async fn client(member: &Member, key: &SigningKey) -> String {
    let authority = &member.node.authority;
    let organisation = NewOrganisation { name: Name::new("Acme").expect("a name") };
    let organisation = authority.create_organisation(&member.context(), organisation).await.expect("made").value.id;
    let client = ClientRequest {
        name: Some(Name::new("Planner").expect("a name")),
        jwks: Some(Some(json!({"keys": [key.public().to_jwk()]}))),
        authentication: Some(vec![ClientAuthentication::PrivateKeyJwt]),
        grant_types: Some(vec![GrantType::ClientCredentials]),
        ..ClientRequest::default()
    };
    let new = NewOrganisationKey { workspace: None, client, contact: None, private_key_ends_at: None };
    authority.create_organisation_key(&member.context(), organisation, new).await.expect("made").value.key.definition.client_id
}

/// CA-08: also after a node has started anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_assertion_and_a_proof_count_once_on_all_nodes() {
    let cluster = Cluster::start();
    let public = |config: &mut Config| {
        config.lease_milliseconds = 20_000;
        config.public_url = ISSUER.to_owned();
    };
    let (one, two) =
        (cluster.member_with(&cluster.postgres.url(), public).await, cluster.member_with(&cluster.postgres.url(), public).await);
    let (_stop, stopped) = watch::channel(false);
    let urls = [served(&one, stopped.clone()).await, served(&two, stopped.clone()).await];
    let pkcs8 = SigningKey::generate(Algorithm::ES256, &SystemEntropy).expect("a key");
    let key = SigningKey::from_pkcs8(Algorithm::ES256, pkcs8.expose()).expect("a key");
    let id = client(&one, &key).await;
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let now = SystemClock.now().unix_seconds();
    let assertion = |jti: &str| {
        let claims = json!({"iss": id, "sub": id, "aud": ISSUER, "iat": now, "exp": now + 300, "jti": jti}).to_string();
        key.compact(&json!({"alg": "ES256", "kid": key.kid()}).to_string(), claims.as_bytes()).expect("signed")
    };
    let proof = |jti: &str| {
        let jwk = key.public().to_jwk();
        let claims = json!({"jti": jti, "htm": "POST", "htu": format!("{ISSUER}/connect/token"), "iat": now}).to_string();
        key.compact(&json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": jwk}).to_string(), claims.as_bytes()).expect("signed")
    };
    let ask = async |url: &str, assertion: &str, proof: &str| {
        let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        let form = format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={assertion}");
        let call = http.post(format!("{url}/connect/token")).header("content-type", "application/x-www-form-urlencoded");
        let answer = call.header("dpop", proof).body(form).send().await.expect("an answer");
        let (status, text) = (answer.status().as_u16(), answer.text().await.expect("text"));
        let said: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        (status, said["error"].as_str().unwrap_or_default().to_owned())
    };
    // An API is asked for by nobody here: what a good request is refused for is its scope.
    let good = (400, "invalid_scope".to_owned());
    assert_eq!(ask(&urls[0], &assertion("a1"), &proof("p1")).await, good);
    for url in &urls {
        assert_eq!(ask(url, &assertion("a1"), &proof("p2")).await, (401, "invalid_client".to_owned()));
    }
    assert_eq!(ask(&urls[1], &assertion("a2"), &proof("p1")).await, (400, "invalid_dpop_proof".to_owned()));
    let (both, proofs) = (assertion("a3"), [proof("p3"), proof("p4")]);
    let (first, second) = tokio::join!(ask(&urls[0], &both, &proofs[0]), ask(&urls[1], &both, &proofs[1]));
    let taken = [&first, &second].iter().filter(|answer| ***answer == good).count();
    assert_eq!(taken, 1, "{first:?} {second:?}");
    let three = cluster.member_with(&cluster.postgres.url(), public).await;
    let url = served(&three, stopped).await;
    assert_eq!(ask(&url, &assertion("a1"), &proof("p5")).await, (401, "invalid_client".to_owned()));
    assert_eq!(ask(&url, &assertion("a4"), &proof("p5")).await, good);
}
