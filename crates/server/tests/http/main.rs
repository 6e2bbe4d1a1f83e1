//! Real HTTP against the server's surfaces; the modules mirror the URLs.
#![allow(clippy::disallowed_methods, reason = "tests draw ports and wait on the real clock")]

mod api;
mod cli;
mod connect;
mod console;
mod edge;
mod gate;
mod letters;
mod metrics;
mod nodes;
mod proxies;
mod raw;
mod restore;
mod set_up;
mod signing_keys;
mod tls;
mod transport;
