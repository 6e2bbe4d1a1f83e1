//! Signed tokens (JOSE): keys, JWK sets, compact JWS, and the rules of each kind of JWT, as pure functions; and what passkeys sign
//! (Web Authentication).
//!
//! Nothing here does I/O or reads a clock: `now` is handed in. The signature primitives are aws-lc-rs's; what stands
//! around them is strict where libraries are lenient (RFC 8725): every check names its algorithms and its `typ`, a key is chosen
//! by `kid` and algorithm out of a set that the caller trusts, and JSON with a doubled member is not read.
//!
//! Whoever links this can sign. The checks (`verifier`, `gateway`, `portals`) never do.

pub mod access_token;
mod algorithm;
mod base64url;
pub mod claims;
pub mod client_assertion;
pub mod dpop;
mod htu;
pub mod id_token;
pub mod id_token_hint;
mod json;
mod jwk;
mod jwk_set;
mod jws;
pub mod logout_token;
pub mod passkey;
pub mod refusal;
pub mod request_object;
pub mod response;
mod signing_key;
pub mod upstream_id_token;
mod weakness;

pub use algorithm::Algorithm;
pub use jwk::{JwkRefusal, PublicKey};
pub use jwk_set::{JwkSet, JwkSetRefusal, MAX_KEYS};
pub use jws::{JwsRefusal, MAX_TOKEN_BYTES, TypeRule, Verified, verify};
pub use refusal::Refusal;
pub use signing_key::{Claims, SigningError, SigningKey};
