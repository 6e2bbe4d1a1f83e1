//! Caddy's `forward_auth`.

use super::process::Kind;
use super::suite;

const KIND: Kind = Kind {
    program: "caddy",
    package: "the Debian package caddy",
    files: &["Caddyfile"],
    // The administration port is one for the whole machine; the tests run side by side.
    extra: &[("main", "{\n\tadmin off\n\tauto_https off\n}\nimport {folder}/Caddyfile\n")],
    arguments: &["run", "--config", "{folder}/main", "--adapter", "caddyfile"],
    ready: None,
};

#[tokio::test]
async fn callers_get_what_their_credentials_allow() {
    suite::callers(&KIND).await;
}

#[tokio::test]
async fn nobody_becomes_somebody_by_headers() {
    suite::spoofed(&KIND).await;
}

#[tokio::test]
async fn our_headers_are_not_dropped_as_the_connections_own() {
    suite::hop_by_hop(&KIND).await;
}

#[tokio::test]
async fn one_path_for_rule_and_upstream() {
    suite::paths(&KIND).await;
}

#[tokio::test]
async fn without_a_clear_yes_it_stays_closed() {
    suite::outages(&KIND).await;
}

#[tokio::test]
async fn what_cannot_be_known_is_not_allowed() {
    suite::lease_over(&KIND).await;
}
