//! What a reference API needs of whoever keeps people's tokens: to make, list and end them.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use domain::{CredentialId, PersonId, RequestId, Secret, Timestamp};

/// A future that a trait object can give.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, TokenError>> + Send + 'a>>;

/// Makes, lists and ends people's personal tokens.
pub trait PersonTokens: Send + Sync {
    /// Makes a token for the person. It may do no more than the credential in `by`, or a token that may only make
    /// tokens would be worth all others.
    fn create<'a>(&'a self, person: PersonId, description: &'a str, by: Caller) -> Answer<'a, CreatedToken>;

    /// The person's tokens that are not ended, oldest first.
    fn list<'a>(&'a self, person: PersonId) -> Answer<'a, Vec<ListedToken>>;

    /// Whose this token is; `None` when there is no such token, or it was ended.
    fn owner<'a>(&'a self, token: CredentialId) -> Answer<'a, Option<PersonId>>;

    /// Ends a token of this person; when it returns, the token is refused everywhere. `false` when there is none.
    fn delete<'a>(&'a self, person: PersonId, token: CredentialId, by: Caller) -> Answer<'a, bool>;
}

/// Who asks, for the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The person.
    pub person: PersonId,
    /// With which credential.
    pub credential: CredentialId,
    /// From where, when it is known.
    pub address: Option<IpAddr>,
    /// In which request.
    pub request_id: RequestId,
}

/// A token that was just made, with its secret: shown once.
pub struct CreatedToken {
    /// Its id.
    pub id: CredentialId,
    /// Its text.
    pub secret: Secret<String>,
}

/// A token as its owner sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedToken {
    /// Its id.
    pub id: CredentialId,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Why nothing was made, listed or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The description is refused; why, in words for whoever wrote it.
    #[error("description {0}")]
    InvalidDescription(String),
    /// The person has another token with this description.
    #[error("description has already been taken")]
    DescriptionTaken,
    /// The person has as many tokens as one person may have.
    #[error("there are too many tokens")]
    TooMany,
    /// The caller may not do this: its credential ended meanwhile, or does not reach so far.
    #[error("this is not allowed")]
    NotAllowed,
    /// Those tokens cannot be reached now: an outage, not a refusal.
    #[error("tokens cannot be reached now")]
    Unavailable,
}
