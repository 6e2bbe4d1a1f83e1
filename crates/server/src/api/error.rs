//! What a use case's refusal or outage is on the wire.

use authority::{Error, Outage};

use crate::edge::{Code, Problem};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(problems) => super::json::tell(&problems),
            Error::NotFound => Self::new(Code::NotFound),
            Error::Forbidden => Self::new(Code::Forbidden).detail("the credential does not have the right to do this"),
            Error::Conflict { code, detail } => Self::new(Code::Conflict).detail(detail).member("code", code),
            Error::Stale => Self::new(Code::PreconditionFailed),
            Error::KeyReused => Self::new(Code::Conflict)
                .detail("this Idempotency-Key was used for another request")
                .member("code", "idempotency_key_reused"),
            Error::OutcomeUnknown(outage) => {
                tracing::warn!(cause = %outage, "the outcome of a change is not known");
                Self::new(Code::OutcomeUnknown)
                    .detail("ask again with the same Idempotency-Key: nothing is done twice, and the answer says what became of it")
            }
            Error::Unavailable(outage) => unavailable(&outage),
        }
    }
}

/// The cause is for whoever runs the server; the caller learns that it may try again.
fn unavailable(outage: &Outage) -> Problem {
    tracing::warn!(cause = %outage, "a request could not be answered");
    Problem::new(Code::Unavailable)
}
