//! Plain HTTP: a credential that comes over it from another machine is refused, never redirected, and noted.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use domain::credential::Digest;
use gateway::{Trust, TrustedPeers};
use server::edge::{Limits, body};
use testkit::basic;

use crate::gate::{Gate, Token};
use crate::raw::{Answer, request, send};

const CANARY: &str = "not a credential";

fn router() -> Router {
    let read = |body: Body| async move { body::read(body).await.map(|bytes| bytes.len().to_string()) };
    Router::new().route("/", get(|| async { CANARY })).route("/read", post(read)).route("/set-up/{code}", get(|| async { CANARY }))
}

/// A gate to which this machine is another one.
async fn outside(proxies: &[&str]) -> Gate {
    let proxies = TrustedPeers::parse(proxies).expect("networks");
    let trust = Trust { local: TrustedPeers::default(), ..Trust::new(proxies) };
    Gate::start_trusting(Limits::default(), trust, None, router()).await
}

fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (403, "insecure_transport"), "{what}");
    assert_eq!((answer.header("location"), answer.header("connection")), (None, Some("close")), "{what}");
    assert!(answer.body.contains("plain HTTP") && !answer.body.contains("prtp_"), "{what}: {}", answer.body);
}

fn is_noted(gate: &Gate, token: &Token) -> bool {
    let digest = Digest::of(token.text.as_bytes());
    gate.verifier.exposures().iter().any(|exposure| exposure.digest == digest)
}

/// OA21-04: the edge stands before every endpoint.
#[tokio::test]
async fn wherever_a_credential_stands_it_is_refused_and_noted() {
    let gate = outside(&[]).await;
    let issue = || gate.issue(&["shop:things:read"]);
    for (name, value) in [("Authorization", ""), ("Authorization", "Bearer "), ("Authorization", "Token token="), ("X-API-Key", "")] {
        let token = issue();
        let answer = request(gate.address, "GET", "/", &[(name, &format!("{value}{}", token.text))]).await;
        assert_refused(&answer, name);
        assert!(is_noted(&gate, &token), "{name}: {value}");
    }
    let token = issue();
    let both = [("Authorization", token.bearer()), ("X-API-Key", "prtp_unreadable".to_owned()), ("Forwarded", "proto=https".to_owned())];
    let both: Vec<(&str, &str)> = both.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_refused(&request(gate.address, "GET", "/", &both).await, "two at once");
    assert!(is_noted(&gate, &token), "two at once");

    let token = issue();
    assert_refused(&request(gate.address, "GET", "/", &[("Authorization", &basic("anybody", &token.text))]).await, "Basic");
    assert!(is_noted(&gate, &token), "Basic");

    let token = issue();
    assert_refused(&request(gate.address, "GET", &format!("/?access_token={}", token.text), &[]).await, "the address");
    assert!(is_noted(&gate, &token), "the address");

    let token = issue();
    let form = format!("grant_type=refresh_token&refresh_token={}&x=y", token.text);
    let post = format!("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{form}", form.len());
    assert_refused(&send(gate.address, post.as_bytes()).await[0], "a body");
    assert!(is_noted(&gate, &token), "a body");
}

#[tokio::test]
async fn nothing_is_asked_for_that_was_not_sent_yet() {
    let gate = outside(&[]).await;
    let waits = "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    let answers = send(gate.address, waits.as_bytes()).await;
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [403], "no 100 before it");
}

