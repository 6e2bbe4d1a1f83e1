//! The reference APIs that Poort protects: real data, real persistence, every request checked through `verifier`.
//!
//! How credentials are stored is not known here: people's tokens are reached through [`tokens::PersonTokens`].

mod database;
mod headers;
mod hosts;
mod html;
pub mod learning;
mod openapi;
mod pattern;
pub mod privacy;
pub mod subsurface;
pub mod tokens;
pub mod work;
mod writer;
