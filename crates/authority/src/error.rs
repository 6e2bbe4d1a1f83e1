//! Why a use case did not do what was asked.

use domain::entropy::EntropyUnavailable;
use store::{StoreError, WriteError, conflict};

/// A use case's refusal or outage. The words are for whoever asked; the cause of an outage goes to the log only.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something asked is not of the right form: each field with its problem.
    #[error("the request is not valid")]
    Invalid(Vec<(String, String)>),
    /// The thing does not exist, or is not the caller's to see.
    #[error("there is no such thing here")]
    NotFound,
    /// The caller may see the thing but not do this.
    #[error("this needs a right that the credential does not have")]
    Forbidden,
    /// It clashes with what is there; the code says how.
    #[error("{detail}")]
    Conflict {
        /// A stable name of the clash.
        code: &'static str,
        /// In words.
        detail: &'static str,
    },
    /// It was changed since the caller read it.
    #[error("it was changed since it was read")]
    Stale,
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// Whether the change was made, or has reached every node, is not known. Asking again with the same idempotency key
    /// is safe, and tells.
    #[error("whether this was done is not known")]
    OutcomeUnknown(#[source] Outage),
    /// Nobody can tell now: try later. Never an allow, never a denial.
    #[error("the service cannot answer now")]
    Unavailable(#[source] Outage),
}

/// The cause of an outage.
#[derive(Debug, thiserror::Error)]
pub enum Outage {
    /// The database is gone, slow or full.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index may not answer: the lease ran out.
    #[error(transparent)]
    Verifier(#[from] verifier::Unavailable),
    /// No randomness, so nothing can be issued.
    #[error(transparent)]
    Entropy(#[from] EntropyUnavailable),
    /// The work was not finished inside this server.
    #[error("{0}")]
    Internal(&'static str),
}

impl Error {
    /// One field's problem.
    pub fn invalid(field: impl Into<String>, problem: impl ToString) -> Self {
        Self::Invalid(vec![(field.into(), problem.to_string())])
    }
}

/// The unique constraints of the store, and what a clash with each means.
const CONFLICTS: [(&str, &str, &str); 10] = [
    (conflict::ORGANISATION_NAME, "name_taken", "an organisation with this name exists"),
    (conflict::PERSON_EMAIL, "email_taken", "a person with this mail address exists"),
    (conflict::MEMBERSHIP, "already_member", "this person is a member of this organisation already"),
    (conflict::PERSONAL_TOKEN_DESCRIPTION, "description_taken", "this person has a token with this description"),
    (conflict::WORKSPACE_NUMBER, "number_taken", "a workspace has, or had, this number"),
    (conflict::ORGANISATION_TOKEN_USERNAME, "username_taken", "a token of this API has this username"),
    (conflict::DELEGATION, "delegation_exists", "there is such a delegation already: change that one, or close it first"),
    (conflict::CLIENT_ID, "public_id_taken", "a key has this public id"),
    (conflict::GRANT, "grant_exists", "this member has authorised this client already"),
    (conflict::SECRET_DIGEST, "digest_known", "this digest is known already"),
];

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        if let StoreError::Conflict(constraint) = &error
            && let Some((_, code, detail)) = CONFLICTS.iter().find(|(name, ..)| name == constraint)
        {
            return Self::Conflict { code, detail };
        }
        if error.is_outcome_unknown() { Self::OutcomeUnknown(error.into()) } else { Self::Unavailable(error.into()) }
    }
}

impl From<WriteError<Error>> for Error {
    fn from(error: WriteError<Error>) -> Self {
        match error {
            WriteError::Refused(error) => error,
            WriteError::Unavailable(error) => error.into(),
        }
    }
}

impl From<EntropyUnavailable> for Error {
    fn from(error: EntropyUnavailable) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<verifier::Unavailable> for Error {
    fn from(error: verifier::Unavailable) -> Self {
        Self::Unavailable(error.into())
    }
}
