//! The OAuth 2 endpoints over real HTTP, one file for each standard.

mod rfc7591;
