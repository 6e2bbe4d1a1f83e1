//! nginx's `auth_request`.

use super::process::Kind;
use super::suite;

const KIND: Kind = Kind {
    program: "nginx",
    package: "the Debian package nginx",
    files: &["nginx.conf"],
    extra: &[(
        "main.conf",
        "daemon off;
pid {folder}/pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/nginx.conf;
}
",
    )],
    arguments: &["-p", "{folder}", "-e", "stderr", "-c", "{folder}/main.conf"],
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
