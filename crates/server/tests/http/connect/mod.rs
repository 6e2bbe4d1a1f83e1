//! The OAuth 2 endpoints over real HTTP, one file for each standard.

mod back_channel;
mod rfc7591;
mod rfc8693;
