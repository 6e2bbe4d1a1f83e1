//! Apps that show people codes (RFC 6238): what each counts from, sealed, and the last step of which a code was taken.

use domain::id::PersonId;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::{Row, params};

statements! {
    TOTP = "SELECT person, sealed, last_step, created_at, last_used_at FROM totp WHERE person = $1";
    ALL_TOTPS = "SELECT person, sealed, last_step, created_at, last_used_at FROM totp ORDER BY person";
    HAS_SECOND_FACTOR = "SELECT person FROM totp WHERE person = $1 UNION SELECT person FROM passkey WHERE person = $1";
    INSERT_TOTP = "INSERT INTO totp (person, sealed, last_step, created_at) VALUES ($1, $2, $3, $4)";
    // Of two with one code, one moves the step.
    TAKE_STEP = "UPDATE totp SET last_step = $2, last_used_at = $3 WHERE person = $1 AND last_step < $2";
    RESEAL_TOTP = "UPDATE totp SET sealed = $2 WHERE person = $1";
    DELETE_TOTP = "DELETE FROM totp WHERE person = $1";
}

/// An app that shows a person codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totp {
    /// Whose.
    pub person: PersonId,
    /// What it counts from, under the master key.
    pub sealed: Vec<u8>,
    /// The last step of which a code was taken.
    pub last_step: i64,
    /// Since when.
    pub created_at: Timestamp,
    /// When a code of it was last taken to sign in.
    pub last_used_at: Option<Timestamp>,
}

impl Reader<'_> {
    /// A person's app, if they have one.
    pub async fn totp(&mut self, person: PersonId) -> Result<Option<Totp>, StoreError> {
        self.executor.row(&TOTP, &params![&person]).await?.map(totp).transpose()
    }

    /// Whether a person has an app or a passkey: then a password alone signs nobody in.
    pub async fn has_second_factor(&mut self, person: PersonId) -> Result<bool, StoreError> {
        Ok(self.executor.row(&HAS_SECOND_FACTOR, &params![&person]).await?.is_some())
    }

    /// Everybody's.
    pub(crate) async fn all_totps(&mut self) -> Result<Vec<Totp>, StoreError> {
        self.executor.rows(&ALL_TOTPS, &params![]).await?.into_iter().map(totp).collect()
    }
}

impl Tx<'_> {
    /// Gives a person an app. Conflict: `id`, where they have one.
    pub async fn insert_totp(&mut self, new: &Totp) -> Result<(), StoreError> {
        self.executor.execute(&INSERT_TOTP, &params![&new.person, &new.sealed, new.last_step, new.created_at]).await.map(drop)
    }

    /// Takes the code of this step; says whether no code of it or of a later one was taken before.
    pub async fn take_totp_step(&mut self, person: PersonId, step: i64, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&TAKE_STEP, &params![&person, step, at]).await? > 0)
    }

    /// Takes a person's app away; says whether there was one.
    pub async fn delete_totp(&mut self, person: PersonId) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&DELETE_TOTP, &params![&person]).await? > 0)
    }

    pub(crate) async fn reseal_totp(&mut self, person: PersonId, sealed: &Vec<u8>) -> Result<(), StoreError> {
        self.executor.execute(&RESEAL_TOTP, &params![&person, sealed]).await.map(drop)
    }
}

fn totp(mut row: Row) -> Result<Totp, StoreError> {
    Ok(Totp { person: row.take()?, sealed: row.take()?, last_step: row.take()?, created_at: row.take()?, last_used_at: row.take()? })
}
