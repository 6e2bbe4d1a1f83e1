//! What every proxy of ours tells: that its caller came over plain HTTP, whatever the caller says.

use domain::credential::Digest;

use super::process::{Kind, Proxy};
use super::upstream::Upstream;
use crate::gate::Gate;
use crate::raw::request;

/// A caller with a good credential, and with every header by which it could pretend to have come over HTTPS, or not at all.
pub(crate) async fn refused(kind: &Kind) {
    let (gate, upstream) = (Gate::start_within(&[]).await, Upstream::start().await);
    let proxy = Proxy::start(kind, gate.address, upstream.address).await;
    let lies = [
        ("X-Request", "nothing"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Scheme", "https"),
        ("Forwarded", "for=127.0.0.1;proto=https"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Ssl", "on"),
    ];
    for lie in lies {
        let token = gate.issue(&["shop:things:read"]);
        let answer = request(proxy.address, "GET", "/things/1", &[("Authorization", &token.bearer()), lie]).await;
        assert_eq!((answer.status, answer.header("location")), (403, None), "{lie:?}: {answer:?}");
        let digest = Digest::of(token.text.as_bytes());
        assert!(gate.verifier.exposures().iter().any(|exposure| exposure.digest == digest), "{lie:?}: it is not noted");
    }
    assert_eq!(upstream.take(), Vec::<String>::new(), "nothing is let through");
    assert_eq!(request(proxy.address, "GET", "/public", &[]).await.status, 200, "who brings none needs no HTTPS");
}
