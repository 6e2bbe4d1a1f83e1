//! Accounts of other providers with which people sign in.

use domain::id::PersonId;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    PERSON_OF_ACCOUNT = "SELECT person FROM upstream_account WHERE issuer = $1 AND subject = $2";
    ACCOUNT_AT = "SELECT subject FROM upstream_account WHERE person = $1 AND issuer = $2";
    LINK_ACCOUNT = "INSERT INTO upstream_account (issuer, subject, person, linked_at) VALUES ($1, $2, $3, $4)";
    ERASE_ACCOUNTS = "DELETE FROM upstream_account WHERE person = $1";
}

/// An account at another provider (OpenID Connect Core section 2: `iss` and `sub` together name it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamAccount {
    /// The provider.
    pub issuer: String,
    /// Its name for the account.
    pub subject: String,
}

impl Reader<'_> {
    /// Who signs in with this account.
    pub async fn person_of_account(&mut self, account: &UpstreamAccount) -> Result<Option<PersonId>, StoreError> {
        let row = self.executor.row(&PERSON_OF_ACCOUNT, &params![&account.issuer, &account.subject]).await?;
        row.map(|mut row| row.take()).transpose()
    }

    /// The account at this provider with which a person signs in.
    pub async fn account_at(&mut self, person: PersonId, issuer: &str) -> Result<Option<UpstreamAccount>, StoreError> {
        let row = self.executor.row(&ACCOUNT_AT, &params![&person, issuer]).await?;
        row.map(|mut row| Ok(UpstreamAccount { issuer: issuer.to_owned(), subject: row.take()? })).transpose()
    }
}

impl Tx<'_> {
    /// Lets a person sign in with an account; there must be none of that provider yet.
    pub async fn link_account(&mut self, person: PersonId, account: &UpstreamAccount, at: Timestamp) -> Result<(), StoreError> {
        let params = params![&account.issuer, &account.subject, &person, at];
        self.executor.execute(&LINK_ACCOUNT, &params).await.map(drop)
    }

    /// Forgets all accounts of a person.
    pub(crate) async fn erase_accounts(&mut self, person: PersonId) -> Result<(), StoreError> {
        self.executor.execute(&ERASE_ACCOUNTS, &params![&person]).await.map(drop)
    }
}
