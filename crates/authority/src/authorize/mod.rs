//! Authorizing a client: what the authorization endpoint asks of a request, in one ordered table, what it asks of the person, and
//! the commit (RFC 6749 section 4.1, OAuth 2.1, OpenID Connect Core section 3.1.2, RFC 9700).

mod checks;
mod parameters;
mod person;
mod pipeline;
mod scope;

pub use parameters::{Doubled, Parameters};
pub use person::{Ask, Next, Sitting, next, possible_memberships};
pub use pipeline::{AuthorizationRequest, CHECKS, Check, ErrorCode, Failed, Given, ObjectState, Prompt, Refused, Reply, ResponseMode, run};
