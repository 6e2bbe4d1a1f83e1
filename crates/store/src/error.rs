//! What can go wrong below a change or a reading: outages, conflicts and data that cannot be read.

use std::borrow::Cow;

/// Why the store did not do what was asked. `Display` is fit for the public: no SQL, no values, no addresses.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database is gone, slow or full. Ask again later; it is no answer about the thing that was asked.
    #[error("{0}")]
    Unavailable(Outage),
    /// Another row has this value already. The name is one of [`crate::conflict`].
    #[error("{0} is taken already")]
    Conflict(&'static str),
    /// The database holds something that this version cannot read.
    #[error("the database holds something that this version cannot read ({0})")]
    Corrupt(Cow<'static, str>),
    /// The database must not be used as asked: another server holds it, it is newer, or its master key is another.
    #[error("{0}")]
    Refused(Cow<'static, str>),
    /// A defect of this program: a statement that does not fit the tables, a panic inside a change.
    #[error("internal error of the store")]
    Defect(Cow<'static, str>),
}

impl StoreError {
    /// An outage after which nothing of the change was kept.
    pub(crate) fn unavailable(cause: impl Into<Cow<'static, str>>) -> Self {
        Self::Unavailable(Outage { cause: cause.into(), outcome_unknown: false, passing: false })
    }

    /// An outage after which nobody can tell whether the change was kept.
    pub(crate) fn outcome_unknown(cause: impl Into<Cow<'static, str>>) -> Self {
        Self::Unavailable(Outage { cause: cause.into(), outcome_unknown: true, passing: false })
    }

    /// A deadlock or serialization failure: the same again may well work.
    pub(crate) fn passing(cause: impl Into<Cow<'static, str>>) -> Self {
        Self::Unavailable(Outage { cause: cause.into(), outcome_unknown: false, passing: true })
    }

    pub(crate) fn defect(cause: impl Into<Cow<'static, str>>) -> Self {
        Self::Defect(cause.into())
    }

    pub(crate) fn corrupt(what: impl Into<Cow<'static, str>>) -> Self {
        Self::Corrupt(what.into())
    }

    /// The outage of a database that says nothing at all.
    pub fn silent() -> Self {
        Self::unavailable("the database does not answer")
    }

    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(outage) if outage.passing)
    }

    /// Whether the database is gone, slow or full.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// Whether the change may have been kept although it was not confirmed: the connection broke while it was
    /// being committed. Asking again with the same `Idempotency-Key` tells.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::Unavailable(outage) if outage.outcome_unknown)
    }

    /// For the log: the private cause. Holds no values of rows and no secrets.
    pub fn cause(&self) -> &str {
        match self {
            Self::Unavailable(outage) => &outage.cause,
            Self::Conflict(name) => name,
            Self::Corrupt(cause) | Self::Refused(cause) | Self::Defect(cause) => cause,
        }
    }
}

/// An outage of the database.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the database is not available{}", if *outcome_unknown { "; whether the change was kept is not known" } else { "" })]
pub struct Outage {
    cause: Cow<'static, str>,
    outcome_unknown: bool,
    passing: bool,
}

impl Outage {
    /// See [`StoreError::is_outcome_unknown`].
    pub fn outcome_unknown(&self) -> bool {
        self.outcome_unknown
    }
}

/// What ends a change from inside: the use case's refusal, or the store's error.
#[derive(Debug)]
pub enum Abort<E> {
    /// The use case refuses; nothing is kept.
    Refused(E),
    /// A verb failed.
    Store(StoreError),
}

impl<E> From<StoreError> for Abort<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Why a change was not made.
#[derive(Debug)]
pub enum WriteError<E> {
    /// The use case refused.
    Refused(E),
    /// The store failed: an outage, a conflict that the use case did not look for, or a defect.
    Unavailable(StoreError),
}

impl<E> From<StoreError> for WriteError<E> {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error)
    }
}

/// Names of conflicts, as [`StoreError::Conflict`] carries them, with what each database calls them.
pub mod conflict {
    /// A person has a live token with this description already.
    pub const PERSONAL_TOKEN_DESCRIPTION: &str = "personal_token_description";
    /// A credential of any kind has this secret already.
    pub const SECRET_DIGEST: &str = "secret_digest";
    /// Somebody has this mail address already.
    pub const PERSON_EMAIL: &str = "person_email";
    /// An organisation has this name already.
    pub const ORGANISATION_NAME: &str = "organisation_name";
    /// There is a delegation for the same from the same to the same that is not over.
    pub const DELEGATION: &str = "delegation_live";
    /// The person is a member of the organisation already.
    pub const MEMBERSHIP: &str = "membership";
    /// A workspace has, or had, this number already.
    pub const WORKSPACE_NUMBER: &str = "workspace_number";
    /// A live organisation token of the API has this username already.
    pub const ORGANISATION_TOKEN_USERNAME: &str = "organisation_token_username";
    /// An organisation key has this public id already.
    pub const CLIENT_ID: &str = "organisation_key_client_id";
    /// This passkey is known already.
    pub const PASSKEY: &str = "passkey_credential";
    /// The member has authorised this client already.
    pub const GRANT: &str = "client_grant_live";
    /// A row with this id or name exists already.
    pub const ID: &str = "id";
    /// The row that this one belongs to does not exist.
    pub const PARENT: &str = "parent";

    /// Our name, PostgreSQL's constraint (ours by design), and how SQLite names the columns in its message.
    const UNIQUE: [(&str, &str); 15] = [
        (PASSKEY, "passkey.credential"),
        (PERSONAL_TOKEN_DESCRIPTION, "personal_token.person, personal_token.description_key"),
        (SECRET_DIGEST, "personal_token.digest"),
        (SECRET_DIGEST, "organisation_token.digest"),
        (SECRET_DIGEST, "api_credential.digest"),
        (SECRET_DIGEST, "operator_token.digest"),
        (SECRET_DIGEST, "private_key.digest"),
        (CLIENT_ID, "organisation_key.client_id"),
        (GRANT, "client_grant.membership, client_grant.organisation_key"),
        (PERSON_EMAIL, "person.email_folded"),
        (ORGANISATION_NAME, "organisation.name_folded"),
        (DELEGATION, "delegation.workspace, delegation.receiver, delegation.giver, delegation.api, delegation.kind"),
        (MEMBERSHIP, "membership.person, membership.organisation"),
        (WORKSPACE_NUMBER, "workspace.number"),
        (ORGANISATION_TOKEN_USERNAME, "organisation_token.api, organisation_token.username"),
    ];

    /// The name of a conflict from SQLite's message.
    pub(crate) fn from_columns(message: &str) -> &'static str {
        UNIQUE.iter().find(|(_, columns)| message.ends_with(columns)).map_or(ID, |(name, _)| name)
    }

    /// The name of a conflict from PostgreSQL's constraint: a unique index `secret_digest_of_…` stands for
    /// [`SECRET_DIGEST`].
    pub(crate) fn from_constraint(constraint: &str) -> &'static str {
        if constraint.ends_with("_pkey") {
            return ID;
        }
        UNIQUE.iter().find(|(name, _)| constraint.starts_with(name)).map_or(ID, |(name, _)| name)
    }
}
