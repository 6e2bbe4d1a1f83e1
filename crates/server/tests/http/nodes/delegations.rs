//! A delegation that is closed on one node while 200 requests are in flight on three: none that starts after the answer is
//! allowed, on any of them.

use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use server::edge::{Edge, Limits, Sites};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::*;

const IN_FLIGHT: usize = 200;
const ROUNDS: usize = 5;

/// Three nodes behind HTTP, and an operator.
struct Served {
    _members: Vec<Member>,
    urls: Vec<String>,
    operator: String,
    client: reqwest::Client,
    _stop: watch::Sender<bool>,
}

impl Served {
    async fn start(cluster: &Cluster) -> Self {
        let members = vec![cluster.patient().await, cluster.patient().await, cluster.patient().await];
        let operator = std::fs::read_to_string(server::node::operator_token_file(&members[0].node.config)).expect("the operator token");
        let (stop, stopped) = watch::channel(false);
        let mut urls = Vec::new();
        for member in &members {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            urls.push(format!("http://{}", listener.local_addr().expect("an address")));
            let guard = server::serve::guard(&member.node).expect("a guard");
            let edge = Edge::new(Arc::new(SystemClock), &SystemEntropy, Limits::default(), guard).expect("an edge");
            let sites = Sites::one(server::serve::site(&member.node).expect("a site"));
            tokio::spawn(edge.serve(listener, None, sites, stopped.clone()));
        }
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { _members: members, urls, operator: operator.trim().to_owned(), client, _stop: stop }
    }

    async fn post(&self, node: usize, token: &str, path: &str, body: Value) -> Value {
        let call = self.client.post(format!("{}{path}", self.urls[node])).bearer_auth(token);
        let answer = call.header("content-type", "application/json").body(body.to_string()).send().await.expect("an answer");
        let (status, text) = (answer.status(), answer.text().await.expect("text"));
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Makes something on the first node; gives a member of the answer.
    async fn make(&self, path: &str, body: Value, member: &str) -> String {
        self.post(0, &self.operator, path, body).await[member].as_str().expect("text").to_owned()
    }

    /// An organisation with a token: its id, and how the token is presented.
    async fn party(&self, name: &str) -> (String, String) {
        let id = self.make("/api/v1/organisations", json!({"name": name}), "id").await;
        let path = format!("/api/v1/organisations/{id}/organisation-tokens");
        let made = self.post(0, &self.operator, &path, json!({"api": "survey", "username": name, "description": "field teams"})).await;
        let basic = testkit::basic(made["username"].as_str().expect("text"), made["code"].as_str().expect("text"));
        (id, basic)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_closing_on_one_node_is_refused_by_all_when_it_is_answered() {
    let cluster = Cluster::start();
    let served = Arc::new(Served::start(&cluster).await);
    let definition = json!({
        "name": "survey", "title": "Survey", "presentations": ["basic"], "credentials": ["organisation_token"],
        "permissions": [{"name": "survey:deliveries:create", "title": "Create deliveries"}]
    });
    served.make("/api/v1/apis", definition, "name").await;
    let survey = served.make("/api/v1/apis/survey/credentials", json!({"description": "itself"}), "secret").await;
    let holder = served.make("/api/v1/organisations", json!({"name": "Holder"}), "id").await;
    let workspaces = format!("/api/v1/organisations/{holder}/workspaces");
    served.make(&workspaces, json!({"number": "1255", "name": "North"}), "id").await;
    let (supplier, sub) = (served.party("supplier").await, served.party("sub").await);
    let mut allowed_before = 0;
    for round in 0..ROUNDS {
        let given = json!({
            "workspace": "1255", "api": "survey", "to": supplier.0, "kind": "delivering", "permissions": "all", "may_pass_on": true,
            "description": "field work"
        });
        let top = served.make("/api/v1/delegations", given, "id").await;
        served.make("/api/v1/delegations", json!({"parent": top, "to": sub.0, "description": "passed on"}), "id").await;
        let closed = Arc::new(AtomicBool::new(false));
        let racing: Vec<JoinHandle<(u64, u64)>> = (0..IN_FLIGHT)
            .map(|number| {
                let basic = if number % 2 == 0 { &supplier.1 } else { &sub.1 };
                race(served.clone(), (number % 3, survey.clone(), basic.clone()), closed.clone())
            })
            .collect();
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let path = format!("/api/v1/delegations/{top}/closures");
        let answer = served.post(round % 3, &served.operator, &path, json!({})).await;
        closed.store(true, Ordering::SeqCst);
        assert_eq!((&answer["closed"], &answer["receipt"]["nodes"], &answer["receipt"]["confirmed"]), (&json!(2), &json!(3), &json!(3)));
        for race in racing {
            let (stale, before) = race.await.expect("a race");
            assert_eq!(stale, 0, "round {round}");
            allowed_before += before;
        }
    }
    assert!(allowed_before > IN_FLIGHT as u64, "races in which nothing was allowed before prove nothing");
}

/// Asks one node until some time after the closing; gives how many that began after it were allowed, and how many before.
fn race(served: Arc<Served>, (node, survey, basic): (usize, String, String), closed: Arc<AtomicBool>) -> JoinHandle<(u64, u64)> {
    tokio::spawn(async move {
        let question = json!({"authorization": basic, "permission": "survey:deliveries:create", "workspace": "1255"});
        let (mut stale, mut before, mut after) = (0, 0, 0);
        while after < 3 {
            let over = closed.load(Ordering::SeqCst);
            let allowed = served.post(node, &survey, "/api/v1/verify", question.clone()).await["allowed"] == true;
            after += u64::from(over);
            stale += u64::from(over && allowed);
            before += u64::from(!over && allowed);
        }
        (stale, before)
    })
}
