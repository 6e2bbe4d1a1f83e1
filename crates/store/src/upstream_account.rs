//! Accounts of other providers with which people sign in.

use domain::id::PersonId;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    PERSON_OF_ACCOUNT = "SELECT person FROM upstream_account WHERE issuer = $1 AND subject = $2 AND unlinked_at IS NULL";
    ACCOUNT_AT = "SELECT subject FROM upstream_account WHERE person = $1 AND issuer = $2";
    // Unlinked ones among them.
    ACCOUNTS_OF = "SELECT issuer, linked_at, unlinked_at FROM upstream_account WHERE person = $1 ORDER BY issuer";
    UNLINK_ACCOUNT = "UPDATE upstream_account SET unlinked_at = $3 WHERE person = $1 AND issuer = $2 AND unlinked_at IS NULL";
    FORGET_UNLINKED = "DELETE FROM upstream_account WHERE person = $1 AND issuer = $2 AND unlinked_at IS NOT NULL";
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

/// That a person signs in at a provider, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedAccount {
    /// The provider.
    pub issuer: String,
    /// Since when.
    pub linked_at: Timestamp,
    /// Until when, if the person does not want it any more. Then it is not linked again because of its address.
    pub unlinked_at: Option<Timestamp>,
}

impl Reader<'_> {
    /// Who signs in with this account.
    pub async fn person_of_account(&mut self, account: &UpstreamAccount) -> Result<Option<PersonId>, StoreError> {
        let row = self.executor.row(&PERSON_OF_ACCOUNT, &params![&account.issuer, &account.subject]).await?;
        row.map(|mut row| row.take()).transpose()
    }

    /// The accounts of other providers that a person signs in with, and those that they unlinked.
    pub async fn accounts_of(&mut self, person: PersonId) -> Result<Vec<LinkedAccount>, StoreError> {
        let rows = self.executor.rows(&ACCOUNTS_OF, &params![&person]).await?;
        rows.into_iter()
            .map(|mut row| Ok(LinkedAccount { issuer: row.take()?, linked_at: row.take()?, unlinked_at: row.take()? }))
            .collect()
    }

    /// The account at this provider with which a person signs in, or which they unlinked.
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

    /// Lets a person no longer sign in with their account at this provider; says whether they did.
    pub async fn unlink_account(&mut self, person: PersonId, issuer: &str, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&UNLINK_ACCOUNT, &params![&person, issuer, at]).await? > 0)
    }

    /// Forgets that a person unlinked an account at this provider: the next signing in there may link one again.
    pub async fn forget_unlinked_account(&mut self, person: PersonId, issuer: &str) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&FORGET_UNLINKED, &params![&person, issuer]).await? > 0)
    }

    /// Forgets all accounts of a person.
    pub(crate) async fn erase_accounts(&mut self, person: PersonId) -> Result<(), StoreError> {
        self.executor.execute(&ERASE_ACCOUNTS, &params![&person]).await.map(drop)
    }
}
