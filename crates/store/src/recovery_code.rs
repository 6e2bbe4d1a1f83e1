//! Recovery codes: ten for a person who lost the other second factors, each taken once.

use domain::credential::Digest;
use domain::id::PersonId;
use domain::time::Timestamp;

use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::params;

statements! {
    RECOVERY_CODES = "SELECT created_at, COUNT(*) - COUNT(used_at) FROM recovery_code WHERE person = $1 GROUP BY created_at";
    RECOVERY_CODE = "SELECT number FROM recovery_code WHERE person = $1 AND digest = $2 AND used_at IS NULL";
    INSERT_RECOVERY_CODE = "INSERT INTO recovery_code (person, number, digest, created_at) VALUES ($1, $2, $3, $4)";
    TAKE_RECOVERY_CODE = "UPDATE recovery_code SET used_at = $3 WHERE person = $1 AND number = $2 AND used_at IS NULL";
    DELETE_RECOVERY_CODES = "DELETE FROM recovery_code WHERE person = $1";
}

/// A person's set of recovery codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryCodes {
    /// When it was made.
    pub created_at: Timestamp,
    /// How many of it were not used.
    pub left: u32,
}

impl Reader<'_> {
    /// A person's set, if they have one.
    pub async fn recovery_codes(&mut self, person: PersonId) -> Result<Option<RecoveryCodes>, StoreError> {
        let row = self.executor.row(&RECOVERY_CODES, &params![&person]).await?;
        row.map(|mut row| Ok(RecoveryCodes { created_at: row.take()?, left: u32::try_from(row.take::<i64>()?).unwrap_or(0) })).transpose()
    }

    /// Which of a person's unused codes has this digest.
    pub async fn recovery_code(&mut self, person: PersonId, digest: &Digest) -> Result<Option<u32>, StoreError> {
        let row = self.executor.row(&RECOVERY_CODE, &params![&person, digest]).await?;
        Ok(row.map(|mut row| row.take::<i64>()).transpose()?.and_then(|number| u32::try_from(number).ok()))
    }
}

impl Tx<'_> {
    /// Gives a person these codes in the place of those before.
    pub async fn replace_recovery_codes(&mut self, person: PersonId, digests: &[Digest], at: Timestamp) -> Result<(), StoreError> {
        self.delete_recovery_codes(person).await?;
        for (number, digest) in (1_i64..).zip(digests) {
            self.executor.execute(&INSERT_RECOVERY_CODE, &params![&person, number, digest, at]).await?;
        }
        Ok(())
    }

    /// Takes a code; says whether it was not taken before.
    pub async fn take_recovery_code(&mut self, person: PersonId, number: u32, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&TAKE_RECOVERY_CODE, &params![&person, i64::from(number), at]).await? > 0)
    }

    /// Takes all codes of a person away; says whether there were any.
    pub async fn delete_recovery_codes(&mut self, person: PersonId) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&DELETE_RECOVERY_CODES, &params![&person]).await? > 0)
    }
}
