//! HAProxy with the Lua script.

use super::process::Kind;
use super::suite;

const KIND: Kind = Kind {
    program: "haproxy",
    package: "the Debian package haproxy",
    files: &["haproxy.cfg", "poort.lua"],
    extra: &[],
    arguments: &["-db", "-C", "{folder}", "-f", "{folder}/haproxy.cfg"],
    ready: None,
};

suite::on!(KIND);
