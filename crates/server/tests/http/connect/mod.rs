//! The OAuth 2 and OpenID Connect endpoints, over real HTTP; one file for each standard, one case for each thing that it asks for.

mod attacks_authorize;
mod back_channel;
mod client_crate;
mod oauth21_authorize;
mod oidc_core;
mod oidc_discovery;
mod oidc_logout;
mod oidc_tokens;
mod rfc7591;
mod rfc8414;
mod rfc8693;
mod rfc9126;
mod rfc9207;
mod rfc9700_authorize;
mod rfc9700_register;
mod rfc9700_secrets;
mod rfc9728;
mod world;
