//! Real proxies in front of an upstream, with forward-auth deciding: the configurations of `docs/proxies`, as they are.

mod caddy;
mod envoy;
mod haproxy;
mod nginx;
mod plain;
mod process;
mod suite;
mod traefik;
mod upstream;

/// The whole suite on a proxy, a test for each part.
macro_rules! on {
    ($kind:ident) => {
        $crate::proxies::on!($kind:
            callers_get_what_their_credentials_allow => callers,
            nobody_becomes_somebody_by_headers => spoofed,
            our_headers_are_not_dropped_as_the_connections_own => hop_by_hop,
            one_path_for_rule_and_upstream => paths,
            without_a_clear_yes_it_stays_closed => outages,
            what_cannot_be_known_is_not_allowed => lease_over,
        );
        #[tokio::test]
        async fn a_credential_over_plain_http_is_refused_and_noted() {
            $crate::proxies::plain::refused(&$kind).await;
        }
    };
    ($kind:ident: $($test:ident => $part:ident,)*) => {$(
        #[tokio::test]
        async fn $test() {
            $crate::proxies::suite::$part(&$kind).await;
        }
    )*};
}
use on;
