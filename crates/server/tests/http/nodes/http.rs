//! `GET /api/v1/nodes`, `/readyz` and the doctor.

use super::*;

use server::edge::{Edge, Limits, Sites};
use tokio::net::TcpListener;
use tokio::sync::watch;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn operators_see_the_nodes_and_a_node_without_a_lease_is_not_ready() {
    let cluster = Cluster::start();
    let (one, two) = (cluster.member().await, cluster.member().await);
    let operator = std::fs::read_to_string(server::node::operator_token_file(&one.node.config)).expect("the operator token");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let edge = Edge::new(Arc::new(SystemClock), &SystemEntropy, Limits::default(), server::serve::guard(&one.node).expect("a guard"))
        .expect("an edge");
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(edge.serve(listener, None, Sites::one(server::serve::site(&one.node).expect("a site")), stopped));
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let nodes = async || {
        let asked = client.get(format!("{url}/api/v1/nodes")).bearer_auth(operator.trim()).send().await.expect("an answer");
        assert_eq!(asked.status(), 200);
        let text = asked.text().await.expect("text");
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON")["items"].as_array().expect("items").clone()
    };
    let seen = nodes().await;
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|node| node["live"] == true && node["lease_number"].as_i64() > Some(0)), "{seen:?}");
    assert!(seen.iter().all(|node| node["lease_milliseconds"] == LEASE.as_millis() as u64), "{seen:?}");
    assert!(seen.iter().all(|node| node["acknowledged"].as_i64() > Some(0)), "{seen:?}");
    assert_eq!(seen.iter().filter(|node| node["answering"] == true).count(), 1);
    two.node.stop().await;
    assert_eq!(nodes().await.iter().filter(|node| node["live"] == true).count(), 1);
    assert_eq!(client.get(format!("{url}/readyz")).send().await.expect("an answer").status(), 200);
    one.freeze();
    tokio::time::sleep(LEASE + LEASE / 4).await;
    assert_eq!(client.get(format!("{url}/readyz")).send().await.expect("an answer").status(), 503);
    let refused = client.get(format!("{url}/api/v1/nodes")).bearer_auth(operator.trim()).send().await.expect("an answer");
    assert_eq!(refused.status(), 503);
}
