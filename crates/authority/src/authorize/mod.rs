//! Authorizing a client: what the authorization endpoint asks of a request, in one ordered table, what it asks of the person, and
//! the commit (RFC 6749 section 4.1, OAuth 2.1, OpenID Connect Core section 3.1.2, RFC 9700).

mod checks;
mod commit;
mod load;
mod parameters;
mod person;
mod pipeline;
mod pushed;
mod scope;

pub use commit::{Authorised, ConsentForm, Consented};
pub(crate) use commit::{Committed, granted, works};
pub use load::Names;
pub use parameters::{Doubled, Parameters};
pub use person::{Ask, Next, Sitting, next, possible_memberships};
pub use pipeline::{AuthorizationRequest, CHECKS, Check, ErrorCode, Failed, Given, ObjectState, Prompt, Refused, Reply, ResponseMode, run};
pub use pushed::{PUSHED_SECONDS, Pushed, REQUEST_URI};
pub(crate) use scope::asked;
