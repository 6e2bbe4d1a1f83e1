//! Real proxies in front of an upstream, with forward-auth deciding: the configurations of `docs/proxies`, as they are.

mod caddy;
mod envoy;
mod fault;
mod haproxy;
mod introspection;
mod nginx;
mod oauth;
mod plain;
mod process;
mod suite;
mod traefik;
mod upstream;

/// The whole suite on a proxy, a test for each part.
macro_rules! on {
    ($kind:ident) => {
        $crate::proxies::on!($kind:
            callers_get_what_their_credentials_allow => callers in suite,
            nobody_becomes_somebody_by_headers => spoofed in suite,
            our_headers_are_not_dropped_as_the_connections_own => hop_by_hop in suite,
            one_path_for_rule_and_upstream => paths in suite,
            without_a_clear_yes_it_stays_closed => outages in suite,
            what_cannot_be_known_is_not_allowed => lease_over in suite,
        );
        #[tokio::test]
        async fn a_credential_over_plain_http_is_refused_and_noted() {
            $crate::proxies::plain::refused(&$kind).await;
        }
    };
    ($kind:ident: $($test:ident => $part:ident in $file:ident,)*) => {$(
        #[tokio::test]
        async fn $test() {
            $crate::proxies::$file::$part(&$kind).await;
        }
    )*};
}
use on;

/// Proxies that can put headers of the decision on the API's answer.
macro_rules! tells_of_changes {
    ($kind:ident) => {
        $crate::proxies::on!($kind: changes_are_announced_on_answers => announced in suite,);
    };
}
use tells_of_changes;

/// Access tokens where a proxy has each request decided.
macro_rules! takes_access_tokens {
    ($kind:ident, outage $outage:literal) => {
        const POINT: $crate::proxies::oauth::Point =
            $crate::proxies::oauth::Point { kind: &$kind, identity: "Poort-Organisation", introspects: false, outage: $outage };
        $crate::proxies::on!(POINT:
            access_tokens_get_what_they_allow => callers in oauth,
            an_access_token_that_ended_is_refused_on_the_next_request => ended in oauth,
        );
    };
}
use takes_access_tokens;

/// Access tokens where a proxy introspects them.
macro_rules! introspects {
    ($point:path) => {
        const POINT: $crate::proxies::oauth::Point = $point;
        $crate::proxies::on!(POINT:
            access_tokens_get_what_they_allow => callers in oauth,
            an_access_token_that_ended_is_refused_on_the_next_request => ended in oauth,
            without_a_clear_yes_it_stays_closed => outages in oauth,
        );
    };
}
use introspects;
