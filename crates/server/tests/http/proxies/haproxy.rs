//! HAProxy with the Lua script.

use super::process::Kind;

const KIND: Kind = Kind {
    program: "haproxy",
    package: "the Debian package haproxy",
    files: &["haproxy.cfg", "poort.lua"],
    extra: &[],
    arguments: &["-db", "-C", "{folder}", "-f", "{folder}/haproxy.cfg"],
    ready: None,
};

super::on!(KIND);
super::tells_of_changes!(KIND);
super::takes_access_tokens!(KIND, outage 503);
