//! Caddy's `forward_auth`.

use super::process::Kind;

const KIND: Kind = Kind {
    program: "caddy",
    package: "the Debian package caddy",
    files: &["Caddyfile"],
    // The administration port is one for the whole machine; the tests run side by side.
    extra: &[("main", "{\n\tadmin off\n\tauto_https off\n}\nimport {folder}/Caddyfile\n")],
    arguments: &["run", "--config", "{folder}/main", "--adapter", "caddyfile"],
    ready: None,
};

super::on!(KIND);
super::tells_of_changes!(KIND);
super::takes_access_tokens!(KIND, outage 503);
