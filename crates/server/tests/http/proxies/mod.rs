//! Real proxies in front of an upstream, with forward-auth deciding: the configurations of `docs/proxies`, as they are.

mod caddy;
mod envoy;
mod haproxy;
mod nginx;
mod process;
mod suite;
mod traefik;
mod upstream;