#[tokio::test]
async fn what_is_no_credential_passes_and_what_might_be_one_does_not() {
    let gate = outside(&[]).await;
    for headers in [&[][..], &[("Authorization", " ")], &[("Cookie", "theme=dark")], &[("X-Forwarded-Proto", "http")]] {
        let answer = request(gate.address, "GET", "/", headers).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, CANARY), "{headers:?}");
    }
    for headers in [("Authorization", "Bearer unknown"), ("Cookie", "theme=dark; __Host-session=a"), ("DPoP", "a.b.c")] {
        assert_refused(&request(gate.address, "GET", "/", &[headers]).await, headers.0);
    }
    assert_refused(&request(gate.address, "GET", "/set-up/code", &[]).await, "an address that is a secret");
    assert_refused(&request(gate.address, "POST", "/read", &[("Content-Length", "0")]).await, "a form");
    assert_eq!(gate.verifier.exposures(), [], "none of them was a credential of this installation");
    let ended = gate.issue(&[]);
    gate.revoke(&ended);
    assert_refused(&request(gate.address, "GET", "/", &[("Authorization", &ended.bearer())]).await, "an ended one");
    assert_eq!(gate.verifier.exposures(), [], "it has ended already");
}

#[tokio::test]
async fn nobody_talks_themselves_out_of_it() {
    let gate = outside(&["10.0.0.0/8"]).await;
    let token = gate.issue(&["shop:things:read"]);
    let spoofs = [
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "for=127.0.0.1;proto=https"),
        ("X-Forwarded-Ssl", "on"),
        ("Front-End-Https", "on"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Connection", "X-Forwarded-Proto, close"),
    ];
    for spoof in spoofs {
        let answer = request(gate.address, "GET", "/", &[("Authorization", &token.bearer()), spoof]).await;
        assert_refused(&answer, spoof.0);
    }
    let asked = [("X-Original-Method", "GET"), ("X-Original-URI", "/things/1"), ("Authorization", &token.bearer())];
    assert_refused(&request(gate.address, "GET", "/forward-auth/shop", &asked).await, "forward-auth by a stranger");
}

#[tokio::test]
async fn a_trusted_proxy_tells_how_its_caller_came() {
    let gate = outside(&["127.0.0.1"]).await;
    let ask = async |token: &Token, target: &str, more: &[(&str, &str)]| {
        let bearer = token.bearer();
        let own = [("Authorization", bearer.as_str()), ("X-Original-Method", "GET"), ("X-Original-URI", "/things/1")];
        request(gate.address, "GET", target, &[&own, more].concat()).await
    };
    for target in ["/", "/forward-auth/shop"] {
        let told =
            ask(&gate.issue(&["shop:things:read"]), target, &[("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "203.0.113.5")]).await;
        assert_eq!(told.status, 200, "{target}: {}", told.body);
        for headers in [
            &[("X-Forwarded-Proto", "http"), ("X-Forwarded-For", "203.0.113.5")][..],
            &[("X-Forwarded-Proto", "https, http")],
            &[("Forwarded", "for=203.0.113.5;proto=http")],
            // This machine counts as another one here, so that silence is not enough.
            &[],
        ] {
            let token = gate.issue(&["shop:things:read"]);
            let answer = ask(&token, target, headers).await;
            assert_eq!((answer.status, answer.problem().as_str()), (403, "insecure_transport"), "{target} {headers:?}");
            assert!(is_noted(&gate, &token), "{target} {headers:?}");
        }
    }
    let https = |host| format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n");
    for (host, pinned) in [("poort.example", true), ("localhost", false), ("LOCALHOST:8400", false)] {
        let answer = &send(gate.address, https(host).as_bytes()).await[0];
        assert_eq!(answer.header("strict-transport-security").is_some(), pinned, "{host}");
    }
}

#[tokio::test]
async fn without_a_credential_forward_auth_answers_as_ever() {
    let gate = outside(&["127.0.0.1"]).await;
    let ask = async |uri| {
        let headers =
            [("X-Original-Method", "GET"), ("X-Original-URI", uri), ("X-Forwarded-Proto", "http"), ("X-Forwarded-For", "203.0.113.5")];
        request(gate.address, "GET", "/forward-auth/shop", &headers).await.status
    };
    assert_eq!((ask("/public").await, ask("/things/1").await), (200, 401));
    assert_eq!(gate.verifier.exposures(), []);
}
