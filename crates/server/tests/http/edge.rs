//! The edge by raw sockets: hosts, headers, bodies, pipelines, slow callers and the stop.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use server::edge::{BodyBounds, Code, Context, Edge, Limits, Problem, Site, Sites, body};
use server::system::{SystemClock, SystemEntropy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::gate::Gate;
use crate::raw::{Answer, PATIENCE, request, send};

fn router() -> Router {
    let read = |body: Body| async move { body::read(body).await.map(|bytes| bytes.len().to_string()) };
    Router::new()
        .route("/", get(|context: Context| async move { context.request_id.to_string() }))
        .route("/read", post(read))
        .route("/panic", get(panics))
        .route("/problem", get(|| async { Problem::new(Code::Conflict).detail("twice").error("name", "is taken") }))
        .route("/slow", get(|| async { tokio::time::sleep(Duration::from_millis(300)).await }))
}

async fn panics() -> Body {
    panic!("a secret of the handler")
}

async fn gate() -> Gate {
    Gate::start_with(Limits::default(), &["127.0.0.0/8"], router()).await
}

async fn one(gate: &Gate, text: &str) -> Answer {
    let mut answers = send(gate.address, text.as_bytes()).await;
    assert_eq!(answers.len(), 1, "{text}: {answers:?}");
    answers.remove(0)
}

#[tokio::test]
async fn a_request_names_one_host() {
    let gate = gate().await;
    for hosts in [
        "",
        "Host: a\r\nHost: a\r\n",
        "Host: a\r\nHost: b\r\n",
        "Host:\r\n",
        "Host: user@host\r\n",
        "Host: host/path\r\n",
        "Host: a,b\r\n",
        "Host: a b\r\n",
        "Host: a:99999999\r\n",
    ] {
        for target in ["/", "/forward-auth/shop", "http://other.example/"] {
            for version in ["1.1", "1.0"] {
                let answer = one(&gate, &format!("GET {target} HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n")).await;
                assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid_host"), "{hosts:?} {target}");
            }
        }
    }
    let absolute = one(&gate, "GET http://other.example:80/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert_eq!(absolute.status, 200);
    let user = one(&gate, "GET http://user@other.example/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert_eq!(user.status, 400);
    let proxied = one(&gate, "CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443\r\nConnection: close\r\n\r\n").await;
    assert_eq!(proxied.problem(), "method_not_allowed");
}

#[tokio::test]
async fn headers_that_stand_once_do_not_stand_twice() {
    let gate = gate().await;
    for name in ["Authorization", "X-API-Key", "Idempotency-Key"] {
        for target in ["/", "/forward-auth/shop"] {
            let answer = request(gate.address, "GET", target, &[(name, "a"), (name, "a")]).await;
            assert_eq!((answer.status, answer.problem().as_str()), (400, "duplicate_header"), "{name}");
        }
    }
    // Equal lengths are one length (RFC 9112 section 6.3): hyper drops the second before anybody sees it.
    for lengths in [
        "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: 1, 1\r\n",
        "Content-Length: +1\r\n",
        "Content-Length: -0\r\n",
        "Content-Length: 0x1\r\n",
        "Content-Length: 1_0\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    ] {
        let text = format!("POST /read HTTP/1.1\r\nHost: a\r\n{lengths}\r\nG");
        let answers = send(gate.address, text.as_bytes()).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [400], "{lengths:?}: refused, and closed behind it");
    }
}

#[tokio::test]
async fn odd_bytes_never_end_the_server() {
    let gate = gate().await;
    let mut text = b"GET / HTTP/1.1\r\nHost: a\r\nX-Odd: \xff\xfe\r\nAuthorization: \xc3\x28\r\nConnection: close\r\n\r\n".to_vec();
    assert_eq!(send(gate.address, &text).await[0].status, 200);
    text.splice(4..5, *b"/forward-auth/shop");
    let refused = &send(gate.address, &text).await[0];
    assert_eq!(refused.status, 400, "no original request: {refused:?}");
    for broken in [
        "GET\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    ] {
        let answers = send(gate.address, broken.as_bytes()).await;
        assert!(answers.iter().all(|answer| answer.status == 400), "{broken:?}: {answers:?}");
    }
    assert_eq!(request(gate.address, "GET", "/", &[]).await.status, 200);
}

#[tokio::test]
async fn too_much_is_refused_before_it_is_kept() {
    let gate = gate().await;
    let long = "a".repeat(70_000);
    assert_eq!(one(&gate, &format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {long}\r\n\r\n")).await.status, 431);
    let many: String = (0..101).map(|number| format!("X-{number}: a\r\n")).collect();
    assert_eq!(one(&gate, &format!("GET / HTTP/1.1\r\n{many}Host: a\r\n\r\n")).await.status, 431);
    let limit = Limits::default().body_bytes;
    let declared = one(&gate, &format!("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", limit + 1)).await;
    assert_eq!(declared.problem(), "body_too_large", "without waiting for the body");
    let chunk = format!("{:x}\r\n{}\r\n", 65_536, "a".repeat(65_536));
    let chunked = format!("POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(17));
    assert_eq!(one(&gate, &chunked).await.problem(), "body_too_large");
    let exact = "a".repeat(usize::try_from(limit).expect("it fits"));
    let text = format!("POST /read HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {limit}\r\n\r\n{exact}");
    assert_eq!(one(&gate, &text).await.body, limit.to_string());
    let zipped = "POST /read HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx";
    assert_eq!(one(&gate, zipped).await.problem(), "unsupported_encoding");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_apart() {
    let gate = gate().await;
    let text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n\
                POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\
                GET /forward-auth/shop HTTP/1.1\r\nHost: a\r\nX-Original-Method: GET\r\nX-Original-URI: /\r\n\r\n\
                GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let answers = send(gate.address, text.as_bytes()).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 404, 200, 200, 200], "nothing is answered behind the close");
    let ids: std::collections::BTreeSet<&str> = answers.iter().filter_map(|answer| answer.header("request-id")).collect();
    assert_eq!(ids.len(), 5, "each has its own id");
    assert_eq!(answers[0].body, answers[0].header("request-id").expect("an id"), "the handler's id is the answer's");
}

/// HDR-02.
#[tokio::test]
async fn every_answer_carries_the_fixed_headers() {
    let gate = gate().await;
    for (method, target) in
        [("GET", "/"), ("HEAD", "/"), ("GET", "/none"), ("PUT", "/"), ("GET", "/panic"), ("GET", "/problem"), ("GET", "/forward-auth/shop")]
    {
        let answer = request(gate.address, method, target, &[]).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{method} {target}");
        }
        assert_eq!(answer.header("request-id").map(str::len), Some(36));
        assert_eq!((answer.header("server"), answer.header("strict-transport-security")), (None, None));
    }
    let not_allowed = request(gate.address, "PUT", "/", &[]).await;
    assert_eq!((not_allowed.problem().as_str(), not_allowed.header("allow")), ("method_not_allowed", Some("GET,HEAD")));
}

/// LEAK-04.
#[tokio::test]
async fn a_panic_is_an_id_and_nothing_more() {
    let gate = gate().await;
    let answer = request(gate.address, "GET", "/panic", &[]).await;
    assert_eq!((answer.status, answer.problem().as_str()), (500, "internal"));
    assert!(!answer.body.contains("secret") && !answer.body.contains("panic"), "{}", answer.body);
    let json: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(json["request_id"].as_str(), answer.header("request-id"));
    let problem = request(gate.address, "GET", "/problem", &[]).await;
    let json: serde_json::Value = serde_json::from_str(&problem.body).expect("JSON");
    assert_eq!((problem.status, &json["errors"][0]["field"]), (409, &serde_json::json!("name")));
    assert_eq!(json["request_id"].as_str(), problem.header("request-id"));
    assert_eq!(request(gate.address, "GET", "/", &[]).await.status, 200);
}

#[tokio::test]
async fn slow_callers_are_cut_and_others_served() {
    let limits = Limits { header_seconds: 1, body_seconds: 1, idle_seconds: 1, ..Limits::default() };
    let gate = Gate::start_with(limits, &[], router()).await;
    let mut slow = Vec::new();
    for start in ["", "GET / HTTP/1.1\r\nHost: a\r\nX: ", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let mut stream = TcpStream::connect(gate.address).await.expect("a listener");
        stream.write_all(start.as_bytes()).await.expect("sent");
        slow.push(stream);
    }
    assert_eq!(request(gate.address, "GET", "/", &[]).await.status, 200);
    for mut stream in slow {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "the server ends the connection, not the caller");
    }
    let body = one(&gate, "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab").await;
    assert_eq!(body.problem(), "request_timeout");
}

#[tokio::test]
async fn too_many_connections_are_refused_and_idle_ones_make_room() {
    let gate = Gate::start_with(Limits { connections: 2, ..Limits::default() }, &[], router()).await;
    let mut busy = TcpStream::connect(gate.address).await.expect("a listener");
    busy.write_all(b"GET / HTTP/1.1\r\n").await.expect("sent");
    let mut idle = TcpStream::connect(gate.address).await.expect("a listener");
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200");
    assert_eq!(request(gate.address, "GET", "/", &[]).await.status, 200, "the idle one made room");
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, idle.read_to_end(&mut rest)).await.expect("it was closed");
    busy.write_all(b"Host: a\r\nConnection: close\r\n\r\n").await.expect("the busy one was left alone");
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn the_stop_lets_running_requests_finish() {
    let gate = gate().await;
    let address = gate.address;
    let mut idle = TcpStream::connect(address).await.expect("a listener");
    let running = tokio::spawn(async move { request(address, "GET", "/slow", &[]).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    gate.stop();
    assert_eq!(running.await.expect("no panic").status, 200);
    tokio::time::timeout(PATIENCE, gate.serving).await.expect("it ended").expect("no panic");
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, idle.read_to_end(&mut rest)).await.expect("the idle connection was closed");
    assert!(TcpStream::connect(address).await.is_err(), "nothing listens any more");
}

#[tokio::test]
async fn a_request_without_an_answer_is_cut_at_the_stop() {
    let router = Router::new().route("/never", get(std::future::pending::<()>));
    let gate = Gate::start_with(Limits { stop_milliseconds: 200, ..Limits::default() }, &[], router).await;
    let mut stream = TcpStream::connect(gate.address).await.expect("a listener");
    stream.write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("sent");
    tokio::time::sleep(Duration::from_millis(100)).await;
    gate.stop();
    tokio::time::timeout(PATIENCE, gate.serving).await.expect("it ended").expect("no panic");
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("it was cut");
    assert!(rest.is_empty());
}

#[tokio::test]
async fn a_site_may_have_its_own_bounds_of_a_body() {
    let bounded = |bytes| Site { body: Some(BodyBounds { bytes, seconds: 5 }), ..Site::new(router()) };
    let sites = Sites::one(Site::new(router())).named("short", bounded(3)).named("long", bounded(2_000_000));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let guard = gate().await.guard();
    let edge = Edge::new(std::sync::Arc::new(SystemClock), &SystemEntropy, Limits::default(), guard).expect("entropy");
    let serving = tokio::spawn(edge.serve(listener, None, sites, stopped));
    for (host, length, status) in
        [("short", 3, 200), ("short", 4, 413), ("other", 1_000_000, 200), ("other", 1_100_000, 413), ("long", 1_100_000, 200)]
    {
        let head = format!("POST /read HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        let answers = send(address, &[head.as_bytes(), &vec![b'x'; length]].concat()).await;
        assert_eq!(answers[0].status, status, "{host} {length}");
        let chunked =
            format!("POST /read HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n");
        let answers = send(address, &[chunked.as_bytes(), &vec![b'x'; length], b"\r\n0\r\n\r\n"].concat()).await;
        assert_eq!(answers[0].status, status, "{host} {length}, in pieces");
    }
    serving.abort();
}
