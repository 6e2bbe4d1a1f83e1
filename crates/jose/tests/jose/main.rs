//! The rules of signed tokens, by the examples of the standards, foreign vectors and properties.

extern crate poort_jose as jose;

mod access_token;
mod client_assertion;
mod dpop;
mod id_token_hint;
mod jwk;
mod jws;
mod properties;
mod request_object;
mod rfc;
mod support;
mod wycheproof;
